"""What the tests of net/ share: the test server (tests/unit/net/net_test_server.c) and raw sockets.

The server is looked for in $XZ_NET_TEST_SERVER, then in $XZ_BUILD (build/). test_net_wire.py can also
be pointed at a running server: XZ_NET_TARGET=host:port, with XZ_NET_GET=/healthz and
XZ_NET_POST=/api/ask as paths that answer there.
"""
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SLOW = int(os.environ.get("XZ_SLOW", "1"))  # under sanitizers: how much slower things are


def server_program():
    built = ROOT / os.environ.get("XZ_BUILD", "build") / "tests/unit/net/net_test_server"
    place = Path(os.environ.get("XZ_NET_TEST_SERVER", built))
    if place.exists():
        return place
    raise RuntimeError("net_test_server is not built; run script/build, or set XZ_NET_TEST_SERVER")


class Server:
    """The test server as a child process."""

    def __init__(self, folder, *flags, web=None):
        self.folder = Path(folder)
        self.socket_path = self.folder / "s"
        spool = self.folder / "spool"
        spool.mkdir(exist_ok=True)
        command = [server_program(), "--spool", spool, "--socket", self.socket_path]
        if web:
            command += ["--web", web]
        for flag in flags:
            command += ["--set", flag]
        self.spool = spool
        self.errors = open(self.folder / "stderr.txt", "ab")
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("port "):
            self.process.wait()
            raise RuntimeError("the test server did not start: " + self.log())
        self.port = int(line.split()[1])
        self.address = ("127.0.0.1", self.port)

    def log(self):
        return (self.folder / "stderr.txt").read_text(errors="replace")

    def stop(self):
        """Ends it as an operator would; a crash or a sanitizer's report is a failed test."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.errors.close()
        assert code == 0, f"exit {code}: {self.log()[-4000:]}"

    def rss_kib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def counters(self):
        return json.loads(ask(self.address, "/test/counters").body)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection, fed with raw bytes."""

    def __init__(self, address, timeout=10 * SLOW, receive_bytes=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_bytes:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.sock.settimeout(timeout)
        self.sock.connect(address)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Leaves with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise EOFError(self.buffer)
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise EOFError(self.buffer)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def head(self):
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        version, status = lines[0].split(" ")[:2]
        assert version == "HTTP/1.1"
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        return int(status), headers

    def chunk(self):
        size = int(self.until(b"\r\n"), 16)
        data = self.exactly(size)
        assert self.exactly(2) == b"\r\n"
        return data

    def reply(self, head_only=False):
        status, headers = self.head()
        if head_only or status in (100, 204, 304):
            return Reply(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while piece := self.chunk():
                body += piece
            return Reply(status, headers, body)
        return Reply(status, headers, self.exactly(int(headers["content-length"])))

    def at_end(self):
        """True once the server has closed and nothing more came."""
        if self.buffer:
            return False
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


def request(method, path, body=None, headers=None, version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: test"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None and not any(line.lower().startswith("transfer-") for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")


def ask(address, path, method="GET", body=None, headers=None):
    with Client(address) as client:
        client.send(request(method, path, body, headers))
        return client.reply(head_only=method == "HEAD")


def wait_for(condition, seconds=10):
    """Waits for something that another process does."""
    end = time.monotonic() + seconds * SLOW
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
