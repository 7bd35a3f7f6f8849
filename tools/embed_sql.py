#!/usr/bin/env python3
"""Turns the numbered migrations of one domain into a C header.

    tools/embed_sql.py INPUT.sql OUTPUT.h DOMAIN

INPUT is `<domain>_schema.sql`. Each migration starts with a line

    -- migration N: what it does

N counts from 1 without gaps. Statements end with `;`. The header is included by exactly one .c file
(the domain's `<domain>_store.c`) and defines

    const struct xz_migration xz_<domain>_migrations[] = { ... };
    const size_t xz_<domain>_migration_count = N;

which `<domain>.h` declares `extern`. In meson, beside the library (see src/store/meson.build):

    orders_schema_h = custom_target('orders_schema.h',
      input: 'orders_schema.sql', output: 'orders_schema.h',
      command: [python, embed_sql, '@INPUT@', '@OUTPUT@', 'orders'])
    lib_orders = static_library('xz_orders', ..., orders_schema_h)

and in C: #include "orders/orders_schema.h".

A migration that was applied is recognised by its hash. Lines that are only a comment, blank lines
and blanks at line ends are dropped before hashing, so that comments may still be mended later.
"""
import re
import sys

HEAD = re.compile(r"^-- migration (\d+): *(\S.*)$")
# What would end the transaction, means something else on PostgreSQL, or fails only at COMMIT and
# would then take the whole batch of other people's changes with it.
FORBIDDEN = re.compile(
    r"\b(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|VACUUM|ATTACH|AUTOINCREMENT|DEFERRABLE|"
    r"WITHOUT\s+ROWID|STRICT|CREATE\s+TRIGGER|CREATE\s+VIRTUAL)\b", re.IGNORECASE)


def fail(path, line, words):
    sys.exit(f"{path}:{line}: {words}")


def read_migrations(path):
    """The migrations as (what, [lines]), in order."""
    migrations = []
    with open(path, encoding="utf-8") as source:
        for number, raw in enumerate(source, 1):
            line = raw.rstrip()
            head = HEAD.match(line)
            if head:
                if int(head.group(1)) != len(migrations) + 1:
                    fail(path, number, f"expected migration {len(migrations) + 1}")
                migrations.append((head.group(2), []))
            elif not line or line.lstrip().startswith("--"):
                continue
            elif not migrations:
                fail(path, number, "a statement before the first '-- migration 1: ...'")
            else:
                bad = FORBIDDEN.search(re.sub(r"'[^']*'", "''", line))
                if bad:
                    fail(path, number, f"{bad.group(0)} is not for migrations")
                migrations[-1][1].append(line)
    if not migrations:
        fail(path, 1, "no '-- migration 1: ...' line")
    for index, (_, lines) in enumerate(migrations, 1):
        if not lines or not lines[-1].split("--")[0].rstrip().endswith(";"):
            fail(path, 1, f"migration {index} is empty or does not end with ';'")
    return migrations


def c_string(line):
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '\\n"'


def write_header(path, source, domain, migrations):
    guard = f"XZ_{domain.upper()}_SCHEMA_H"
    name = source.replace("\\", "/").rsplit("/", 1)[-1]
    out = [f"/* Made by tools/embed_sql.py from {name}. Included by one .c file only. */",
           f"#ifndef {guard}", f"#define {guard}", "", '#include "store/store.h"', "",
           f"const struct xz_migration xz_{domain}_migrations[] = {{"]
    for number, (what, lines) in enumerate(migrations, 1):
        out.append(f"    /* {what.replace('*/', '* /')} */")
        out.append(f'    {{ "{domain}", {number},')
        out.extend("      " + c_string(line) for line in lines)
        out[-1] += " },"
    out += ["};", f"const size_t xz_{domain}_migration_count = XZ_COUNT(xz_{domain}_migrations);",
            "", "#endif", ""]
    with open(path, "w", encoding="utf-8") as target:
        target.write("\n".join(out))


def main(argv):
    if len(argv) != 4 or not re.fullmatch(r"[a-z][a-z0-9_]*", argv[3]):
        sys.exit(__doc__)
    write_header(argv[2], argv[1], argv[3], read_migrations(argv[1]))


if __name__ == "__main__":
    main(sys.argv)
