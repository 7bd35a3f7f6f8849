#!/usr/bin/env python3
"""Asks a running server questions of which region or validity decides which text is right.

    bench/eval_validity.py URL [--set bench/sets/validity.jsonl] [--half A] [--verbose]

A line of the set: {"id", "q", "region"?, "expect_title", "forbidden_titles"}. `expect_title` is the
most local text in force on the day of the set (or a list of equally good ones), null where there is
none; a forbidden title must not stand among the sources as current. A table of what was not right
goes to stderr, one JSON object is the last line of stdout: for each half and for all

    right      an expected text is the evidence and no forbidden one; of null: nothing forbidden
    offered    a question back that has an expected title among its options
    forbidden  a text that is not in force here was shown as current
    other      refused, or evidence that is neither
"""
import argparse
import collections
import json
import sys

from eval_dialogues import expected_of, titles_of
from eval_reviewed import ask, half_of, lines_of


def verdict_of(line, answer):
    wanted, forbidden = expected_of(line), set(line.get("forbidden_titles") or [])
    shown = titles_of(answer)
    current = {source["title"] for source in answer["sources"] if source["status"] == "current"}
    if answer["kind"] in ("reviewed", "quoted") and (forbidden - wanted) & current:
        return "forbidden"
    if wanted & shown or not wanted:
        return "right"
    options = {option.get("question") for option in answer["options"]}
    return "offered" if wanted & options else "other"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--set", default="bench/sets/validity.jsonl")
    parser.add_argument("--half", choices="AB")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    counts = collections.defaultdict(collections.Counter)
    for line in lines_of(options.set, options.half):
        half = half_of(line["id"])
        body = {"question": line["q"], **({"region": line["region"]} if line.get("region") else {})}
        answer = ask(options.url, body)
        verdict = verdict_of(line, answer)
        for part in (half, "all"):
            counts[part].update((verdict, "questions"))
        if verdict != "right" or options.verbose:
            print(f"{line['id']} {verdict:9} {line['q']} {line.get('region', '')} | wanted"
                  f" {line['expect_title']} | {answer['kind']} {sorted(titles_of(answer))}"
                  f" {[o['label'] for o in answer['options']]}", file=sys.stderr)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
