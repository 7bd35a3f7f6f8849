"""Flows that hold for any city: run on the fake server, or on a real one with XIAOZHENG_URL."""

import gzip
import re

import pytest

from web_kit import DESKTOP, PHONE, REAL_URL, SMALL_PHONE, axe
from fake_server import DIST

SCREENS = [DESKTOP, PHONE, SMALL_PHONE]
NAMES = ["desktop", "phone", "small-phone"]
FIRST_LOAD_MAX_BYTES = 150 * 1024
TARGET_MIN_PX = 44


def common_question(citizen):
    return citizen.page.locator(".topic li button").first.inner_text().strip()


def active(page):
    return page.evaluate_handle("document.activeElement")


def test_the_first_sight_has_question_hotline_and_ai_notice(citizen):
    page = citizen.open().page
    page.get_by_role("heading", level=1).wait_for()
    assert citizen.box.is_visible()
    hotline = page.locator("header a[href^='tel:']")
    assert hotline.is_visible() and "12345" in hotline.inner_text()
    assert "人工智能" in page.locator(".composer").inner_text()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("header, main, footer, nav").count() >= 4


def test_common_questions_are_offered_and_one_tap_asks(citizen):
    page = citizen.open().page
    question = common_question(citizen)
    page.locator(".topic li button").first.click()
    citizen.last.locator(".ai-label").wait_for()
    assert citizen.last.locator(".bubble").inner_text() == question
    assert citizen.last.locator(".kind h3").inner_text() in (
        "已审核答复", "依据原文摘录", "请您确认一点", "没有找到可靠依据",
    )  # fmt: skip


def test_type_ahead_offers_questions_and_the_keyboard_picks_one(citizen):
    page = citizen.open().page
    question = common_question(citizen)
    citizen.box.press_sequentially(question[:3])
    page.get_by_role("option").first.wait_for()
    citizen.box.press("ArrowDown")
    lit = page.locator("[role=option][aria-selected=true]")
    assert lit.get_attribute("id") == citizen.box.get_attribute("aria-activedescendant")
    words = lit.locator("span").first.inner_text()
    citizen.box.press("Enter")
    assert citizen.last.locator(".bubble").inner_text() == words


def test_escape_closes_the_suggestions_and_keeps_the_text(citizen):
    page = citizen.open().page
    start = common_question(citizen)[:3]
    citizen.box.press_sequentially(start)
    page.get_by_role("option").first.wait_for()
    citizen.box.press("Escape")
    page.get_by_role("listbox").wait_for(state="hidden")
    assert citizen.box.input_value() == start


def test_an_answer_shows_its_kind_label_and_sources_that_open_in_place(citizen):
    citizen.open()
    turn = citizen.ask(common_question(citizen))
    assert turn.locator(".ai-label").first.inner_text().strip() != ""
    opener = turn.get_by_role("button", name=re.compile("^查看原文")).first
    title = turn.locator(".source .words").first.inner_text()
    opener.click()
    reader = citizen.page.get_by_role("dialog")
    reader.locator("h2").filter(has_text=title.split("\n")[0][:6]).wait_for()
    assert "#/entry/" in citizen.page.url
    citizen.page.keyboard.press("Escape")
    reader.wait_for(state="detached")
    assert "#/entry/" not in citizen.page.url
    assert opener.evaluate("element => element === document.activeElement")


def test_the_region_is_chosen_once_and_kept(citizen):
    page = citizen.open().page
    page.get_by_role("button", name=re.compile("所在地区")).click()
    dialog = page.get_by_role("dialog")
    district = dialog.locator("input[name=district]").nth(1)
    district.check()
    name = dialog.locator("input[name=district]:checked + span").inner_text()
    dialog.get_by_role("button", name="确定").click()
    shown = page.get_by_role("button", name=re.compile("所在地区"))
    assert name in shown.inner_text()
    page.reload()
    page.locator(".region", has_text=name).wait_for()


def test_another_matter_starts_anew_and_the_visit_stays_on_the_page(citizen):
    page = citizen.open().page
    question = common_question(citizen)
    citizen.ask(question)
    page.get_by_role("button", name="问另一件事").click()
    page.locator(".hero").wait_for()
    assert page.locator(".turn").count() == 0
    page.locator(".visit li button", has_text=question).click()
    assert citizen.last.locator(".bubble").inner_text() == question


def test_documents_can_be_searched(citizen):
    page = citizen.open("/#/search").page
    page.get_by_label("关键词").fill("施工" if not REAL_URL else "社会保障卡")
    page.get_by_role("button", name="查找").click()
    page.locator(".hits .source").first.wait_for()
    assert "q=" in page.url


@pytest.mark.parametrize("screen", SCREENS, ids=NAMES)
def test_no_accessibility_violation(visit, screen):
    citizen = visit(screen).open()
    page = citizen.page
    question = common_question(citizen)
    assert axe(page) == []
    citizen.box.press_sequentially(question[:3])
    page.get_by_role("option").first.wait_for()
    assert axe(page) == []
    citizen.ask(question)
    assert axe(page) == []
    page.locator(".open").first.click()
    page.locator(".clause").first.wait_for()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("所在地区")).click()
    page.get_by_role("dialog").wait_for()
    assert axe(page) == []


@pytest.mark.parametrize("screen", SCREENS, ids=NAMES)
def test_nothing_is_wider_than_the_screen_and_targets_are_large(visit, screen):
    citizen = visit(screen).open()
    page = citizen.page
    citizen.ask(common_question(citizen))
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    small = page.evaluate(
        """min => [...document.querySelectorAll('button, a.button, a.tool, a.hotline, summary, textarea')]
            .filter(e => e.offsetParent && !e.classList.contains('skip'))
            .filter(e => e.getBoundingClientRect().height < min - 0.5)
            .map(e => e.outerHTML.slice(0, 120))""",
        TARGET_MIN_PX,
    )
    assert small == []


def test_the_hotline_stays_in_sight_at_the_end_of_a_long_answer(visit):
    citizen = visit(SMALL_PHONE).open()
    citizen.ask(common_question(citizen))
    citizen.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    box = citizen.page.locator("header a[href^='tel:']").bounding_box()
    assert 0 <= box["y"] < 60


def test_everything_can_be_done_with_the_keyboard_alone(visit):
    citizen = visit().open()
    page = citizen.page
    question = common_question(citizen)
    assert citizen.box.evaluate("element => element === document.activeElement")
    names = []
    while "-box" not in names and len(names) < 100:
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("e => e.innerText || e.id.replace(/^.*-/, '-')", active(page)).strip()
        )
    text = " ".join(names)
    for stop in ("跳到输入框", "所在地区", "查文件", "12345", question):
        assert stop in text, (stop, names)


def test_the_skip_link_leads_to_the_question_box(citizen):
    page = citizen.open().page
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert citizen.box.evaluate("element => element === document.activeElement")


def test_text_twice_as_large_still_fits(visit):
    citizen = visit(DESKTOP).open()
    citizen.page.evaluate("document.documentElement.style.fontSize = '200%'")
    citizen.ask(common_question(citizen))
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert citizen.page.evaluate(wide) == 0


@pytest.mark.skipif(bool(REAL_URL), reason="looks at the built files")
def test_the_first_load_is_small():
    html = (DIST / "index.html").read_text()
    files = re.findall(r'(?:src|href)="\./?([^"]+)"', html)
    assert any(name.endswith(".js") for name in files)
    total = len(gzip.compress(html.encode()))
    total += sum(len(gzip.compress((DIST / name.lstrip("/")).read_bytes())) for name in files)
    print(f"first load: {total / 1024:.1f} KiB, gzip")
    assert total <= FIRST_LOAD_MAX_BYTES, total
