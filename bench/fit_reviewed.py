#!/usr/bin/env python3
"""Fits the weights of qa_confidence() and shows what they reach.

    bench/loo_reviewed.py BUILD data/sample FOLDER                       # the sample's own questions
    bench/qa_features DATA_FOLDER bench/sets/hard_reviewed.jsonl > FOLDER/hard.features
    bench/fit_reviewed.py FOLDER/loo.features:FOLDER/loo.jsonl \\
        FOLDER/hard.features:bench/sets/hard_reviewed.jsonl

Needs numpy and scipy, which the project itself does not (Debian: python3-numpy python3-scipy). A
logistic regression with the signs held to what the features mean, twice: with the likenesses of
meaning and without. It learns from the sample's listed questions, each asked while it is not listed
(the first pair), and from half A of the blind set (the last pair; even first byte of the id's
SHA-256). Half B is never looked at but in the table, and there only with --half-b. Prints the weights
as C initialisers for src/qa/qa_match.c, then by threshold the share answered right and wrong and the
share of near-misses answered, with the rules of qa_may_answer() in force.
"""
import argparse
import json

import numpy as np
from scipy.optimize import minimize

from eval_reviewed import half_of

# A contradiction never makes an answer likelier; a likeness never makes it less so.
AGAINST = {"foreign", "numbers", "groups", "acts", "negation", "counter", "near_counter"}
RIDGE = 0.3
MARGIN = 0.05  # of qa_reviewed.c
LISTED_WEIGHT = 0.1  # of a listed question: there are many, and they are odder than what is asked


class Question:
    """A line of a set with its candidates: features, titles, which of them is right."""

    def __init__(self, line, candidates, names, listed):
        self.id, self.expect = line["id"], line["expect"]
        self.listed = listed
        owner = line.get("owner")
        if owner is not None:  # a counter-example says something of its owner's answer only
            candidates = [c for c in candidates if c["title"] == owner]
        self.x = np.array([[c[n] for n in names] for c in candidates]).reshape(-1, len(names))
        self.titles = [c["title"] for c in candidates]
        self.y = np.array([t == self.expect for t in self.titles], bool)

    def row_weights(self, names):
        """The right candidate and its likest rivals decide; the many far ones count less."""
        weight = np.full(len(self.titles), 0.3)
        weight[np.argsort(-self.x[:, names.index("chars_entry")])[:3]] = 1.0
        weight[np.argsort(-self.x[:, names.index("near_all")])[:3]] = 1.0
        weight[self.y] = 1.5
        return weight * (LISTED_WEIGHT if self.listed else 1.0)


def read(pair, listed):
    features_path, set_path = pair.split(":")
    with open(set_path, encoding="utf-8") as file:
        lines = {line["id"]: line for line in map(json.loads, filter(str.strip, file))}
    with open(features_path, encoding="utf-8") as file:
        rows = [json.loads(row) for row in file if row.strip()]
    names = [n for n in next(r["candidates"][0] for r in rows if r["candidates"])
             if n not in ("title", "region", "has_near")]
    questions = [Question(lines[r["id"]], r["candidates"], names, listed) for r in rows]
    return names, [q for q in questions if q.expect != "clarify"]


def logistic(z):
    return 1 / (1 + np.exp(-z))


def fit(questions, names, used):
    questions = [q for q in questions if q.titles]
    x = np.vstack([q.x for q in questions])
    y = np.concatenate([q.y for q in questions]).astype(float)
    rows = np.concatenate([q.row_weights(names) for q in questions])

    def loss(w):
        p = logistic(x @ w[:-1] + w[-1])
        tiny = 1e-9
        value = -(rows * (y * np.log(p + tiny) + (1 - y) * np.log(1 - p + tiny))).sum()
        slope = x.T @ (rows * (p - y)) + RIDGE * w[:-1]
        return value + RIDGE * (w[:-1] ** 2).sum() / 2, np.append(slope, (rows * (p - y)).sum())

    bounds = [(0, 0) if n not in used else (None, 0) if n in AGAINST else (0, None) for n in names]
    return minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds + [(None, None)],
                    method="L-BFGS-B", options={"maxiter": 5000}).x


def may_answer(row):
    """qa_may_answer() of src/qa/qa_match.c."""
    return (row["numbers"] == row["acts"] == row["groups"] == 0 and row["cover_support"] >= 0.1
            and row["counter"] <= 0.1 and row["near_counter"] <= 0.05)


def best_of(question, w, names):
    """Confidence of the best candidate, its lead over the next title, may it answer, is it right."""
    if not question.titles:
        return 0.0, 0.0, False, False
    p = logistic(question.x @ w[:-1] + w[-1])
    best = int(np.argmax(p))
    others = [v for v, title in zip(p, question.titles) if title != question.titles[best]]
    row = dict(zip(names, question.x[best]))
    return p[best], p[best] - max(others, default=0.0), may_answer(row), bool(question.y[best])


def table(name, questions, w, names):
    found = [(q.expect is not None, *best_of(q, w, names)) for q in questions]
    answerable = sum(f[0] for f in found)
    near = max(1, len(found) - answerable)
    first = sum(f[4] for f in found if f[0])
    print(f"{name}: {answerable} answerable, best candidate right {first / answerable:.3f};"
          f" {len(found) - answerable} near-misses")
    print("  threshold  right  wrong  near-misses answered")
    for threshold in np.arange(0.3, 0.96, 0.05):
        given = [f for f in found if f[1] >= threshold and f[2] >= MARGIN and f[3]]
        right = sum(f[0] and f[4] for f in given)
        wrong = sum(f[0] and not f[4] for f in given)
        bad = sum(not f[0] for f in given)
        print(f"  {threshold:9.2f}  {right / answerable:.3f}  {wrong / answerable:.3f}"
              f"  {bad / near:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="FEATURES:SET")
    parser.add_argument("--half-b", action="store_true")
    options = parser.parse_args()
    listed = [q for pair in options.pairs[:-1] for q in read(pair, True)[1]]
    names, blind = read(options.pairs[-1], False)
    halves = {h: [q for q in blind if half_of(q.id) == h] for h in "AB"}
    for title, used in (("with meaning", set(names)),
                        ("words alone", {n for n in names if not n.startswith("near_")})):
        w = fit(listed + halves["A"], names, used)
        print(f"/* {title} */")
        for name, value in zip(names, w):
            if abs(value) >= 0.0005:
                print(f"    [FEATURE_{name.upper()}] = {value:.3f},")
        print(f"    bias {w[-1]:.3f}")
        table("half A", halves["A"], w, names)
        if options.half_b:
            table("half B", halves["B"], w, names)


if __name__ == "__main__":
    main()
