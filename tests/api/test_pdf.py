"""PDF, scanned pages, pictures and old office files, as an operator sends them in: text with its page
and place, recognised text with its confidence, and a clear word on what cannot be read."""
import io
import os
import re
import shutil
import stat
import time
import zipfile

import pytest

from city_kit import City as QuickCity, query
from net_support import SLOW, Client, request
from pdf_kit import Page, Pdf, png_of, scanned_page

pytestmark = pytest.mark.skipif(
    not shutil.which("pdftotext") or not shutil.which("tesseract"),
    reason="poppler-utils and tesseract-ocr are optional; script/bootstrap --test installs them")


class City(QuickCity):
    """One that waits for an answer as long as the outside tools may take on a busy machine."""

    def send_file(self, source, data):
        with Client(self.socket, timeout=90 * SLOW) as client:
            client.send(request("POST", query("/api/import", source=source), data,
                                {"Content-Type": "application/octet-stream"}))
            return client.reply()


OLD = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2000)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A city of its own that only takes files."""
    folder = tmp_path_factory.mktemp("pdf")
    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    city = City(folder, "import.pdf_pages_max=40", "import.scanned_pages_max=2").start()
    del os.environ["TMPDIR"]
    city.temporary = temporary
    yield city
    assert list(temporary.iterdir()) == [], "a run left its folder behind"
    city.stop()


def notice(title, *articles):
    page = Page().line(150, 150, title, 22)
    top = 220
    for article in articles:
        top = page.paragraph(top, article)
    return page


def refused(city, name, data, *words):
    result = city.take(name, data)
    assert result["outcome"] == "refused", result
    assert re.search("(?:[\u4e00-\u9fff].*){4}", result["reason"])
    for word in words:
        assert word in result["reason"], result
    return result


def source_of(city, question, title):
    answer = city.ask(question)
    found = [source for source in answer["sources"] if source["title"] == title]
    assert found, answer
    return found[0]


def test_text_of_a_pdf_is_found_with_its_page_and_place(desk):
    title = "安澜市关于发放雨棚补贴的通知"
    first = notice(title, "第一条　居民在自家阳台安装雨棚的，可以申请雨棚补贴，补贴标准为每户三百六十元，"
                          "每户只能申请一次，不得重复领取。")
    second = notice("", "第二条　雨棚补贴由区住房和城乡建设局在十五个工作日内发放到申请人的银行账户。")
    result = desk.take("政策/雨棚.pdf", Pdf(first, second).bytes())
    assert result["outcome"] == "stored" and result["entries"] == 1 and result["clauses"] == 2
    source = source_of(desk, "雨棚补贴标准是多少", title)
    assert source["label"] == "第一条" and source["page"] == 1
    assert source["text"].endswith("每户只能申请一次，不得重复领取。") and "\n" not in source["text"]
    left, top, right, bottom = source["box"]
    assert 0 < left < right < 10000 and 2000 < top < bottom < 4000
    assert "ocr_confidence" not in source
    later = source_of(desk, "雨棚补贴几个工作日发放到银行账户", title)
    assert later["label"] == "第二条" and later["page"] == 2


def test_sources_without_pages_have_no_place(desk):
    desk.take("a.md", "# 石桥渡口管理办法\n\n第一条 渡口每日六时开渡。\n".encode())
    source = source_of(desk, "石桥渡口几时开渡", "石桥渡口管理办法")
    assert not {"page", "box", "ocr_confidence"} & set(source)


def test_a_scanned_page_is_recognised_and_says_how_well(desk):
    title = "安澜市古井保护规定"
    page = notice(title, "第一条　为了保护本市行政区域内的古井，制定本规定。")
    scan = scanned_page(["第二条 任何单位和个人不得填埋古井。", "第三条 古井由所在街道负责日常管理。"])
    result = desk.take("古井.pdf", Pdf(page, scan).bytes())
    assert result["outcome"] == "stored" and result["clauses"] == 3, result
    assert re.search(r"第 2 页为扫描识别，平均可信度 \d+%", result["reason"])
    source = source_of(desk, "古井由谁负责日常管理", title)
    assert source["page"] == 2 and 50 <= source["ocr_confidence"] <= 100
    assert source["text"] == "古井由所在街道负责日常管理。"


def test_a_picture_is_recognised(desk):
    result = desk.take("公告.png", png_of(["关于老街改造施工的公告", "第一条 施工期间请绕行东门。"]))
    assert result["outcome"] == "stored" and "扫描识别" in result["reason"], result


def test_a_page_turned_over_keeps_its_clauses(desk):
    """The same wording on another page is the same clause, at its new place."""
    title = "安澜市石板路养护办法"
    article = "第一条　石板路每半年养护一次，养护费用由区财政承担，不向居民收取任何费用。"
    desk.take("石板路.pdf", Pdf(notice(title, article)).bytes())
    before = source_of(desk, "石板路多久养护一次", title)
    cover = Page().line(150, 150, title, 22)
    assert desk.take("石板路.pdf", Pdf(cover, notice("", article)).bytes())["outcome"] == "stored"
    after = source_of(desk, "石板路多久养护一次", title)
    assert (before["page"], after["page"]) == (1, 2) and before["clause"] == after["clause"]


def test_tables_columns_and_page_furniture_are_told_apart(desk):
    title = "安澜市摊位收费公告"
    pages = []
    for number in range(1, 4):
        page = Page().line(80, 40, "安澜市政策汇编", 9).line(280, 800, f"— {number} —", 12)
        if number == 1:
            page.line(150, 150, title, 22)
            for row, cells in enumerate([("摊位", "面积", "月租"), ("东市甲类摊位", "六平方米", "三百元"),
                                         ("西市乙类摊位", "四平方米", "二百元")]):
                for left, cell in zip((80, 260, 420), cells):
                    page.line(left, 230 + row * 36, cell)
        page.paragraph(400, f"第{'一二三'[number - 1]}条　摊位每年抽签一次，第{number}批抽签结果当场公布，"
                            "不收取报名费。")
        pages.append(page)
    assert desk.take("摊位.pdf", Pdf(*pages).bytes())["outcome"] == "stored"
    source = source_of(desk, "西市乙类摊位月租多少", title)
    assert "| 西市乙类摊位 | 四平方米 | 二百元 |" in source["text"]
    hits = desk.read("/api/search", q="摊位 抽签", limit=20)["hits"]
    mine = "".join(hit["text"] for hit in hits if hit["title"] == title)
    assert "汇编" not in mine and "—" not in mine


def test_files_that_cannot_be_read_are_refused_with_a_way_out(desk):
    page = notice("安澜市试验通知", "第一条　一。")
    whole = Pdf(page).bytes()
    refused(desk, "lock.pdf", Pdf(page, password="secret").bytes(), "打开密码", "取消密码")
    refused(desk, "copy.pdf", Pdf(page, permissions=-64).bytes(), "不允许复制")
    refused(desk, "cut.pdf", whole[:len(whole) * 2 // 3], "不完整")
    refused(desk, "many.pdf", Pdf(*[Page()] * 41).bytes(), "40 页", "import.pdf_pages_max")
    scans = Pdf(*[Page()] * 3).bytes()
    refused(desk, "scans.pdf", scans, "扫描页超过 2 页")
    refused(desk, "junk.pdf", b"%PDF-1.4\n" + b"\0junk" * 500 + b"\nstartxref\n9\n%%EOF\n", "损坏")
    refused(desk, "broken.png", b"\x89PNG\r\n\x1a\n" + bytes(400), "图片")
    refused(desk, "blank.pdf", Pdf(Page()).bytes(), "没有找到正文")


def test_ten_thousand_pages_are_refused_at_once(desk):
    data = Pdf(*[Page()] * 10000).bytes()
    started = time.monotonic()
    refused(desk, "pages.pdf", data, "40 页")
    assert time.monotonic() - started < 20 * SLOW


def test_a_file_with_a_script_and_a_wrong_name_is_read_for_its_text(desk):
    page = notice("安澜市水塔公告", "第一条　水塔每月清洗一次，清洗当日停水两小时，提前三日公告。")
    result = desk.take("水塔.pdf", Pdf(page, javascript=True).bytes())
    assert result["outcome"] == "stored" and "脚本" in result["reason"]
    named = notice("安澜市风车公告", "第一条　风车每年检修一次，检修期间景区照常开放，门票不变。")
    result = desk.take("风车.docx", Pdf(named).bytes())
    assert result["outcome"] == "stored" and "PDF" in result["reason"]
    refused(desk, "text.pdf", b"", "空")
    plain = desk.take("plain.pdf", "# 安澜市钟楼公告\n\n第一条 钟楼整点报时。\n".encode())
    assert plain["outcome"] == "stored" and plain["reason"]


def test_a_pdf_in_an_archive_is_read_as_one_outside(desk):
    page = notice("安澜市船闸公告", "第一条　船闸每日开闸四次，开闸时刻在闸口公示，不收过闸费。")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("公告/船闸.pdf", Pdf(page).bytes())
    result = desk.take("船.zip", archive.getvalue())
    assert result["outcome"] == "stored" and result["entries"] == 1, result
    source = source_of(desk, "船闸每日开闸几次", "安澜市船闸公告")
    assert source["page"] == 1


# --- old formats ---
OFFICE = """#!/bin/sh
for arg; do
    case "$before" in --outdir) out="$arg" ;; --convert-to) to="$arg" ;; esac
    before="$arg"
done
mkdir -p "$out"
{ echo '# 安澜市马车管理规定'; echo; echo '第一条 马车不得驶入机动车道。'
  cat '%(secret)s' && echo leaked; } > "$out/input.$to" 2>/dev/null
exit 0
"""


def server_with(tmp_path, script):
    """A server whose PATH holds no LibreOffice, or this one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "mkdir"):
        (tools / name).symlink_to(shutil.which(name))
    if script:
        (tools / "soffice").write_text(script)
        (tools / "soffice").chmod(stat.S_IRWXU)
    folder = tmp_path / "city"
    folder.mkdir()
    path, os.environ["PATH"] = os.environ["PATH"], str(tools)
    try:
        return City(folder).start()
    finally:
        os.environ["PATH"] = path


def test_an_old_file_is_converted_and_the_converter_sees_nothing_else(tmp_path):
    city = server_with(tmp_path, OFFICE % {"secret": tmp_path / "city/data/xiaozheng.db"})
    try:
        result = city.take("旧/马车.doc", OLD)
        assert result["outcome"] == "stored", result
        source = source_of(city, "马车可以驶入机动车道吗", "安澜市马车管理规定")
        assert source["text"].startswith("马车不得驶入机动车道。")
        kept = os.uname().release.split(".")[:2]
        if [int(part) for part in kept] >= [5, 13] and "landlock" in lsm():
            assert "leaked" not in source["text"] and "SQLite" not in source["text"]
    finally:
        city.stop()


def lsm():
    try:
        return open("/sys/kernel/security/lsm", encoding="ascii").read()
    except OSError:
        return "landlock"  # not mounted here: nearly every kernel since 5.13 has it


def test_without_a_converter_the_operator_is_told_what_to_do(tmp_path):
    city = server_with(tmp_path, None)
    try:
        for name in ("a.doc", "a.wps", "a.xls"):
            refused(city, name, OLD, "LibreOffice", "另存为 docx")
        refused(city, "a.rtf", b"{\\rtf1 text}", "另存为 docx")
        refused(city, "a.pdf", Pdf(Page()).bytes(), "poppler-utils")
        refused(city, "a.png", png_of(["字"]), "tesseract-ocr")
    finally:
        city.stop()


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is optional and not installed")
def test_the_real_converter_works_in_its_jail(desk):
    text = "\\u23433?\\u28572?\\u24066?\\u36793?\\u22681?\\u35268?\\u23450?"  # 安澜市边墙规定
    result = desk.take("边墙.rtf", ("{\\rtf1\\ansi\\uc1 " + text + "\\par\n\\u31532?\\u19968?\\u26465? "
                                    "\\u36793?\\u22681?\\u20108?\\u23610?\\u12290?\\par}").encode())
    assert result["outcome"] == "stored", result
    hits = desk.read("/api/search", q="边墙二尺")["hits"]
    assert [hit["text"] for hit in hits if hit["title"] == "安澜市边墙规定"][0] == "边墙二尺。"
