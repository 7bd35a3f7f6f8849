"""What the tests of the whole server share: xiaozhengd as a child process on a data folder of its own,
the sample city, and a citizen who asks.

The programs are looked for in $XZ_BUILD (build/), as script/build leaves them.
"""
import csv
import datetime
import json
import os
import re
import signal
import subprocess
import urllib.parse
from pathlib import Path

from net_support import ROOT, SLOW, Client, ask, request  # noqa: F401 (for the tests)

SAMPLE = ROOT / "data/sample"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
STREAM = {"Content-Type": "application/json", "Accept": "text/event-stream"}


def program(name):
    built = ROOT / os.environ.get("XZ_BUILD", "build")
    for place in (built / "src/app" / name, built / "src/app/cli" / name, built / name):
        if place.is_file():
            return place
    raise RuntimeError(f"{name} is not built; run script/build, or set XZ_BUILD")


def quote(text):
    return urllib.parse.quote(text, safe="")


def query(path, **values):
    return path + "?" + "&".join(f"{name}={quote(str(value))}" for name, value in values.items())


# --- the sample city as its files say ---
def sample_files():
    """In the order in which they are imported: what others refer to comes first."""
    first = ["site.json", "regions.csv", "departments.csv"]
    rest = sorted(path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*") if path.is_file())
    return first + [name for name in rest if name not in first]


def sample_answers():
    """Rows of all answer files; the text as the server keeps it."""
    for path in sorted((SAMPLE / "answers").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                row["file"] = path.stem
                row["答案"] = row["答案"].strip()
                row["说法"] = [row["问题"], *filter(None, row["相似问法"].split("｜"))]
                yield row


def sample_regions():
    with (SAMPLE / "regions.csv").open(encoding="utf-8", newline="") as file:
        return {row["名称"]: row["代码"] for row in csv.DictReader(file)}


def in_force(row, today):
    day = str(today)
    return (row["生效日期"] or day) <= day and day <= (row["失效日期"] or day)


def today():
    """The city's day; its server has no other clock."""
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def answers_csv(*rows):
    """A file of reviewed answers; each row gives 问题 and 答案, and whatever else it wants."""
    names = ["问题", "相似问法", "答案", "依据", "关联事项", "区域", "责任部门", "可见范围",
             "生效日期", "失效日期"]
    base = {"区域": "安澜市", "责任部门": "安澜市民政局", "可见范围": "公开",
            "生效日期": "2024-01-01"}
    lines = [",".join(names)]
    for row in rows:
        cells = [(base | row).get(name, "") for name in names]
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return ("\n".join(lines) + "\n").encode()


class Event:
    def __init__(self, block):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        self.id, self.name, self.data = fields.get("id"), fields["event"], json.loads(fields["data"])


def events_of(text):
    blocks = [block for block in text.split("\n\n") if block.strip("\n")]
    return [Event(block) for block in blocks if not block.startswith(":")]


class City:
    """xiaozhengd on one data folder. It may be stopped or killed, and started again."""

    def __init__(self, folder, *flags, web=None):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.socket = str(self.data / "socket")
        self.flags, self.web = flags, web
        self.process = None

    def command(self):
        command = [program("xiaozhengd"), "--data", self.data, "--port", "0"]
        if self.web:
            command += ["--web", self.web]
        # The encoder would work for minutes on the sample's questions; test_meaning.py asks for it.
        for flag in ("qa.semantic=false", *self.flags):
            command += ["--set", flag]
        return [str(part) for part in command]

    def start(self):
        self.errors = open(self.folder / "stderr.txt", "ab")
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, cwd=self.folder)
        line = self.process.stdout.readline()
        ready = re.fullmatch(r"小政已就绪：http://127\.0\.0\.1:(\d+)/\n", line)
        if not ready:
            self.process.wait()
            raise RuntimeError("the server did not start: " + self.log()[-4000:])
        self.port = int(ready[1])
        self.address = ("127.0.0.1", self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def log(self):
        return (self.folder / "stderr.txt").read_text(errors="replace")

    def ended(self):
        """Waits for its end; its exit code."""
        code = self.process.wait(timeout=30 * SLOW)
        self.process.stdout.close()
        self.errors.close()
        self.process = None
        return code

    def stop(self):
        """Ends it as an operator would; a crash or a sanitizer's report is a failed test."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            code = self.ended()
            assert code == 0, f"exit {code}: {self.log()[-4000:]}"

    def kill(self):
        self.process.kill()
        self.ended()

    # --- over HTTP ---
    def get(self, path, headers=None, local=False):
        return ask(self.socket if local else self.address, path, headers=headers)

    def read(self, path, local=False, **values):
        """The object at a path that must answer."""
        reply = self.get(query(path, **values) if values else path, local=local)
        assert reply.status == 200, (path, values, reply.body.decode())
        return reply.json()

    def post(self, path, body, headers=None, local=False):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return ask(self.socket if local else self.address, path, "POST", data,
                   JSON if headers is None else headers)

    def ask(self, question, local=False, **more):
        """One answer as one object."""
        reply = self.post("/api/ask", {"question": question} | more, local=local)
        assert reply.status == 200, reply.body.decode()
        assert reply.headers["content-type"] == "application/json"
        return reply.json()

    def ask_stream(self, question, **more):
        """One answer as events."""
        reply = self.post("/api/ask", {"question": question} | more, STREAM)
        assert reply.status == 200 and reply.headers["content-type"].startswith("text/event-stream")
        return events_of(reply.body.decode())

    def turn(self, answer):
        return self.read(f"/api/turns/{answer['turn']}", dialogue=answer["dialogue"])

    # --- as the operator, over the Unix socket ---
    def send_file(self, source, data):
        return self.post(query("/api/import", source=source), data,
                         {"Content-Type": "application/octet-stream"}, local=True)

    def take(self, source, data):
        """Imports one file and says what came of it."""
        reply = self.send_file(source, data)
        assert reply.status == 200, reply.body.decode()
        return reply.json()

    def take_sample(self, names=None):
        for name in names or sample_files():
            result = self.take("sample/" + name, (SAMPLE / name).read_bytes())
            assert result["outcome"] == "stored", result
        return self

    def status(self):
        return self.read("/api/status", local=True)

    def problems(self):
        reply = self.post("/api/verify", {}, local=True)
        assert reply.status == 200
        return reply.json()["problems"]


def is_problem(reply, status, *words):
    """A problem document for people: the right status, and Chinese that says what to do."""
    assert reply.status == status, reply.body.decode(errors="replace")
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status and problem["title"] and problem["type"] == "about:blank"
    assert re.search("(?:[\u4e00-\u9fff].*){4}", problem["detail"]), problem
    for word in words:
        assert word in problem["detail"], problem
    return problem
