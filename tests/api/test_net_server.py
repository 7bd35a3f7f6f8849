"""The server's behaviour beyond bytes: routes, deadlines, streams, files, limits, the end."""
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from net_support import SLOW, Client, Server, ask, request, server_program, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("net")
    server = Server(folder, "net.loops=2", "net.workers=3", "net.heartbeat_ms=200",
                    "net.stream_bytes_max=65536", web=make_web(folder / "web"))
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Starts servers with settings of the test's own."""
    started = []

    def begin(*flags, **more):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Server(folder, *flags, **more))
        return started[-1]
    yield begin
    for one in started:
        one.stop()


def make_web(web):
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>小政</title>" + "政" * 2000)
    (web / "assets/app-1a2b3c4d.js").write_text("let a = 1;\n" * 500)
    (web / "assets/app-1a2b3c4d.js.br").write_bytes(b"not really brotli")
    (web / "icon.png").write_bytes(b"\x89PNG")
    (web / ".secret").write_text("hidden")
    (web.parent / "outside.txt").write_text("outside")
    os.symlink(web.parent / "outside.txt", web / "link.txt")
    os.symlink(web.parent, web / "up")
    return web


# --- routes ---
def test_what_a_handler_sees_is_decoded(server):
    reply = ask(server.address, "/test/entries/%E4%BD%8E%2F%E4%BF%9D?x=1&q=%E6%9D%90%E6%96%99+a%2Bb",
                headers={"X-Test": " v ", "Accept": "text/html, application/json;q=0.5"})
    seen = reply.json()
    assert seen["id"] == "低/保" and seen["q"] == "材料 a+b" and seen["header"] == "v"
    assert seen["json"] is True and seen["local"] is False
    assert ask(server.address, "/test/files/a/b%20c").json()["rest"] == "a/b c"
    assert ask(server.address, "/test/files/x", headers={"Accept": "*/*"}).json()["json"] is False
    assert ask(server.address, "/test/files/x",
               headers={"Accept": "application/json;q=0"}).json()["json"] is False


def test_unknown_paths_and_methods_say_so(server):
    assert ask(server.address, "/api/nowhere").status == 404
    assert ask(server.address, "/nowhere.txt").status == 404
    reply = ask(server.address, "/test/entries/7", "POST", b"")
    assert reply.status == 405 and reply.headers["allow"] == "GET, HEAD, DELETE"


def test_errors_are_problem_documents_in_chinese(server):
    for kind, status, error in ((1, 400, "input"), (2, 403, "denied"), (3, 404, "missing"),
                                (4, 409, "state"), (5, 429, "limit"), (6, 503, "busy"),
                                (7, 500, "io")):
        plain = ask(server.address, f"/test/fail?kind={kind}")
        assert plain.status == status and plain.json()["error"] == error
        assert plain.headers["content-type"] == "application/problem+json"
        assert re.search("[\u4e00-\u9fff]", plain.json()["detail"])
        worded = ask(str(server.socket_path), f"/test/fail?kind={kind}&words=1")
        assert worded.json()["detail"] == "这里说明原因。"
        from_afar = ask(server.address, f"/test/fail?kind={kind}&words=1").json()["detail"]
        assert (from_afar == "这里说明原因。") == (error != "io")  # what is broken here is not theirs to mend
    assert ask(server.address, "/test/denied").status == 403


def test_every_reply_carries_the_security_headers(server):
    for path in ("/test/hello", "/", "/icon.png", "/nowhere.txt", "/test/stream"):
        headers = ask(server.address, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] and headers["x-frame-options"]
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
    assert "default-src 'self'" in ask(server.address, "/").headers["content-security-policy"]


def test_json_bodies_are_checked(server):
    kind = {"Content-Type": "application/json; charset=utf-8"}
    good = ask(server.address, "/test/json", "POST", '{"name":"低保"}'.encode(), kind)
    assert good.status == 201 and good.json() == {"name": "低保"}
    for body, headers in ((b"{", kind), (b"", kind), (b'"\xff"', kind), (b"{}", {}),
                          (b"{}", {"Content-Type": "text/plain"})):
        reply = ask(server.address, "/test/json", "POST", body, headers)
        assert reply.status == 400 and reply.json()["detail"]


def test_head_is_get_without_a_body(server):
    for path in ("/test/hello", "/", "/test/big?bytes=100000"):
        with Client(server.address) as client:
            client.send(request("HEAD", path, headers={"Connection": "close"}))
            reply = client.reply(head_only=True)
            assert reply.status == 200 and int(reply.headers["content-length"]) > 0
            assert client.at_end()
    with Client(server.address) as client:
        client.send(request("HEAD", "/test/stream") + request("GET", "/test/hello"))
        assert client.reply(head_only=True).headers["content-type"].startswith("text/event-stream")
        assert client.reply().status == 200


def test_a_held_request_is_answered_later_from_another_thread(server):
    with Client(server.address) as client:
        client.send(request("GET", "/test/hold?ms=50"))
        assert client.reply().body == b"later"


def test_a_client_that_leaves_a_held_request_harms_nobody(server):
    for _ in range(20):
        client = Client(server.address)
        client.send(request("GET", "/test/hold?ms=2000"))
        client.reset()
    assert ask(server.address, "/test/hello").status == 200


def test_large_replies_arrive_whole_also_for_slow_readers(server):
    with Client(server.address, receive_bytes=4096) as client:
        client.send(request("GET", "/test/big?bytes=3000000") + request("GET", "/test/hello"))
        time.sleep(0.2)
        assert client.reply().body == b"x" * 3000000
        assert client.reply().status == 200


def test_many_connections_at_once_are_all_answered(server):
    failures = []

    def work():
        try:
            with Client(server.address) as client:
                for i in range(100):
                    client.send(request("POST", "/test/echo", b"%d" % i))
                    assert client.reply().body == b"%d" % i
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)
    threads = [threading.Thread(target=work) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_openapi_document_lists_the_rows(server):
    document = ask(server.address, "/test/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["paths"]["/test/entries/{id}"]["get"]["summary"] == "一个条目"


# --- who asks ---
def test_the_unix_socket_tells_who_asks(server):
    reply = ask(str(server.socket_path), "/test/files/x").json()
    assert reply["local"] is True and reply["uid"] == os.getuid()
    assert server.socket_path.stat().st_mode & 0o777 == 0o600


def test_the_proxy_on_this_machine_says_who_asks(server):
    assert ask(server.address, "/test/files/x").json()["client"] == "127.0.0.1"
    seen = ask(server.address, "/test/files/x", headers={"X-Real-IP": "10.1.2.3"}).json()
    assert seen["client"] == "10.1.2.3"
    seen = ask(server.address, "/test/files/x", headers={"X-Real-IP": "nonsense"}).json()
    assert seen["client"] == "127.0.0.1"


def test_a_stale_socket_is_replaced_and_a_living_one_is_not(start, tmp_path):
    first = start()
    with pytest.raises(RuntimeError):
        Server(first.folder)
    first.process.kill()
    first.process.wait()
    assert first.socket_path.exists()
    second = Server(first.folder)
    assert ask(str(second.socket_path), "/test/hello").status == 200
    second.stop()
    assert not first.socket_path.exists()
    first.stop = lambda: None  # was killed on purpose


def test_a_port_in_use_is_said_so(server, tmp_path):
    done = subprocess.run([str(server_program()), "--set", f"net.port={server.port}"],
                          capture_output=True, text=True, timeout=20 * SLOW)
    assert done.returncode == 1 and "占用" in done.stderr


def test_the_rate_limit_is_per_address_and_spares_the_socket(start):
    server = start("net.rate_per_minute=60")
    for _ in range(3):
        assert ask(server.address, "/test/limited", headers={"X-Real-IP": "10.0.0.1"}).status == 200
    refused = ask(server.address, "/test/limited", headers={"X-Real-IP": "10.0.0.1"})
    assert refused.status == 429 and 1 <= int(refused.headers["retry-after"]) <= 20
    assert ask(server.address, "/test/limited", headers={"X-Real-IP": "10.0.0.2"}).status == 200
    assert ask(server.address, "/test/hello", headers={"X-Real-IP": "10.0.0.1"}).status == 200
    for _ in range(10):
        assert ask(str(server.socket_path), "/test/limited").status == 200


# --- deadlines and limits ---
def test_slow_heads_and_bodies_meet_their_deadline(start):
    server = start("net.head_timeout_ms=300", "net.body_timeout_ms=300", "net.idle_timeout_ms=300")
    with Client(server.address) as silent:
        assert silent.at_end()
    with Client(server.address) as slow:
        begun = time.monotonic()
        slow.send(b"GET /test/hello HTTP/1.1\r\n")
        with pytest.raises(OSError):
            while time.monotonic() - begun < 5:
                time.sleep(0.05)
                slow.send(b"X: y\r\n")
        assert time.monotonic() - begun < 3 * SLOW
    with Client(server.address) as half:
        half.send(b"GET / HT")
        assert half.reply().status == 408
        assert half.at_end()
    with Client(server.address) as body:
        body.send(request("POST", "/test/echo", b"xxxxx")[:-1])
        assert body.reply().status == 408
        assert body.at_end()
    with Client(server.address) as idle:
        idle.send(request("GET", "/test/hello"))
        assert idle.reply().status == 200
        assert idle.at_end()


def test_a_reader_who_does_not_read_is_let_go(start):
    server = start("net.write_timeout_ms=300")
    with Client(server.address, receive_bytes=4096) as client:
        client.send(request("GET", "/test/big?bytes=30000000"))
        wait_for(lambda: server.counters()["connections"] == 1)


def test_connections_beyond_the_limit_are_turned_away(start):
    server = start("net.connections_max=16")
    clients = [Client(server.address) for _ in range(16)]
    for client in clients:
        client.send(request("GET", "/test/hello"))
        assert client.reply().status == 200
    with Client(server.address) as extra:
        assert extra.head()[0] == 503
    for client in clients:
        client.close()
    wait_for(lambda: _answers(server))


def _answers(server):
    with Client(server.address) as client:
        client.send(request("GET", "/test/hello"))
        try:
            return client.reply().status == 200
        except (EOFError, ConnectionResetError):
            return False


# --- bodies in files ---
def test_large_bodies_go_through_files_which_are_removed(server):
    data = bytes(range(256)) * 40000
    reply = ask(server.address, "/test/upload", "POST", data)
    assert reply.json() == {"bytes": len(data), "sum": sum(data)}
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in
                      (data[i:i + 100000] for i in range(0, 1000000, 100000))) + b"0\r\n\r\n"
    reply = ask(server.address, "/test/upload", "POST", chunks, {"Transfer-Encoding": "chunked"})
    assert reply.json() == {"bytes": 1000000, "sum": sum(data[:1000000])}
    reply = ask(server.address, "/test/upload", "POST", b"")
    assert reply.json() == {"bytes": 0, "sum": 0}
    wait_for(lambda: not list(server.spool.iterdir()))


def test_an_upload_broken_off_leaves_no_file(server):
    for _ in range(10):
        client = Client(server.address)
        client.send(request("POST", "/test/upload", b"x" * 1000000)[:-1000])
        wait_for(lambda: list(server.spool.iterdir()))
        client.reset()
        wait_for(lambda: not list(server.spool.iterdir()))


def test_a_spool_folder_that_is_gone_is_said_so_and_leftovers_are_removed(start):
    second = start()
    (second.spool / "body-left-by-a-crash.part").write_text("x")
    (second.spool / "other").write_text("x")
    second.stop()
    third = Server(second.folder)
    assert [path.name for path in third.spool.iterdir()] == ["other"]
    (third.spool / "other").unlink()
    third.spool.rmdir()
    for body in (b"x" * 300000, b""):
        reply = ask(third.address, "/test/upload", "POST", body)
        assert reply.status == 500 and "磁盘" in reply.json()["detail"]
    assert ask(third.address, "/test/hello").status == 200
    third.stop()
    second.stop = lambda: None


def test_memory_stays_small_while_a_large_body_arrives(server):
    before = server.rss_kib()
    peak = before
    with Client(server.address, timeout=60) as client:
        piece = b"x" * 1000000
        client.send(request("POST", "/test/upload", None, {"Content-Length": 60 * len(piece)}))
        for _ in range(60):
            client.send(piece)
            peak = max(peak, server.rss_kib())
        assert client.reply().json()["bytes"] == 60 * len(piece)
    if SLOW == 1:  # a sanitizer keeps freed memory
        assert peak - before < 16 * 1024


# --- streams ---
def test_a_stream_is_events_and_the_connection_lives_on(server):
    with Client(server.address) as client:
        for _ in range(3):
            client.send(request("GET", "/test/stream"))
            reply = client.reply()
            assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert reply.headers["x-accel-buffering"] == "no"
            assert reply.headers["cache-control"] == "no-store"
            assert reply.body.decode() == ('event: status\nid: 1\ndata: {"a":1}\n\n'
                                           "event: answer\ndata: 第一行\ndata: 第二行\n\n"
                                           "event: done\ndata: {}\n\n")


def test_a_stream_to_http_1_0_ends_with_the_connection(server):
    with Client(server.address) as client:
        client.send(b"GET /test/stream HTTP/1.0\r\n\r\n")
        _, headers = client.head()
        assert "transfer-encoding" not in headers and headers["connection"] == "close"
        body = b""
        while not client.at_end() or client.buffer:
            body += client.buffer
            client.buffer = client.sock.recv(65536)
            if not client.buffer:
                break


def test_a_quiet_stream_gets_heartbeats(server):
    with Client(server.address) as client:
        client.send(request("GET", "/test/stream/idle"))
        assert client.head()[0] == 200
        for _ in range(3):
            assert client.chunk() == b":\n\n"


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_reader_who_leaves_is_noticed_at_once(start, leave):
    server = start("net.heartbeat_ms=60000")
    clients = [Client(server.address) for _ in range(20)]
    for client in clients:
        client.send(request("GET", "/test/stream/idle"))
        client.head()
    assert server.counters()["streams"] == 20
    begun = time.monotonic()
    for client in clients:
        getattr(client, leave)()
    wait_for(lambda: server.counters()["streams"] == 0)
    assert time.monotonic() - begun < 3 * SLOW


def test_the_producer_learns_that_the_reader_left(start):
    server = start()
    client = Client(server.address)
    client.send(request("GET", "/test/stream/flood?count=100000000"))
    client.head()
    client.chunk()
    client.close()
    wait_for(lambda: server.counters()["gone"] == 1)
    wait_for(lambda: server.counters()["streams"] == 0)


def test_a_slow_reader_costs_bounded_memory_and_loses_nothing(start):
    server = start("net.stream_bytes_max=65536", "net.write_timeout_ms=30000")
    count = 60000
    with Client(server.address, receive_bytes=4096) as client:
        client.send(request("GET", f"/test/stream/flood?count={count}"))
        client.head()
        wait_for(lambda: server.counters()["sent"] > 0)
        last = -1
        while last != (now := server.counters()["sent"]):  # until the producer is held up
            last = now
            time.sleep(0.2)
        assert last < count / 4
        events = 0
        while piece := client.chunk():
            events += piece.count(b"event: n\n")
        assert events == count
        client.send(request("GET", "/test/hello"))
        assert client.reply().status == 200
    assert server.counters()["done"] == 1


def test_a_slow_reader_who_stops_is_let_go(start):
    server = start("net.stream_bytes_max=65536", "net.write_timeout_ms=300")
    with Client(server.address, receive_bytes=4096) as client:
        client.send(request("GET", "/test/stream/flood?count=100000000"))
        client.head()
        wait_for(lambda: server.counters()["gone"] == 1)


def test_a_thousand_idle_streams_cost_little_memory(start):
    if SLOW != 1:
        pytest.skip("sanitizers need more memory")
    server = start("net.heartbeat_ms=600000")
    ask(server.address, "/test/stream")
    before = server.rss_kib()
    clients = []
    for _ in range(1000):
        client = Client(server.address)
        client.send(request("GET", "/test/stream/idle"))
        client.head()
        clients.append(client)
    each = (server.rss_kib() - before) / len(clients)
    print(f"{each:.1f} KiB each")
    assert each <= 30
    for client in clients:
        client.close()
    wait_for(lambda: server.counters()["streams"] == 0)


# --- files ---
def test_files_have_type_etag_and_cache_rules(server):
    page = ask(server.address, "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert "小政" in page.body.decode()
    again = ask(server.address, "/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status == 304 and again.body == b"" and "content-length" not in again.headers
    assert ask(server.address, "/", headers={"If-None-Match": '"other"'}).status == 200
    script = ask(server.address, "/assets/app-1a2b3c4d.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]
    assert ask(server.address, "/icon.png").headers["content-type"] == "image/png"


def test_files_are_compressed_for_those_who_accept_it(server):
    plain = ask(server.address, "/")
    packed = ask(server.address, "/", headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"]
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 4
    assert packed.headers["etag"] != plain.headers["etag"]
    assert "content-encoding" not in ask(server.address, "/",
                                         headers={"Accept-Encoding": "gzip;q=0"}).headers
    brotli = ask(server.address, "/assets/app-1a2b3c4d.js",
                 headers={"Accept-Encoding": "gzip, br"})
    assert brotli.headers["content-encoding"] == "br" and brotli.body == b"not really brotli"


def test_views_of_the_page_get_the_page(server):
    page = ask(server.address, "/").body
    assert ask(server.address, "/entries/7").body == page
    assert ask(server.address, "/entries/7.js").status == 404
    assert ask(server.address, "/api/entries/7").status == 404


def test_nothing_outside_the_folder_is_served(server):
    for path in ("/link.txt", "/up/outside.txt", "/.secret", "/..%2foutside.txt",
                 "/assets/..%2f..%2foutside.txt", "/%2e%2e/outside.txt", "//outside.txt",
                 "/..%5coutside.txt"):
        reply = ask(server.address, path)
        assert reply.status in (400, 404), path
        assert b"outside" not in reply.body.replace(b"outside.txt", b"")


# --- the end ---
def test_a_drain_lets_requests_end_and_refuses_new_ones(start):
    server = start("net.drain_timeout_ms=5000")
    idle = Client(server.address)
    held = Client(server.address)
    held.send(request("GET", "/test/hold?ms=700"))
    stream = Client(server.address)
    stream.send(request("GET", "/test/stream/flood?count=100&pause_us=10000"))
    stream.head()
    idle.send(request("GET", "/test/hello"))
    assert idle.reply().status == 200
    server.process.send_signal(signal.SIGTERM)
    assert idle.at_end()
    with pytest.raises(OSError):
        for _ in range(100):
            socket.create_connection(server.address, timeout=1).close()
            time.sleep(0.01)
    reply = held.reply()
    assert reply.body == b"later" and reply.headers["connection"] == "close"
    events = 0
    while piece := stream.chunk():
        events += piece.count(b"event: n\n")
    assert events == 100
    assert server.process.wait(timeout=10 * SLOW) == 0


def test_a_drain_does_not_wait_for_ever(start):
    server = start("net.drain_timeout_ms=300")
    client = Client(server.address)
    client.send(request("GET", "/test/stream/idle"))
    client.head()
    held = Client(server.address)
    held.send(request("GET", "/test/hold?ms=60000"))
    time.sleep(0.1)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=10 * SLOW) == 0
    assert time.monotonic() - begun < 4 * SLOW


def test_random_bytes_never_bring_it_down(server):
    seed = 12345
    for _ in range(200):
        data = bytearray(request("POST", "/test/echo", b"3\r\nabc\r\n0\r\n\r\n",
                                 {"Transfer-Encoding": "chunked"}))
        for _ in range(4):
            seed = (seed * 1103515245 + 12345) & 0x7fffffff
            data[seed % len(data)] = (seed >> 8) & 0xff
        with Client(server.address) as client:
            client.send(bytes(data))
            client.sock.shutdown(socket.SHUT_WR)
            try:
                while client.sock.recv(65536):
                    pass
            except ConnectionResetError:
                pass
    assert ask(server.address, "/test/hello").status == 200
    assert json.loads(ask(server.address, "/test/counters").body)["connections"] >= 1
