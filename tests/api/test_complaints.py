"""What citizens may ask of the service itself: to complain, and to have their words erased. And what the
operator does with complaints and with knowledge that must not be shown."""
import json
import sqlite3
import subprocess
import time

import pytest

from city_kit import City, answers_csv, ask, is_problem, program

DAY = 24 * 3600 * 1000
SECRET = "甲乙丙丁的私事"


def furnish(city):
    city.take_sample(["site.json", "regions.csv", "departments.csv"])
    city.take("answers.csv", answers_csv({"问题": "茶馆怎么备案？", "答案": "到窗口备案。"},
                                         {"问题": "灯会怎么备案？", "答案": "到公安备案。"}))
    return city


@pytest.fixture
def town(found_city):
    return furnish(found_city())


@pytest.fixture(scope="module")
def calm_town(tmp_path_factory):
    """For who leaves nothing behind."""
    city = City(tmp_path_factory.mktemp("calm")).start()
    yield furnish(city)
    city.stop()


def rows(city, sql):
    """As an operator might look: the database of a server that runs."""
    with sqlite3.connect(f"file:{city.data}/xiaozheng.db?mode=ro", uri=True, timeout=20) as database:
        return database.execute(sql).fetchall()


def command(city, *words, code=0):
    done = subprocess.run([str(program("xiaozheng")), *words, "--data", str(city.data)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done


def erase(city, dialogue):
    return ask(city.address, f"/api/dialogues/{dialogue}", "DELETE", b"", {})


# --- complaints ---
def test_a_complaint_gets_a_number_and_a_day(town):
    answer = town.ask("茶馆怎么备案？")
    body = {"kind": "wrong", "text": "  写错了  ", "contact": "0999-1", "turn": answer["turn"],
            "dialogue": answer["dialogue"]}
    before = time.time() * 1000
    reply = town.post("/api/complaints", body)
    assert reply.status == 201
    first = reply.json()
    assert first["number"].startswith("TS20") and first["number"].endswith("-0001")
    assert before + 15 * DAY - 5000 < first["due_at"] < before + 15 * DAY + 60000
    second = town.post("/api/complaints", {"kind": "other", "text": "别的事"}).json()
    assert second["number"].endswith("-0002") and second["id"] != first["id"]

    town.kill()
    town.start()
    listed = town.read("/api/complaints", local=True)["complaints"]
    assert [one["number"] for one in listed] == [second["number"], first["number"]]
    assert listed[1]["text"] == "写错了" and listed[1]["contact"] == "0999-1"
    assert listed[1]["turn"] == answer["turn"] and listed[1]["kind_name"] == "答复有误"
    assert [event for event, in rows(town, "SELECT event FROM audit_record WHERE event LIKE 'complaint%'")
            ] == ["complaint.received"] * 2


def test_the_site_sets_how_soon_it_answers(town):
    town.take("site.json", b'{"complaint_days": 3}')
    reply = town.post("/api/complaints", {"kind": "minor", "text": "孩子看到了"}).json()
    assert abs(reply["due_at"] - time.time() * 1000 - 3 * DAY) < 60000


@pytest.mark.parametrize("body, status, word", [
    ({"text": "无类"}, 400, "类别"), ({"kind": "angry", "text": "无此类"}, 400, "类别"),
    ({"kind": "wrong"}, 400, "内容"), ({"kind": "wrong", "text": " \n　"}, 400, "内容"),
    ({"kind": "wrong", "text": 7}, 400, "text"), ({"kind": "wrong", "text": "字" * 2001}, 413, "2000"),
    ({"kind": "wrong", "text": "x", "contact": "9" * 201}, 413, "联系"),
    ({"kind": "wrong", "text": "x", "turn": "1"}, 400, "turn"), ({"kind": "wrong", "text": "x", "turn": -1}, 400, "turn"),
    ({"kind": "wrong", "text": "x", "turn": 1}, 404, "问答"),
    ({"kind": "wrong", "text": "x", "turn": 1, "dialogue": "0" * 32}, 404, "问答"),
])
def test_a_complaint_that_cannot_be_taken_says_why(calm_town, body, status, word):
    is_problem(calm_town.post("/api/complaints", body), status, word)
    assert calm_town.read("/api/complaints", local=True)["complaints"] == []


def test_only_the_operator_reads_complaints(town):
    nasty = "<script>'); DROP TABLE complaint; --\x1b[31m"
    assert town.post("/api/complaints", {"kind": "privacy", "text": nasty, "contact": nasty}).status == 201
    assert town.post("/api/complaints", {"kind": "wrong", "text": "字" * 2000}).status == 201
    is_problem(town.get("/api/complaints"), 403)
    is_problem(town.get("/api/complaints?limit=0", local=True), 400, "limit")
    shown = command(town, "complaints").stdout
    assert "个人信息" in shown and "DROP TABLE" in shown and "\x1b[31m" not in shown
    as_json = json.loads(command(town, "complaints", "--json", "--limit", "2").stdout)
    assert as_json["complaints"][1]["text"] == nasty
    town.stop()
    assert json.loads(command(town, "complaints", "--json").stdout) == as_json


# --- erasing ---
def test_the_words_of_a_dialogue_are_erased_for_good(town):
    first = town.ask("茶馆怎么备案？")
    second = town.ask(SECRET + "怎么办", dialogue=first["dialogue"])
    other = town.ask("茶馆怎么备案？")
    town.post(f"/api/turns/{first['turn']}/feedback",
              {"dialogue": first["dialogue"], "useful": False, "comment": SECRET + "的评语"})
    assert erase(town, first["dialogue"]).status == 204
    for turn in (first, second):
        for dialogue in (first["dialogue"], "", "-", "%20"):
            is_problem(town.get(f"/api/turns/{turn['turn']}?dialogue={dialogue}"), 404)
            is_problem(town.get(f"/api/turns/{turn['turn']}/events?dialogue={dialogue}"), 404)
    is_problem(town.post("/api/ask", {"question": "还在吗", "dialogue": first["dialogue"]}), 404)
    is_problem(erase(town, first["dialogue"]), 404)
    assert town.turn(other) == other

    kept = rows(town, "SELECT question, understood, matched, lead, options, dialogue, kind FROM turn"
                      f" WHERE id IN ({first['turn']}, {second['turn']}) ORDER BY id")
    assert all(row[:6] == ("",) * 6 for row in kept) and kept[0][6] == 1
    assert rows(town, f"SELECT COUNT(*) FROM evidence WHERE turn = {first['turn']}") == [(1,)]
    assert rows(town, "SELECT useful, remark FROM feedback") == [(0, "")]
    audit, = rows(town, "SELECT object, detail FROM audit_record WHERE event = 'dialogue.erased'")
    assert audit == (0, "2 turns") and first["dialogue"] not in str(audit)

    town.stop()
    left = b"".join(path.read_bytes() for path in town.data.rglob("*") if path.is_file())
    assert SECRET.encode() not in left and first["dialogue"].encode() not in left


@pytest.mark.parametrize("dialogue", ["0" * 32, "x", "'%20OR%201=1", "%27%27", "0" * 33])
def test_erasing_what_is_not_there_erases_nothing(calm_town, dialogue):
    answer = calm_town.ask("茶馆怎么备案？")
    is_problem(erase(calm_town, dialogue), 404)
    assert calm_town.turn(answer) == answer


# --- withdrawing ---
def test_a_file_a_row_and_an_item_are_withdrawn_and_given_back(town):
    town.take("g/a.md", "---\n类型: 办事指南\n标题: 庙会备案\n事项编码: X-1\n区域: 安澜市\n---\n# 庙会备案\n\n"
                        "## 办理条件\n\n庙会须备案。\n".encode())

    def found(words):
        return bool(town.read("/api/search", q=words)["hits"])

    for what, words in (("g/a.md", "庙会"), ("X-1", "庙会"), ("answers.csv", "茶馆"),
                        ("answers.csv#灯会怎么备案？@安澜市", "灯会")):
        assert found(words), what
        said = command(town, "withdraw", what, "--reason", "有误").stdout
        assert "已撤下" in said and not found(words)
        assert town.problems() == []
        is_problem(town.post("/api/withdraw", {"what": what, "reason": "再撤"}, local=True), 404)
        town.kill()
        town.start()
        assert not found(words), "after a crash as well"
        assert "已恢复" in command(town, "withdraw", what, "--undo", "--reason", "无误").stdout
        assert found(words) and town.problems() == []
    events = [event for event, in rows(town, "SELECT event FROM audit_record WHERE event LIKE"
                                             " 'knowledge.withdraw%' ORDER BY id")]
    assert events == ["knowledge.withdrawn", "knowledge.withdrawal_undone"] * 2 + [
        "knowledge.withdrawn"] * 2 + ["knowledge.withdrawal_undone"] * 2 + [
        "knowledge.withdrawn", "knowledge.withdrawal_undone"]
    assert ("有误",) in rows(town, "SELECT detail FROM audit_record WHERE event = 'knowledge.withdrawn'")


def test_a_row_stays_withdrawn_when_its_table_changes(town):
    town.post("/api/withdraw", {"what": "answers.csv#灯会怎么备案？@安澜市", "reason": "停办"}, local=True)
    town.take("answers.csv", answers_csv({"问题": "茶馆怎么备案？", "答案": "改了。"},
                                         {"问题": "灯会怎么备案？", "答案": "到公安备案。"}))
    assert town.ask("茶馆怎么备案？")["answer"] == "改了。"
    assert town.ask("灯会怎么备案？")["kind"] != "reviewed"
    town.take("answers.csv", answers_csv({"问题": "茶馆怎么备案？", "答案": "改了。"}))
    undo = {"what": "answers.csv#灯会怎么备案？@安澜市", "reason": "续办", "undo": True}
    is_problem(town.post("/api/withdraw", undo, local=True), 404)  # it is in no file any more


def test_withdrawing_needs_a_reason_and_the_operator(town):
    is_problem(town.post("/api/withdraw", {"what": "answers.csv", "reason": "外人"}), 403)
    is_problem(town.post("/api/withdraw", {"what": "answers.csv"}, local=True), 400, "原因")
    is_problem(town.post("/api/withdraw", {"what": "", "reason": "空"}, local=True), 400)
    is_problem(town.post("/api/withdraw", {"what": "x' OR '1'='1", "reason": "注入"}, local=True), 404)
    command(town, "withdraw", "answers.csv", code=2)
    assert town.ask("茶馆怎么备案？")["kind"] == "reviewed"
    town.stop()
    command(town, "withdraw", "answers.csv", "--reason", "无服务时")
    town.start()
    assert town.ask("茶馆怎么备案？")["kind"] != "reviewed"
