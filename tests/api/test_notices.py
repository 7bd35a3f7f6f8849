"""Notices: in force by the minute, for a region, and first to answer when a question is about them."""
import datetime

import pytest

from city_kit import City, answers_csv, is_problem

BASE = ["site.json", "regions.csv", "departments.csv"]
QUESTION = "突然停水了怎么办？"
BEIJING = datetime.timezone(datetime.timedelta(hours=8))
TEXT = "同心路主管破损，正在抢修，沿线小区停水。\n\n- 停水范围：同心路沿线\n- 送水点：便民服务中心，免费取水\n"


def minute(**delta):
    return (datetime.datetime.now(BEIJING) + datetime.timedelta(**delta)).strftime("%Y-%m-%d %H:%M")


def notice(title="同心路抢修停水公告", text=TEXT, **front):
    head = {"类型": "公告", "标题": title, "级别": "橙", "区域": "临江区", "发布时间": minute(hours=-2),
            "失效时间": minute(hours=2), "发布机关": "市水务集团", "关键词": "停水、没水、断水",
            "联系电话": "0999-6296116"} | front
    lines = "\n".join(f"{key}: {value}" for key, value in head.items() if value is not None)
    return f"---\n{lines}\n---\n# {title}\n\n{text}".encode()


def furnish(city):
    city.take_sample(BASE)
    city.take("answers.csv", answers_csv({"问题": QUESTION, "答案": "先看阀门，再打客服电话。"}))
    assert city.take("notices/water.md", notice())["outcome"] == "stored"
    return city


@pytest.fixture
def town(found_city):
    return furnish(found_city())


@pytest.fixture(scope="module")
def calm_town(tmp_path_factory):
    """For who changes nothing."""
    city = City(tmp_path_factory.mktemp("calm")).start()
    yield furnish(city)
    city.stop()


def titles(city, **more):
    return [one["title"] for one in city.read("/api/notices", **more)["notices"]]


def test_a_notice_says_all_that_its_file_says(calm_town):
    one, = calm_town.read("/api/notices", region="990102")["notices"]
    assert (one["title"], one["level"], one["level_name"]) == ("同心路抢修停水公告", "orange", "橙")
    assert one["region"] == "990102" and one["region_name"] == "临江区"
    assert one["issuer"] == "市水务集团" and one["phone"] == "0999-6296116"
    assert one["issued_at"] < one["expires_at"] and one["expires_at"] - one["issued_at"] == 4 * 3600 * 1000
    for line in ("同心路主管破损，正在抢修，沿线小区停水。", "停水范围：同心路沿线"):
        assert line in one["text"]
    assert calm_town.read(f"/api/entries/{one['id']}")["kind"] == "notice"
    assert calm_town.problems() == []


def test_it_holds_where_it_says_and_is_named_above(calm_town):
    assert titles(calm_town) == titles(calm_town, region="990102") == titles(calm_town, region="990100") != []
    assert titles(calm_town, region="990103") == []
    is_problem(calm_town.get("/api/notices?region=1"), 400, "区划")


def test_the_most_severe_come_first_then_the_newest(town):
    town.take("n/b.md", notice("乙", 级别="蓝", 区域="安澜市", 发布时间=minute(hours=-1)))
    town.take("n/c.md", notice("丙", 级别="红", 区域="安澜市"))
    town.take("n/d.md", notice("丁", 级别="蓝", 区域="安澜市", 发布时间=minute(minutes=-1)))
    assert titles(town, region="990102") == ["丙", "同心路抢修停水公告", "丁", "乙"]


def test_it_holds_by_the_minute(town):
    town.take("n/over.md", notice("过去", 发布时间=minute(hours=-2), 失效时间=minute(minutes=-1)))
    town.take("n/soon.md", notice("将来", 发布时间=minute(minutes=2), 失效时间=minute(hours=2)))
    assert titles(town) == ["同心路抢修停水公告"]
    assert "过去" not in town.ask("停水了吗")["answer"]
    town.take("notices/water.md", notice(失效时间=minute(minutes=-1)))
    assert titles(town) == []
    assert town.ask("停水了吗")["kind"] != "notice"


@pytest.mark.parametrize("front, word", [
    ({"级别": "紫"}, "级别"), ({"级别": None}, "级别"), ({"发布时间": "昨天"}, "发布时间"),
    ({"失效时间": "2026-02-30 08:00"}, "失效时间"), ({"失效时间": "2026-02-03 24:00"}, "失效时间"),
    ({"失效时间": None}, "失效时间"), ({"失效时间": "2020-01-01 00:00"}, "失效时间"),
    ({"发布机关": None}, "发布机关"), ({"区域": "火星"}, "火星"),
])
def test_a_notice_that_leaves_something_open_is_refused(calm_town, front, word):
    result = calm_town.take("n/bad.md", notice("坏", **front))
    assert result["outcome"] == "refused" and word in result["reason"]
    assert "坏" not in titles(calm_town)


@pytest.mark.parametrize("question", [
    "停水了吗", "停水通知", "我家停水了怎么办", "为什么没水", "临江区停水什么时候恢复", "同心路停水到几点",
    "今天早上起来家里没水了，楼下邻居也是，什么时候能来水啊", "停水范围", "停水了去哪里取水",
])
def test_it_answers_first_and_word_for_word(calm_town, question):
    answer = calm_town.ask(question, region="990102")
    assert answer["kind"] == "notice", answer["answer"]
    one, = calm_town.read("/api/notices")["notices"]
    assert answer["answer"].endswith(one["text"])
    for part in ("同心路抢修停水公告", "市水务集团", "临江区", "发布时间", "有效至", "0999-6296116"):
        assert part in answer["answer"]
    source, = answer["sources"]
    assert source["clause"] == one["clause"] and source["status"] == "current" and source["kind"] == "notice"
    assert answer["label"]


@pytest.mark.parametrize("question", [
    "怎么申请停水", "停水怎么报停", "用水过户", "水费怎么交", "没水表怎么办", "停水费怎么算",
    "因为欠费停水了怎么恢复供水", "停水违法吗", "停水造成损失能赔偿吗", "望湖区停水了吗",
])
def test_another_matter_is_not_its_business(calm_town, question):
    assert calm_town.ask(question, region="990102")["kind"] != "notice"


def test_another_district_hears_nothing_of_it(calm_town):
    assert calm_town.ask("停水了吗", region="990103")["kind"] != "notice"
    assert calm_town.ask("停水了吗")["kind"] == "notice", "no district said: named with its region"


def test_the_question_itself_can_still_be_asked(town):
    first = town.ask(QUESTION)
    assert first["kind"] == "notice"
    option, = first["options"]
    assert option["label"] == "仍按原问题查询"
    second = town.ask(option["question"], dialogue=first["dialogue"])
    assert second["kind"] == "reviewed" and second["answer"] == "先看阀门，再打客服电话。"
    assert town.turn(first) == first and town.turn(second)["kind"] == "reviewed"
    assert town.ask(QUESTION, dialogue=first["dialogue"])["kind"] == "notice", "asked anew, it is news again"


def test_a_new_file_replaces_the_old_notice(town):
    before = town.ask("停水了吗")
    town.take("notices/water.md", notice("同心路恢复供水公告", "今天18时恢复供水。\n", 级别="一般"))
    assert titles(town) == ["同心路恢复供水公告"]
    after = town.ask("停水了吗")
    assert "18时恢复供水" in after["answer"] and "主管破损" not in after["answer"]
    assert "主管破损" in town.turn(before)["answer"], "who was told the old one is shown what was told"
    assert town.take("notices/water.md", notice("同心路恢复供水公告", "今天18时恢复供水。\n", 级别="一般"))[
        "outcome"] in ("unchanged", "stored")


def test_it_is_streamed_like_any_answer(calm_town):
    events = calm_town.ask_stream("停水了吗")
    texts = [event.data for event in events if event.name == "answer"]
    assert all(text["kind"] == "notice" for text in texts)
    assert "".join(text["text"] for text in texts) == events[-1].data["answer"]
    assert any(event.name == "source" for event in events)


def test_internal_notices_are_not_for_the_public(town):
    town.take("n/in.md", notice("内部停电安排", 可见范围="内部", 关键词="停电", 区域="安澜市"))
    assert "内部停电安排" not in titles(town)
    assert town.ask("停电了吗")["kind"] != "notice"
    assert town.ask("停电了吗", local=True)["kind"] == "notice"


def test_what_stands_in_a_notice_is_only_text(town):
    nasty = "<img src=x onerror=alert(1)>'); DROP TABLE notice; --"
    town.take("n/x.md", notice("诡异公告", f"{nasty} 停电了。\n", 发布机关=nasty, 联系电话=nasty,
                               关键词=f"停电、{nasty}、%、_", 区域="安澜市"))
    one = [each for each in town.read("/api/notices")["notices"] if each["title"] == "诡异公告"][0]
    assert one["issuer"] == one["phone"] == nasty
    assert "'); DROP TABLE notice; --" in one["text"] and "<img" not in one["text"], "tags of Markdown are dropped"
    assert nasty in town.ask("停电了吗")["answer"]
    assert len(titles(town)) == 2


def test_it_is_withdrawn_at_once_and_given_back(town):
    first = town.ask("停水了吗")
    body = {"what": "notices/water.md", "reason": "提前恢复供水"}
    assert town.post("/api/withdraw", body, local=True).json()["withdrawn"][0]["title"] == "同心路抢修停水公告"
    assert titles(town) == [] and town.ask("停水了吗")["kind"] != "notice"
    assert town.turn(first)["kind"] == "refused"
    assert town.take("notices/water.md", notice(text=TEXT + "又停了。\n"))["outcome"] == "stored"
    assert titles(town) == [], "an import does not undo what a person withdrew"
    assert town.post("/api/withdraw", body | {"undo": True}, local=True).status == 200
    assert titles(town) == ["同心路抢修停水公告"] and "又停了" in town.ask("停水了吗")["answer"]
