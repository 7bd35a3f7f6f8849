#!/usr/bin/env python3
"""SQLite FTS5 beside our index (bench/peers/run drives it; the orders are described there).

    fts5.py build PASSAGES.tok FOLDER
    fts5.py serve FOLDER QUESTIONS.tok

Contentless table over the given terms, which unicode61 divides at the spaces; bm25() as FTS5 has it.
Only every EVERYth question is asked, because one takes a tenth of a second; the time spent in Python
is far below that.
"""
import json
import os
import pathlib
import sqlite3
import sys
import time

HITS = 20
EVERY = int(os.environ.get("FTS5_EVERY", "10"))
PLAIN = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?"
FILTER = ("SELECT passages.rowid FROM passages JOIN attributes ON attributes.id = passages.rowid "
          "WHERE passages MATCH ? AND attributes.{} = 1 ORDER BY rank LIMIT ?")


def build(passages, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(passages, encoding="utf-8") as source:
        rows = [line.rstrip("\n").split("\t", 3) for line in source]
    began, cpu = time.monotonic(), time.process_time()
    db = sqlite3.connect(folder / "fts5.db")
    db.executescript("""
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -500000;
        CREATE VIRTUAL TABLE passages USING fts5(
            text, content = '', tokenize = "unicode61 remove_diacritics 0");
        CREATE TABLE attributes(id INTEGER PRIMARY KEY, region INTEGER, kind INTEGER);
    """)
    with db:
        db.executemany("INSERT INTO attributes VALUES (?, ?, ?)",
                       ((int(row[0]), int(row[1]), int(row[2])) for row in rows))
        db.executemany("INSERT INTO passages(rowid, text) VALUES (?, ?)",
                       ((int(row[0]), row[3]) for row in rows))
    with db:
        db.execute("INSERT INTO passages(passages) VALUES ('optimize')")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    print(json.dumps({
        "wall_s": round(time.monotonic() - began, 3), "cpu_s": round(time.process_time() - cpu, 3),
        "bytes": sum(item.stat().st_size for item in folder.iterdir()), "segments": 1}))


def serve(folder, path):
    db = sqlite3.connect(pathlib.Path(folder) / "fts5.db")
    db.execute("PRAGMA cache_size = -500000")
    with open(path, encoding="utf-8") as lines:
        questions = [line.split() for line in lines]
    for order in sys.stdin:
        order = order.strip()
        sql = {"plain": PLAIN, "filter_laws": FILTER.format("region"),
               "filter_scattered": FILTER.format("kind")}[order]
        result = {"every": EVERY, "wall_us": [], "cpu_us": [], "top": []}
        for terms in questions[::EVERY]:
            began, cpu = time.monotonic_ns(), time.thread_time_ns()
            match = " OR ".join(f'"{term}"' for term in terms)
            ids = [row[0] for row in db.execute(sql, (match, HITS))]
            result["cpu_us"].append((time.thread_time_ns() - cpu) // 1000)
            result["wall_us"].append((time.monotonic_ns() - began) // 1000)
            result["top"].append(ids)
        print(json.dumps(result, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    {"build": build, "serve": serve}[sys.argv[1]](*sys.argv[2:4])
