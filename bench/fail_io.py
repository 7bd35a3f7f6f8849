#!/usr/bin/env python3
"""A disk that fails at every single write, and what is left afterwards.

    bench/fail_io.py [--build build] [--from 1] [--every 1] [--scenario serve|found|restore] [--error EIO|ENOSPC]

Runs a scenario again and again on a copy of the same data; the n-th change of a file below the data
folder fails (bench/fail_io.c), n = 1, 2, 3 ... until nothing is left to fail. With EIO it fails once; with
ENOSPC the disk stays full until the scenario makes room again, and the same process must then go on.

    serve     a server starts, merges its index, imports (small, large, an archive), answers, takes
              feedback, a complaint and a word, backs up, goes on after the failure, stops
    found     the command line imports a folder into a new data folder
    restore   the command line puts a backup in the place of the data

Good is: whatever failed said so in words, nothing crashed or hung, and a start on a healthy disk finds the
knowledge whole, with all in it that was acknowledged. Prints one JSON object; exit status 1 if not good.
"""
import argparse
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/api"))

from city_kit import STREAM, City, answers_csv, events_of, program  # noqa: E402

ERRORS = ("EIO", "ENOSPC")
QUICK = ("qa.semantic=false", "net.workers=2")  # the model is only read; it would cost each start its load
OLD = 8  # files that were there before
CHINESE = re.compile("(?:[\u4e00-\u9fff].*){4}")


def shim():
    return ROOT / os.environ.get("XZ_BUILD", "build") / "bench/libfail_io.so"


class Fault:
    """One failing disk: which change fails, and how."""

    def __init__(self, folder, data, error, at):
        self.report, self.full, self.error, self.at = folder / "failed", folder / "full", error, at
        self.full.touch()
        self.env = {"LD_PRELOAD": shim(), "XZ_FAIL_FOLDER": data, "XZ_FAIL_AT": at,
                    "XZ_FAIL_ERROR": error, "XZ_FAIL_REPORT": self.report, "XZ_FAIL_WHILE": self.full}

    def command(self):
        return ["env", *(f"{name}={value}" for name, value in self.env.items())]

    def hits(self):
        return self.report.read_text().splitlines() if self.report.exists() else []

    def mend(self):
        self.full.unlink(missing_ok=True)


class FailingCity(City):
    fault = None

    def command(self):
        return (self.fault.command() if self.fault else []) + super().command()


def question(name):
    return f"雨燕{name}号受伤了找谁？"


def answer(name):
    return f"找{name}号救助站。"


def file_of(name, rows=1):
    rows = [{"问题": question(name), "答案": answer(name)}] + [
        {"问题": f"{name}区第{n}只白鹭归谁管？", "答案": f"归第{n}号站管。" * 20} for n in range(rows - 1)]
    return answers_csv(*rows)


def archive_of(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("甲/表.csv", file_of(name))
    return out.getvalue()


FILES = {"small.csv": file_of("小"), "large.csv": file_of("大", 240), "all.zip": archive_of("包")}
NAMES = {"small.csv": "小", "large.csv": "大", "all.zip": "包"}


def make_base(folder):
    """Data with a log and without what was not yet in the index, as a kill leaves them, one segment file
    short of a merge; and a backup of the state before."""
    city = City(folder, *QUICK).start().take_sample(["site.json", "regions.csv", "departments.csv"])
    city.stop()
    for n in range(OLD):
        city.start().take(f"old{n}.csv", file_of(f"旧{n}"))
        if n == 4:
            reply = city.post("/api/backup", {"target": str(folder / "backup")}, local=True)
            assert reply.status == 200, reply.body
        city.stop() if n + 1 < OLD else city.kill()
    (city.data / "socket").unlink()
    (folder / "papers").mkdir()
    for name in ("site.json", "regions.csv"):
        shutil.copy(ROOT / "data/sample" / name, folder / "papers")
    for name, data in FILES.items():
        (folder / "papers" / name).write_bytes(data)


def is_for_citizens(words):
    """What is broken in here is the operator's business: no file names, no codes of the database."""
    return CHINESE.search(words) and not re.search("磁盘|代码|/data", words)


class Told:
    """What was acknowledged: it must be there afterwards."""

    def __init__(self):
        self.files, self.turns, self.complaints, self.backups, self.said = [], [], [], [], []

    def note(self, step, reply):
        """A reply that is a failure must say so in words; returns what a good one says."""
        if reply.status in (200, 201):
            return reply.json()
        if reply.status == 204:
            return {}
        problem = reply.json()
        assert reply.status >= 500 or reply.status in (404, 409), (step, reply.status, problem)
        assert CHINESE.search(problem["detail"]), (step, problem)
        assert step not in ("ask", "feedback", "complaint") or is_for_citizens(problem["detail"]), problem
        self.said.append((step, reply.status, problem["detail"]))
        return None


def step_import(city, told, name):
    said = told.note("import " + name, city.send_file(name, FILES[name]))
    if said and said["outcome"] in ("stored", "unchanged"):
        told.files.append(name)
    elif said:
        assert CHINESE.search(said.get("reason") or ""), said
        told.said.append(("import " + name, said["outcome"], said["reason"]))


def step_ask(city, told):
    said = told.note("ask", city.post("/api/ask", {"question": question("旧1")}))
    if said:
        assert said["answer"] == answer("旧1"), said
        told.turns.append(said)
        place = f"/api/turns/{said['turn']}/feedback"
        told.note("feedback", city.post(place, {"dialogue": said["dialogue"], "useful": True}))


def step_stream(city, told):
    reply = city.post("/api/ask", {"question": question("旧2")}, STREAM)
    if reply.status != 200:
        told.note("stream", reply)
        return
    last = events_of(reply.body.decode())[-1]
    assert last.name in ("done", "error"), last.name
    if last.name == "done":
        told.turns.append(last.data)
    else:
        assert is_for_citizens(last.data["detail"]), last.data
        told.said.append(("stream", "error", last.data["detail"]))


def step_complain(city, told):
    words = f"第{len(told.complaints)}件"
    if told.note("complaint", city.post("/api/complaints", {"kind": "other", "text": words})) is not None:
        told.complaints.append(words)


def step_backup(city, told):
    target = city.data / f"kept{len(told.backups)}-{time.monotonic_ns()}"
    if told.note("backup", city.post("/api/backup", {"target": str(target)}, local=True)) is not None:
        told.backups.append(target)


def all_steps(city, told):
    for name in FILES:
        step_import(city, told, name)
    step_ask(city, told)
    step_stream(city, told)
    step_complain(city, told)
    told.note("word", city.post("/api/words", {"word": "雨燕通"}, local=True))
    step_backup(city, told)
    assert city.get("/healthz").status == 200


def goes_on(city):
    """The disk is well again: the process that met the failure works, at the latest after a moment."""
    until = time.monotonic() + 15
    while True:
        told = Told()
        all_steps(city, told)
        if not told.said:
            return told
        assert time.monotonic() < until, told.said
        time.sleep(0.2)


def scenario_serve(folder, base, fault):
    city = FailingCity(folder, *QUICK)
    shutil.copytree(base / "data", city.data)
    city.fault, told = fault, Told()
    try:
        city.start()
    except RuntimeError as refusal:
        assert fault.hits() and re.search("xiaozhengd: .*[\u4e00-\u9fff]{4}", str(refusal)), refusal
        told.said.append(("start", city.process.returncode, str(refusal).strip().splitlines()[-1]))
        assert city.process.returncode in (1, 4), refusal
        city.errors.close()
    else:
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: city.process and city.process.kill())
            all_steps(city, told)
            if fault.hits():
                fault.mend()
                more = goes_on(city)
                for name in ("files", "turns", "complaints", "backups"):
                    getattr(told, name).extend(getattr(more, name))
            city.stop()
    city.fault = None
    city.start()
    try:
        check(city, told)
    finally:
        city.stop()
    for target in told.backups:
        cli("restore", target, "--data", folder / "again")
        cli("verify", "--data", folder / "again")
        shutil.rmtree(folder / "again")
    return told.said


def check(city, told):
    problems = city.problems()
    assert problems == [], problems
    for n in range(OLD):
        assert city.ask(question(f"旧{n}"))["answer"] == answer(f"旧{n}"), n
    for name in set(told.files):
        assert city.ask(question(NAMES[name]))["answer"] == answer(NAMES[name]), name
        assert city.read("/api/search", q=question(NAMES[name]))["hits"], name
    for turn in told.turns:
        assert city.turn(turn) == turn
    kept = [one["text"] for one in city.read("/api/complaints", local=True)["complaints"]]
    assert not set(told.complaints) - set(kept), (told.complaints, kept)
    for name in FILES:  # what was refused because of the disk is not refused for good
        assert city.take(name, FILES[name])["outcome"] in ("stored", "unchanged"), name
        assert city.ask(question(NAMES[name]))["answer"] == answer(NAMES[name]), name


def cli(*words, fault=None, codes=(0,)):
    command = (fault.command() if fault else []) + [program("xiaozheng"), *words, "--json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode in codes, (words, done.returncode, done.stdout, done.stderr)
    return done


def scenario_found(folder, base, fault):
    data = folder / "data"
    first = cli("import", base / "papers", "--data", data, fault=fault, codes=(0, 1, 4, 5))
    said = [] if first.returncode == 0 else [("import", first.returncode, first.stdout + first.stderr)]
    assert not said or CHINESE.search(said[0][2]), said
    fault.mend()
    cli("import", base / "papers", "--data", data)
    cli("verify", "--data", data)
    for name in FILES:
        assert json.loads(cli("ask", question(NAMES[name]), "--data", data).stdout)["answer"] == \
            answer(NAMES[name])
    return said


def scenario_restore(folder, base, fault):
    data = folder / "data"
    shutil.copytree(base / "data", data)
    first = cli("restore", base / "backup", "--data", data, fault=fault, codes=(0, 1, 4, 5))
    said = [] if first.returncode == 0 else [("restore", first.returncode, first.stdout + first.stderr)]
    assert not said or CHINESE.search(said[0][2]), said
    fault.mend()
    cli("verify", "--data", data)
    newer = cli("ask", question(f"旧{OLD - 1}"), "--data", data, codes=(0, 3))
    is_old = json.loads(newer.stdout)["answer"] == answer(f"旧{OLD - 1}")
    assert not is_old or not list(data.glob("*.before-restore-*")), "a second name of the living database"
    in_place = re.search("备份的数据已经就位|同步目录", said[0][2]) if said else True
    assert not is_old if not said else is_old or in_place, (is_old, said)
    assert json.loads(cli("ask", question("旧4"), "--data", data).stdout)["answer"] == answer("旧4")
    cli("restore", base / "backup", "--data", data)
    return said


SCENARIOS = {"serve": scenario_serve, "found": scenario_found, "restore": scenario_restore}


def run_one(base, scenario, error, at):
    """Returns what failed (empty: fewer changes than `at`) and what was said of it."""
    with tempfile.TemporaryDirectory(prefix="xiaozheng-fail-") as place:
        folder = Path(place)
        fault = Fault(folder, folder / "data", error, at)
        try:
            said = SCENARIOS[scenario](folder, base, fault)
        except Exception as problem:
            raise RuntimeError(f"{scenario} {error} {at}: {problem!r} after {fault.hits()}") from problem
        return fault.hits(), said


def sweep(base, scenario, error, start, every, verbose=False):
    """All n from `start` in steps of `every`, until nothing failed. The number of runs and the bad ones."""
    at, runs, bad, silent = start, 0, [], 0
    while True:
        try:
            hits, said = run_one(base, scenario, error, at)
        except Exception as problem:  # pylint: disable=broad-except
            hits, said = ["?"], []
            bad.append((at, repr(problem)))
            print("BAD", problem, file=sys.stderr)
        if not hits:
            return {"changes": at - 1, "runs": runs, "silent": silent, "bad": bad}
        runs, at, silent = runs + 1, at + every, silent + (not said)
        if verbose:
            print(f"{scenario} {error} {at - every}: {hits[0]} ({len(hits)}) -> {said}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--from", dest="start", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append")
    parser.add_argument("--error", choices=ERRORS, action="append")
    args = parser.parse_args()
    os.environ["XZ_BUILD"] = args.build
    report = {}
    with tempfile.TemporaryDirectory(prefix="xiaozheng-fail-base-") as base:
        make_base(Path(base))
        for scenario in args.scenario or SCENARIOS:
            for error in args.error or ERRORS:
                report[f"{scenario} {error}"] = sweep(Path(base), scenario, error, args.start,
                                                      args.every, verbose=True)
    report["ok"] = not any(found["bad"] for found in report.values())
    print(json.dumps(report, ensure_ascii=False))
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
