#!/usr/bin/env python3
"""Imports a folder with the program a user runs, and measures it; or kills it and looks for damage.

    bench/import_laws.py FOLDER [--build build] [--data DIR] [--kill N [--power]] [--seed 1]

Without --kill: one import into a new data folder. The last line is one JSON object: files, clauses,
seconds, clauses_per_s, cpu_seconds, and rss_peak_mb, the most that the program and its parsers held
together (pages they share are counted for each).

With --kill N: an undisturbed import first; then another one that is killed with -9 at N random
moments and started again each time, then runs to its end. Every file must be accounted for as in the
undisturbed import, with the very same clauses and links between versions, none lost or doubled, what
was stored before a kill must still be there after it, and `verify` must find nothing. --power takes
back a random part of the unsynced sectors as well (bench/crash_disk.c). The exit status is 1 when
anything differs.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def program(build):
    for path in (os.path.join(build, "xiaozheng"), os.path.join(build, "src/app/xiaozheng")):
        if os.path.exists(path):
            return os.path.realpath(path)
    sys.exit(f"no xiaozheng in {build}; build it first (script/build)")


def resident_mb(pid):
    """Of the process and its children."""
    total = 0.0
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as listed:
            pids = [pid, *map(int, listed.read().split())]
    except OSError:
        return 0.0
    try:  # children belong to the thread that started them
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as listed:
                pids += map(int, listed.read().split())
    except OSError:
        pass
    for each in set(pids):
        try:
            with open(f"/proc/{each}/comm", encoding="ascii") as comm:
                # Between vfork and exec a child has its parent's pages, not its own.
                if each != pid and comm.read().strip() != "xz-parse":
                    continue
            with open(f"/proc/{each}/statm", encoding="ascii") as statm:
                total += int(statm.read().split()[1]) * PAGE_MB
        except (OSError, IndexError):
            continue
    return total


class Watch(threading.Thread):
    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self.over = pid, 0.0, False

    def run(self):
        while not self.over:
            self.peak_mb = max(self.peak_mb, resident_mb(self.pid))
            time.sleep(0.02)


def start(args, data, env=None):
    return subprocess.Popen([args.program, "import", args.folder, "--data", data, "--json"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env,
                            start_new_session=True)


def import_whole(args, data):
    process = start(args, data)
    watch = Watch(process.pid)
    watch.start()
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    watch.over = True
    watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1) or not text:
        sys.exit(f"the import failed ({process.returncode})")
    summary = json.loads(text)
    if "error" in summary:
        sys.exit(f"the import failed: {summary.get('detail')}")
    return summary, watch.peak_mb, usage.ru_utime + usage.ru_stime


def measure(args, data):
    summary, peak_mb, cpu_seconds = import_whole(args, data)
    return {"files": summary["total"], "stored": summary["stored"],
            "duplicate": summary["duplicate"], "refused": summary["refused"],
            "clauses": summary["clauses"], "seconds": round(summary["seconds"], 2),
            "clauses_per_s": round(summary["clauses"] / summary["seconds"]),
            "cpu_seconds": round(cpu_seconds, 2), "rss_peak_mb": round(peak_mb, 1)}


def contents(data):
    """What was imported, by content: of two files with the same content either may be the stored
    one, so that files are named by their hash."""
    db = sqlite3.connect(f"file:{data}/xiaozheng.db?mode=ro", uri=True)
    files = {source: (content, outcome) for source, content, outcome in
             db.execute("SELECT source, content_hash, outcome FROM import_file")}
    name = {}
    entries, links = {}, {}
    for entry, source, key in db.execute("SELECT id, source, title_key FROM knowledge_entry"):
        name[entry] = (files.get(source.split("#")[0], ("?",))[0], source.partition("#")[2], key)
    for entry, by, on, region, kind in db.execute(
            "SELECT id, superseded_by, superseded_on, region, kind FROM knowledge_entry"):
        links[name[entry]] = (name.get(by), on, region, kind)
    clauses = collections.defaultdict(list)
    for entry, label, path, body in db.execute(
            "SELECT entry, label, path, body FROM clause WHERE retired_version = 0"
            " ORDER BY entry, ordinal"):
        clauses[entry].append(f"{label}\t{path}\t{body}")
    for entry, list_of in clauses.items():
        digest = hashlib.sha256("\n".join(list_of).encode()).hexdigest()
        entries.setdefault(name[entry], []).append((len(list_of), digest))
    retired = db.execute("SELECT COUNT(*) FROM clause WHERE retired_version > 0").fetchone()[0]
    db.close()
    return {"files": files, "entries": entries, "links": links, "retired": retired}


def stored(data):
    path = f"{data}/xiaozheng.db"
    if not os.path.exists(path):
        return set()
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {row[0] for row in
                db.execute("SELECT source FROM import_file WHERE outcome = 'stored'")}
    except sqlite3.OperationalError:
        return set()  # killed before its tables were made
    finally:
        db.close()


def verify(args, data):
    done = subprocess.run([args.program, "verify", "--data", data, "--json"], capture_output=True,
                          check=False)
    try:
        return json.loads(done.stdout)["problems"]
    except (ValueError, KeyError):
        return [f"verify failed ({done.returncode}): {done.stderr.decode(errors='replace')}"]


def kill_once(args, data, chance, seconds):
    """False when the import ended before its time came."""
    env = None
    delay = chance.uniform(0.05, seconds)
    if args.power:
        env = dict(os.environ, LD_PRELOAD=os.path.join(args.build, "bench/libcrash_disk.so"),
                   XZ_CRASH_FOLDER=data, XZ_CRASH_AFTER_MS=str(int(delay * 1000)),
                   XZ_CRASH_SEED=str(chance.randrange(1 << 30)),
                   XZ_CRASH_SECTOR=str(chance.choice([512, 4096])))
    process = start(args, data, env)
    try:
        process.communicate(timeout=600 if args.power else delay)
    except subprocess.TimeoutExpired:
        if chance.random() < 0.5:
            process.kill()
            process.wait()
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()
    if process.returncode not in (-signal.SIGKILL, 0, 1):
        sys.exit(f"the import ended by itself ({process.returncode})")
    return process.returncode == -signal.SIGKILL


def differences(whole, killed):
    found = []
    for source in sorted(set(whole["files"]) | set(killed["files"])):
        a, b = whole["files"].get(source), killed["files"].get(source)
        if not a or not b or a[0] != b[0]:
            found.append(f"file {source}: {a} and {b}")
    for what in ("entries", "links"):
        for key in set(whole[what]) | set(killed[what]):
            a, b = whole[what].get(key), killed[what].get(key)
            if a != b:
                found.append(f"{what} {key}: {a} and {b}")
    if killed["retired"]:
        found.append(f"{killed['retired']} clauses retired")
    return found


def kill_and_compare(args, folder, chance):
    whole_data, data = os.path.join(folder, "whole"), os.path.join(folder, "killed")
    first = measure(args, whole_data)
    kills = early = 0
    lost = []
    before = set()
    window = max(0.5, 3.0 * first["seconds"] / args.kill)
    while kills < args.kill:
        if kill_once(args, data, chance, window):
            kills += 1
            now = stored(data)
            lost += [f"gone after kill {kills}: {source}" for source in before - now]
            before = now
            print(f"kill {kills}: {len(now)} files stored", file=sys.stderr)
        else:  # done too soon: once more from nothing
            early += 1
            shutil.rmtree(data)
            before = set()
    import_whole(args, data)
    problems = lost + verify(args, data)
    problems += differences(contents(whole_data), contents(data))
    for problem in problems[:50]:
        print(problem, file=sys.stderr)
    return {**first, "kills": kills, "started_over": early, "power": args.power,
            "problems": len(problems)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder")
    parser.add_argument("--build", default="build")
    parser.add_argument("--data", help="new folder for the data; default: a temporary one")
    parser.add_argument("--kill", type=int, default=0)
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.build = os.path.realpath(args.build)
    args.program = program(args.build)
    folder = args.data or tempfile.mkdtemp(prefix="import-laws-")
    try:
        if args.kill:
            result = kill_and_compare(args, folder, random.Random(args.seed))
        else:
            result = measure(args, folder)
        print(json.dumps(result))
        sys.exit(1 if result.get("problems") else 0)
    finally:
        if not args.data:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
