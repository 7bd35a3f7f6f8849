"""Questions matched by meaning: vectors are made in the background, kept, and used."""
import re
import time

import pytest
from city_kit import City, program

HEAD = "问题,相似问法,不适用问法,答案,依据,关联事项,区域,责任部门,可见范围,生效日期,失效日期\n"
ROWS = [
    ("身份证丢了怎么补办？", "身份证不见了去哪补｜身份证掉了重新办一张", "捡到别人的身份证交到哪里",
     "带户口簿到任一派出所户籍窗口补领，工本费40元。"),
    ("领结婚证需要带什么？", "登记结婚要哪些东西｜两个人去领证要准备啥", "结婚证丢了怎么补",
     "双方带身份证原件一起到婚姻登记处，不收费。"),
    ("失业金每月多少钱？", "没工作了一个月能领几百｜失业保险金发多少", "失业金领错了怎么退回去",
     "每人每月1728元，按缴费年限发放。"),
    ("新生儿怎么上户口？", "刚生的娃落户口｜宝宝出生登记要啥", "户口本丢了怎么补",
     "出生一个月内带出生医学证明到派出所办理，不收费。"),
]


def has_encoder():
    return any((program("xz-parse").parents[up] / "data/embed.bin").is_file() for up in (1, 2))


pytestmark = pytest.mark.skipif(not has_encoder(), reason="built without the encoder")


def vectors(city):
    text = city.get("/metrics", local=True).body.decode()
    return int(re.search(r"^xz_question_vectors (\d+)", text, re.M)[1])


def bring(town, site):
    for name in ("site.json", "regions.csv", "answers.csv"):
        assert town.take(name, (site / name).read_bytes())["outcome"] == "stored"


def wait_for_vectors(city, count):
    deadline = time.monotonic() + 60
    while vectors(city) < count:
        assert time.monotonic() < deadline, f"{vectors(city)} of {count} vectors"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meaning")
    (folder / "site").mkdir()
    (folder / "site/site.json").write_text('{"name": "安澜市", "region": "990100"}')
    (folder / "site/regions.csv").write_text("代码,名称,上级,级别\n990100,安澜市,,市\n")
    lines = [",".join((q, v, c, a, "", "", "安澜市", "", "公开", "2026-01-01", "")) for q, v, c, a in ROWS]
    (folder / "site/answers.csv").write_text(HEAD + "\n".join(lines) + "\n")
    town = City(folder, "qa.semantic=true")
    town.start()
    bring(town, folder / "site")
    yield town
    town.stop()


def test_vectors_are_made_and_kept(city):
    wait_for_vectors(city, 16)
    city.stop()
    city.start()
    wait_for_vectors(city, 16)


def test_a_listed_question_needs_no_encoder(city):
    answer = city.ask("身份证不见了去哪补")
    assert answer["kind"] == "reviewed" and answer["confidence"] == 1


def test_words_that_are_not_shared_still_find_it(city):
    wait_for_vectors(city, 16)
    answer = city.ask("下岗了政府每个月给多少")
    titles = {answer["matched_question"], *(o.get("question") for o in answer["options"])}
    assert "失业金每月多少钱？" in titles


def test_a_counter_example_is_not_answered(city):
    wait_for_vectors(city, 16)
    for question in ("捡到别人的身份证交到哪里", "结婚证丢了怎么补", "户口本丢了怎么补"):
        answer = city.ask(question)
        assert answer["kind"] != "reviewed", question


def test_without_the_encoder_words_decide(tmp_path, city):
    other = City(tmp_path)
    other.start()
    try:
        bring(other, city.folder / "site")
        assert vectors(other) == 0
        assert other.ask("身份证丢了怎么补办")["kind"] == "reviewed"
    finally:
        other.stop()
