"""tools/embed_sql.py: what it writes, and what it refuses with the line."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "embed_sql.py"


def embed(sql):
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder, "a_schema.sql"), pathlib.Path(folder, "a_schema.h")
        source.write_text(sql, encoding="utf-8")
        done = subprocess.run([sys.executable, TOOL, source, target, "a"], capture_output=True,
                              text=True, check=False)
        header = target.read_text(encoding="utf-8") if target.exists() else ""
        return done.returncode, header, done.stderr


class EmbedSql(unittest.TestCase):
    def test_migrations_become_rows_in_order(self):
        code, header, _ = embed("-- head\n-- migration 1: one\nCREATE TABLE a (x TEXT);\n"
                                "-- migration 2: two\nINSERT INTO a VALUES ('\"\\');\n")
        self.assertEqual(code, 0)
        self.assertIn('{ "a", 1,\n      "CREATE TABLE a (x TEXT);\\n" },', header)
        self.assertIn('{ "a", 2,\n      "INSERT INTO a VALUES (\'\\"\\\\\');\\n" },', header)
        self.assertIn("xz_a_migration_count", header)

    def test_comments_and_blanks_do_not_change_the_text(self):
        plain = embed("-- migration 1: one\nCREATE TABLE a (\n    x TEXT\n);\n")[1]
        noted = embed("-- migration 1: one\n\n-- why\nCREATE TABLE a (\n    -- x\n    x TEXT  \n);\n")[1]
        self.assertEqual(plain, noted)

    def test_wrong_input_is_refused(self):
        for sql in ("CREATE TABLE a (x TEXT);\n",
                    "-- migration 2: two\nCREATE TABLE a (x TEXT);\n",
                    "-- migration 1: one\n",
                    "-- migration 1: one\nCREATE TABLE a (x TEXT)\n",
                    "-- migration 1: one\nBEGIN;\nCREATE TABLE a (x TEXT);\n",
                    "-- migration 1: one\nCREATE TABLE a (x TEXT REFERENCES b (x) DEFERRABLE);\n",
                    ""):
            code, header, words = embed(sql)
            self.assertNotEqual(code, 0, sql)
            self.assertEqual(header, "")
            self.assertIn("a_schema.sql:", words)


if __name__ == "__main__":
    unittest.main()
