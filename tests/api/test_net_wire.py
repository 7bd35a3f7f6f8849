"""Bytes on the wire: what is refused, and that nothing moves the border between two requests."""
import os

import pytest

from net_support import Client, Server, request

GET = os.environ.get("XZ_NET_GET", "/test/hello")
POST = os.environ.get("XZ_NET_POST", "/test/echo")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    target = os.environ.get("XZ_NET_TARGET")
    if target:
        host, port = target.rsplit(":", 1)
        yield (host, int(port))
        return
    server = Server(tmp_path_factory.mktemp("net"))
    yield server.address
    server.stop()


def post(*lines, body=b"abc"):
    head = [f"POST {POST} HTTP/1.1", "Host: a", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def get(*lines, first=None, host="Host: a"):
    head = [first or f"GET {GET} HTTP/1.1", *([host] if host else []), *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n"


CHUNKED = "Transfer-Encoding: chunked"
REFUSED = {
    # framing
    "two lengths that differ": (400, post("Content-Length: 3", "Content-Length: 4")),
    "two lengths alike": (400, post("Content-Length: 3", "Content-Length: 3")),
    "a list of lengths": (400, post("Content-Length: 3, 3")),
    "a signed length": (400, post("Content-Length: +3")),
    "a negative length": (400, post("Content-Length: -1")),
    "a hex length": (400, post("Content-Length: 0x3")),
    "a length with a blank": (400, post("Content-Length: 3 4")),
    "an empty length": (400, post("Content-Length:")),
    "a length beyond 64 bits": (400, post("Content-Length: 99999999999999999999")),
    "length then chunked": (400, post("Content-Length: 3", CHUNKED)),
    "chunked then length": (400, post(CHUNKED, "Content-Length: 3")),
    "chunked twice": (400, post(CHUNKED, CHUNKED)),
    "gzip, chunked": (501, post("Transfer-Encoding: gzip, chunked")),
    "chunked, chunked": (501, post("Transfer-Encoding: chunked, chunked")),
    "identity": (501, post("Transfer-Encoding: identity", "Content-Length: 3")),
    "xchunked": (501, post("Transfer-Encoding: xchunked")),
    "a control before chunked": (400, post("Transfer-Encoding: \x0bchunked")),
    "chunked in 1.0": (400, f"POST {POST} HTTP/1.0\r\n{CHUNKED}\r\n\r\n0\r\n\r\n".encode()),
    # names and lines
    "a blank before the colon": (400, post("Content-Length : 3")),
    "a tab before the colon": (400, post("Content-Length\t: 3")),
    "a blank in a name": (400, post("Content Length: 3")),
    "a blank before the first name": (400, get(" Content-Length: 3", "Host: a", host=None)),
    "an empty name": (400, get(": a")),
    "no colon": (400, get("nothing")),
    "a byte above 127 in a name": (400, get("\xff: a")),
    "a folded line": (400, get("X: a", " b")),
    "a folded line with a tab": (400, get("X: a", "\tb")),
    "a folded Transfer-Encoding": (501, post("Transfer-Encoding:", " chunked")),
    "NUL in a value": (400, get("X: a\0b")),
    "a control in a value": (400, get("X: a\x01b")),
    "a bare CR in a value": (400, get("X: a\rb")),
    "CR CR LF": (400, get("X: a\r")),
    "all lines end in LF": (400, get().replace(b"\r\n", b"\n")),
    "one line ends in LF": (400, get("X: a", "Y: b").replace(b"a\r\nY", b"a\nY")),
    "the blank line is LF": (400, get()[:-2] + b"\n"),
    "the request line ends in LF": (400, get().replace(b"\r\n", b"\n", 1)),
    # hosts
    "no Host": (400, get(host=None)),
    "two Host": (400, get("Host: b")),
    "two in one Host": (400, get(host="Host: a, b")),
    # request lines
    "HTTP/0.9": (400, get(first=f"GET {GET}")),
    "HTTP/0.9 by number": (505, get(first=f"GET {GET} HTTP/0.9")),
    "HTTP/1.2": (505, get(first=f"GET {GET} HTTP/1.2")),
    "HTTP/2.0": (505, get(first=f"GET {GET} HTTP/2.0")),
    "the HTTP/2 preface": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "two blanks": (400, get(first=f"GET  {GET} HTTP/1.1")),
    "an absolute address": (400, get(first=f"GET http://a{GET} HTTP/1.1")),
    "a tab in the address": (400, get(first="GET /a\tb HTTP/1.1")),
    "a byte above 127 in the address": (400, get(first="GET /\xff HTTP/1.1")),
    "a bad escape": (400, get(first="GET /%zz HTTP/1.1")),
    "NUL by escape": (400, get(first="GET /%00 HTTP/1.1")),
    "dot segments": (400, get(first="GET /a/../b HTTP/1.1")),
    "dot segments by escape": (400, get(first="GET /%2e%2e/b HTTP/1.1")),
    "CONNECT": (501, get(first="CONNECT a:80 HTTP/1.1")),
    "an unknown method": (501, get(first=f"BREW {GET} HTTP/1.1")),
    "Upgrade": (501, get("Connection: Upgrade", "Upgrade: h2c")),
    "a TLS hello": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "an unknown expectation": (417, post("Expect: tea", "Content-Length: 3")),
    # chunks
    "chunk size of letters": (400, post(CHUNKED, body=b"zz\r\nabc\r\n0\r\n\r\n")),
    "chunk size 0x3": (400, post(CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n")),
    "chunk size -1": (400, post(CHUNKED, body=b"-1\r\nabc\r\n0\r\n\r\n")),
    "no chunk size": (400, post(CHUNKED, body=b"\r\nabc\r\n0\r\n\r\n")),
    "chunk size beyond 64 bits": (400, post(CHUNKED, body=b"ffffffffffffffff1\r\nabc")),
    "chunk size and a word": (400, post(CHUNKED, body=b"3 x\r\nabc\r\n0\r\n\r\n")),
    "chunk size ended by LF": (400, post(CHUNKED, body=b"3\nabc\r\n0\r\n\r\n")),
    "LF in an extension": (400, post(CHUNKED, body=b"3;a\nb\r\nabc\r\n0\r\n\r\n")),
    "data longer than its size": (400, post(CHUNKED, body=b"3\r\nabcXX0\r\n\r\n")),
    "LF after chunk data": (400, post(CHUNKED, body=b"3\r\nabc\n0\r\n\r\n")),
    "a bad trailer": (400, post(CHUNKED, body=b"3\r\nabc\r\n0\r\nA B\r\n\r\n")),
    "an endless size": (400, post(CHUNKED, body=b"0" * 100000)),
    "an endless extension": (400, post(CHUNKED, body=b"3;" + b"a" * 100000)),
    "an endless trailer": (400, post(CHUNKED, body=b"0\r\nA: " + b"a" * 100000)),
    "a flood of extensions": (400, post(CHUNKED, body=(b"1;" + b"a" * 200 + b"\r\nx\r\n") * 500)),
    # sizes
    "a long address": (414, get(first="GET /" + "a" * 9000 + " HTTP/1.1")),
    "an address without end": (414, b"GET /" + b"a" * 20000),
    "a long header": (431, get("X: " + "a" * 20000)),
    "many headers": (431, get(*["X: y"] * 200)),
    "a long body": (413, post("Content-Length: 99999999", body=b"x")),
    "a long chunked body": (413, post(CHUNKED, body=b"8000\r\n" + b"x" * 32768 + b"\r\n" + (
        b"8000\r\n" + b"x" * 32768 + b"\r\n") * 40)),
    "blank lines before a request": (400, b"\r\n\r\n\r\n" + get()),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("pieces", ["whole", "bytes"])
def test_it_is_refused_and_the_connection_closed(address, name, pieces):
    status, data = REFUSED[name]
    if pieces == "bytes" and len(data) > 2000:
        pytest.skip("long in single bytes")
    with Client(address) as client:
        try:
            for at in range(len(data)) if pieces == "bytes" else [slice(None)]:
                client.send(data[at:at + 1] if pieces == "bytes" else data[at])
            # what a smuggler wants to be taken as a second request
            client.send(get())
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = client.reply()
        assert reply.status == status
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["connection"] == "close"
        problem = reply.json()
        assert problem["status"] == status
        assert any("\u4e00" <= c <= "\u9fff" for c in problem["detail"])
        assert client.at_end(), "a second reply came"


def test_a_request_may_come_byte_by_byte(address):
    with Client(address) as client:
        for byte in get("X-Long: " + "a" * 300) + get():
            client.send(bytes([byte]))
        assert client.reply().status == 200
        assert client.reply().status == 200


@pytest.mark.skipif("XZ_NET_TARGET" in os.environ, reason="needs the echo route")
class TestBodies:
    def test_chunked_bodies_are_put_together(self, address):
        body = b"3\r\nabc\r\nA;ext=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
        for step in (1, 7, 1000):
            with Client(address) as client:
                data = post(CHUNKED, body=body)
                for at in range(0, len(data), step):
                    client.send(data[at:at + step])
                assert client.reply().body == b"abc0123456789"
                client.send(get())
                assert client.reply().status == 200

    def test_one_blank_line_before_a_request_is_ignored(self, address):
        with Client(address) as client:
            client.send(post("Content-Length: 3") + b"\r\n" + get())
            assert client.reply().body == b"abc"
            assert client.reply().status == 200

    def test_pipelined_requests_are_answered_in_order(self, address):
        with Client(address) as client:
            client.send(b"".join(request("POST", "/test/echo", b"%d" % i) for i in range(300)))
            for i in range(300):
                assert client.reply().body == b"%d" % i

    def test_pipelining_mixes_slow_and_fast_and_refused_at_once(self, address):
        with Client(address) as client:
            client.send(request("GET", "/test/hold?ms=100") + request("GET", "/nowhere") +
                        request("POST", "/test/echo", b"x") + request("HEAD", "/test/hello") +
                        request("GET", "/test/stream") + request("GET", "/test/hello"))
            assert client.reply().body == b"later"
            assert client.reply().status == 404
            assert client.reply().body == b"x"
            head = client.reply(head_only=True)
            assert head.status == 200 and int(head.headers["content-length"]) > 0
            assert b"event: done" in client.reply().body
            assert client.reply().status == 200

    def test_a_flood_behind_a_slow_request_closes_the_connection(self, address):
        with Client(address) as client:
            client.send(request("GET", "/test/hold?ms=3000"))
            try:
                for _ in range(40):
                    client.send(b"x" * 65536)
                ended = client.at_end()
            except (BrokenPipeError, ConnectionResetError):
                ended = True
            assert ended

    def test_100_continue_comes_before_the_body_is_sent(self, address):
        with Client(address) as client:
            client.send(post("Content-Length: 3", "Expect: 100-continue", body=b""))
            assert client.reply().status == 100
            client.send(b"abc")
            assert client.reply().body == b"abc"

    def test_no_100_continue_for_a_body_that_is_refused(self, address):
        with Client(address) as client:
            client.send(post("Content-Length: 999999", "Expect: 100-continue", body=b""))
            assert client.reply().status == 413
            assert client.at_end()

    def test_http_1_0_closes_unless_asked_not_to(self, address):
        with Client(address) as client:
            client.send(b"GET /test/hello HTTP/1.0\r\n\r\n")
            assert client.reply().headers["connection"] == "close"
            assert client.at_end()
        with Client(address) as client:
            client.send(b"GET /test/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
            assert client.reply().headers["connection"] == "keep-alive"
            assert client.reply().status == 200

    def test_nothing_after_connection_close_is_answered(self, address):
        with Client(address) as client:
            client.send(get("Connection: close") + get())
            assert client.reply().headers["connection"] == "close"
            assert client.at_end()

    def test_a_body_limit_is_exact(self, address):
        for count, status in ((10, 200), (11, 413)):
            for headers, body in (({}, b"x" * count),
                                  ({"Transfer-Encoding": "chunked"},
                                   b"%x\r\n%s\r\n0\r\n\r\n" % (count, b"x" * count))):
                with Client(address) as client:
                    client.send(request("POST", "/test/small", body, headers))
                    assert client.reply().status == status

    def test_a_body_where_none_is_taken_is_refused(self, address):
        with Client(address) as client:
            client.send(request("GET", "/test/hello", b"x"))
            assert client.reply().status == 413
            assert client.at_end()
