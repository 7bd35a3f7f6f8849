"""What a citizen has beyond the answer: his history, the elders' edition, halls, notices, complaints,
his privacy. Scripted: only on the fake server."""

import re

import pytest
from playwright.sync_api import expect

import fake_city as city
from web_kit import PHONE, axe

OLD_PHONE = {"width": 360, "height": 740}
CARD = "社保卡丢了怎么补办？"
NOISE = "工地半夜施工合法吗"
IDENTITY = "110101199003074514"
PAGES = ["about", "privacy", "complain", "history", "halls", "hall/5?item=AL-RS-003", "search"]
KEPT = "Object.keys(localStorage).filter(k => /history$|dialogue/.test(k)).length"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def go(page, place):
    page.evaluate("place => { location.hash = '#/' + place }", place)
    page.locator("main h1").first.wait_for()


def wait_for_page(page, place):
    go(page, place)
    if place.startswith("hall/"):
        page.locator(".plan").wait_for()
    if place == "halls":
        page.locator(".hall").first.wait_for()


# --- history ---
def test_past_dialogues_are_kept_on_the_device_and_go_on(fake, citizen):
    page = citizen.open().page
    citizen.ask(CARD)
    page.reload()
    assert page.locator(".turn").count() == 0
    go(page, "history")
    expect(page.locator("h1")).to_be_focused()
    assert page.title() == "历史记录 - 安澜市政务服务智能问答"
    expect(page.locator(".lead")).to_contain_text("只保存在这台设备")
    page.locator(".list .open", has_text=CARD).click()
    expect(page.locator(".turn .guide")).to_be_visible()
    citizen.ask("那需要什么材料？")
    first, second = fake.script.questions
    assert second["dialogue"] == fake.turns[max(fake.turns)][0]["dialogue"]
    go(page, "history")
    expect(page.locator(".list li")).to_have_count(1)
    expect(page.locator(".list .facts")).to_contain_text("2个问题")


def test_one_record_can_be_renamed_deleted_and_brought_back(fake, citizen):
    page = citizen.open().page
    citizen.ask(CARD)
    page.get_by_role("button", name="问另一件事").click()
    citizen.ask(NOISE)
    go(page, "history")
    rows = page.locator(".list li")
    expect(rows).to_have_count(2)
    rows.filter(has_text=CARD).get_by_role("button", name="改名").click()
    assert axe(page) == []
    page.get_by_label("新的名称").fill("妈妈的社保卡")
    page.keyboard.press("Enter")
    row = rows.filter(has_text="妈妈的社保卡")
    expect(row.get_by_role("button", name="改名")).to_be_focused()
    row.get_by_role("button", name="删除").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(rows).to_have_count(1)
    assert fake.script.erased == []
    undo = page.get_by_role("button", name="撤销")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(rows.filter(has_text="妈妈的社保卡")).to_have_count(1)
    page.get_by_role("button", name="清空全部").click()
    expect(rows).to_have_count(0)
    assert page.evaluate(KEPT) == 0
    page.get_by_role("button", name="撤销").click()
    expect(rows).to_have_count(2)


def test_a_record_is_erased_on_the_server_when_asked(fake, citizen):
    page = citizen.open().page
    citizen.ask(CARD)
    secret = fake.turns[max(fake.turns)][0]["dialogue"]
    go(page, "history")
    fake.script.away = True
    page.get_by_role("button", name="删除").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("同时抹除服务器").check()
    assert axe(page) == []
    dialog.get_by_role("button", name="删除").click()
    expect(dialog.get_by_role("alert")).to_contain_text("连接不上服务器")
    assert page.evaluate(KEPT) == 2
    fake.script.away = False
    dialog.get_by_role("button", name="删除").click()
    expect(dialog).to_have_count(0)
    assert fake.script.erased == [secret] and page.evaluate(KEPT) == 0
    expect(page.locator(".told")).to_contain_text("不能恢复")
    expect(page.get_by_role("button", name="撤销")).to_have_count(0)
    go(page, "")
    expect(page.locator(".turn")).to_have_count(0)


def test_history_can_be_switched_off(fake, citizen):
    page = citizen.open("/#/history").page
    page.get_by_label("在这台设备上保存").uncheck()
    go(page, "")
    citizen.ask(CARD)
    expect(page.locator(".visit .hint")).to_contain_text("关闭或刷新后不再保存")
    assert page.evaluate(KEPT) == 0


def test_a_public_device_keeps_nothing_and_clears_itself(fake, citizen):
    page = citizen.page
    page.clock.install()
    citizen.open()
    citizen.ask(CARD)
    assert page.evaluate(KEPT) == 2
    go(page, "history")
    page.get_by_label("公用电脑模式").click()
    page.get_by_role("button", name="开启").click()
    assert page.evaluate(KEPT) == 0
    go(page, "")
    citizen.ask(NOISE)
    assert page.evaluate(KEPT) == 0
    page.clock.fast_forward(181_000)
    page.get_by_role("button", name="继续使用").click()
    expect(page.locator(".turn")).to_have_count(1)
    page.clock.fast_forward(181_000)
    expect(page.get_by_role("dialog")).to_contain_text("30秒后将清空")
    assert axe(page) == []
    page.clock.run_for(31_000)
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".hero")).to_be_visible()
    assert page.evaluate("localStorage.getItem('xz.public')") == "1"


# --- the elders' edition ---
SMALL_PRINT = """min => [...document.querySelectorAll('.page *')]
    .filter(e => e.offsetParent && !e.closest('.sr-only, .skip, svg') &&
        [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < min - 0.1)
    .map(e => e.outerHTML.slice(0, 120))"""
TIGHT = """() => [...document.querySelectorAll('main p')]
    .filter(e => e.offsetParent && e.innerText.length > 30)
    .filter(e => parseFloat(getComputedStyle(e).lineHeight) < 1.5 * parseFloat(getComputedStyle(e).fontSize) - 0.1)
    .map(e => e.outerHTML.slice(0, 120))"""
SMALL_TARGETS = """min => [...document.querySelectorAll('button, a.button, a.great, a.hotline, summary')]
    .filter(e => e.offsetParent && !e.closest('.skip') && e.getBoundingClientRect().height < min - 0.5)
    .map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("step, print_px", [(1, 20), (3, 30)])
def test_the_elders_edition_is_large_and_fits(fake, visit, step, print_px):
    citizen = visit(OLD_PHONE).open("/?mode=elder")
    page = citizen.page
    page.get_by_role("group", name="字号").get_by_role("button").nth(step - 1).click()
    expect(page.locator(".matter")).to_have_count(8)
    for _ in range(2):
        assert page.evaluate(SMALL_PRINT, 18) == []
        assert page.evaluate(TIGHT) == []
        assert page.evaluate(SMALL_TARGETS, 60) == []
        assert page.evaluate(OVERFLOW) == 0
        if not page.locator(".turn").count():
            citizen.ask(CARD)
    words = page.locator(".answer > .text p").first
    assert words.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= print_px
    assert axe(page) == []
    for place in PAGES:
        wait_for_page(page, place)
        assert page.evaluate(OVERFLOW) == 0, place
        assert page.evaluate(SMALL_PRINT, 18) == [], place


def test_the_elders_edition_is_remembered_and_leads_to_people(fake, visit):
    citizen = visit(OLD_PHONE).open()
    page = citizen.page
    page.get_by_role("button", name="长辈版").click()
    page.reload()
    assert page.get_by_role("button", name="提问", exact=True).inner_text() == "提问"
    assert page.locator(".great[href='tel:12345']").is_visible()
    page.get_by_role("button", name="找人工帮忙").click()
    expect(citizen.last.locator(".contact a[href='tel:12345']")).to_be_visible()
    page.get_by_role("button", name="返回标准版").click()
    page.reload()
    expect(page.locator(".topic").first).to_be_visible()


def test_an_answer_is_read_by_the_server_where_the_device_has_no_voice(fake, citizen):
    page = citizen.open("/?mode=elder").page
    turn = citizen.ask(CARD)
    bar = turn.get_by_role("group", name="朗读")
    bar.get_by_role("button", name="朗读").click()
    expect(bar.get_by_role("status")).to_have_text("正在朗读")
    bar.get_by_role("button", name="暂停").click()
    expect(bar.get_by_role("status")).to_have_text("已暂停")
    bar.get_by_role("button", name="继续读").click()
    expect(bar.get_by_role("status")).to_have_text("正在朗读")
    bar.get_by_role("button", name="停止").click()
    expect(bar.get_by_role("button", name="朗读")).to_be_visible()
    assert set(fake.script.spoken) == {fake.turns[max(fake.turns)][0]["turn"]}
    fake.script.silent = True
    page.reload()
    turn = citizen.ask(NOISE)
    turn.get_by_role("button", name="朗读").click()
    expect(turn.locator(".speak")).to_contain_text("没有安装朗读程序")


# the page's policy forbids what the driver would poll with
SPOKEN = """async n => { while (window.spoken.length < n)
    await new Promise(done => setTimeout(done, 20)); }"""


def test_an_answer_is_read_by_a_chinese_voice_of_the_device(fake, citizen):
    page = citizen.page
    page.add_init_script(
        """window.spoken = [];
        class Words { constructor(text) { this.text = text; } }
        Object.defineProperty(window, 'SpeechSynthesisUtterance', { value: Words });
        Object.defineProperty(window, 'speechSynthesis', { value: {
            getVoices: () => [{ lang: 'en-US', localService: true }, { lang: 'zh-CN', localService: false },
                              { lang: 'zh-CN', localService: true, name: 'here' }],
            speak(words) { window.spoken.push([words.voice.name, words.text]);
                           if (window.spoken.length < 3) setTimeout(() => words.onend(), 0); },
            cancel() {} } });"""
    )
    turn = citizen.open().ask(CARD)
    turn.get_by_role("button", name="朗读").click()
    page.evaluate(SPOKEN, 3)
    turn.get_by_role("button", name="暂停").click()
    turn.get_by_role("button", name="继续读").click()
    page.evaluate(SPOKEN, 4)
    spoken = page.evaluate("window.spoken")
    assert spoken[0] == ["here", "已审核答复。"] and spoken[1] == ["here", "可以补办，当场就能拿到新卡。"]
    assert spoken[2] == spoken[3]
    assert fake.script.spoken == []


# --- personal data, complaints ---
def test_personal_data_is_sent_only_after_a_choice(fake, citizen):
    page = citizen.open().page
    citizen.box.press_sequentially(IDENTITY)
    citizen.box.press_sequentially("丢了社保卡")
    hint = page.locator(".personal")
    expect(hint).to_contain_text("好像有身份证号")
    citizen.box.press("Enter")
    expect(hint.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="删除这些内容")).to_be_focused()
    assert axe(page) == []
    assert fake.script.questions == []
    assert not any(re.search(r"\d{6}", words) for words in fake.script.lookups)
    page.keyboard.press("Enter")
    assert citizen.box.input_value() == "丢了社保卡"
    expect(hint).to_have_count(0)
    citizen.box.fill(f"{IDENTITY}丢了社保卡")
    citizen.box.press("Enter")
    page.get_by_role("button", name="仍然发送").click()
    citizen.last.locator(".ai-label").first.wait_for()
    assert IDENTITY in fake.script.questions[0]["question"]
    go(page, "privacy")
    page.get_by_role("button", name="撤回同意").click()
    expect(page.locator("main")).to_contain_text("没有您同意发送个人信息的记录")


def test_a_complaint_is_two_clicks_away_and_gets_a_number(fake, citizen):
    page = citizen.open().page
    turn = citizen.ask(CARD)
    turn.get_by_role("button", name="纠错投诉").click()
    expect(page.locator(".about")).to_contain_text(CARD)
    page.get_by_label("内容已过时").check()
    page.get_by_label("具体情况").fill("窗口已经搬了")
    page.get_by_label("联系方式").fill("13800138000")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请先勾选同意")
    assert fake.script.complaints == []
    assert axe(page) == []
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".receipt")).to_be_focused()
    expect(page.locator(".number")).to_have_text("T20261122-0001")
    answer = fake.turns[max(fake.turns)][0]
    assert fake.script.complaints == [
        {
            "turn": answer["turn"], "dialogue": answer["dialogue"], "kind": "outdated",
            "text": "窗口已经搬了", "contact": "13800138000", "consent": True,
        }
    ]  # fmt: skip
    assert axe(page) == []
    page.locator("footer").get_by_role("link", name="投诉与建议").click()
    go(page, "halls")
    page.locator("footer").get_by_role("link", name="投诉与建议").click()
    page.get_by_label("具体情况").fill("请增加夜间服务")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".number")).to_be_visible()
    assert fake.script.complaints[1] == {"kind": "other", "text": "请增加夜间服务"}


# --- notices and halls ---
def test_notices_in_force_are_said_in_colour_and_word(fake, visit):
    fake.script.notices = city.NOTICES
    citizen = visit(PHONE).open()
    page = citizen.page
    banner = page.locator(".notices")
    expect(banner.locator("details")).to_have_count(2)
    expect(banner.locator("summary").first).to_contain_text("红色")
    banner.get_by_role("button", name="再看1条").click()
    expect(banner.locator("details")).to_have_count(3)
    banner.locator("summary").first.click()
    expect(banner.locator(".bullet").first).to_have_text("安宁小区")
    expect(banner).to_contain_text("2026年11月22日 00:00发布")
    assert axe(page) == []
    turn = citizen.ask("我家怎么停水了")
    expect(turn.locator(".kind")).to_contain_text("正在生效的公告")
    expect(turn.get_by_role("button", name="仍按原问题查询")).to_be_visible()
    assert axe(page) == []


def test_a_guide_leads_to_its_window_in_the_hall(fake, visit):
    citizen = visit(PHONE).open()
    page = citizen.page
    turn = citizen.ask(CARD)
    turn.locator("summary", has_text="办理窗口").click()
    turn.get_by_role("link", name=re.compile("在大厅里的位置")).click()
    page.locator(".plan").wait_for()
    expect(page.locator("h1")).to_have_text("安澜市政务服务中心")
    assert page.title().startswith("办事大厅")
    expect(page.locator(".wanted").first).to_contain_text("社会保障卡补领、换领")
    wanted = page.locator(".place.wanted")
    expect(wanted).to_have_count(1)
    page.locator(".scroll").scroll_into_view_if_needed()
    expect(wanted).to_be_in_viewport()
    expect(wanted).to_have_attribute("aria-label", re.compile("B12—B15窗口，您要办的窗口"))
    row = page.locator("tr.hit")
    expect(row).to_contain_text("您要办的窗口")
    page.get_by_role("button", name="一层", exact=True).click()
    page.locator(".place", has_text="A01—A04").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("失业登记")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name="二层").click()
    row.get_by_role("button", name=re.compile("社会保障卡补领")).click()
    expect(page.get_by_role("dialog")).to_contain_text("AL-RS-003")
    page.keyboard.press("Escape")
    expect(page.locator(".plan")).to_be_visible()
    page.get_by_role("link", name="全部办事大厅").click()
    expect(page.locator(".hall")).to_have_count(2)
    page.locator("select").select_option(label="临江区")
    expect(page.locator(".hall")).to_have_count(1)


# --- pages ---
@pytest.mark.parametrize("mode", ["standard", "elder"])
def test_every_page_has_a_title_a_heading_and_no_violation(fake, visit, mode):
    citizen = visit(OLD_PHONE).open(f"/?mode={mode}")
    page = citizen.page
    citizen.ask(CARD)
    for place in PAGES:
        wait_for_page(page, place)
        assert page.title().endswith(" - 安澜市政务服务智能问答"), place
        expect(page.locator("h1")).to_be_focused()
        assert axe(page) == [], place
    go(page, "")
    assert axe(page) == []


def test_about_says_model_filing_sources_and_minors(fake, citizen):
    page = citizen.open("/#/about").page
    words = page.locator("main")
    for said in ("当前版本不使用生成式大模型", "模型备案号", "小政 0.1.0", "木兰宽松许可证",
                 "安澜市政务服务和数据管理局", "未成年人"):  # fmt: skip
        expect(words).to_contain_text(said)
    expect(page.locator(".counts li")).to_have_count(4)
    expect(page.locator("footer")).to_contain_text("未成年人请在监护人指导下使用")
    page.locator("footer").get_by_role("link", name="隐私说明").click()
    for said in ("最长180天", "0999-6212345", "不满十四周岁"):
        expect(words).to_contain_text(said)


def test_a_page_of_a_scan_is_named_as_one(fake, citizen):
    turn = citizen.open().ask("扫描件里怎么说")
    expect(turn.locator(".source")).to_contain_text("原件第3页")
    expect(turn.locator(".source")).to_contain_text("识别可信度93%")


def test_browsers_without_flex_gaps_still_keep_things_apart(fake, visit):
    """Chromium below 84 drops `gap` between flex items; the built margins take its place there."""
    citizen = visit(OLD_PHONE)
    page = citizen.page

    def old(route):
        css = route.fetch().text()
        css = css.replace("@supports not ((appearance:none) or (inset:0))", "@media all")
        route.fulfill(body=css, content_type="text/css")

    page.route("**/*.css", old)
    citizen.open()
    citizen.ask(CARD)
    page.evaluate(
        """() => { for (const e of document.querySelectorAll('*'))
            if (/flex/.test(getComputedStyle(e).display)) e.style.gap = '0'; }"""
    )
    apart = """selector => { const [a, b] = [...document.querySelectorAll(selector)].slice(0, 2)
        .map(e => e.getBoundingClientRect()); return Math.max(b.left - a.right, b.top - a.bottom); }"""
    for selector in (".tools > *", ".kind > *", ".feedback .row > *", ".answer > *"):
        assert page.evaluate(apart, selector) >= 3, selector
    assert page.evaluate(OVERFLOW) == 0


def test_browsers_without_modal_dialogs_have_the_same_by_hand(fake, visit):
    citizen = visit(OLD_PHONE)
    page = citizen.page
    page.add_init_script("delete HTMLDialogElement.prototype.showModal;")
    citizen.open()
    opener = page.get_by_role("button", name=re.compile("所在地区"))
    opener.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_in_viewport(ratio=1)
    assert axe(page) == []
    for _ in range(14):
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_rest_of_the_functions_is_behind_one_button_on_a_phone(fake, visit):
    page = visit(OLD_PHONE).open().page
    more = page.get_by_role("button", name="更多")
    more.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    assert axe(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="查文件")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    expect(page.locator("#more-places")).to_be_hidden()
    more.click()
    page.locator("#more-places").get_by_role("link", name="投诉与建议").click()
    expect(page.locator("h1")).to_have_text("投诉与建议")
    expect(page.locator("#more-places")).to_be_hidden()
