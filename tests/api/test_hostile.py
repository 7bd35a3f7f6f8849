"""Who means ill, and a machine that fails: whatever comes, it is a clear word or an answer, the server stays
up, others are served meanwhile, and nothing that was acknowledged is lost.

Hostile files stand in test_formats.py, test_pdf.py and test_knowledge_api.py; questions that are none in
test_ask.py; odd request heads in test_net_wire.py; a taken port and a folder in use in test_operations.py.
"""
import json
import re
import resource
import select
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

from city_kit import JSON, SLOW, City, answers_csv, ask, is_problem, program, query, quote, request
from net_support import ROOT, Client, wait_for

sys.path.insert(0, str(ROOT / "bench"))
import fail_io  # noqa: E402  pylint: disable=wrong-import-position

BASE = ["site.json", "regions.csv", "departments.csv", "halls.csv"]
KNOWN = {"问题": "雨燕受伤了找谁？", "答案": "请拨打12345。"}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A small city for one module: it takes what the tests throw at it."""
    city = City(tmp_path_factory.mktemp("hostile")).start().take_sample(BASE)
    city.take("known.csv", answers_csv(KNOWN))
    yield city
    city.stop()


def is_well(city):
    """It answers, its knowledge is whole, and it has said nothing of a failure of its own."""
    assert city.ask(KNOWN["问题"])["answer"] == KNOWN["答案"]
    assert city.problems() == []
    assert "level=error" not in city.log()


# --- SQL and HTML in every field that the interface document names ---
HOSTILE = ["'; DROP TABLE knowledge_entry; --", "\" OR \"1\"=\"1", "1) UNION SELECT sql FROM sqlite_master --",
           "<script>alert(1)</script>", "\"></textarea><img src=x onerror=alert(1)>", "&lt;b&gt;&amp;",
           "%s%n${jndi:ldap://x}{{7*7}}", "\\u0000\\", "甲\u202e乙\ufeff", "A\x00B\x1b[2J\x7f", "../../etc/passwd"]


def fields_of(api):
    """(operation, row, where, name) of every text that a client may write."""
    for path, rows in api["paths"].items():
        for method, row in rows.items():
            for one in row.get("parameters", []):
                yield f"{method} {path}", row, one["in"], one["name"]
            schema = row.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for name, member in schema.get("properties", {}).items():
                if "string" in member["type"]:
                    yield f"{method} {path}", row, "body", name


def good_value(name, member, known):
    """What a good request says in the other fields."""
    if name in known:
        return known[name]
    if "enum" in member:
        return member["enum"][0]
    kinds = member["type"] if isinstance(member["type"], list) else [member["type"]]
    return {"string": "雨燕", "boolean": True, "integer": member.get("minimum", 1)}[kinds[0]]


def good_body(row, known):
    schema = row["requestBody"]["content"].get("application/json", {}).get("schema", {})
    return {name: good_value(name, member, known)
            for name, member in schema.get("properties", {}).items() if name in schema.get("required", [])}


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def send_hostile(town, operation, row, where, name, text, known, local):
    """One request that is good but for one field."""
    method, path = operation.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda found: quote(text) if (where, found[1]) == ("path", name)
                  else str(known[path, found[1]]), path)
    words = {one["name"]: text if (where, one["name"]) == ("query", name) else known[one["name"]]
             for one in row.get("parameters", [])
             if one["in"] == "query" and (one["name"] == name or one["name"] in known)}
    headers = dict(JSON)
    if where == "header":
        headers[name] = re.sub(r"[^\x20-\x7e]", "?", text)
    body = None
    if method == "post":
        if "application/json" in row["requestBody"]["content"]:
            body = json.dumps(good_body(row, known) | ({name: text} if where == "body" else {})).encode()
        else:
            headers, body = {"Content-Type": "application/octet-stream"}, answers_csv(KNOWN)
    return ask(town.socket if local else town.address, query(path, **words) if words else path, method.upper(),
               body, headers)


def check_reply(reply, text, what):
    if reply.status == 503 and what[0].endswith("/speech"):
        return  # nothing here can read aloud
    assert reply.status < 500, (what, reply.status, reply.body)
    kind = reply.headers.get("content-type", "").split(";")[0]
    assert kind in ("application/json", "application/problem+json", "text/event-stream", "audio/wav", ""), what
    assert reply.headers["x-content-type-options"] == "nosniff"
    if "json" in kind and reply.status != 204:
        said = json.loads(reply.body.decode("utf-8", errors="strict"))
        if kind.startswith("application/problem"):
            assert re.search("(?:[\u4e00-\u9fff].*){4}", said["detail"]), (what, said)
        if text.encode() in reply.body:  # as it was written, in a text, and with no character lost
            assert any(text in one for one in strings_in(said)), (what, said)


def test_sql_and_html_in_every_field_are_only_text(town):
    api = town.read("/api/openapi.json")
    answer = town.ask(KNOWN["问题"])
    hall = town.read("/api/halls")["halls"][0]["id"]
    known = {"dialogue": answer["dialogue"], "question": KNOWN["问题"], "q": "雨燕", "source": "known.csv",
             ("/api/entries/{id}", "id"): answer["sources"][0]["entry"],
             ("/api/entries/{id}/clauses", "id"): answer["sources"][0]["entry"],
             ("/api/halls/{id}", "id"): hall, ("/api/items/{code}/windows", "code"): "AL-RS-001",
             ("/api/dialogues/{id}", "id"): "0" * 32}
    known |= {(path, "id"): answer["turn"] for path in api["paths"] if path.startswith("/api/turns/")}
    before, count = town.status(), 0
    for operation, row, where, name in fields_of(api):
        for text in HOSTILE:
            for local in (False, True):
                reply = send_hostile(town, operation, row, where, name, text, known, local)
                check_reply(reply, text, (operation, where, name, text))
                count += 1
    assert count > 500
    after = town.status()
    for what in ("entries", "clauses", "regions", "departments"):
        assert after[what] == before[what], what
    is_well(town)


def test_what_people_wrote_is_kept_letter_for_letter(town):
    for text in HOSTILE:
        assert town.post("/api/complaints", {"kind": "other", "text": text, "contact": text}).status == 201
        said = town.ask(text)
        assert said["question_as_understood"] and town.turn(said) == said
    kept = town.read("/api/complaints", local=True)["complaints"]
    for text in HOSTILE:
        assert any(one["text"] == text == one["contact"] for one in kept) or "\x00" in text, text
    is_well(town)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_may_say_what_it_likes_in_any_column(town, text):
    text = text.replace("\x00", "").replace("\x1b", "").replace("\ufeff", "")
    for column in ("问题", "相似问法", "答案", "依据", "关联事项", "区域", "责任部门", "可见范围", "生效日期"):
        result = town.take(f"hostile/{column}.csv", answers_csv(KNOWN | {"问题": f"白鹭{column}？"} | {column: text}))
        assert result["outcome"] in ("stored", "unchanged", "refused"), result
        assert result["outcome"] != "refused" or result["reason"], (column, result)
    town.take("hostile/答案.csv", answers_csv({"问题": "白鹭叫什么？", "答案": text}))
    assert town.ask("白鹭叫什么？")["answer"] == text
    is_well(town)


def test_overlong_cells_are_cut_between_characters(found_city):
    city = found_city().take_sample(BASE)
    for column in ("问题", "相似问法", "依据", "关联事项", "责任部门", "区域"):
        for count in (66, 199, 667, 3000):
            row = KNOWN | {"问题": f"白鹭{column}{count}？"} | {column: "a" + "社" * count}
            city.take(f"{column}{count}.csv", answers_csv(row))
    city.stop()
    db = sqlite3.connect(city.data / "xiaozheng.db")
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        for name in names:
            db.execute(f"SELECT CAST({name} AS TEXT) FROM {table}").fetchall()  # raises unless it is UTF-8
    # A question as long as may be asked is stored whole; a longer one is left out and said, never cut.
    lengths = [row[0] for row in db.execute("SELECT LENGTH(title) FROM knowledge_entry")]
    assert 200 in lengths and max(lengths) <= 500
    db.close()


# --- too much of it ---
def test_a_question_of_a_megabyte_is_refused_at_the_door(town):
    body = json.dumps({"question": "社" * (1 << 20)}, ensure_ascii=False).encode()
    with Client(town.address) as client:
        client.send(request("POST", "/api/ask", None, JSON | {"Content-Length": str(len(body))}))
        try:
            client.send(body)
        except OSError:
            pass  # refused before all of it was sent
        is_problem(client.reply(), 413)
    is_problem(town.get("/api/search?q=" + "a" * (1 << 20)), 414)
    is_well(town)


@pytest.mark.parametrize("condition", ["q=a&", "region=990102&", "%F0%9F=%00&", "superseded=1&", "&&&&", "x&"])
def test_ten_thousand_conditions_in_an_address_are_refused(town, condition):
    reply = town.get("/api/search?q=a&" + condition * 10000)
    is_problem(reply, reply.status)
    assert reply.status in (414, 431)
    begun = time.monotonic()
    as_many_as_fit = town.get("/api/search?q=a&" + condition * (14000 // len(condition)))
    assert as_many_as_fit.status in (200, 400, 414, 431) and time.monotonic() - begun < 2 * SLOW
    is_well(town)


def test_ten_thousand_words_in_a_search_are_answered_or_refused_quickly(town):
    for words in (" ".join(f"雨{n}" for n in range(10000)), "AND NOT (" * 10000, "雨" * 40000):
        begun = time.monotonic()
        found = subprocess.run([program("xiaozheng"), "search", words, "--data", town.data, "--json"],
                               capture_output=True, text=True, timeout=30 * SLOW)
        assert time.monotonic() - begun < 5 * SLOW
        assert found.returncode >= 0 and json.loads(found.stdout)
        assert found.returncode in (0, 3) or re.search("(?:[\u4e00-\u9fff].*){4}", found.stderr)
    is_well(town)


def test_control_characters_are_never_sent_back_raw(town):
    for code in [0, 1, 8, 9, 10, 11, 13, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9f, 0x2028, 0xfeff, 0xfffe]:
        text = f"雨燕{chr(code)}受伤"
        for reply in (town.post("/api/ask", {"question": text}), town.get(query("/api/search", q=text))):
            assert reply.status in (200, 400), (code, reply.body)
            assert not re.search(rb"[\x00-\x09\x0b-\x1f]", reply.body), code
            json.loads(reply.body)
    is_well(town)


# --- a folder that is not ours ---
def test_data_of_a_newer_version_are_not_touched(found_city):
    city = found_city().take_sample(BASE)
    city.stop()
    with sqlite3.connect(city.data / "xiaozheng.db") as db:
        db.execute("INSERT INTO schema_migration VALUES ('knowledge', 999, 'x', 0, '9.9.9')")
    db.close()
    before = (city.data / "xiaozheng.db").read_bytes()
    with pytest.raises(RuntimeError, match="更新版本的程序"):
        city.start()
    assert city.process.wait() in (1, 4)
    city.process = None
    for words in (["import", str(ROOT / "data/sample/site.json")], ["backup", str(city.folder / "kept")]):
        done = subprocess.run([program("xiaozheng"), *words, "--data", city.data], capture_output=True,
                              text=True, timeout=20 * SLOW)
        assert done.returncode > 0 and "更新版本的程序" in done.stderr, (words, done.stderr)
    assert (city.data / "xiaozheng.db").read_bytes() == before


# --- many who do nothing, or next to nothing ---
def connect_many(address, count):
    """Connections that are made without waiting for each other."""
    socks = []
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(address)
        socks.append(sock)
    waiting = select.poll()
    for sock in socks:
        waiting.register(sock, select.POLLOUT)
    left = count
    while left and (ready := waiting.poll(5000)):
        for fd, _ in ready:
            waiting.unregister(fd)
        left -= len(ready)
    assert left == 0
    return socks


def drip(socks, pieces):
    """One byte more on each; how many are still open."""
    still = 0
    for n, sock in enumerate(socks):
        try:
            sock.send(pieces[n % len(pieces)])
            still += sock.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            still += 1
        except OSError:
            pass
    return still


def test_hundreds_who_drip_meet_their_deadline_while_others_are_served(found_city):
    city = found_city("net.head_timeout_ms=1500", "net.body_timeout_ms=1500").take_sample(BASE)
    city.take("known.csv", answers_csv(KNOWN))
    heads, bodies = connect_many(city.address, 200), connect_many(city.address, 200)
    for sock in heads:
        sock.send(b"GET /api/site HTTP/1.1\r\nHost: a\r\nX: ")
    for n, sock in enumerate(bodies):
        size = "Transfer-Encoding: chunked" if n % 2 else "Content-Length: 60000"
        sock.send(f"POST /api/ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{size}\r\n\r\n".encode())
    begun, slowest = time.monotonic(), 0.0
    while drip(heads, [b"x"]) + drip(bodies, [b" ", b"1"]) > 0:
        asked = time.monotonic()
        assert city.ask(KNOWN["问题"])["answer"] == KNOWN["答案"]
        slowest = max(slowest, time.monotonic() - asked)
        assert time.monotonic() - begun < 8 * SLOW, "they are still there"
        time.sleep(0.05)
    assert slowest < 1 * SLOW
    for sock in heads + bodies:
        sock.close()
    is_well(city)


def kib_of(city):
    status = (ROOT / "/proc" / str(city.process.pid) / "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def test_ten_thousand_who_say_nothing_keep_nobody_from_being_served(found_city):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = 10000 if hard >= 12000 else hard - 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    city = found_city("net.head_timeout_ms=60000").take_sample(BASE)
    city.take("known.csv", answers_csv(KNOWN))
    before, socks = kib_of(city), []
    try:
        socks = connect_many(city.address, count)
        times = []
        for _ in range(60):
            begun = time.monotonic()
            assert city.ask(KNOWN["问题"])["answer"] == KNOWN["答案"]
            times.append(time.monotonic() - begun)
        assert sorted(times)[-5] < 0.2 * SLOW, sorted(times)[-8:]
        assert drip(socks, [b"G"]) == count  # none was thrown out to make room
        assert (kib_of(city) - before) / count < 10 * SLOW, "KiB for each"
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    is_well(city)


def test_without_file_descriptors_it_waits_and_comes_back(tmp_path):
    class Narrow(City):
        def command(self):
            return ["prlimit", "--nofile=96:96", "--"] + super().command()
    city = Narrow(tmp_path).start().take_sample(BASE)
    city.take("known.csv", answers_csv(KNOWN))
    socks = connect_many(city.address, 200)
    used = [float(word) for word in cpu_seconds(city)]
    time.sleep(0.5)
    assert cpu_seconds(city)[0] - used[0] < 0.3, "it spins"
    for sock in socks:
        sock.close()
    wait_for(lambda: answers(city))
    city.stop()


def cpu_seconds(city):
    fields = (ROOT / "/proc" / str(city.process.pid) / "stat").read_text().rsplit(")", 1)[1].split()
    return [(int(fields[11]) + int(fields[12])) / 100]


def answers(city):
    try:
        return city.ask(KNOWN["问题"])["answer"] == KNOWN["答案"]
    except (OSError, EOFError, AssertionError):
        return False


# --- a disk that is full or broken, at any write ---
@pytest.fixture(scope="module")
def failing_base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    fail_io.make_base(folder)
    return folder


@pytest.mark.skipif(SLOW > 1, reason="a preloaded library and a sanitizer do not go together")
@pytest.mark.parametrize("scenario, error, start, every", [
    ("serve", "ENOSPC", 31, 118), ("serve", "EIO", 44, 131), ("found", "ENOSPC", 23, 150),
    ("found", "EIO", 88, 170), ("restore", "ENOSPC", 35, 47), ("restore", "EIO", 35, 51)])
def test_a_failing_disk_is_told_and_nothing_acknowledged_is_lost(failing_base, scenario, error, start, every):
    """Some of the places where it can fail; bench/fail_io.py tries them all."""
    found = fail_io.sweep(failing_base, scenario, error, start, every)
    assert found["bad"] == [] and found["runs"] >= 2, found
