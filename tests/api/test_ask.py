"""A citizen asks, and follows up; what is answered, on what evidence, and what is never said."""
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from city_kit import (STREAM, Client, ask, events_of, in_force, is_problem, query, request,
                      sample_answers, sample_regions)

REGIONS = sample_regions()
ANSWER_MEMBERS = {"kind", "answer", "sources", "dialogue", "turn", "confidence",
                  "question_as_understood", "matched_question", "valid_on", "options", "guide",
                  "contact", "label"}
SOURCE_MEMBERS = {"n", "entry", "clause", "kind", "title", "number", "label", "path", "date", "issuer",
                  "region", "status", "basis", "text", "marks"}


@pytest.fixture(scope="module")
def rows(city):
    """Reviewed answers that a citizen may be given today."""
    today = city.read("/api/site")["today"]
    return [row for row in sample_answers() if row["可见范围"] == "公开" and in_force(row, today)]


def titles(answer):
    return {source["title"] for source in answer["sources"]}


def units(text):
    """As a browser counts."""
    return text.encode("utf-16-le")


def past_notices(city, question, **more):
    """The answer to the question itself, where a notice of now comes first."""
    answer = city.ask(question, **more)
    if answer["kind"] == "notice":
        option, = answer["options"]
        answer = city.ask(option["question"], dialogue=answer["dialogue"], **more)
    return answer


# --- reviewed answers ---
def test_every_reviewed_question_gets_its_answer_word_for_word(city, rows):
    assert len(rows) >= 60
    for row in rows:
        answer = past_notices(city, row["问题"], region=REGIONS[row["区域"]])
        assert answer["kind"] == "reviewed", (row["问题"], answer["kind"], answer["answer"])
        assert answer["answer"] == row["答案"], row["问题"]
        assert answer["matched_question"] == row["问题"]
        source = answer["sources"][0]
        assert source["kind"] == "answer" and source["title"] == row["问题"]
        assert source["text"] == row["答案"] and source["basis"] == row["依据"]
        assert source["status"] == "current" and source["region"] == row["区域"]
        assert answer["contact"]["department"]["name"] == row["责任部门"]
        assert (answer["guide"] or {}).get("code", "") == row["关联事项"], row["问题"]


def test_every_listed_variant_finds_the_same_answer(city, rows):
    for row in rows:
        for words in row["说法"][1:]:
            answer = past_notices(city, words, region=REGIONS[row["区域"]])
            assert (answer["kind"], answer["matched_question"]) == ("reviewed", row["问题"]), words
            assert answer["answer"] == row["答案"], words


def test_width_blanks_and_traditional_signs_make_no_difference(city):
    plain = city.ask("社保卡丢了怎么挂失？")
    for words in ("　社保卡丢了怎么挂失?\n", "社保卡丟了怎麼掛失", "社 保卡丢了，怎么挂失！！"):
        assert city.ask(words)["answer"] == plain["answer"], words


def test_an_answer_has_all_its_members(city):
    answer = city.ask("社保卡丢了怎么挂失？")
    assert set(answer) == ANSWER_MEMBERS and set(answer["sources"][0]) == SOURCE_MEMBERS
    assert re.fullmatch("[0-9a-f]{32}", answer["dialogue"]) and 0 < answer["turn"] < 2**53
    assert 0 <= answer["confidence"] <= 1
    assert answer["valid_on"] == city.read("/api/site")["today"]
    assert answer["contact"]["hotline"] == "12345" and answer["contact"]["hours"] == "24小时"
    department = answer["contact"]["department"]
    assert re.fullmatch(r"0999-\d{7}", department["phone"]) and department["address"]
    assert "智能检索" in answer["label"]


def test_a_guide_comes_as_a_card(city):
    guide = city.ask("社保卡丢了怎么挂失？")["guide"]
    assert guide["code"] == "AL-RS-001" and guide["title"] == "社会保障卡挂失、补领、换领"
    material = guide["materials"][0]
    assert material["name"] == "居民身份证" and material["copies"] == "1" and material["source"]
    assert len(guide["steps"]) >= 2 and all(step.strip() for step in guide["steps"])
    assert guide["places"] and guide["basis"] and "20元" in guide["fee"]
    assert guide["conditions"] and guide["time_limit"] and guide["online"] and guide["phone"]


# --- events ---
def test_a_stream_tells_what_is_done_then_the_answer_its_sources_and_the_end(city):
    events = city.ask_stream("社保卡丢了怎么挂失？")
    names = [event.name for event in events]
    assert re.fullmatch("(status )+(answer )+(source )+done ", " ".join(names) + " ")
    steps = [event.data["step"] for event in events if event.name == "status"]
    assert steps[0] == "understand" and steps[1] == "reviewed" and steps[-1] == "answer"
    done = events[-1].data
    numbers = [int(event.id.removeprefix(f"{done['turn']}-")) for event in events]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1
    for event in events:
        if event.name == "status":
            assert event.data["turn"] == done["turn"] and event.data["text"]
            assert event.data["dialogue"] == done["dialogue"]
        if event.name == "answer":
            assert event.data["kind"] == done["kind"]
    assert "".join(event.data["text"] for event in events if event.name == "answer") == done["answer"]
    assert [event.data for event in events if event.name == "source"] == done["sources"]


def test_the_end_of_a_stream_equals_the_answer_as_one_object(city):
    for question in ("社保卡丢了怎么挂失？", "安澜市高龄津贴发放管理办法第六条", "火星移民怎么办理",
                     "加装电梯有补贴吗"):
        one, done = city.ask(question), city.ask_stream(question)[-1].data
        assert one.pop("turn") != done.pop("turn") and one.pop("dialogue") != done.pop("dialogue")
        assert one == done, question


def test_without_an_accept_header_the_answer_is_a_stream(city):
    reply = city.post("/api/ask", {"question": "你好"}, {"Content-Type": "application/json"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-accel-buffering"] == "no"
    assert events_of(reply.body.decode())[-1].name == "done"


def test_a_broken_stream_is_taken_up_again_by_its_turn(city):
    body = json.dumps({"question": "社保卡丢了怎么补一张新卡？"}).encode()
    with Client(city.address) as client:
        client.send(request("POST", "/api/ask", body, STREAM))
        client.head()
        seen = events_of(client.chunk().decode())[0]
    turn, dialogue = seen.data["turn"], seen.data["dialogue"]
    place = query(f"/api/turns/{turn}/events", dialogue=dialogue)
    reply = city.get(place, {"Last-Event-ID": seen.id})
    while reply.status == 404:  # not durable yet
        reply = city.get(place, {"Last-Event-ID": seen.id})
    events = events_of(reply.body.decode())
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert [event.name for event in events][-1] == "done"
    assert all(event.id.startswith(f"{turn}-") for event in events)
    done = events[-1].data
    assert "".join(event.data["text"] for event in events if event.name == "answer") == done["answer"]
    assert done["turn"] == turn and done == city.turn(done)


def test_a_stream_is_taken_up_after_the_event_that_was_seen_last(city):
    events = city.ask_stream("社保卡丢了怎么挂失？")
    done = events[-1].data
    place = query(f"/api/turns/{done['turn']}/events", dialogue=done["dialogue"])
    content = [event for event in events if event.name != "status"]

    def after(seen):
        reply = city.get(place, {} if seen is None else {"Last-Event-ID": seen})
        assert reply.status == 200
        return [(one.id, one.name, one.data) for one in events_of(reply.body.decode())]

    def kept(some):
        return [(one.id, one.name, one.data) for one in some]
    for n, event in enumerate(events[:-1]):
        rest = [one for one in events[n + 1:] if one.name != "status"]
        assert after(event.id) == kept(rest), event.id
    for seen in (None, "", "x", "-1", f"{done['turn'] + 1}-99", f"{done['turn']}-99999999999999999999"):
        assert after(seen) == kept(content), seen


def test_a_stream_that_cannot_be_answered_says_why(city):
    reply = city.post("/api/ask", {"question": "啊" * 501}, STREAM)
    if reply.status == 200:
        event = events_of(reply.body.decode())[-1]
        assert event.name == "error" and "500" in event.data["detail"]
    else:
        is_problem(reply, 413, "500")


# --- follow-ups ---
def test_follow_ups_are_about_the_matter_before(city):
    answer = city.ask("社保卡丢了怎么挂失？")
    for words, section in (("那需要什么材料？", "居民身份证"), ("多少钱", "20元"),
                           ("网上能办吗", "安澜通"), ("在哪里办", "窗口")):
        answer = city.ask(words, dialogue=answer["dialogue"])
        assert answer["kind"] in ("quoted", "reviewed"), words
        assert section in answer["answer"], (words, answer["answer"])
        assert answer["guide"]["code"] == "AL-RS-001", words
        assert "社保卡" in answer["question_as_understood"], words


def test_a_new_matter_leaves_the_old_one(city):
    first = city.ask("社保卡丢了怎么挂失？")
    second = city.ask("高龄津贴每个月多少钱？", dialogue=first["dialogue"])
    assert second["matched_question"] == "高龄津贴每个月多少钱？"
    assert second["question_as_understood"] == "高龄津贴每个月多少钱？"
    third = city.ask("需要什么材料", dialogue=first["dialogue"])
    assert third["guide"]["code"] == "AL-MZ-002"


def test_another_dialogue_knows_nothing_of_this_one(city):
    city.ask("社保卡丢了怎么挂失？")
    alone = city.ask("那需要什么材料？")
    assert "社保卡" not in alone["question_as_understood"]
    assert (alone["guide"] or {}).get("code") != "AL-RS-001"


# --- districts ---
def test_a_district_decides_and_is_asked_for(city):
    answer = city.ask("老旧小区加装电梯能补贴多少钱？")
    assert answer["kind"] == "clarify" and answer["sources"] == []
    assert {option["label"] for option in answer["options"]} == {"临江区", "望湖区"}
    for option in answer["options"]:
        assert option["region"] == REGIONS[option["label"]]
        picked = city.ask("老旧小区加装电梯能补贴多少钱？", region=option["region"])
        assert picked["kind"] == "reviewed" and picked["sources"][0]["region"] == option["label"]
    assert "22万元" in city.ask("老旧小区加装电梯能补贴多少钱？", region="990102")["answer"]
    assert "15万元" in city.ask("老旧小区加装电梯能补贴多少钱？", region="990103")["answer"]


def test_the_district_may_be_said_in_the_next_sentence(city):
    answer = city.ask("老旧小区加装电梯能补贴多少钱？", region="990102")
    assert answer["sources"][0]["region"] == "临江区"
    answer = city.ask("那望湖区呢", dialogue=answer["dialogue"])
    assert answer["kind"] in ("reviewed", "quoted") and "15万元" in answer["answer"]
    assert {source["region"] for source in answer["sources"]} == {"望湖区"}


def test_a_street_has_the_rules_of_its_district(city):
    answer = city.ask("老旧小区加装电梯能补贴多少钱？", region="990102001")
    assert answer["kind"] == "reviewed" and answer["sources"][0]["region"] == "临江区"


def test_a_district_without_the_rule_is_not_given_its_neighbours(city):
    answer = city.ask("老旧小区加装电梯能补贴多少钱？", region="990121")
    assert {source["region"] for source in answer["sources"]} & {"临江区", "望湖区"} == set()
    assert "22万元" not in answer["answer"] and "15万元" not in answer["answer"]


def test_another_city_is_not_answered_with_ours(city):
    for words in ("北京市的高龄津贴是多少", "上海高龄津贴每个月多少钱"):
        answer = city.ask(words)
        assert answer["kind"] == "refused" and answer["sources"] == [], words
        assert "80元" not in answer["answer"] and "12345" in answer["answer"]


# --- what is in force ---
def test_superseded_text_is_never_given_as_current(city):
    for words in ("高龄津贴多少钱", "80岁老人每个月补贴多少", "90岁高龄津贴标准", "高龄津贴发放标准是什么",
                  "高龄津贴每月50元吗", "高龄津贴按季度发吗", "公积金租房提取额度", "租房提取公积金每年能提多少",
                  "无房租房提取公积金需要租赁合同吗"):
        answer = city.ask(words)
        assert all(source["status"] == "current" for source in answer["sources"]), words
        assert not {"安民发〔2021〕15号", "安公积金〔2022〕9号"} & {
            source["number"] for source in answer["sources"]}, words
        assert "每人每月50元" not in answer["answer"] and "每人每月300元" not in answer["answer"], words


def test_expired_text_is_never_given_as_current(city):
    for words in ("汽车置换更新补贴多少钱", "以旧换新买车补贴怎么领", "2024年汽车置换补贴活动",
                  "关于开展2024年汽车置换更新补贴活动的通知第三条"):
        answer = city.ask(words)
        for source in answer["sources"]:
            assert source["number"] != "安商发〔2024〕21号" or source["status"] == "expired", words
        if "安商发〔2024〕21号" in {source["number"] for source in answer["sources"]}:
            assert re.search("失效|已过|过期|不再", answer["answer"]), words


def test_a_search_shows_old_texts_only_when_asked_and_says_so(city):
    plain = city.read("/api/search", q="高龄津贴发放标准", limit=50)["hits"]
    assert plain and {hit["status"] for hit in plain} == {"current"}
    every = city.read("/api/search", q="高龄津贴发放标准", limit=50, superseded=1)["hits"]
    old = [hit for hit in every if hit["number"] == "安民发〔2021〕15号"]
    assert old and {hit["status"] for hit in old} == {"superseded"}


def test_old_text_that_is_asked_for_by_name_is_shown_as_old(city):
    for words in ("安澜市高龄津贴发放管理暂行办法第三条", "安民发〔2021〕15号第三条"):
        answer = city.ask(words)
        assert answer["sources"][0]["status"] == "superseded", words
        assert answer["answer"].startswith("请注意") and "不在施行期" in answer["answer"], words


# --- citations ---
def test_an_article_named_by_number_is_quoted(city):
    answer = city.ask("安澜市高龄津贴发放管理办法第六条")
    assert answer["kind"] == "quoted" and "每人每月80元" in answer["answer"]
    source = answer["sources"][0]
    assert (source["label"], source["number"]) == ("第六条", "安政办发〔2024〕8号")
    by_number = city.ask("安政办发〔2024〕8号第六条是怎么规定的")
    assert by_number["sources"][0]["clause"] == source["clause"]


def test_what_is_quoted_is_in_the_source_and_marks_lie_within(city):
    for words in ("安澜市高龄津贴发放管理办法第六条", "青年人才生活补贴申请条件", "低保标准是多少"):
        answer = city.ask(words)
        for source in answer["sources"]:
            clauses = city.read(f"/api/entries/{source['entry']}/clauses")["clauses"]
            kept = [clause for clause in clauses if clause["id"] == source["clause"]]
            assert kept and kept[0]["text"] == source["text"], words
            size = len(units(source["text"])) // 2
            assert all(0 <= start and length > 0 and start + length <= size
                       for start, length in source["marks"]), words


def test_marks_count_as_a_browser_does(found_city):
    city = found_city().take_sample(["site.json", "regions.csv", "departments.csv"])
    city.take("m.md", "---\n类型: 政策文件\n标题: 雨燕保护办法\n区域: 安澜市\n施行日期: 2024-01-01\n---\n"
                      "# 雨燕保护办法\n\n第一条 𠮷𠮷🙂市民发现雨燕受伤的，应当报告。\n".encode())
    hit = city.read("/api/search", q="雨燕受伤")["hits"][0]
    text = units(hit["text"])
    marked = [text[2 * start:2 * (start + length)].decode("utf-16-le")
              for start, length in hit["marks"]]
    assert marked and all(mark in "市民发现雨燕受伤的" for mark in marked), marked


# --- refusals and what is not a question ---
def test_a_refusal_says_so_and_shows_a_way_on(city):
    for words in ("量子纠缠的原理是什么", "推荐一部好看的电影", "火星移民飞船"):
        answer = city.ask(words)
        assert answer["kind"] in ("refused", "clarify") and answer["sources"] == [], words
    answer = city.ask("饕餮鹓鶵魑魅")
    assert answer["kind"] == "refused" and answer["sources"] == [] and answer["guide"] is None
    assert "没有找到" in answer["answer"] and "12345" in answer["answer"]
    assert answer["contact"]["hotline"] == "12345"


def test_what_is_near_is_offered_as_a_question_that_is_answered(city):
    answer = city.ask("社保卡能在火星上用吗，怎么激活飞船")
    for option in answer["options"]:
        assert city.ask(option["question"])["kind"] in ("reviewed", "clarify"), option


def test_greetings_thanks_people_and_danger_have_words_of_their_own(city):
    assert city.ask("你好")["kind"] == "clarify"
    assert city.ask("谢谢")["kind"] == "clarify"
    assert "12345" in city.ask("转人工")["answer"]
    danger = city.ask("我不想活了")
    assert danger["sources"] == [] and "110" in danger["answer"] and "12356" in danger["answer"]


# --- who may see what ---
INTERNAL = ["群众材料不齐，窗口可以容缺受理吗？", "热线工单退单和延期有什么规定？", "综窗容缺收件怎么操作",
            "失业保险待遇疑点数据核查工作规程", "容缺受理承诺书", "工单预警 绿色 黄色 红色"]
INTERNAL_TITLES = {"安澜市12345政务服务便民热线工单办理工作规范", "失业保险待遇疑点数据核查工作规程",
                   "安澜市政务服务综合窗口容缺受理工作指引（试行）",
                   "群众材料不齐，窗口可以容缺受理吗？", "热线工单退单和延期有什么规定？"}


def test_internal_knowledge_never_reaches_the_public(city):
    for words in INTERNAL:
        answer = city.ask(words)
        assert not titles(answer) & INTERNAL_TITLES, words
        assert not INTERNAL_TITLES & {option.get("question") for option in answer["options"]}
        assert answer["matched_question"] not in INTERNAL_TITLES and "内部" not in answer["answer"]
        for more in ({}, {"superseded": 1}):
            hits = city.read("/api/search", q=words, limit=100, **more)["hits"]
            assert not {hit["title"] for hit in hits} & INTERNAL_TITLES, words
        for typed in (words, words[:4], words[:2]):
            offered = city.read("/api/suggestions", q=typed, limit=50)["suggestions"]
            assert not {one["question"] for one in offered} & INTERNAL_TITLES, typed


def test_the_operator_sees_internal_knowledge_and_its_ids_open_nothing_outside(city):
    answer = city.ask("群众材料不齐，窗口可以容缺受理吗？", local=True)
    assert answer["kind"] == "reviewed" and "内部使用" in answer["answer"]
    hits = city.read("/api/search", q="失业保险待遇疑点数据核查工作规程", local=True)["hits"]
    assert "失业保险待遇疑点数据核查工作规程" in {hit["title"] for hit in hits}
    for source in answer["sources"] + [hit for hit in hits if hit["title"] in INTERNAL_TITLES]:
        place = f"/api/entries/{source['entry']}"
        assert city.read(place, local=True)["title"] == source["title"]
        is_problem(city.get(place), 404)
        is_problem(city.get(place + "/clauses"), 404)


def test_the_operators_dialogue_opens_nothing_internal_to_another(city):
    secret = city.ask("群众材料不齐，窗口可以容缺受理吗？", local=True)["dialogue"]
    for words in ("最长给几天补", "那需要什么材料？", "哪些不能容缺", "依据是什么"):
        answer = city.ask(words, dialogue=secret)
        assert not titles(answer) & INTERNAL_TITLES, words
        assert "容缺受理通知书" not in answer["answer"] and "内部" not in answer["answer"], words


def test_a_turn_of_the_operator_is_not_read_without_its_secret(city):
    answer = city.ask("群众材料不齐，窗口可以容缺受理吗？", local=True)
    for dialogue in ("", "0" * 32, "zz", answer["dialogue"][:-1], answer["dialogue"].upper() + "0"):
        is_problem(city.get(query(f"/api/turns/{answer['turn']}", dialogue=dialogue)), 404)
        is_problem(city.get(query(f"/api/turns/{answer['turn']}/events", dialogue=dialogue)), 404)


# --- turns and feedback ---
def test_a_recorded_turn_equals_what_was_answered(city):
    for question in ("社保卡丢了怎么挂失？", "安澜市高龄津贴发放管理办法第六条", "火星移民怎么办理",
                     "老旧小区加装电梯能补贴多少钱？", "社保卡能在火星上用吗，怎么激活飞船"):
        answer = city.ask(question)
        assert city.turn(answer) == answer, question


def test_the_secret_of_another_dialogue_opens_no_turn(city):
    one, other = city.ask("社保卡丢了怎么挂失？"), city.ask("你好")
    place = f"/api/turns/{one['turn']}"
    is_problem(city.get(query(place, dialogue=other["dialogue"])), 404, "问答记录")
    is_problem(city.post(place + "/feedback", {"dialogue": other["dialogue"], "useful": True}), 404)


def test_feedback_is_taken_for_a_turn_and_may_be_changed(city):
    answer = city.ask("社保卡丢了怎么挂失？")
    place, secret = f"/api/turns/{answer['turn']}/feedback", {"dialogue": answer["dialogue"]}
    reply = city.post(place, secret | {"useful": False, "comment": "没有说周末办不办"})
    assert reply.status == 204 and reply.body == b""
    assert city.post(place, secret | {"useful": True}).status == 204
    is_problem(city.post(place, secret), 400, "useful")
    is_problem(city.post(place, secret | {"useful": "yes"}), 400, "useful")
    is_problem(city.post(place, secret | {"useful": True, "comment": "长" * 3000}), 413)
    is_problem(city.post("/api/turns/999999999/feedback", secret | {"useful": True}), 404)


# --- what is not a proper question ---
BAD = {
    "nothing asked": (b'{"question":""}', 400, "请输入"),
    "only blanks": ('{"question":" \u3000\\n\\t"}'.encode(), 400, "请输入"),
    "501 characters": (json.dumps({"question": "社" * 501}).encode(), 413, "500字"),
    "no question": (b"{}", 400, "question"),
    "a number as question": (b'{"question":5}', 400, "question"),
    "null as question": (b'{"question":null}', 400, "question"),
    "an array": (b"[]", 400, "question"),
    "no body": (b"", 400, "空"),
    "half a body": (b'{"question":"', 400, "JSON"),
    "two bodies": (b'{"question":"a"}{"question":"b"}', 400, "JSON"),
    "not UTF-8": (b'{"question":"\xff\xfe"}', 400, "UTF-8"),
    "GB18030": ('{"question":"社保卡"}'.encode("gb18030"), 400, "UTF-8"),
    "an overlong form": (b'{"question":"\xc0\xaf"}', 400, "UTF-8"),
    "a control character unescaped": (b'{"question":"a\x01b"}', 400, "JSON"),
    "too deep": (b'{"question":' + b"[" * 500 + b"]" * 500 + b"}", 400, "JSON"),
    "a malformed dialogue": (b'{"question":"a","dialogue":"zz"}', 400, "对话"),
    "a dialogue in capitals": (b'{"question":"a","dialogue":"' + b"A" * 32 + b'"}', 400, "对话"),
    "a number as dialogue": (b'{"question":"a","dialogue":5}', 400, "dialogue"),
    "an unknown dialogue": (b'{"question":"a","dialogue":"' + b"0" * 32 + b'"}', 404, "重新"),
    "letters as region": (b'{"question":"a","region":"abc"}', 400, "区划"),
    "an unknown region": (b'{"question":"a","region":"123456"}', 400, "区划"),
    "a negative region": (b'{"question":"a","region":-1}', 400, "区划"),
    "an object as region": (b'{"question":"a","region":{}}', 400, "region"),
    "a huge body": (b'{"question":"' + b"x" * 70000 + b'"}', 413, "大小"),
}


@pytest.mark.parametrize("name", BAD)
def test_is_refused_with_a_reason(city, name):
    body, status, word = BAD[name]
    is_problem(city.post("/api/ask", body), status, word)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_only_json_is_taken(city, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    is_problem(city.post("/api/ask", b'{"question":"a"}', headers), 400, "Content-Type")


def test_a_head_request_has_no_body_and_asking_has_one_method(city):
    reply = ask(city.address, "/api/site", "HEAD")
    assert reply.status == 200 and int(reply.headers["content-length"]) > 0
    is_problem(city.get("/api/ask"), 405)
    is_problem(ask(city.address, "/api/ask", "PUT", b"{}"), 405)
    is_problem(city.get("/api/nowhere"), 404)


def test_null_members_are_as_good_as_none(city):
    assert city.ask("你好", dialogue=None, region=None)["kind"] == "clarify"
    assert city.ask("你好", region=990102)["kind"] == "clarify"


def test_500_characters_are_a_question(city):
    assert city.ask("社" * 500)["kind"] in ("refused", "quoted", "clarify")
    assert city.ask("𠮷" * 500)["kind"] in ("refused", "quoted", "clarify")


@pytest.mark.parametrize("words", [
    "<script>alert(1)</script>", "'; DROP TABLE entry; --", "\" OR 1=1 --", "%00%s%n$(id)`id`",
    "${jndi:ldap://x}", "\\u0000\\", "\x00\x01\x1b[31m社保卡", "AND OR NOT NEAR(*)", "\u202e社保卡\u200b",
    "🙂🙂🙂", "第999999999999999999999条", "《》第条", "「」", "﹏" * 100, "1", "-", "\ufeff社保卡"])
def test_odd_words_are_only_words(city, words):
    answer = city.ask(words)
    assert answer["kind"] in ("refused", "quoted", "clarify", "reviewed")
    assert city.turn(answer) == answer
    reply = city.post("/api/ask", {"question": words}, STREAM)
    assert events_of(reply.body.decode())[-1].name == "done"
    assert city.get(query("/api/search", q=words)).status in (200, 400)


def test_markup_in_a_question_comes_back_as_text(city):
    words = "<img src=x onerror=alert(1)>火星"
    reply = city.post("/api/ask", {"question": words})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.json()["question_as_understood"] == words


# --- many at once ---
def test_64_who_ask_at_once_are_all_answered_and_recorded(city, rows):
    asked = [rows[n % len(rows)] for n in range(64)]

    def one(row):
        mine = [city.ask(row["问题"], region=REGIONS[row["区域"]])]
        mine.append(city.ask("需要什么材料", dialogue=mine[0]["dialogue"]))
        return mine
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(one, asked))
    assert len({answer["turn"] for pair in answers for answer in pair}) == 128
    assert len({pair[0]["dialogue"] for pair in answers}) == 64
    for row, (first, second) in zip(asked, answers):
        assert first["answer"] == row["答案"] and second["dialogue"] == first["dialogue"]
        assert city.turn(first) == first and city.turn(second) == second
