"""The operator's side: starting, ending, crashing, backing up, looking at health and figures."""
import json
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from city_kit import (JSON, SLOW, STREAM, City, Client, answers_csv, events_of, is_problem, program,
                      request, sample_answers, sample_regions)
from net_support import wait_for

REGIONS = sample_regions()
QUESTIONS = ["社保卡丢了怎么挂失？", "高龄津贴每个月多少钱？", "安澜市高龄津贴发放管理办法第六条",
             "老旧小区加装电梯能补贴多少钱？", "饕餮鹓鶵魑魅"]


@pytest.fixture
def sample(found_city):
    """A sample city of the test's own."""
    return found_city().take_sample()


def spoken(answer):
    """What an answer says, without what differs from turn to turn."""
    return {name: value for name, value in answer.items() if name not in ("turn", "dialogue")}


def tool(city, *words, data=None):
    """The command line on a city's data folder."""
    command = [str(program("xiaozheng")), *map(str, words), "--data", str(data or city.data)]
    return subprocess.run(command, capture_output=True, text=True, cwd=city.folder, timeout=60 * SLOW)


# --- health and figures ---
def test_health_and_readiness_are_plain_words(city):
    for place, word in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
        reply = city.get(place)
        assert reply.status == 200 and reply.body == word
        assert reply.headers["content-type"].startswith("text/plain")


def metrics(city):
    """Reads the figures as Prometheus would; each is announced before it is given."""
    values, kinds, helped = {}, {}, set()
    for line in city.get("/metrics").body.decode().splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split(" ", 3)[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram") and name in helped
            kinds[name] = kind
        else:
            found = re.fullmatch(r'([a-z_][a-z0-9_]*)(\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? '
                                 r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|NaN)", line)
            assert found, line
            base = re.sub("_(bucket|sum|count)$", "", found[1])
            assert found[1] in kinds or kinds.get(base) == "histogram", line
            assert found[1] + (found[2] or "") not in values, "twice: " + line
            values[found[1] + (found[2] or "")] = float(found[3].replace("Inf", "inf"))
    return values, kinds


def test_figures_are_in_prometheus_form_and_count_what_happens(city):
    before, kinds = metrics(city)
    assert all(name.startswith("xz_") for name in kinds)
    assert all(name.endswith("_total") for name, kind in kinds.items() if kind == "counter"), kinds
    for n in range(5):
        city.ask("社保卡丢了怎么挂失？")
    city.ask("饕餮鹓鶵魑魅")
    after, _ = metrics(city)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["xz_http_requests_total"] >= 6
    reviewed = [name for name in grown if "reviewed" in name and not name.endswith("_bucket")]
    refused = [name for name in grown if "refused" in name and "ask" in name]
    assert reviewed and max(grown[name] for name in reviewed) >= 5, grown
    assert refused and max(grown[name] for name in refused) >= 1, grown


def test_the_status_counts_what_is_there(city):
    status = city.status()
    entries = status["entries"]
    assert entries["total"] == sum(entries[kind] for kind in ("law", "policy", "guide", "answer"))
    assert entries["answer"] == len(list(sample_answers()))
    assert status["variants"] == sum(len(row["说法"]) for row in sample_answers())
    assert status["ready"] is True and status["data_folder"] == str(city.data)
    assert status["regions"] == len(REGIONS) and status["refused_files"] == 0
    assert status["index"]["documents"] >= status["clauses"] > 500
    assert 0 < status["memory"]["rss_bytes"] <= status["memory"]["peak_bytes"]


def test_knowledge_is_whole(city):
    assert city.problems() == []


# --- starting ---
def test_a_second_server_on_the_same_folder_is_refused(sample):
    second = subprocess.run(sample.command(), capture_output=True, text=True, timeout=10 * SLOW)
    assert second.returncode == 4
    assert "正被另一个进程使用" in second.stderr and str(sample.data) in second.stderr
    assert sample.ask("社保卡丢了怎么挂失？")["kind"] == "reviewed"  # the first one does not mind
    assert sample.status()["ready"] is True


def test_a_port_that_is_taken_is_said(found_city, city):
    folder = found_city().folder
    command = [str(program("xiaozhengd")), "--data", str(folder / "other"), "--port", str(city.port)]
    taken = subprocess.run(command, capture_output=True, text=True, timeout=10 * SLOW)
    assert taken.returncode == 4 and str(city.port) in taken.stderr


@pytest.mark.parametrize("words, code", [
    (["--port", "99999"], 2), (["--port", "x"], 2), (["--set", "nothing.of.this=1"], 2),
    (["--set", "net.port"], 2), (["--nonsense"], 2), (["word"], 2), (["--config", "missing.conf"], 1),
    (["--set", "site.region=abc"], 2), (["--help"], 0), (["--version"], 0), (["--print-config"], 0)])
def test_flags_are_read_strictly(tmp_path, words, code):
    command = [str(program("xiaozhengd")), "--data", str(tmp_path / "d"), *words]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=10 * SLOW)
    assert said.returncode == code, said.stderr
    assert re.search("[\u4e00-\u9fff]", said.stderr if code else said.stdout) or words == ["--version"]


def test_the_data_folder_is_for_its_owner_only(sample):
    assert os.stat(sample.data).st_mode & 0o077 == 0
    assert os.stat(sample.socket).st_mode & 0o077 == 0


def test_a_city_without_knowledge_says_so_honestly(found_city):
    city = found_city()
    answer = city.ask("社保卡丢了怎么挂失？")
    assert answer["kind"] == "refused" and answer["sources"] == []
    assert city.read("/api/suggestions")["suggestions"] == []
    assert city.read("/api/search", q="社保")["hits"] == []
    assert city.problems() == [] and city.status()["entries"]["total"] == 0


# --- ending ---
def test_everything_is_the_same_after_a_restart(sample):
    before = {question: spoken(sample.ask(question)) for question in QUESTIONS}
    turn = sample.ask("社保卡丢了怎么挂失？")
    counts = sample.status()
    sample.stop()
    sample.start()
    assert {question: spoken(sample.ask(question)) for question in QUESTIONS} == before
    assert sample.turn(turn) == turn
    now = sample.status()
    for member in ("entries", "clauses", "variants", "regions", "departments"):
        assert now[member] == counts[member]
    follow_up = sample.ask("那需要什么材料？", dialogue=turn["dialogue"])
    assert "居民身份证" in follow_up["answer"]
    assert sample.problems() == []


def test_a_turn_that_was_done_survives_a_crash(sample):
    for n in range(5):
        body = json.dumps({"question": QUESTIONS[n]}).encode()
        with Client(sample.address) as client:
            client.send(request("POST", "/api/ask", body, STREAM))
            client.head()
            text = b""
            while b"event: done" not in text or not text.endswith(b"\n\n"):
                text += client.chunk()
            sample.kill()
        done = events_of(text.decode())[-1]
        assert done.name == "done"
        sample.start()
        assert sample.turn(done.data) == done.data
    assert sample.problems() == []


def test_an_acknowledged_import_survives_a_crash(found_city):
    city = found_city().take_sample(["site.json", "regions.csv", "departments.csv"])
    for n in range(4):
        question = f"雨燕{'甲乙丙丁'[n]}号受伤了找谁？"
        city.take(f"{n}.csv", answers_csv({"问题": question, "答案": f"找{n}号救助站。"}))
        city.kill()
        city.start()
        assert city.ask(question)["answer"] == f"找{n}号救助站。"
        assert city.read("/api/search", q=question)["hits"]
    assert city.status()["entries"]["answer"] == 4 and city.problems() == []


def test_a_lost_or_spoilt_index_is_built_again(sample):
    before = {question: spoken(sample.ask(question)) for question in QUESTIONS}
    sample.stop()
    files = [path for path in (sample.data / "index").rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xff
        path.write_bytes(data)
    sample.start()
    assert {question: spoken(sample.ask(question)) for question in QUESTIONS} == before
    assert sample.problems() == []
    sample.stop()
    for path in (sample.data / "index").rglob("*"):
        if path.is_file():
            path.unlink()
    sample.start()
    assert {question: spoken(sample.ask(question)) for question in QUESTIONS} == before
    assert sample.problems() == []


def test_the_end_waits_for_what_is_under_way(found_city):
    city = found_city().take_sample(["site.json", "regions.csv"])
    rows = [{"问题": f"雨燕{n}号受伤了找谁？", "答案": f"请找{n}号救助站。" * 40} for n in range(300)]
    data = answers_csv(*rows)
    assert len(data) > 300_000
    with Client(city.socket) as client:
        client.send(request("POST", "/api/import?source=a.csv", data,
                            {"Content-Type": "application/octet-stream"})[:-1000])
        wait_for(lambda: any((city.data / "spool").iterdir()))  # it is being received
        city.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "event=app.stop" in city.log())
        client.send(data[-1000:])
        reply = client.reply()
    assert reply.status == 200 and reply.json()["entries"] == 300
    assert city.ended() == 0
    city.start()
    assert city.ask("雨燕299号受伤了找谁？")["answer"] == rows[299]["答案"]


def test_idle_connections_do_not_hold_up_the_end(found_city):
    city = found_city()
    with Client(city.address) as idle, Client(city.address) as used:
        used.send(request("GET", "/healthz"))
        assert used.reply().status == 200
        started = time.monotonic()
        city.stop()
        assert time.monotonic() - started < 5 * SLOW
        assert idle.at_end() and used.at_end()
    assert not (city.data / "socket").exists()


# --- backup and restore ---
def test_a_backup_made_while_people_ask_is_whole_and_restores(sample, tmp_path):
    before = {question: spoken(sample.ask(question)) for question in QUESTIONS}
    kept = sample.ask("社保卡丢了怎么挂失？")
    over = threading.Event()

    def citizen():
        asked = 0
        while not over.is_set():
            assert sample.ask("高龄津贴每个月多少钱？")["kind"] == "reviewed"
            asked += 1
        return asked
    target = tmp_path / "backup-1"
    with ThreadPoolExecutor(4) as pool:
        citizens = [pool.submit(citizen) for _ in range(4)]
        try:
            reply = sample.post("/api/backup", {"target": str(target)}, local=True)
        finally:
            over.set()
        assert all(one.result() for one in citizens)
    assert reply.status == 200, reply.body
    made = reply.json()
    assert made["target"] == str(target) and made["bytes"] > 100000
    assert re.fullmatch("[0-9a-f]{64}", made["sha256"])
    later = sample.ask("社保卡丢了怎么补一张新卡？")
    assert sample.problems() == []

    elsewhere = City(tmp_path / "new")
    elsewhere.folder.mkdir()
    restored = tool(elsewhere, "restore", target)
    assert restored.returncode == 0, restored.stderr
    elsewhere.start()
    try:
        assert {question: spoken(elsewhere.ask(question)) for question in QUESTIONS} == before
        assert elsewhere.turn(kept) == kept
        is_problem(elsewhere.get(f"/api/turns/{later['turn']}?dialogue={later['dialogue']}"), 404)
        assert elsewhere.problems() == []
    finally:
        elsewhere.stop()


def test_a_backup_needs_a_place_of_its_own(sample, tmp_path):
    is_problem(sample.post("/api/backup", {"target": str(tmp_path)}, local=True), 409, "已存在")
    is_problem(sample.post("/api/backup", {"target": "here"}, local=True), 400, "绝对路径")
    is_problem(sample.post("/api/backup", {"target": "/proc/nowhere/b"}, local=True), 500)
    reply = sample.post("/api/backup", {}, local=True)
    assert reply.status == 200
    assert reply.json()["target"].startswith(str(sample.data / "backup") + "/")


def test_a_damaged_backup_changes_nothing(sample, tmp_path):
    target = tmp_path / "b"
    assert sample.post("/api/backup", {"target": str(target)}, local=True).status == 200
    database = target / "xiaozheng.db"
    data = bytearray(database.read_bytes())
    data[len(data) // 2] ^= 0xff
    os.chmod(database, 0o600)
    database.write_bytes(data)
    busy = tool(sample, "restore", target)
    assert busy.returncode == 4 and "停止" in busy.stderr
    sample.stop()
    spoilt = tool(sample, "restore", target)
    assert spoilt.returncode != 0 and "未作任何改动" in spoilt.stderr + spoilt.stdout
    assert tool(sample, "restore", tmp_path / "nothing").returncode != 0
    sample.start()
    assert sample.ask("社保卡丢了怎么挂失？")["kind"] == "reviewed"


# --- the command line beside the server ---
def test_the_command_line_speaks_with_the_running_server(sample):
    status = tool(sample, "status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["entries"] == sample.status()["entries"]
    answer = tool(sample, "ask", "社保卡丢了怎么挂失？", "--json")
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    assert spoken(said) == spoken(sample.ask("社保卡丢了怎么挂失？")) and sample.turn(said) == said
    assert tool(sample, "word", "add", "燕保通").returncode == 0
    assert tool(sample, "verify").returncode == 0


# --- load and hostile clients ---
def test_health_answers_while_many_ask_and_some_go_away(sample):
    def rude(n):
        body = json.dumps({"question": "社保卡丢了怎么挂失？"}).encode()
        with Client(sample.address) as client:
            client.send(request("POST", "/api/ask", body, STREAM if n % 2 else JSON))
            if n % 4 < 2:
                client.head()
            client.reset()

    def polite(n):
        row = rows[n % len(rows)]
        return sample.ask(row["问题"], region=REGIONS[row["区域"]])["kind"]
    rows = [row for row in sample_answers() if row["可见范围"] == "公开" and not row["失效日期"]]
    with ThreadPoolExecutor(16) as pool:
        going = [pool.submit(rude, n) for n in range(100)]
        asking = [pool.submit(polite, n) for n in range(200)]
        assert all(sample.get("/healthz").status == 200 for _ in range(20))
        assert {one.result() for one in asking} <= {"reviewed", "notice"}
        for one in going:
            one.result()
    assert sample.get("/readyz").status == 200 and sample.problems() == []


def test_no_question_is_written_to_the_log(sample):
    secret = "我叫张三丰身份证号110101199003078515社保卡丢了"
    sample.ask(secret)
    sample.read("/api/search", q=secret)
    sample.read("/api/suggestions", q=secret)
    sample.post("/api/ask", {"question": secret * 30})
    sample.stop()
    log = sample.log()
    assert "张三丰" not in log and "110101199003078515" not in log
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=\w+ event=[a-z_.]+", line)
               for line in log.splitlines())
