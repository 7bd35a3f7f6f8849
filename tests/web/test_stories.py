"""Stories with scripted answers and troubles: only on the fake server."""

import re
import threading

import pytest
from playwright.sync_api import expect

from web_kit import PHONE, axe


@pytest.fixture
def hold(fake):
    """Holds the stream after so many events until the test lets go."""

    def arm(events):
        event = threading.Event()
        fake.script.gate = (events, event)
        return event

    return arm


def test_a_reviewed_answer_comes_with_its_guide_contact_and_source(fake, citizen):
    turn = citizen.open().ask("社保卡丢了怎么补办？")
    expect(turn.locator(".kind")).to_contain_text("已审核答复")
    expect(turn.locator(".guide")).to_contain_text("AL-RS-003")
    expect(turn.locator(".contact")).to_contain_text("安澜市望湖区安宁路66号")
    expect(turn.locator(".contact a[href='tel:09996210333']")).to_be_visible()
    expect(turn.locator(".ai-label")).to_contain_text("人工智能检索")
    expect(turn.locator(".ai-label")).to_contain_text("2026年11月22日")
    said = citizen.said()
    assert said.startswith("答复完毕：已审核答复。可以补办") and said.endswith("旧卡同时作废。附1处出处")


def test_every_kind_of_answer_and_trouble_is_accessible(fake, visit):
    citizen = visit(PHONE).open()
    for question in ("工地半夜施工合法吗", "加装电梯有补贴吗", "火星移民怎么办理"):
        citizen.ask(question)
        assert axe(citizen.page) == [], question
    citizen.page.get_by_role("button", name="没用").last.click()
    citizen.last.get_by_role("button", name="提交意见").wait_for()
    fake.script.away = True
    citizen.type("社保卡丢了怎么补办？")
    citizen.last.locator(".notice-danger").wait_for()
    assert axe(citizen.page) == []
    fake.script.away = False
    citizen.open("/#/entry/39/4045").page.reload()
    citizen.page.locator(".clause.lit").wait_for()
    assert axe(citizen.page) == []
    citizen.open("/#/search?q=%E6%96%BD%E5%B7%A5").page.reload()
    citizen.page.locator(".hits .source").first.wait_for()
    assert axe(citizen.page) == []


def test_sending_on_a_touch_screen_puts_the_keyboard_away(fake, visit):
    citizen = visit(PHONE, has_touch=True, is_mobile=True).open()
    citizen.ask("社保卡丢了怎么补办？")
    assert not citizen.box.evaluate("element => element === document.activeElement")


def test_materials_can_be_ticked_off(fake, citizen):
    turn = citizen.open().ask("社保卡丢了怎么补办？")
    progress = turn.locator(".progress")
    expect(progress).to_have_text("已备 0 / 3")
    boxes = turn.get_by_role("checkbox")
    boxes.nth(0).check()
    expect(progress).to_have_text("已备 1 / 3")
    boxes.nth(1).focus()
    citizen.page.keyboard.press("Space")
    boxes.nth(2).check()
    expect(progress).to_have_text("材料已备齐")
    boxes.nth(2).uncheck()
    expect(progress).to_have_text("已备 2 / 3")


def test_printing_a_guide_prints_only_the_guide(fake, citizen):
    page = citizen.open().page
    turn = citizen.ask("社保卡丢了怎么补办？")
    page.evaluate(
        """() => { window.print = () => {
            const hidden = e => getComputedStyle(e).display === 'none';
            const up = e => e && (hidden(e) || up(e.parentElement));
            const seen = s => !up(document.querySelector(s));
            window.printed = [seen('.guide .title'), seen('header.header'), seen('.bubble'),
                seen('.answer > .text')]; }; }"""
    )
    page.emulate_media(media="print")
    # the button is not on paper: it is pressed as a key would
    turn.locator(".guide button", has_text="打印").evaluate("e => e.click()")
    assert page.evaluate("window.printed") == [True, False, False, False]
    assert page.locator(".print-this, .print-not").count() == 0


def test_printing_with_a_document_open_prints_the_document(fake, citizen):
    page = citizen.open().page
    turn = citizen.ask("工地半夜施工合法吗")
    turn.locator(".open").first.click()
    last = page.locator(".clause").last
    last.wait_for()
    page.emulate_media(media="print")
    expect(turn).to_be_hidden()
    expect(page.locator(".toc")).to_be_hidden()
    # the whole window of clauses is laid out, none is left to scroll to
    assert page.locator(".reader .text").evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    assert last.bounding_box()["y"] > 800


def test_a_quoted_answer_marks_words_and_names_superseded_text(fake, citizen):
    turn = citizen.open().ask("工地半夜施工合法吗")
    expect(turn.locator(".kind")).to_contain_text("依据原文摘录")
    citation = turn.locator(".text .citation")
    expect(citation).to_contain_text("《安澜市建筑施工噪声管理规定》")
    expect(citation.locator(".label")).to_have_text("第四十五条")
    assert turn.locator(".text mark").first.inner_text() == "夜间二十二时至次日六时"
    # the words stand in the answer: the evidence names the place and does not repeat them
    expect(turn.locator(".source").first.locator(".text")).to_have_count(0)
    assert turn.locator(".source mark").first.inner_text() == "降噪措施"
    expect(turn.locator(".source")).to_have_count(3)
    turn.get_by_role("button", name="再看1处出处").click()
    expect(turn.locator(".source")).to_have_count(4)
    expect(turn.locator(".source").last).to_contain_text("已被替代")


def test_a_table_is_a_table_and_its_words_stay_words(fake, visit):
    citizen = visit(PHONE, permissions=["clipboard-read", "clipboard-write"]).open()
    citizen.ask("社保卡丢了怎么补办？")
    turn = citizen.ask("多少钱")
    table = turn.locator(".text table")
    expect(table.locator("th")).to_have_text(["情形", "工本费", "缴费方式", "受理窗口"])
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("td").nth(1)).to_have_text("<b>免费</b>")
    expect(table.locator("caption")).to_contain_text("情形、工本费")
    expect(table.locator("a[href='tel:09996210333']")).to_have_count(1)
    box = turn.locator(".text .box")
    assert box.evaluate("e => e.scrollWidth > e.clientWidth && e.tabIndex === 0")
    assert citizen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert axe(citizen.page) == []
    turn.get_by_role("button", name="复制答复").click()
    expect(turn.locator(".copied")).to_contain_text("已复制")
    copied = citizen.page.evaluate("navigator.clipboard.readText()")
    assert "情形：再次补领、损坏换领；工本费：15元/张" in copied and "|" not in copied
    assert "工本费：15元/张" in citizen.said()
    turn.locator(".open").click()
    reader = citizen.page.get_by_role("dialog")
    expect(reader.locator(".clause.lit table tbody tr")).to_have_count(2)
    expect(reader.locator(".clause.lit mark").first).to_have_text("工本费")
    assert axe(citizen.page) == []


def test_a_guide_shown_before_is_folded_and_leaves_out_what_is_quoted(fake, citizen):
    page = citizen.open().page
    first = citizen.ask("社保卡丢了怎么补办？")
    first.get_by_role("checkbox").first.check()
    turn = citizen.ask("多少钱")
    guide = turn.locator(".guide")
    expect(guide).to_contain_text("社会保障卡补领、换领")
    expect(guide.locator(".inside")).to_have_count(0)
    unfold = guide.get_by_role("button", name="展开")
    expect(unfold).to_have_attribute("aria-expanded", "false")
    unfold.press("Enter")
    expect(guide.locator(".facts")).to_be_visible()
    expect(guide.get_by_text("收费标准", exact=True)).to_be_hidden()
    expect(guide).to_contain_text("“收费标准”见上面的答复")
    expect(guide.locator(".progress")).to_have_text("已备 1 / 3")
    guide.get_by_role("button", name="收起").click()
    expect(guide.locator(".inside")).to_have_count(0)
    page.get_by_role("button", name="问另一件事").click()
    again = citizen.ask("社保卡丢了怎么补办？")
    expect(again.locator(".guide .facts")).to_be_visible()


def test_a_guide_is_short_on_a_phone_and_whole_on_paper(fake, visit):
    citizen = visit(PHONE).open()
    turn = citizen.ask("社保卡丢了怎么补办？")
    parts = turn.locator(".guide details")
    assert parts.count() == 7
    assert turn.locator(".guide details[open]").count() == 0
    expect(parts.nth(1).locator("summary")).to_contain_text("申请材料 3项")
    parts.nth(1).locator("summary").click()
    expect(turn.get_by_role("checkbox").first).to_be_visible()
    assert axe(citizen.page) == []
    citizen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert turn.locator(".guide details[open]").count() == 7
    citizen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert turn.locator(".guide details[open]").count() == 1


def test_a_question_offered_instead_is_asked_in_the_same_dialogue(fake, visit):
    citizen = visit(PHONE).open()
    turn = citizen.ask("火星移民怎么办理")
    offered = turn.locator(".options button")
    expect(offered).to_have_count(2)
    expect(offered.first).to_contain_text("已审核的答复")
    width = turn.locator(".options").bounding_box()["width"]
    assert all(abs(b.bounding_box()["width"] - width) < 1 for b in offered.all())
    offered.first.press("Enter")
    expect(citizen.last.locator(".kind")).to_contain_text("已审核答复")
    expect(citizen.last.locator(".bubble")).to_have_text("社保卡丢了怎么补办？")
    expect(citizen.last.locator("h2.question")).to_be_focused()
    dialogue = fake.turns[max(fake.turns) - 1][0]["dialogue"]
    assert fake.script.questions[-1]["dialogue"] == dialogue


def test_a_dialogue_that_the_server_has_ended_goes_on_without_a_word(fake, citizen):
    citizen.open().ask("社保卡丢了怎么补办？")
    fake.script.problem = (404, "这次对话已经结束，请重新开始提问。")
    turn = citizen.ask("工地半夜施工合法吗")
    expect(turn.locator(".kind")).to_contain_text("依据原文摘录")
    assert [("dialogue" in asked) for asked in fake.script.questions] == [False, True, False]


def test_the_top_of_a_long_answer_is_in_view_and_stays_there(fake, visit):
    citizen = visit(PHONE).open()
    for question in ("工地半夜施工合法吗", "社保卡丢了怎么补办？", "工地半夜施工合法吗"):
        turn = citizen.ask(question)
        assert 40 <= turn.locator(".bubble").bounding_box()["y"] <= 130
    turn.locator(".open").first.click()
    citizen.page.locator(".clause.lit").wait_for()
    before = citizen.page.evaluate("scrollY")
    citizen.page.go_back()
    expect(citizen.page.get_by_role("dialog")).to_have_count(0)
    assert abs(citizen.page.evaluate("scrollY") - before) < 2
    citizen.page.evaluate("location.hash = '#/search'")
    citizen.page.get_by_label("关键词").wait_for()
    citizen.page.go_back()
    expect(citizen.last.locator(".bubble")).to_be_in_viewport()


def test_the_reader_shows_the_clause_its_marks_and_neighbours(fake, citizen):
    page = citizen.open().page
    turn = citizen.ask("工地半夜施工合法吗")
    turn.locator(".open").first.click()
    reader = page.get_by_role("dialog")
    lit = reader.locator(".clause.lit")
    expect(lit).to_be_in_viewport()
    expect(lit.locator("mark").first).to_have_text("夜间二十二时至次日六时")
    expect(reader.locator("#clause-4044")).to_be_visible()
    expect(reader.locator("#clause-4046")).to_be_visible()
    expect(reader.locator("#clause-4001")).to_have_count(0)
    expect(reader.locator("h2")).to_be_in_viewport(ratio=1)
    expect(reader.locator(".toc [aria-current]")).to_be_in_viewport()
    reader.get_by_role("button", name="显示前文").click()
    expect(reader.locator("#clause-4001")).to_have_count(1)
    expect(reader.locator(".clause")).to_have_count(96)
    reader.get_by_role("button", name="显示后文").click()
    expect(reader.locator("#clause-4120")).to_have_count(1)
    ids = reader.locator(".clause").evaluate_all("list => list.map(e => e.id)")
    assert ids == [f"clause-{4000 + n}" for n in range(1, 121)]


def test_the_contents_lead_to_a_far_clause_and_closing_is_one_step(fake, citizen):
    page = citizen.open().page
    citizen.ask("工地半夜施工合法吗").locator(".open").first.click()
    reader = page.get_by_role("dialog")
    reader.locator("summary", has_text="第三章").click()
    reader.get_by_role("button", name="第一百一十条", exact=True).click()
    expect(reader.locator("#clause-4110.lit")).to_be_in_viewport()
    assert page.url.endswith("#/entry/40/4110")
    reader.get_by_role("button", name="关闭").click()
    expect(reader).to_have_count(0)
    assert page.url.rstrip("/#") == citizen.url


def test_a_deep_link_opens_the_clause_and_a_superseded_document_says_so(fake, citizen):
    page = citizen.open("/#/entry/39/4045").page
    reader = page.get_by_role("dialog")
    expect(reader.locator(".clause.lit")).to_be_in_viewport()
    expect(reader.locator(".notice-danger")).to_contain_text("已被替代")
    reader.get_by_role("link", name="《安澜市建筑施工噪声管理规定》").click()
    expect(reader.locator(".eyebrow")).to_contain_text("现行有效")
    reader.locator("summary", has_text="历次版本（2）").click()
    reader.locator(".versions button", has_text="2016年").last.click()
    expect(reader.locator(".eyebrow")).to_contain_text("已被替代")
    page.keyboard.press("Escape")
    expect(reader).to_have_count(0)
    expect(page.locator(".hero")).to_be_visible()


def test_a_withdrawn_document_is_named_as_such(fake, citizen):
    page = citizen.open("/#/entry/999").page
    expect(page.get_by_role("dialog")).to_contain_text("没有找到这份文件")


def test_a_question_back_is_answered_by_one_tap_and_keeps_the_region(fake, citizen):
    page = citizen.open().page
    turn = citizen.ask("老旧小区加装电梯有补贴吗？")
    expect(turn.locator(".kind")).to_contain_text("请您确认一点")
    assert turn.get_by_role("button", name="有用").count() == 0
    turn.get_by_role("button", name="临江区").click()
    expect(citizen.last.locator(".text")).to_contain_text("临江区老旧小区")
    expect(citizen.last.locator(".bubble")).to_have_text("临江区")
    asked = fake.script.questions[-1]
    assert asked["region"] == "990102"
    assert asked["question"] == "老旧小区加装电梯有补贴吗？"
    assert asked["dialogue"] == fake.turns[max(fake.turns)][0]["dialogue"]
    expect(page.locator(".region")).to_contain_text("临江区")


def test_a_refusal_leads_on_to_near_questions_and_to_people(fake, citizen):
    turn = citizen.open().ask("火星移民怎么办理")
    expect(turn.locator(".kind")).to_contain_text("没有找到可靠依据")
    expect(turn.locator(".contact a[href='tel:12345']")).to_be_visible()
    turn.get_by_role("button", name="社保卡丢了怎么补办？").click()
    expect(citizen.last.locator(".kind")).to_contain_text("已审核答复")


def test_a_follow_up_goes_into_the_same_dialogue(fake, citizen):
    citizen.open().ask("社保卡丢了怎么补办？")
    turn = citizen.ask("那需要什么材料？")
    first, second = fake.script.questions
    assert "dialogue" not in first and re.fullmatch("[0-9a-f]{32}", second["dialogue"])
    expect(turn.locator(".understood")).to_contain_text("补办社保卡需要什么材料？")
    citizen.page.get_by_role("button", name="问另一件事").click()
    citizen.ask("社保卡丢了怎么补办？")
    assert "dialogue" not in fake.script.questions[-1]


def test_the_answer_grows_while_it_streams(fake, citizen, hold):
    gate = hold(3)
    citizen.open().type("社保卡丢了怎么补办？")
    expect(citizen.last.locator(".text")).to_have_text("可以补办，当场就能拿到新")
    expect(citizen.last.locator(".status")).to_contain_text("正在查找依据")
    assert citizen.last.get_attribute("aria-busy") == "true"
    assert citizen.said() == "正在查找依据…"
    gate.set()
    expect(citizen.last.locator(".ai-label")).to_be_visible()
    expect(citizen.last.locator(".status")).to_have_count(0)


def test_stop_ends_the_answer_and_asking_again_works(fake, citizen, hold):
    gate = hold(3)
    citizen.open().type("社保卡丢了怎么补办？")
    expect(citizen.last.locator(".text")).to_be_visible()
    citizen.page.get_by_role("button", name="停止").click()
    expect(citizen.last.locator(".status")).to_contain_text("已停止")
    gate.set()
    fake.script.gate = None
    citizen.last.get_by_role("button", name="重新提问").click()
    expect(citizen.last.locator(".kind")).to_contain_text("已审核答复")
    expect(citizen.last.locator(".ai-label")).to_be_visible()
    assert citizen.page.locator(".turn").count() == 1


def test_a_broken_stream_is_taken_up_without_a_word_lost_or_doubled(fake, citizen):
    fake.script.cut_after = [4, 0, 2]
    turn = citizen.open().ask("社保卡丢了怎么补办？")
    answer = fake.turns[max(fake.turns)][0]
    shown = "".join(turn.locator(".answer > .text p").all_inner_texts())
    assert shown == answer["answer"].replace("\n", "")
    number = answer["turn"]
    assert fake.script.resumed_from == [f"{number}-4", f"{number}-4", f"{number}-6"]
    assert len(fake.script.questions) == 1


def test_a_finished_stream_is_replaced_by_the_kept_turn(fake, citizen):
    fake.script.cut_after = [4]
    fake.script.forget_stream = True
    turn = citizen.open().ask("社保卡丢了怎么补办？")
    expect(turn.locator(".guide")).to_be_visible()
    assert len(fake.script.questions) == 1


def test_a_server_that_is_away_is_said_clearly_and_retry_works(fake, citizen):
    citizen.open()
    fake.script.away = True
    citizen.type("社保卡丢了怎么补办？")
    error = citizen.last.locator(".notice-danger")
    expect(error).to_contain_text("连接不上服务器")
    expect(error.locator("a[href='tel:12345']")).to_be_visible()
    fake.script.away = False
    error.get_by_role("button", name="重试").click()
    expect(citizen.last.locator(".ai-label")).to_be_visible()


def test_the_words_of_a_problem_document_are_shown(fake, citizen):
    citizen.open()
    fake.script.problem = (429, "您提问太快了，请过10秒再问。")
    citizen.type("社保卡丢了怎么补办？")
    expect(citizen.last.locator(".notice-danger")).to_contain_text("请过10秒再问")


def test_being_offline_is_noticed_and_ends(fake, citizen):
    page = citizen.open().page
    page.context.set_offline(True)
    expect(page.locator(".notice")).to_contain_text("没有联网")
    citizen.type("社保卡丢了怎么补办？")
    expect(citizen.last.locator(".notice-danger")).to_contain_text("没有联网")
    page.context.set_offline(False)
    expect(page.locator(".top-notice")).to_have_count(0)
    citizen.last.get_by_role("button", name="重试").click()
    expect(citizen.last.locator(".ai-label")).to_be_visible()


def test_the_page_opens_without_its_server_and_recovers(fake, citizen):
    fake.script.away = True
    page = citizen.open().page
    expect(page.locator(".top-notice")).to_contain_text("连接不上服务器")
    expect(page.locator("header a[href='tel:12345']")).to_be_visible()
    fake.script.away = False
    page.locator(".top-notice").get_by_role("button", name="重试").click()
    expect(page.locator(".name")).to_have_text("安澜市政务服务智能问答")
    expect(page.locator(".topic").first).to_be_visible()


def test_feedback_reaches_the_server_with_its_comment(fake, citizen):
    turn = citizen.open().ask("社保卡丢了怎么补办？")
    turn.get_by_role("button", name="没用").click()
    expect(turn.get_by_role("button", name="没用")).to_have_attribute("aria-pressed", "true")
    turn.get_by_label("哪里不对").fill("没写网点地址")
    turn.get_by_role("button", name="提交意见").click()
    expect(turn.locator(".note")).to_contain_text("意见已收到")
    dialogue = fake.turns[max(fake.turns)][0]["dialogue"]
    assert fake.script.feedback == [
        {"dialogue": dialogue, "useful": False},
        {"dialogue": dialogue, "useful": False, "comment": "没写网点地址"},
    ]


def test_a_copied_answer_takes_its_sources_and_label_along(fake, visit):
    citizen = visit(permissions=["clipboard-read", "clipboard-write"])
    turn = citizen.open().ask("工地半夜施工合法吗")
    turn.get_by_role("button", name="复制答复").click()
    expect(turn.locator(".copied")).to_contain_text("已复制")
    text = citizen.page.evaluate("navigator.clipboard.readText()")
    assert "《安澜市建筑施工噪声管理规定》 安政发〔2024〕12号 第四十五条" in text
    assert "人工智能检索" in text and "（已被替代）" in text


def test_shift_enter_breaks_the_line_and_enter_sends(fake, citizen):
    page = citizen.open().page
    citizen.box.fill("社保卡")
    citizen.box.press("Shift+Enter")
    page.keyboard.insert_text("丢了")
    assert citizen.box.input_value() == "社保卡\n丢了"
    citizen.box.press("Enter")
    expect(citizen.last.locator(".ai-label")).to_be_visible()
    assert fake.script.questions[0]["question"] == "社保卡\n丢了"
    assert citizen.box.input_value() == ""


def test_enter_of_an_input_method_does_not_send(fake, citizen):
    page = citizen.open().page
    citizen.box.focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "shebao", "selectionStart": 6, "selectionEnd": 6})
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    assert page.locator(".turn").count() == 0
    session.send("Input.insertText", {"text": "社保卡丢了"})
    assert citizen.box.input_value() == "社保卡丢了"
    citizen.box.press("Enter")
    expect(citizen.last.locator(".bubble")).to_have_text("社保卡丢了")
    assert len(fake.script.questions) == 1


def test_the_length_is_counted_near_the_limit_and_held_at_it(fake, citizen):
    page = citizen.open().page
    citizen.box.fill("问" * 399)
    expect(page.locator(".composer")).not_to_contain_text("还可输入")
    citizen.box.fill("问" * 480)
    expect(page.locator(".composer")).to_contain_text("还可输入20字")
    citizen.box.fill("问" * 503)
    expect(page.locator(".composer")).to_contain_text("已超出3字")
    citizen.box.press("Enter")
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_disabled()
    assert fake.script.questions == []
    page.get_by_role("button", name="清空").click()
    assert citizen.box.input_value() == ""


def test_search_can_leave_out_or_take_in_superseded_text(fake, citizen):
    page = citizen.open("/#/search?q=%E6%96%BD%E5%B7%A5").page
    expect(page.locator(".hits .source")).to_have_count(3)
    page.get_by_label("包括已被替代").check()
    expect(page.locator(".hits .source")).to_have_count(4)
    page.get_by_label("办事指南").check()
    expect(page.locator(".summary")).to_contain_text("没有找到")
    page.get_by_label("全部").check()
    page.locator(".open").first.click()
    expect(page.get_by_role("dialog").locator(".clause.lit")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".hits .source")).to_have_count(4)
    assert "q=" in page.url


def test_the_visit_can_be_wiped_from_a_shared_terminal(fake, citizen):
    page = citizen.open().page
    citizen.ask("社保卡丢了怎么补办？")
    page.get_by_role("button", name="清空", exact=True).click()
    expect(page.locator(".hero")).to_be_visible()
    assert page.locator(".visit, .turn").count() == 0
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_a_new_question_stands_at_the_top_on_a_phone(fake, visit):
    citizen = visit(PHONE).open()
    citizen.ask("社保卡丢了怎么补办？")
    turn = citizen.ask("老旧小区加装电梯有补贴吗？")
    top = turn.locator(".bubble").bounding_box()["y"]
    assert 40 <= top <= 130, top
