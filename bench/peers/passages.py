#!/usr/bin/env python3
"""Makes what every engine is given: PASSAGES paragraphs of law and QUESTIONS questions, as JSON lines.

    passages.py CORPUS QUESTIONS OUT [--passages 200000] [--questions 1000]

CORPUS is a folder of Markdown laws (read in order of path; a paragraph is a line of four characters
or more that is no heading) or a BEIR corpus.jsonl. One law, or one BEIR document, is one entry.
QUESTIONS is a BEIR queries.jsonl. Where it has too few, the rest are short phrases as people type
them: from evenly spaced paragraphs the first stretch of 4 to 12 Han characters between other signs.
OUT/passages.jsonl: id, entry, title, text. OUT/questions.jsonl: text.
"""
import argparse
import json
import pathlib
import re
import sys

SHORT = re.compile(r"[\u4e00-\u9fff]{4,12}(?![\u4e00-\u9fff])")


def of_markdown(folder):
    for path in sorted(folder.rglob("*.md")):
        title, entry = path.stem, str(path.relative_to(folder))
        text = path.read_text(encoding="utf-8", errors="replace")
        for line in re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S).splitlines():
            line = line.strip()
            if line.startswith("# ") and title == path.stem:
                title = line[2:].strip()
            if len(line) >= 4 and not line.startswith(("#", "<!--")):
                yield entry, title, line


def of_beir(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            title = row.get("title", "")
            # The articles of one law are one entry, as an import makes them.
            yield re.sub("第[^第]*条(之.)?$", "", title), title, row["text"]


def short_phrases(texts, count):
    found, seen, step = [], set(), max(1, len(texts) // (count * 2 or 1))
    for at in range(0, len(texts), step):
        match = SHORT.search(texts[at])
        if match and match.group() not in seen and len(found) < count:
            seen.add(match.group())
            found.append(match.group())
    return found


def main():
    args = argparse.ArgumentParser()
    args.add_argument("corpus", type=pathlib.Path)
    args.add_argument("questions_file", type=pathlib.Path)
    args.add_argument("out", type=pathlib.Path)
    args.add_argument("--passages", type=int, default=200_000)
    args.add_argument("--questions", type=int, default=1_000)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    entries, texts = {}, []
    source = of_markdown(args.corpus) if args.corpus.is_dir() else of_beir(args.corpus)
    with open(args.out / "passages.jsonl", "w", encoding="utf-8") as out:
        for number, (entry, title, text) in enumerate(source, 1):
            if number > args.passages:
                break
            row = {"id": number, "entry": entries.setdefault(entry, len(entries) + 1),
                   "title": title, "text": text}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            texts.append(text)
    with open(args.questions_file, encoding="utf-8") as lines:
        questions = [json.loads(line)["text"] for line in lines][:args.questions]
    asked = len(questions)
    questions += short_phrases(texts, args.questions - asked)
    with open(args.out / "questions.jsonl", "w", encoding="utf-8") as out:
        for question in questions:
            out.write(json.dumps({"text": question}, ensure_ascii=False) + "\n")
    print(f"{len(texts)} passages of {len(entries)} entries; {asked} questions given, "
          f"{len(questions) - asked} short phrases of the corpus", file=sys.stderr)


if __name__ == "__main__":
    main()
