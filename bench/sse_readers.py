#!/usr/bin/env python3
"""10,000 readers of event streams, 10,000 askers at once, and 10,000 connections that say nothing.

    bench/sse_readers.py [--build build] [--readers 10000] [--seconds 60]

1. `streams`: the product's server code with its defaults (tests/unit/net/net_test_server, because no
   route of the product keeps a stream open by itself) holds READERS streams for SECONDS; each must get
   every heartbeat that is due and none may end. Memory per stream is what the server's RSS grew by.
2. `answers`: READERS connections to xiaozhengd with the sample city, all open at once; each asks a
   question as an event stream and must read its `done`.
3. `silent`: READERS connections to xiaozhengd that never send a byte; meanwhile a question is asked
   every 50 ms and must be answered.

All on loopback, client and server on the same processors. The last line is one JSON object.
"""
import argparse
import json
import os
import pathlib
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUESTION = json.dumps({"question": "居住证怎么办理？"}).encode()
ASK = (b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
       b"Accept: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(QUESTION)) + QUESTION
IDLE = b"GET /test/stream/idle HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
HEARTBEAT_S = 15


def rss_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class Crowd:
    """Many connections in one thread."""

    def __init__(self, port, count):
        self.poll, self.address = select.epoll(), ("127.0.0.1", port)
        self.by_fd, self.text, self.ended = {}, {}, 0
        for _ in range(count):
            self.connect()

    def connect(self):
        one = socket.create_connection(self.address, timeout=30)
        one.setblocking(False)
        self.by_fd[one.fileno()] = one
        self.text[one.fileno()] = b""
        self.poll.register(one.fileno(), select.EPOLLIN)

    def say(self, request):
        for one in self.by_fd.values():
            one.send(request)

    def read(self, seconds, until=None):
        """Reads for so long, or until every connection is as `until` says. Returns how many are."""
        end, done = time.monotonic() + seconds, set()
        while (left := end - time.monotonic()) > 0 and (not until or len(done) < len(self.by_fd)):
            for fd, _ in self.poll.poll(min(left, 1)):
                try:
                    piece = self.by_fd[fd].recv(65536)
                except ConnectionError:
                    piece = b""
                if not piece:
                    self.ended += 1
                    self.poll.unregister(fd)
                    self.by_fd.pop(fd).close()
                    continue
                self.text[fd] += piece
                if until and until(self.text[fd]):
                    done.add(fd)
        return len(done)

    def close(self):
        for one in self.by_fd.values():
            one.close()
        self.poll.close()


def stop(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=120)


def streams(build, folder, readers, seconds):
    (folder / "spool").mkdir()
    server = subprocess.Popen(
        [str(build / "tests/unit/net/net_test_server"), "--spool", str(folder / "spool"),
         "--socket", str(folder / "s")], stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().split()[1])
    urllib.request.urlopen(f"http://127.0.0.1:{port}/test/hello").read()
    before = rss_kib(server)
    began = time.monotonic()
    crowd = Crowd(port, readers)
    crowd.say(IDLE)
    opened = crowd.read(60, lambda text: b"\r\n\r\n" in text)
    opening = time.monotonic() - began
    crowd.read(seconds)
    after = rss_kib(server)
    beats = [text.count(b"\r\n:\n\n\r\n") for text in crowd.text.values()] or [0]
    result = {"readers": readers, "opened": opened, "opening_s": round(opening, 1),
              "held_s": seconds, "dropped": crowd.ended, "heartbeats_least": min(beats),
              "heartbeats_due": int((seconds - 2) // HEARTBEAT_S), "rss_before_kib": before,
              "rss_after_kib": after, "kib_each": round((after - before) / readers, 2)}
    crowd.close()
    result["exit"] = stop(server)
    return result


class City:
    """xiaozhengd with the sample city."""

    def __init__(self, build, folder):
        programs = build if (build / "xiaozhengd").exists() else build / "src/app"
        subprocess.run([programs / "xiaozheng", "import", ROOT / "data/sample", "--data",
                        folder / "data"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            [programs / "xiaozhengd", "--data", folder / "data", "--port", str(self.port), "--set",
             "log.level=warn"], stdout=self.log, stderr=self.log)
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz").read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("xiaozhengd did not start")

    def ask(self):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/ask", QUESTION,
            {"Content-Type": "application/json", "Accept": "application/json"})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=30) as reply:
            json.load(reply)
        return (time.monotonic() - began) * 1000


def answers(city, readers):
    city.ask()
    before = rss_kib(city.process)
    crowd = Crowd(city.port, readers)
    began = time.monotonic()
    crowd.say(ASK)
    done = crowd.read(120, lambda text: b"event: done" in text)
    result = {"readers": readers, "done": done, "dropped": crowd.ended,
              "seconds": round(time.monotonic() - began, 2), "rss_before_kib": before,
              "rss_after_kib": rss_kib(city.process)}
    result["kib_each"] = round((result["rss_after_kib"] - before) / readers, 2)
    crowd.close()
    return result


def silent(city, readers, seconds):
    before = rss_kib(city.process)
    quiet = [city.ask() for _ in range(20)]
    crowd = Crowd(city.port, readers)
    # They are shut out when the head is overdue: what matters is the time they are all there.
    held, took = rss_kib(city.process), []
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        took.append(city.ask())
        time.sleep(0.05)
    crowd.read(1)
    result = {"connections": readers, "seconds": seconds, "asked": len(took),
              "answer_ms_median": round(statistics.median(took), 2),
              "answer_ms_max": round(max(took), 2),
              "answer_ms_median_without": round(statistics.median(quiet), 2),
              "kib_each": round((held - before) / readers, 2), "shut_out": crowd.ended}
    crowd.close()
    return result


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    args.add_argument("--build", type=pathlib.Path,
                      default=pathlib.Path(os.environ.get("XZ_BUILD", ROOT / "build")))
    args.add_argument("--readers", type=int, default=10_000)
    args.add_argument("--seconds", type=int, default=60)
    args = args.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < args.readers + 100:
        sys.exit(f"only {hard} descriptors: raise `ulimit -Hn`")
    build = args.build.resolve()
    result = {"load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        result["streams"] = streams(build, folder, args.readers, args.seconds)
        print(result["streams"], file=sys.stderr)
        city = City(build, folder)
        result["answers"] = answers(city, args.readers)
        print(result["answers"], file=sys.stderr)
        result["silent"] = silent(city, args.readers, min(args.seconds, 20))
        result["exit"] = stop(city.process)
    result["load_after"] = os.getloadavg()[0]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
