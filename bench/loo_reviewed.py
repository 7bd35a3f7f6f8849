#!/usr/bin/env python3
"""The sample's own questions as a labelled set: each is asked while it is not listed.

    bench/loo_reviewed.py BUILD SAMPLE FOLDER

Splits the variants (and counter-examples) of all reviewed answers into five parts by the SHA-256 of
their text, imports the sample five times, each time without one part, and lets bench/qa_features look
at the part left out. Writes FOLDER/loo.jsonl (the set) and FOLDER/loo.features for fit_reviewed.py. A
counter-example says only that its owner's answer is wrong ("owner"). Vectors are made once and copied,
so that the whole takes minutes.
"""
import argparse
import csv
import hashlib
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

PARTS = 5


def part_of(text):
    return hashlib.sha256(text.encode()).digest()[1] % PARTS


def cut(cell):
    return [one for one in (cell or "").split("｜") if one]


def leave_out(path, part, lines):
    """The table without one part of its questions; what was taken out is added to lines."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), reader.fieldnames
    for row in rows:
        for column, kind in (("相似问法", "expect"), ("不适用问法", "owner")):
            if column not in row:
                continue
            all_of_them = cut(row[column])
            row[column] = "｜".join(one for one in all_of_them if part_of(one) != part)
            for one in all_of_them:
                if part_of(one) == part:
                    line = {"q": one, "place": row["区域"], "expect": None}
                    lines.append(line | {kind: row["问题"]})
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def vectors_copy(source, target):
    if not source.exists():
        return
    base = sqlite3.connect(target)
    base.execute("ATTACH ? AS other", (str(source),))
    base.execute("INSERT OR IGNORE INTO text_vector SELECT * FROM other.text_vector")
    base.commit()
    base.close()


def run_import(build, folder, sample):
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([build / "src/app/xiaozheng", "import", "--data", folder, sample], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def features(build, folder, questions):
    return subprocess.run([build / "bench/qa_features", folder, questions], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("sample", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    whole, one = options.folder / "whole", options.folder / "one.jsonl"
    run_import(options.build, whole, options.sample)
    one.write_text('{"id": "x", "q": "身份证"}\n', encoding="utf-8")
    features(options.build, whole, one)  # makes the vectors of all
    with open(options.sample / "regions.csv", encoding="utf-8") as file:
        codes = {row["名称"]: row["代码"] for row in csv.DictReader(file) if row["级别"] != "市"}
    with open(options.folder / "loo.jsonl", "w", encoding="utf-8") as all_lines, \
            open(options.folder / "loo.features", "w", encoding="utf-8") as all_features:
        for part in range(PARTS):
            sample, data, lines = options.folder / "sample", options.folder / "data", []
            shutil.rmtree(sample, ignore_errors=True)
            shutil.copytree(options.sample, sample)
            for path in sorted((sample / "answers").glob("*.csv")):
                leave_out(path, part, lines)
            for n, line in enumerate(lines):
                line.update(id=f"{part}-{n}", region=codes.get(line.pop("place"), ""))
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            one.write_text(text, encoding="utf-8")
            all_lines.write(text)
            run_import(options.build, data, sample)
            vectors_copy(whole / "xiaozheng.db", data / "xiaozheng.db")
            all_features.write(features(options.build, data, one))
            print(f"part {part + 1} of {PARTS}: {len(lines)} questions", flush=True)


if __name__ == "__main__":
    main()
