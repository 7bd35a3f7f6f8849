"""The command line as an operator uses it: with a server on the data folder, and without one."""
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import termios
import threading

import pytest

from city_kit import SAMPLE, City, program, sample_answers, sample_files
from net_support import SLOW, wait_for

OK, PROBLEMS, USAGE, NOT_FOUND, IN_USE, IO, DENIED, BUSY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130
COMMANDS = ["ask", "search", "import", "status", "backup", "restore", "verify", "word add",
            "withdraw", "complaints", "eval retrieval"]


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def json(self):
        """The one object that --json prints."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        return json.loads(lines[0])


def xiaozheng(*words, cwd=None, **env):
    command = [str(program("xiaozheng")), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120 * SLOW,
                          stdin=subprocess.DEVNULL, env=os.environ | env)
    return Result(done)


def is_said(result, code, *words):
    """A failure: the right exit code, Chinese on stderr that names the matter, nothing on stdout."""
    assert result.code == code, (result.code, result.out, result.err)
    assert re.search("(?:[\u4e00-\u9fff].*){4}", result.err) and not result.out
    for word in words:
        assert word in result.err, result.err


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A data folder with the sample city and no server. Its knowledge is left as it is."""
    data = tmp_path_factory.mktemp("cli") / "data"
    result = xiaozheng("import", SAMPLE, "--data", data, "--json")
    assert result.code == OK, result.err
    return data


@pytest.fixture(params=["server", "folder"])
def place(request, sample):
    """The sample city behind a server, and as a folder."""
    if request.param == "folder":
        yield sample
        return
    yield request.getfixturevalue("city").data


def law(number, body="为了规范管理，制定本办法。"):
    return f"# 第{number}号示范办法\n\n第一条 {body}编号{number}。\n\n第二条 本办法自发布之日起施行。\n"


def many_files(folder, count):
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.md").write_text(law(number), encoding="utf-8")
    return folder


# --- help and usage ---
def test_help_names_every_command():
    result = xiaozheng("--help")
    assert result.code == OK
    for command in COMMANDS:
        assert f"\n  {command} " in result.out
        own = xiaozheng(*command.split(), "--help")
        assert own.code == OK and f"用法：xiaozheng {command}" in own.out
        assert xiaozheng("help", *command.split()).out == own.out


def test_version_is_said():
    assert re.fullmatch(r"xiaozheng \d+\.\d+\.\d+\n", xiaozheng("--version").out)


@pytest.mark.parametrize("words, named", [
    ([], "--help"),
    (["impot"], "impot"),
    (["ask"], "ask 问题"),
    (["eval"], "eval retrieval"),
    (["status", "什么"], "status"),
    (["status", "--colour"], "--colour"),
    (["status", "--limit", "3"], "--limit"),
    (["search", "社保", "--limit", "0"], "1 至 100"),
    (["search", "社保", "--limit", "many"], "1 至 100"),
    (["search", "社保", "--kind", "novel"], "--kind"),
    (["status", "--data"], "--data"),
    (["status", "--json=yes"], "--json"),
    (["status", "--set", "net.port=many"], "net.port"),
    (["status", "--set", "no.such=1"], "no.such"),
    (["eval", "retrieval", "--corpus", "a"], "--qrels"),
])
def test_wrong_usage_says_what_is_wrong(words, named, sample, tmp_path):
    result = xiaozheng(*words, cwd=tmp_path, XIAOZHENG_DATA_DIR=str(sample))
    is_said(result, USAGE, named)


def test_failures_are_an_object_with_json(tmp_path):
    result = xiaozheng("--json", "ask")
    assert result.code == USAGE and result.json()["error"] == "input" and result.json()["detail"]
    result = xiaozheng("status", "--data", tmp_path / "none", "--json")
    assert result.code == NOT_FOUND and result.json()["error"] == "missing"


def test_options_may_stand_anywhere(sample):
    first = xiaozheng("--json", "--data", sample, "search", "居住证", "--limit=3").json()["hits"]
    assert len(first) == 3
    last = xiaozheng("search", "--limit", "3", "居住证", f"--data={sample}", "--json").json()["hits"]
    env = xiaozheng("search", "--limit", "3", "--json", "--", "居住证",
                    XIAOZHENG_DATA_DIR=str(sample)).json()["hits"]
    assert first == last == env


def test_reading_commands_make_no_folder(tmp_path):
    for words in (["status"], ["ask", "社保卡"], ["search", "社保卡"], ["verify"], ["backup"]):
        is_said(xiaozheng(*words, "--data", tmp_path / "none"), NOT_FOUND, "none")
    assert not (tmp_path / "none").exists()


# --- asking and searching, with and without a server ---
def test_a_reviewed_answer_is_given_word_for_word(place):
    row = next(row for row in sample_answers() if row["可见范围"] == "公开" and
               row["区域"] == "安澜市" and not row["失效日期"])
    result = xiaozheng("ask", row["问题"], "--data", place, "--json")
    answer = result.json()
    assert result.code == OK and answer["kind"] == "reviewed"
    assert answer["answer"] == row["答案"]
    shown = xiaozheng("ask", row["问题"], "--data", place)
    for line in row["答案"].splitlines():
        assert line.strip() in shown.out
    assert "12345" in shown.out and answer["sources"][0]["issuer"] in shown.out


def test_a_question_without_basis_ends_with_three(place):
    result = xiaozheng("ask", "饕餮鹓鶵魑魅", "--data", place, "--json")
    assert result.json()["kind"] == "refused" and result.code == NOT_FOUND
    shown = xiaozheng("ask", "饕餮鹓鶵魑魅", "--data", place)
    assert shown.code == NOT_FOUND and "没有找到依据" in shown.out and "12345" in shown.out


def test_a_dialogue_goes_on(place):
    first = xiaozheng("ask", "居住证怎么办理", "--data", place, "--json").json()
    then = xiaozheng("ask", "那需要什么材料？", "--dialogue", first["dialogue"], "--data", place,
                     "--json").json()
    assert then["dialogue"] == first["dialogue"] and "居住证" in then["question_as_understood"]
    is_said(xiaozheng("ask", "那需要什么材料？", "--dialogue", "0" * 32, "--data", place), NOT_FOUND)


def test_a_region_may_be_named_or_numbered(place):
    asked = ["ask", "老旧小区加装电梯能补贴多少钱", "--data", place, "--json", "--region"]
    named, numbered, front = (xiaozheng(*asked, region).json()
                              for region in ("临江区", "990102", "临江"))
    assert named["answer"] == numbered["answer"] == front["answer"] and named["kind"] == "reviewed"
    assert xiaozheng(*asked, "望湖区").json()["answer"] != named["answer"]
    result = xiaozheng(*asked, "火星区")
    assert result.code == USAGE and "火星区" in result.json()["detail"]


def test_a_search_finds_clauses_of_the_kind_asked_for(place):
    result = xiaozheng("search", "加装电梯", "补贴", "--kind", "policy", "--limit", "4", "--data",
                       place, "--json")
    hits = result.json()["hits"]
    assert result.code == OK and 0 < len(hits) <= 4
    assert {hit["kind"] for hit in hits} == {"policy"}
    assert any("电梯" in hit["text"] for hit in hits)
    shown = xiaozheng("search", "加装电梯", "补贴", "--kind", "policy", "--limit", "4", "--data", place)
    for hit in hits:
        assert hit["title"] in shown.out and hit["number"] in shown.out
    nothing = xiaozheng("search", "qqzzxx", "--data", place)
    assert nothing.code == NOT_FOUND and "没有找到" in nothing.out


def test_both_ways_find_the_same(city, sample):
    def found(data):
        hits = xiaozheng("search", "办理 居住证 材料", "--data", data, "--json").json()["hits"]
        return [(hit["title"], hit["label"], hit["text"]) for hit in hits]
    assert found(city.data) == found(sample) != []


def test_status_counts_what_is_there(place):
    result = xiaozheng("status", "--data", place, "--json")
    status = result.json()
    assert result.code == OK and status["ready"] is True
    assert status["entries"]["answer"] == sum(1 for _ in sample_answers())
    assert status["entries"]["total"] == sum(status["entries"][kind] for kind in
                                             ("law", "policy", "guide", "answer"))
    assert status["clauses"] > 0 and status["index"]["documents"] > status["clauses"]
    assert status["memory"]["rss_bytes"] > 1 << 20
    shown = xiaozheng("status", "--data", place).out
    assert f"{status['clauses']:,}" in shown


def test_columns_stand_below_each_other(sample):
    def width(text):
        return sum(2 if ord(c) > 0x2E7F else 1 for c in text)
    rows = re.findall(r"^  (\S+ +)\S", xiaozheng("status", "--data", sample).out, re.M)
    assert len(rows) > 10 and {width(row) for row in rows} == {14}


def test_verify_finds_nothing_wrong(place):
    result = xiaozheng("verify", "--data", place, "--json")
    assert result.code == OK and result.json() == {"problems": []}


# --- importing ---
def test_importing_again_changes_nothing(tmp_path):
    data = tmp_path / "data"
    first = xiaozheng("import", SAMPLE, "--data", data, "--json").json()
    assert first["stored"] == first["total"] == len(sample_files()) and first["refused_files"] == []
    for words, cwd in ((["import", f"{SAMPLE}/"], None), (["import", "."], SAMPLE)):
        again = xiaozheng(*words, "--data", data, "--json", cwd=cwd)
        assert again.code == OK and again.json()["unchanged"] == first["total"], again.out
    city = City(tmp_path).start()
    again = xiaozheng("import", SAMPLE, "--data", city.data, "--json").json()
    city.stop()
    assert again["unchanged"] == first["total"] and again["entries"] == first["entries"]


@pytest.mark.parametrize("with_server", [False, True])
def test_refused_files_are_listed_with_reasons(with_server, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "good.md").write_text(law(1), encoding="utf-8")
    (files / "twin.md").write_text(law(1), encoding="utf-8")
    (files / "em\x1b[31mpty.md").write_bytes(b"")
    (files / "link.md").symlink_to(files / "good.md")
    (files / "blob.md").write_bytes(bytes(range(256)) * 64)
    city = City(tmp_path)
    if with_server:
        city.start()
    result = xiaozheng("import", files, "--data", city.data, "--json", "--parallel", "1")
    summary = result.json()
    assert result.code == PROBLEMS
    assert (summary["stored"], summary["duplicate"], summary["refused"]) == (1, 1, 3), summary
    refused = {one["source"]: one["reason"] for one in summary["refused_files"]}
    assert set(refused) == {"files/em\x1b[31mpty.md", "files/link.md", "files/blob.md"}
    assert all(re.search("[\u4e00-\u9fff]{2}", reason) for reason in refused.values())
    shown = xiaozheng("import", files, "--data", city.data)
    assert shown.code == PROBLEMS and "拒收 3" in shown.out and "files/blob.md" in shown.out
    assert "\x1b" not in shown.out + shown.err, "a file's name must not drive the terminal"
    assert xiaozheng("search", "规范管理", "--data", city.data).code == OK
    city.stop()


def test_a_missing_path_is_said(tmp_path):
    is_said(xiaozheng("import", tmp_path / "nowhere", "--data", tmp_path / "data"), NOT_FOUND, "nowhere")


@pytest.mark.parametrize("with_server", [False, True])
def test_ctrl_c_ends_an_import_that_is_resumed(with_server, tmp_path):
    files = many_files(tmp_path / "files", 600)
    city = City(tmp_path)
    if with_server:
        city.start()
    child = subprocess.Popen([program("xiaozheng"), "import", files, "--data", city.data, "--json",
                              "--parallel", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: city.status()["entries"]["total"] if with_server
             else (city.data / "xiaozheng.db").exists())
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60 * SLOW)
    first = json.loads(out)
    assert child.returncode == INTERRUPTED and first["interrupted"] is True, (out, err)
    assert first["stored"] < first["total"] == 600 and first["refused"] == 0
    assert "再次运行" in err.decode()
    then = xiaozheng("import", files, "--data", city.data, "--json").json()
    assert then["unchanged"] == first["stored"] and then["stored"] == 600 - first["stored"]
    assert xiaozheng("verify", "--data", city.data).code == OK
    assert xiaozheng("status", "--data", city.data, "--json").json()["entries"]["total"] == 600
    city.stop()


def test_an_import_outlives_its_server(tmp_path):
    files = many_files(tmp_path / "files", 600)
    city = City(tmp_path).start()
    child = subprocess.Popen([program("xiaozheng"), "import", files, "--data", city.data, "--json",
                              "--parallel", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: city.status()["entries"]["total"])
    city.kill()
    out, err = child.communicate(timeout=60 * SLOW)
    first = json.loads(out)
    assert child.returncode == IO and first["error"] == "io" and "再次运行" in err.decode()
    then = xiaozheng("import", files, "--data", city.data, "--json")
    assert then.code == OK and then.json()["unchanged"] >= first["stored"] > 0
    assert xiaozheng("verify", "--data", city.data).code == OK
    assert xiaozheng("status", "--data", city.data, "--json").json()["clauses"] == 1200


def test_progress_is_drawn_on_a_terminal(tmp_path):
    files = many_files(tmp_path / "files", 60)
    leader, follower = pty.openpty()
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    child = subprocess.Popen([program("xiaozheng"), "import", files, "--data", tmp_path / "data"],
                             stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    seen = b""
    while True:
        try:
            seen += os.read(leader, 65536)
        except OSError:  # the child closed its end
            break
    out, _ = child.communicate()
    os.close(leader)
    assert child.returncode == 0 and "█" in seen.decode() and "60/60" in seen.decode()
    assert seen.endswith(b"\r\x1b[K") and "新导入 60" in out.decode()


# --- backup, restore, words, eval ---
def test_a_backup_brings_back_what_was(tmp_path):
    city = City(tmp_path).start()
    files = many_files(tmp_path / "files", 3)
    assert xiaozheng("import", files, "--data", city.data).code == OK
    made = xiaozheng("backup", "kept", "--data", city.data, "--json", cwd=tmp_path).json()
    assert made["target"] == str(tmp_path / "kept") and made["bytes"] > 0
    is_said(xiaozheng("backup", tmp_path / "kept", "--data", city.data), IN_USE, "kept")
    by_itself = xiaozheng("backup", "--data", city.data, "--json").json()["target"]
    assert (city.folder / by_itself / "manifest.json").is_file()

    (files / "late.md").write_text(law(99, "玻璃栈道每日巡检。"), encoding="utf-8")
    assert xiaozheng("import", files, "--data", city.data).code == OK
    assert xiaozheng("search", "玻璃栈道", "--data", city.data).code == OK
    is_said(xiaozheng("restore", tmp_path / "kept", "--data", city.data), IN_USE, "停止服务")
    city.stop()
    back = xiaozheng("restore", tmp_path / "kept", "--data", city.data, "--json")
    assert back.code == OK and back.json()["sha256"] == made["sha256"]
    hits = xiaozheng("search", "玻璃栈道", "--data", city.data, "--json").json()["hits"]
    assert not any("玻璃栈道" in hit["text"] for hit in hits)
    assert xiaozheng("verify", "--data", city.data).code == OK
    assert xiaozheng("status", "--data", city.data, "--json").json()["entries"]["total"] == 3


def test_a_damaged_backup_changes_nothing(sample, tmp_path):
    assert xiaozheng("backup", tmp_path / "kept", "--data", sample).code == OK
    file = tmp_path / "kept" / "xiaozheng.db"
    content = bytearray(file.read_bytes())
    content[5000] ^= 1
    file.write_bytes(content)
    before = xiaozheng("status", "--data", sample, "--json").json()["entries"]
    is_said(xiaozheng("restore", tmp_path / "kept", "--data", sample), USAGE)
    is_said(xiaozheng("restore", tmp_path / "nothing", "--data", sample), NOT_FOUND, "nothing")
    assert xiaozheng("status", "--data", sample, "--json").json()["entries"] == before


def test_a_restore_founds_a_new_folder(sample, tmp_path):
    assert xiaozheng("backup", tmp_path / "kept", "--data", sample).code == OK
    assert xiaozheng("restore", tmp_path / "kept", "--data", tmp_path / "new").code == OK
    old, new = (xiaozheng("status", "--data", data, "--json").json()
                for data in (sample, tmp_path / "new"))
    assert old["entries"] == new["entries"] and old["clauses"] == new["clauses"]


@pytest.mark.parametrize("with_server", [False, True])
def test_a_word_is_added(with_server, tmp_path):
    city = City(tmp_path)
    assert xiaozheng("import", many_files(tmp_path / "files", 2), "--data", city.data).code == OK
    if with_server:
        city.start()
    result = xiaozheng("word", "add", "安小通", "--data", city.data, "--json")
    assert result.code == OK and result.json() == {"word": "安小通"}
    assert "安小通" in xiaozheng("word", "add", "安小通", "--data", city.data).out
    assert xiaozheng("verify", "--data", city.data).code == OK
    city.stop()


def test_eval_prints_its_figures_last(tmp_path):
    rows = [("a", "居住证申领", "申领居住证应当提交身份证和居住证明。"),
            ("b", "公积金提取", "租房可以提取住房公积金。"),
            ("c", "犬只管理", "养犬人应当为犬只办理登记。")]
    lines = {"corpus": [{"_id": i, "title": t, "text": x} for i, t, x in rows],
             "queries": [{"_id": "1", "text": "租房能不能提取公积金"}, {"_id": "2", "text": "养犬要登记吗"}]}
    for name, items in lines.items():
        text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n2\tc\t1\n")
    words = ["eval", "retrieval", "--corpus", "corpus.jsonl", "--queries", "queries.jsonl", "--qrels"]
    result = xiaozheng(*words, "qrels.tsv", cwd=tmp_path)
    figures = json.loads(result.out.splitlines()[-1])
    assert result.code == OK and figures["queries"] == 2 and figures["r@1"] == 1.0
    assert {"r@1", "r@5", "r@10", "r@100", "mrr@10", "index_seconds", "p50_ms",
            "p99_ms"} <= figures.keys()
    assert "R@10" in result.err and not (tmp_path / "data-dir").exists()
    is_said(xiaozheng(*words, "none.tsv", cwd=tmp_path), NOT_FOUND, "none.tsv")


# --- who has the folder ---
def test_a_socket_left_by_a_crash_is_no_server(tmp_path, sample):
    assert xiaozheng("restore", _backup(sample, tmp_path), "--data", tmp_path / "data").code == OK
    city = City(tmp_path).start()
    city.kill()
    assert (city.data / "socket").is_socket()
    result = xiaozheng("search", "居住证", "--data", city.data)
    assert result.code == OK, result.err


def _backup(data, folder):
    assert xiaozheng("backup", folder / "kept", "--data", data).code == OK
    return folder / "kept"


def test_a_folder_in_use_is_said(tmp_path):
    data = tmp_path / "data"
    assert xiaozheng("import", many_files(tmp_path / "files", 1), "--data", data).code == OK
    with open(data / "lock", "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_said(xiaozheng("status", "--data", data), IN_USE, "使用")
        is_said(xiaozheng("restore", tmp_path, "--data", data), NOT_FOUND)
    assert xiaozheng("status", "--data", data).code == OK


def test_a_server_that_is_starting_is_waited_for(tmp_path):
    """It has the folder before it listens: here the lock is held until the socket answers."""
    data = tmp_path / "data"
    assert xiaozheng("import", many_files(tmp_path / "files", 1), "--data", data).code == OK
    with open(data / "lock", "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asked = subprocess.Popen([program("xiaozheng"), "status", "--data", data, "--json"],
                                 stdout=subprocess.PIPE)
        with FakeServer(data, {"/readyz": [plain("ready\n")], "/api/status": [plain("{}")]}):
            out, _ = asked.communicate(timeout=30 * SLOW)
    assert asked.returncode == OK and json.loads(out) == {}


# --- the HTTP client against odd servers ---
def plain(body, status="200 OK", headers=""):
    data = body.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


class FakeServer:
    """Answers on the folder's socket; each path has its replies, the last one again and again. An empty
    reply closes the connection."""

    def __init__(self, data, replies):
        data.mkdir(exist_ok=True)
        self.replies, self.requests = replies, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(data / "socket"))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rb") as lines:
            while head := lines.readline():
                path = head.split()[1].decode().split("?")[0]
                self.requests.append(path)
                length = 0
                while (line := lines.readline().strip()):
                    name, value = line.split(b":", 1)
                    length = int(value) if name.lower() == b"content-length" else length
                lines.read(length)
                replies = self.replies[path]
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                if not reply:
                    return
                try:
                    for at in range(0, len(reply), 7):
                        connection.sendall(reply[at:at + 7])
                except BrokenPipeError:  # the client has seen enough
                    return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


READY = [plain("ready\n")]


@pytest.mark.parametrize("reply", [
    plain('{"hits":[]}'),
    b"HTTP/1.1 100 Continue\r\n\r\n" + plain('{"hits":[]}'),
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"hit\r\n6;x=y\r\ns":[]}\r\n0\r\nA: b\r\n\r\n',
    b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"hits":[]}',
])
def test_every_framing_of_a_reply_is_read(reply, tmp_path):
    replies = [reply, b""] if b"close" in reply else [reply]
    with FakeServer(tmp_path, {"/readyz": READY, "/api/search": replies}) as server:
        if b"close" in reply:
            server.talk = lambda connection, talk=server.talk: _one_reply(server, connection)
        result = xiaozheng("search", "社保", "--data", tmp_path, "--json")
    assert result.json() == {"hits": []} and result.code == NOT_FOUND


def _one_reply(server, connection):
    """Answers one request on a connection and closes it."""
    with connection, connection.makefile("rb") as lines:
        path = lines.readline().split()[1].decode().split("?")[0]
        while lines.readline().strip():
            pass
        connection.sendall(server.replies[path][0])


@pytest.mark.parametrize("status, error, code", [
    ("400 Bad", "input", USAGE), ("403 No", "denied", DENIED), ("404 None", "missing", NOT_FOUND),
    ("409 Now", "state", IN_USE), ("413 Big", "limit", USAGE), ("429 Often", "busy", BUSY),
    ("500 Broken", "io", IO), ("503 Later", "busy", BUSY),
])
def test_a_problem_of_the_server_is_passed_on(status, error, code, tmp_path):
    problem = json.dumps({"title": "出错", "detail": "这里出了点状况。"}, ensure_ascii=False)
    with FakeServer(tmp_path, {"/readyz": READY, "/api/status": [plain(problem, status)]}):
        result = xiaozheng("status", "--data", tmp_path, "--json")
    assert result.code == code
    assert result.json() == {"error": error, "detail": "这里出了点状况。"}
    assert "这里出了点状况。" in result.err


@pytest.mark.parametrize("reply", [
    b"", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70000,
])
def test_a_broken_reply_is_an_io_failure(reply, tmp_path):
    with FakeServer(tmp_path, {"/readyz": READY, "/api/status": [reply]}):
        is_said(xiaozheng("status", "--data", tmp_path), IO)


def test_a_connection_closed_while_idle_is_opened_again(tmp_path):
    with FakeServer(tmp_path, {"/readyz": READY, "/api/status": [b"", plain('{"version":"9"}')]}) as server:
        result = xiaozheng("status", "--data", tmp_path, "--json")
    assert result.code == OK and result.json() == {"version": "9"}
    assert server.requests == ["/readyz", "/api/status", "/api/status"]
