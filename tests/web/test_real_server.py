"""A citizen at the built page, served by xiaozhengd itself with the sample city."""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fake_server import DIST
from web_kit import DESKTOP, PHONE, axe

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))
from city_kit import City, answers_csv, ask  # noqa: E402


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    city = City(tmp_path_factory.mktemp("city"), web=DIST).start().take_sample()
    yield city
    city.stop()


@pytest.fixture
def url(city):
    return city.url


def kind_of(turn):
    return turn.locator(".kind h3").inner_text()


def test_the_page_comes_with_its_city_and_a_strict_policy(city, citizen):
    headers = city.get("/").headers
    assert headers["content-type"].startswith("text/html")
    assert "default-src" in headers["content-security-policy"]
    page = citizen.open().page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("header")).to_contain_text("安澜市")
    expect(page.locator("header a[href='tel:12345']")).to_be_visible()
    assert page.locator(".topic li button").count() >= 4


def test_a_reviewed_answer_is_shown_word_for_word_with_card_and_contact(city, citizen):
    turn = citizen.open().ask("社保卡丢了怎么挂失？")
    assert kind_of(turn) == "已审核答复"
    words = city.ask("社保卡丢了怎么挂失？")["answer"]
    shown = turn.inner_text()
    for line in words.split("\n"):
        assert re.sub(r"^\d+\. ", "", line) in shown, line
    expect(turn.locator(".guide")).to_contain_text("AL-RS-001")
    expect(turn.locator(".guide")).to_contain_text("居民身份证")
    expect(turn.locator(".contact a[href='tel:09996210333']")).to_be_visible()
    expect(turn.locator(".ai-label")).to_contain_text("智能检索")


def test_a_follow_up_stays_with_the_matter(citizen):
    citizen.open().ask("社保卡丢了怎么挂失？")
    turn = citizen.ask("多少钱")
    expect(turn).to_contain_text("20元")
    expect(turn).to_contain_text("社会保障卡")


def test_a_district_is_asked_for_and_one_tap_answers(citizen):
    turn = citizen.open().ask("老旧小区加装电梯能补贴多少钱？")
    assert kind_of(turn) == "请您确认一点"
    count = citizen.page.locator(".turn").count()
    turn.get_by_role("button", name="望湖区").click()
    citizen.page.locator(".turn").nth(count).locator(".ai-label").first.wait_for()
    expect(citizen.last).to_contain_text("15万元")
    assert kind_of(citizen.last) == "已审核答复"


def test_a_cited_article_opens_in_its_document_with_the_words_marked(citizen):
    turn = citizen.open().ask("安澜市高龄津贴发放管理办法第六条")
    assert kind_of(turn) == "依据原文摘录"
    expect(turn).to_contain_text("每人每月80元")
    turn.get_by_role("button", name=re.compile("^查看原文")).first.click()
    reader = citizen.page.get_by_role("dialog")
    expect(reader).to_contain_text("安政办发〔2024〕8号")
    expect(reader.locator(".clause.lit")).to_contain_text("每人每月80元")
    expect(reader).to_contain_text("第十八条")
    citizen.page.keyboard.press("Escape")
    reader.wait_for(state="detached")


def test_a_superseded_document_is_shown_as_such(city, citizen):
    hits = city.read("/api/search", q="安澜市高龄津贴发放管理暂行办法", superseded=1)["hits"]
    old = next(hit for hit in hits if hit["number"] == "安民发〔2021〕15号")
    page = citizen.open(f"/#/entry/{old['entry']}/{old['clause']}").page
    reader = page.get_by_role("dialog")
    expect(reader).to_contain_text("安民发〔2021〕15号")
    expect(reader).to_contain_text(re.compile("废止|替代|失效"))
    expect(reader).to_contain_text("安澜市高龄津贴发放管理办法")


def test_a_refusal_shows_the_hotline(citizen):
    turn = citizen.open().ask("饕餮鹓鶵魑魅")
    assert kind_of(turn) == "没有找到可靠依据"
    expect(turn.locator("a[href='tel:12345']").first).to_be_visible()


def test_internal_knowledge_is_not_found_on_the_page(citizen):
    turn = citizen.open().ask("群众材料不齐，窗口可以容缺受理吗？")
    assert "内部使用" not in turn.inner_text()
    page = citizen.open("/#/search").page
    page.reload()
    page.get_by_label("关键词").fill("热线工单办理工作规范")
    page.get_by_role("button", name="查找").click()
    page.wait_for_load_state("networkidle")
    assert "安政数发〔2025〕8号" not in page.locator("main").inner_text()


def test_markup_in_a_question_and_in_knowledge_stays_text(city, citizen):
    nasty = "<img src=x onerror=\"document.title='broken'\">"
    city.take("nasty.csv", answers_csv({"问题": f"雨燕{nasty}受伤了找谁？",
                                        "答案": f"请拨打12345。{nasty}"}))
    turn = citizen.open().ask(f"雨燕{nasty}受伤了找谁？")
    expect(turn).to_contain_text("onerror")
    assert citizen.page.title() != "broken" and turn.locator("img[src=x]").count() == 0


NOTICE = """---
类型: 公告
标题: 云帆路抢修停水公告
级别: 红
区域: 安澜市
发布时间: 2026-11-01 08:00
失效时间: 2099-12-31 20:00
发布机关: 安澜市水务集团有限公司
关键词: 停水、没水
联系电话: 0999-6296116
---
云帆路1号至88号停水，请储水备用。
"""


def test_a_notice_in_force_stands_above_and_answers_first(city, citizen):
    city.take("notices/yunfan.md", NOTICE.encode())
    page = citizen.open().page
    expect(page.locator(".notices summary").first).to_contain_text("云帆路抢修停水公告")
    turn = citizen.ask("停水了吗")
    assert kind_of(turn) == "正在生效的公告"
    expect(turn).to_contain_text("云帆路1号至88号停水")
    turn.get_by_role("button", name="仍按原问题查询").click()
    citizen.page.locator(".turn").nth(1).locator(".ai-label").first.wait_for()
    assert kind_of(citizen.last) != "正在生效的公告"


def test_a_guide_leads_to_its_window_on_the_plan(citizen):
    page = citizen.open().page
    turn = citizen.ask("社保卡丢了怎么挂失？")
    turn.get_by_role("link", name=re.compile("安澜市政务服务中心.*在大厅里的位置")).click()
    expect(page.locator(".place.wanted")).to_have_count(1)
    expect(page.locator("tr.hit")).to_contain_text("您要办的窗口")
    assert axe(page) == []


def test_a_complaint_gets_a_number_and_a_dialogue_is_erased(city, citizen):
    page = citizen.open().page
    turn = citizen.ask("社保卡丢了怎么挂失？")
    turn.get_by_role("button", name="纠错投诉").click()
    page.get_by_label("具体情况").fill("窗口已经搬走了")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".number")).not_to_be_empty()
    kept = "JSON.parse(localStorage.getItem('xz.history'))[0].secret"
    secret = page.evaluate(kept)
    page.evaluate("location.hash = '#/history'")
    page.get_by_role("button", name="删除").click()
    page.get_by_label("同时抹除服务器").check()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(page.locator(".told")).to_contain_text("不能恢复")
    assert ask(city.address, f"/api/dialogues/{secret}", "DELETE", b"", {}).status == 404


def test_the_site_says_what_it_is_made_of(citizen):
    page = citizen.open("/#/about").page
    expect(page.locator("main")).to_contain_text("当前版本不使用生成式大模型")
    expect(page.locator(".counts li")).to_have_count(4)
    expect(page.locator("footer")).to_contain_text("主办单位：安澜市政务服务和数据管理局")


def test_feedback_reaches_the_server(citizen):
    turn = citizen.open().ask("社保卡丢了怎么挂失？")
    with citizen.page.expect_response(re.compile("/feedback$")) as told:
        turn.get_by_role("button", name="有用").click()
    assert told.value.status == 204


def test_knowledge_that_changes_is_answered_anew_at_once(city, citizen):
    row = {"问题": "雨燕巢址在哪里登记？", "答案": "请到一楼登记。"}
    city.take("nests.csv", answers_csv(row))
    expect(citizen.open().ask(row["问题"])).to_contain_text("请到一楼登记")
    city.take("nests.csv", answers_csv(row | {"答案": "请到二楼登记。"}))
    expect(citizen.ask(row["问题"])).to_contain_text("请到二楼登记")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_whole_dialogue_is_accessible(visit, screen):
    citizen = visit(screen).open()
    for question in ("社保卡丢了怎么挂失？", "老旧小区加装电梯能补贴多少钱？", "饕餮鹓鶵魑魅"):
        citizen.ask(question)
    assert axe(citizen.page) == []
    assert citizen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
