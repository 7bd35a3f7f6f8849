#!/usr/bin/env python3
"""Holds every dialogue of a set with a running server and looks at the evidence of the last turn.

    bench/eval_dialogues.py URL [--set bench/sets/dialogues.jsonl] [--verbose]

A line of the set: {"id", "turns", "region"?, "expect_title" (a title, or a list of equally good ones),
"expect_section"?, "expect_region"?}. The evidence is right when the title is that of a source, of the service guide shown, or the reviewed
question given, and, where they are named, when a source of it is that section, and one holds in that
region. `matter` leaves the section out, `offered` counts questions back that have the title among
their options. A table goes to stderr, one JSON object is the last line of stdout: counts for each half
(A was seen while the rules were made) and for all.
"""
import argparse
import collections
import json
import sys

from eval_reviewed import ask, half_of, lines_of


def titles_of(answer):
    titles = {source["title"] for source in answer["sources"]}
    if answer["guide"]:
        titles.add(answer["guide"]["title"])
    if answer["matched_question"]:
        titles.add(answer["matched_question"])
    return titles if answer["kind"] in ("reviewed", "quoted") else set()


def expected_of(line):
    """The titles that are right, as a set; empty where none is."""
    titles = line["expect_title"]
    return set(titles if isinstance(titles, list) else [titles]) - {None}


def verdict_of(line, answer):
    titles, sources = expected_of(line), answer["sources"]
    region = line.get("expect_region")
    if not titles & titles_of(answer):
        options = {option.get("question") for option in answer["options"]}
        return "offered" if titles & options else "wrong"
    # What holds in the whole city, or further, holds in the district as well.
    if region and not any(source["region"].endswith((region, "市", "省")) or not source["region"]
                          for source in sources):
        return "wrong"
    section = line.get("expect_section")
    # A reviewed answer that was expected has no sections: it is the evidence as a whole.
    if any(source["kind"] == "answer" and source["title"] in titles for source in sources):
        return "right"
    if section and not any(source["label"] == section for source in sources):
        return "matter"
    return "right"


def hold(url, line, verbose):
    """All turns of one dialogue, each answered before the next; the last answer."""
    dialogue, answer = None, None
    for turn in line["turns"]:
        body = {"question": turn}
        if dialogue:
            body["dialogue"] = dialogue
        if line.get("region"):
            body["region"] = line["region"]
        answer = ask(url, body)
        dialogue = answer["dialogue"]
        if verbose:
            titles = "；".join(f"{s['title']}·{s['label']}" for s in answer["sources"])
            options = "／".join(option["label"] for option in answer["options"])
            print(f"   {turn} -> {answer['question_as_understood']} | {answer['kind']}"
                  f" {answer['confidence']:.2f} | {titles or options}", file=sys.stderr)
    return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--set", default="bench/sets/dialogues.jsonl")
    parser.add_argument("--half", choices="AB")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    counts = collections.defaultdict(collections.Counter)
    for line in lines_of(options.set, options.half):
        half = half_of(line["id"])
        verdict = verdict_of(line, hold(options.url, line, options.verbose))
        for part in (half, "all"):
            counts[part].update((verdict, "dialogues"))
        section = line.get("expect_section", "")
        print(f"{line['id']:5} {verdict:8} {line['turns'][-1]} | {line['expect_title']} {section}",
              file=sys.stderr)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
