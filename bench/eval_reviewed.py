#!/usr/bin/env python3
"""Asks a running server every question of a set and counts what it answers.

    bench/eval_reviewed.py URL [--set bench/sets/reviewed.jsonl] [--verbose]

A line of the set: {"id", "q", "region"?, "expect", "expect_region"?}. `expect` is the reviewed
question that must be given word for word, null where none may be (a near-miss), or "clarify" where
the server must ask back. A table goes to stderr, one JSON object is the last line of stdout: for each
half (the weights are fitted on half A) and for all, shares of the questions with an answer that got

    right       that answer                 wrong    another reviewed answer
    offered     a question back that has it among its options
and of the others
    near_miss_answered  a reviewed answer where there is none
    clarify             a question back where one is due
"""
import argparse
import collections
import hashlib
import json
import sys
import time
import urllib.request


def half_of(name):
    """A or B: fixed by the id, so that neither the order nor new lines move a question."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] & 1]


def lines_of(path, half=None):
    """The lines of a set, of one half or all, in order."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    return [line for line in lines if half in (None, half_of(line["id"]))]


def ask(url, body):
    request = urllib.request.Request(
        url.rstrip("/") + "/api/ask", json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def verdict_of(line, answer):
    """What one answer counts as; None: as nothing."""
    reviewed = answer["kind"] == "reviewed"
    if line["expect"] is None:
        return "near_miss_answered" if reviewed else None
    if line["expect"] == "clarify":
        return "clarify" if answer["kind"] == "clarify" else None
    if reviewed:
        there = answer["sources"][0]["region"] if answer["sources"] else ""
        right = (answer["matched_question"] == line["expect"]
                 and line.get("expect_region") in (None, there))
        return "right" if right else "wrong"
    named = [option.get("question") for option in answer["options"]]
    return "offered" if line["expect"] in named else None


def kind_of(line):
    return {None: "near_misses", "clarify": "ambiguous"}.get(line["expect"], "answerable")


def shares(counts):
    def of(what, whole):
        return round(counts[what] / counts[whole], 4) if counts[whole] else None
    return {"questions": counts["all"], "right": of("right", "answerable"),
            "wrong": of("wrong", "answerable"), "offered": of("offered", "answerable"),
            "near_miss_answered": of("near_miss_answered", "near_misses"),
            "clarify": of("clarify", "ambiguous")}


def run(url, lines, verbose):
    counts = collections.defaultdict(collections.Counter)
    for line in lines:
        body = {"question": line["q"]}
        if line.get("region"):
            body["region"] = line["region"]
        answer = ask(url, body)
        verdict = verdict_of(line, answer)
        for part in (half_of(line["id"]), "all"):
            counts[part].update({"all": 1, kind_of(line): 1})
            if verdict:
                counts[part][verdict] += 1
        bad = (verdict in ("wrong", "near_miss_answered")
               or (kind_of(line) != "near_misses" and verdict not in ("right", "clarify")))
        if verbose and bad:
            print(verdict or "missed", line["id"], line["q"], "| expected", line["expect"], "| got",
                  answer["kind"], answer["matched_question"], round(answer["confidence"], 2),
                  file=sys.stderr)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--set", default="bench/sets/reviewed.jsonl")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    lines = lines_of(options.set)
    start = time.monotonic()
    counts = run(options.url, lines, options.verbose)
    took = (time.monotonic() - start) / max(1, len(lines))
    result = {part: shares(counts[part]) for part in ("A", "B", "all")}
    names = list(result["all"])
    print("half  " + "  ".join(names), file=sys.stderr)
    for part, row in result.items():
        cells = ["-" if row[n] is None else str(row[n]) for n in names]
        print(f"{part:4}  " + "  ".join(c.rjust(len(n)) for c, n in zip(cells, names)),
              file=sys.stderr)
    print(json.dumps({**result, "ms_per_question": round(1000 * took, 2)}))


if __name__ == "__main__":
    main()
