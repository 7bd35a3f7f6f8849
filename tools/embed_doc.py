#!/usr/bin/env python3
"""Embeds what a folder's routes say of themselves (xz_route.doc): <folder>_routes_doc.json becomes a
header with one `static const char doc_<name>[]` per operation.

    tools/embed_doc.py FILE.json FILE.h

The file has "schemas" by name and "operations" by name; {"is": "Name"} in an operation or a schema
stands for that schema.
"""
import json
import sys


def expanded(value, schemas, within=()):
    if isinstance(value, list):
        return [expanded(item, schemas, within) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("is"), str):
        name = value["is"]
        if name not in schemas or name in within:
            raise SystemExit(f"{sys.argv[1]}: no such schema, or it holds itself: {name}")
        return expanded(schemas[name], schemas, (*within, name))
    return {key: expanded(item, schemas, within) for key, item in value.items()}


def literal(text):
    """C string literals of at most 80 bytes or so, cut between characters."""
    lines, line = [], ""
    for char in text:
        line += {"\\": "\\\\", '"': '\\"', "?": "\\?"}.get(char, char)
        if len(line.encode()) > 80:
            lines.append(line)
            line = ""
    return "\n".join(f'    "{piece}"' for piece in [*lines, line] if piece)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        doc = json.load(file)
    with open(target, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/embed_doc.py. */\n")
        for name, operation in doc["operations"].items():
            text = json.dumps(expanded(operation, doc["schemas"]), ensure_ascii=False,
                              separators=(",", ":"))
            out.write(f"static const char doc_{name}[] =\n{literal(text)};\n")


main()
