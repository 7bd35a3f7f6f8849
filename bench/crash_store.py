#!/usr/bin/env python3
"""Kills the store at random moments and looks whether anything acknowledged is missing.

    bench/crash_store.py [--build build] [--rounds 20] [--seed 1]

Two ways, `rounds` times each, over one growing database: kill -9 (the page cache survives), and a
loss of power (a random part of the sectors not synced is taken back first; bench/crash_disk.c).
After each round the database is opened, verified and compared with every line the processes printed
so far. Prints one JSON object; the exit status is 1 when anything was lost, torn or came back.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

THREADS = 16
NUMBERS_PER_ROUND = 10_000_000


def run_until_killed(child, data, round_number, lines, chance, power):
    """One process that writes until it dies; what it printed is added to `lines`."""
    env = dict(os.environ)
    seconds = chance.choice([0.05, 0.3, 1.5, 4.0]) * chance.uniform(0.3, 1.0)
    if power:
        env.update(LD_PRELOAD=os.path.join(os.path.dirname(child), "libcrash_disk.so"),
                   XZ_CRASH_FOLDER=data, XZ_CRASH_AFTER_MS=str(int(seconds * 1000)),
                   XZ_CRASH_SEED=str(chance.randrange(1 << 30)),
                   XZ_CRASH_SECTOR=str(chance.choice([512, 4096])))
    with open(lines, "ab") as out:
        process = subprocess.Popen(
            [child, "run", data, str(round_number * NUMBERS_PER_ROUND), str(THREADS)],
            stdout=out, env=env)
        if not power:
            time.sleep(seconds)
            process.kill()
        if process.wait(timeout=60) != -9:
            sys.exit(f"round {round_number}: the process ended by itself ({process.returncode})")


def whole_lines(path):
    """The kill may have cut the last line of a process."""
    with open(path, encoding="ascii") as source:
        return "".join(line for line in source if line.endswith("\n"))


def check(child, data, lines):
    done = subprocess.run([child, "check", data], input=whole_lines(lines), text=True,
                          capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        sys.exit(f"the database does not open: {done.stderr}")
    if done.stderr:
        print(done.stderr, file=sys.stderr)
    return json.loads(done.stdout)


def is_good(found):
    return (found["missing"] == found["refused_but_there"] == found["torn"] ==
            found["problems"] == 0 and found["rows"] == found["change_number"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    child = os.path.abspath(os.path.join(args.build, "bench", "crash_child"))
    chance = random.Random(args.seed)
    report = {}
    good = True
    for way, power in (("kill", False), ("power_loss", True)):
        base = tempfile.mkdtemp(prefix="xiaozheng-crash-")
        data, lines = os.path.join(base, "data"), os.path.join(base, "lines")
        for round_number in range(args.rounds):
            run_until_killed(child, data, round_number, lines, chance, power)
            found = check(child, data, lines)
            print(f"{way} {round_number + 1}/{args.rounds}: {json.dumps(found)}", file=sys.stderr)
            good = good and is_good(found)
        report[way] = {"rounds": args.rounds, **found,
                       "database_bytes": os.path.getsize(os.path.join(data, "xiaozheng.db"))}
        shutil.rmtree(base)
    report["ok"] = good
    print(json.dumps(report))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
