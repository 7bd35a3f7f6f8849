"""A test double of xiaozhengd for the page: serves web/dist under the real content policy and answers
the API from fake_city, with the troubles that a test asks for.

By hand: python3 tests/web/fake_server.py --port 8099 --pace 0.08
"""

import argparse
import json
import mimetypes
import secrets
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import fake_city as city

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
    "base-uri 'self'; frame-ancestors 'self'"
)
PIECE_CHARS = 12
GATE_DEADLINE_S = 20
HAND_OVER_S = 0.15
SOUND_S = 20


def hush(seconds, rate=8000):
    """A WAV file of silence."""
    data = bytes([128]) * (seconds * rate)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1,
                       rate, rate, 1, 8, b"data", len(data))
    return head + data


class Script:
    """The troubles to play. A test sets them, the server plays them."""

    def __init__(self):
        self.pace_s = 0.0
        self.reset()

    def reset(self):
        self.away = False  # the API answers 502 like a proxy without its server
        self.problem = None  # (status, problem document) for the next question
        self.cut_after = []  # per stream: cut the connection after so many events
        self.forget_stream = False  # the stream cannot be resumed, only the turn is kept
        self.gate = None  # (events, threading.Event): hold the stream there
        self.questions = []
        self.feedback = []
        self.complaints = []
        self.erased = []
        self.spoken = []
        self.silent = False  # no speech program is installed
        self.notices = []
        self.lookups = []
        self.resumed_from = []


class FakeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.script = Script()
        self.turns = {}
        self.lock = threading.Lock()
        self.dialogues = {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def new_turn(self, body):
        """Records the question and prepares every event of its stream."""
        with self.lock:
            turn = len(self.turns) + 1
            dialogue = body.get("dialogue") or secrets.token_hex(16)
            follows = self.dialogues.get(dialogue, 0) > 0
            self.dialogues[dialogue] = self.dialogues.get(dialogue, 0) + 1
        question = body["question"]
        answer = city.reply_to(question, body.get("region"), follows)
        answer.setdefault("question_as_understood", question)
        answer.update(dialogue=dialogue, turn=turn)
        self.turns[turn] = (answer, stream_of(answer))
        return turn


def stream_of(answer):
    head = {"turn": answer["turn"], "dialogue": answer["dialogue"]}
    events = [
        ("status", {**head, "step": "understand", "text": "正在理解您的问题…"}),
        ("status", {**head, "step": "retrieve", "text": "正在查找依据…"}),
    ]
    text = answer["answer"]
    for at in range(0, len(text), PIECE_CHARS):
        events.append(("answer", {"kind": answer["kind"], "text": text[at : at + PIECE_CHARS]}))
    events += [("source", item) for item in answer["sources"]]
    events.append(("done", answer))
    return events


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if not url.path.startswith("/api/"):
            self.send_file(url.path)
        elif self.server.script.away:
            self.send_away()
        else:
            self.api_get(url.path.split("/")[2:], query)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        script = self.server.script
        if script.away:
            self.send_away()
        elif self.path == "/api/ask":
            self.ask(json.loads(body))
        elif self.path == "/api/complaints":
            script.complaints.append(json.loads(body))
            due = city.LONG_FROM_NOW_MS
            self.send_json({"id": 1, "number": "T20261122-0001", "due_at": due}, 201)
        elif self.path.endswith("/feedback"):
            script.feedback.append(json.loads(body))
            self.send_response(204)
            self.end_headers()
        else:
            self.send_problem(404, "没有这个接口。")

    def do_DELETE(self):
        if self.server.script.away:
            self.send_away()
            return
        self.server.script.erased.append(self.path.split("/")[-1])
        self.send_response(204)
        self.end_headers()

    def speak(self, turn):
        script = self.server.script
        script.spoken.append(int(turn))
        if script.silent:
            self.send_problem(503, "本平台没有安装朗读程序，请使用设备自带的朗读功能。")
        else:
            self.send_body(200, "audio/wav", hush(SOUND_S))

    def api_get(self, path, query):
        match path:
            case ["notices"]:
                self.send_json({"notices": self.server.script.notices})
            case ["halls"]:
                self.send_json({"halls": city.HALLS})
            case ["halls", hall] if int(hall) == city.HALL["id"]:
                self.send_json({**city.HALL, "floors": city.FLOORS})
            case ["turns", turn, "speech"]:
                self.speak(turn)
            case ["site"]:
                self.send_json(city.SITE)
            case ["regions"]:
                self.send_json({"regions": city.REGIONS})
            case ["suggestions"]:
                words = query.get("q", "")
                self.server.script.lookups.append(words)
                found = [s for s in city.SUGGESTIONS if words in s["question"]]
                self.send_json({"suggestions": found[: int(query.get("limit", 8))]})
            case ["search"]:
                self.send_json({"hits": self.search(query), "took_ms": 1})
            case ["entries", entry] if int(entry) in city.ENTRIES:
                self.send_json(city.ENTRIES[int(entry)])
            case ["entries", entry, "clauses"] if int(entry) in city.ENTRIES:
                self.send_json(self.clauses(int(entry), query))
            case ["turns", turn] if int(turn) in self.server.turns:
                self.send_json(self.server.turns[int(turn)][0])
            case ["turns", turn, "events"] if int(turn) in self.server.turns:
                self.resume(int(turn))
            case _:
                self.send_problem(404, "没有找到您要的内容。")

    @staticmethod
    def search(query):
        answer = city.quoted() if "施工" in query.get("q", "") else city.answer("refused", "")
        old = query.get("superseded") == "1"
        return [
            {**item, "score": 1.0, "kind": "policy"}
            for item in answer["sources"]
            if (old or item["status"] == "current") and query.get("kind", "policy") == "policy"
        ]

    @staticmethod
    def clauses(entry, query):
        clauses = city.ENTRY_CLAUSES[entry]
        start = next((i for i, c in enumerate(clauses) if c["id"] == int(query.get("from", 0))), 0)
        end = start + int(query.get("limit", 200))
        return {
            "clauses": clauses[start:end],
            "next": clauses[end]["id"] if end < len(clauses) else None,
        }

    def ask(self, body):
        script = self.server.script
        script.questions.append(body)
        if script.problem:
            status, detail = script.problem
            script.problem = None
            self.send_problem(status, detail)
            return
        self.stream(self.server.new_turn(body), 0)

    def resume(self, turn):
        last = self.headers.get("Last-Event-ID", "")
        self.server.script.resumed_from.append(last)
        if self.server.script.forget_stream:
            self.send_problem(404, "这次回答已经结束。")
            return
        self.stream(turn, int(last.split("-")[1]) if "-" in last else 0)

    def stream(self, turn, after):
        script = self.server.script
        events = self.server.turns[turn][1]
        cut = script.cut_after.pop(0) if script.cut_after else None
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Accel-Buffering", "no")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.chunk(": heartbeat\n\n")
            for n, (name, data) in enumerate(events[after:], start=after + 1):
                if cut is not None and n > after + cut:
                    # Chromium drops what it has not handed over when the line breaks: let it
                    time.sleep(HAND_OVER_S)
                    self.close_connection = True  # no last chunk: the browser sees a broken line
                    return
                if script.gate and n > script.gate[0]:
                    script.gate[1].wait(GATE_DEADLINE_S)
                text = json.dumps(data, ensure_ascii=False)
                self.chunk(f"id: {turn}-{n}\nevent: {name}\ndata: {text}\n\n")
                time.sleep(script.pace_s)
            self.chunk("")
        except OSError:
            self.close_connection = True  # the citizen pressed stop

    def chunk(self, text):
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def send_away(self):
        self.send_body(502, "text/html", b"<h1>502 Bad Gateway</h1>")

    def send_problem(self, status, detail):
        body = {"type": "about:blank", "title": "problem", "status": status, "detail": detail}
        self.send_body(status, "application/problem+json", json.dumps(body).encode())

    def send_json(self, value, status=200):
        self.send_body(status, "application/json", json.dumps(value, ensure_ascii=False).encode())

    def send_file(self, path):
        file = (DIST / (path.lstrip("/") or "index.html")).resolve()
        if not file.is_file() or DIST not in file.parents:
            self.send_problem(404, "没有这个页面。")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.send_body(200, kind, file.read_bytes())

    def send_body(self, status, kind, data):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--pace", type=float, default=0.05, help="seconds between two events")
    options = parser.parse_args()
    server = FakeServer(options.port)
    server.script.pace_s = options.pace
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
