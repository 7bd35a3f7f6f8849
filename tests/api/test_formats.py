"""Word, Excel and zip files come in like any other, and what would harm is turned away by its name."""
import io
import re
import struct
import subprocess
import zipfile

import pytest

from city_kit import City, is_problem, program, query
from net_support import SLOW
from office_kit import (HEAD, S, W, W_STRICT, answers_xlsx, docx, document, paragraph, policy_docx,
                        relations, sheet, table, xlsx, zipped)

BASE = ["site.json", "regions.csv", "departments.csv"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A city that knows its districts; each test brings files of its own name and its own words."""
    city = City(tmp_path_factory.mktemp("town")).start().take_sample(BASE)
    yield city
    assert city.problems() == []
    city.stop()


def find(city, words, **more):
    return city.read("/api/search", q=words, **more)["hits"]


def entry_titled(city, title):
    """What is stored under a title, with its clauses."""
    hits = [hit for hit in find(city, title, limit=50) if hit["title"] == title]
    assert hits, title
    entry = city.read(f"/api/entries/{hits[0]['entry']}")
    entry["clauses"] = city.read(f"/api/entries/{entry['id']}/clauses")["clauses"]
    return entry


def clauses_of(city, title):
    return {clause["label"]: clause["text"] for clause in entry_titled(city, title)["clauses"]}


def stored(city, source, data, **more):
    reply = city.post(query("/api/import", source=source, **more), data,
                      {"Content-Type": "application/octet-stream"}, local=True)
    assert reply.status == 200, reply.body.decode()
    result = reply.json()
    assert result["outcome"] == "stored", result
    return result


# --- Word ---
@pytest.mark.parametrize("namespace", [W, W_STRICT])
def test_a_paper_in_word_is_cut_into_its_articles(town, namespace):
    name = "白鹭" if namespace == W else "苍鹭"
    big, middle = '<w:sz w:val="44"/>', '<w:jc w:val="center"/>'
    body = (paragraph("安澜市人民政府文件", properties=middle, run='<w:sz w:val="72"/>')
            + paragraph("安政发〔2024〕8号", properties=middle)
            + paragraph("安澜市人民政府关于印发", properties=middle, run=big)
            + paragraph(f"{name}保护办法的通知", properties=middle, run=big)
            + paragraph("第一章 总则", "1")
            + paragraph(f"第一条 为了保护{name}，制定本办法。")
            + paragraph("第二条 奖励如下：")
            + table(["项目", "金额"], [f"发现{name}", "80元"])
            + paragraph("第二章 附则", "1")
            + paragraph("第三条 本办法自2024年3月1日起施行。"))
    result = stored(town, f"{name}.docx", docx(body, namespace))
    assert result["entries"] == 1 and result["clauses"] == 3
    title = f"安澜市人民政府关于印发{name}保护办法的通知"
    entry = entry_titled(town, title)
    assert entry["number"] == "安政发〔2024〕8号" and entry["issuer"] == "安澜市人民政府"
    assert entry["effective_on"] == "2024-03-01"
    assert [(c["label"], c["path"]) for c in entry["clauses"]] == [
        ("第一条", "第一章 总则"), ("第二条", "第一章 总则"), ("第三条", "第二章 附则")]
    assert f"| 发现{name} | 80元 |" in entry["clauses"][1]["text"]
    assert "80元" in town.ask(f"{name}保护办法第二条")["answer"]


def test_a_guide_in_word_has_its_sections(town):
    body = (paragraph("观鸟证办理办事指南", "T") + paragraph("一、受理条件", "1")
            + paragraph("年满十八周岁。") + paragraph("二、所需材料", "1") + paragraph("身份证")
            + paragraph("三、承诺办结时限", "1") + paragraph("3个工作日"))
    stored(town, "观鸟证.docx", docx(body))
    assert entry_titled(town, "观鸟证办理")["kind"] == "guide"
    assert clauses_of(town, "观鸟证办理") == {"办理条件": "年满十八周岁。", "申请材料": "身份证",
                                              "承诺时限": "3个工作日"}


def test_a_guide_as_a_form_has_its_sections(town):
    body = table(["事项名称", "候鸟环志许可", "事项编码", "HN-01"], ["申请条件", "单位", "收费", "不收费"],
                 ["咨询电话", "0999-1", "备注", "可网办"])
    stored(town, "环志.docx", docx(body))
    entry = entry_titled(town, "候鸟环志许可")
    assert entry["kind"] == "guide" and entry["code"] == "HN-01"
    assert clauses_of(town, "候鸟环志许可") == {"办理条件": "单位", "收费标准": "不收费",
                                                "咨询电话": "0999-1", "常见问题提示": "可网办"}


# --- Excel ---
def test_answers_in_a_workbook_of_another_city_are_given(town):
    data = xlsx({"环保": [["安澜市热点问答（2024年）"], [], ["序号", "标准问句（必填）", "扩展问", "答复口径",
                                                          "答复单位", "备用"],
                          [1, "灰鹤受伤找谁？", "灰鹤伤了｜灰鹤病了", "请拨打12345。", "安澜市民政局", "x"],
                          [2, "灰鹤能养吗？", None, "不能。", "安澜市民政局", None],
                          [3, "没有答复的", None, None, None, None]],
                 "说明": [["填写人", "填写日期"], ["某某", "某日"]]})
    result = stored(town, "灰鹤.xlsx", data)
    assert result["entries"] == 2
    assert "“环保”第6行缺少答案" in result["reason"] and "“说明”" in result["reason"]
    assert "填写人、填写日期" in result["reason"]
    for words in ("灰鹤受伤找谁？", "灰鹤病了"):
        answer = town.ask(words)
        assert answer["kind"] == "reviewed" and "12345" in answer["answer"]

    again = xlsx({"环保": [["标准问句", "答复口径"], ["灰鹤能养吗？", "不能。"]]})
    assert stored(town, "灰鹤.xlsx", again)["entries"] == 1
    assert town.ask("灰鹤受伤找谁？")["kind"] == "refused"  # no longer in the table: withdrawn


def test_a_row_of_a_workbook_is_a_guide(town):
    data = xlsx({"清单": [["事项名称", "实施编码", "受理条件", "所需材料", "承诺办结时限", "法定办结时限",
                           "是否收费", "设定依据", "监督电话", "序号"],
                          ["灰雁繁育许可", "HY-02", "有场地", "身份证；场地证明", "5个工作日", "20个工作日", "否",
                           "《雁法》第二条", "0999-9", 1],
                          ["灰雁繁育许可变更", "HY-02", "已许可", "申请表", None, None, "否", None, None, 2],
                          ["灰雁繁育许可变更", "HY-02", "已许可", "变更表", None, None, "否", None, None, 3]]})
    result = stored(town, "灰雁.xlsx", data)
    assert "“清单”第4行与前面的一行是同一条" in result["reason"]
    assert clauses_of(town, "灰雁繁育许可变更")["申请材料"] == "变更表"
    assert entry_titled(town, "灰雁繁育许可")["code"] == "HY-02"
    assert clauses_of(town, "灰雁繁育许可") == {
        "办理条件": "有场地", "申请材料": "身份证\n场地证明",
        "办理时限": "承诺时限：5个工作日\n法定时限：20个工作日", "收费标准": "否", "法律依据": "《雁法》第二条",
        "监督电话": "0999-9"}


def test_what_columns_mean_can_be_said_by_hand(town):
    data = xlsx({"一": [["咋问", "咋答"], ["天鹅在哪看？", "望湖。"]]})
    refused = town.take("天鹅.xlsx", data)
    assert refused["outcome"] == "refused"
    assert "咋问、咋答" in refused["reason"] and "--map" in refused["reason"]
    stored(town, "天鹅.xlsx", data, columns="问题=咋问,答案=咋答")
    assert town.ask("天鹅在哪看？")["answer"].startswith("望湖")
    swapped = stored(town, "天鹅.xlsx", data, columns="问题=咋答，答案=咋问")  # said otherwise: read anew
    assert swapped["entries"] == 1 and town.ask("天鹅在哪看？")["kind"] != "reviewed"
    wrong = town.post(query("/api/import", source="天鹅.xlsx", columns="题目=咋问"), data,
                      {"Content-Type": "application/octet-stream"}, local=True).json()
    assert wrong["outcome"] == "refused" and "题目" in wrong["reason"]
    is_problem(town.post(query("/api/import", source="天鹅.xlsx", columns="问题=" + "问" * 700), data,
                         {"Content-Type": "application/octet-stream"}, local=True), 400, "columns")


def test_columns_are_said_on_the_command_line_or_in_a_file(tmp_path):
    files, spoken = tmp_path / "问答", tmp_path / "map.txt"
    files.mkdir()
    (files / "一.xlsx").write_bytes(xlsx({"一": [["咋问", "咋答"], ["鸿雁在哪看？", "望湖。"]]}))
    (files / "二.csv").write_text("咋问,咋答\n豆雁在哪看？,江边。\n", encoding="utf-8")
    spoken.write_text("# 某市的列名\n问题=咋问\n答案=咋答\n", encoding="utf-8")

    def run(*words):
        return subprocess.run([str(program("xiaozheng")), "import", str(files), "--data",
                               str(tmp_path / "data"), "--json", *words], capture_output=True, text=True,
                              timeout=120 * SLOW, stdin=subprocess.DEVNULL)
    bare = run()
    assert bare.returncode == 1 and bare.stdout.count("咋问、咋答") == 2
    assert '"stored":2' in run("--map", "问题=咋问,答案=咋答").stdout.replace(" ", "")
    assert '"stored":2' in run("--map", str(spoken)).stdout.replace(" ", "")
    assert "--map" in run("--map", str(tmp_path / "none")).stderr


# --- zip ---
def gbk_zip(members):
    """Names as Windows writes them: in GBK, without a word about that."""
    names = {f"{n:0{len(name.encode('gbk'))}d}": name.encode("gbk") for n, (name, _) in enumerate(members)}
    data = zipped(list(zip(names, [text for _, text in members])), zipfile.ZIP_STORED)
    for plain, name in names.items():
        data = data.replace(plain.encode(), name)
    return data


def answers(question, answer):
    return f"问题,答案\n{question},{answer}\n".encode()


def test_an_archive_is_imported_as_a_folder_would_be(town):
    members = [("资料/绿头鸭.docx", policy_docx("绿头鸭办法", "第一条 保护绿头鸭。")),
               ("资料/问答/鸭.csv", answers("绿头鸭能养吗？", "不能。")),
               ("资料/图.png", b"\x89PNG\r\n\x1a\n" + bytes(50)),
               ("资料/", b""), ("__MACOSX/资料/._鸭.csv", b"x"), ("资料/.DS_Store", b"x"),
               ("资料/README.md", b"# x"), ("资料/内.zip", zipped({"罗纹鸭.csv": answers("罗纹鸭能养吗？", "能。")})),
               ("资料/深.zip", zipped({"a.zip": zipped({"b.zip": zipped({"c.csv": b"x"})})}))]
    result = stored(town, "鸭.zip", zipped(members))
    assert result["entries"] == 3
    for words in ("图.png", "图片", "__MACOSX", ".DS_Store", "README.md", "多层压缩包"):
        assert words in result["reason"], result["reason"]
    assert entry_titled(town, "绿头鸭办法")["clauses"][0]["text"] == "保护绿头鸭。"
    assert town.ask("绿头鸭能养吗？")["kind"] == "reviewed"
    assert town.ask("罗纹鸭能养吗？")["answer"].startswith("能")

    # With one file refused it is tried again; the others are not stored twice.
    before = town.status()["entries"]["total"]
    members[2] = ("资料/图.md", "# 鸭图说明\n\n一张鸭图。\n".encode())
    members.pop()
    assert stored(town, "鸭.zip", zipped(members))["entries"] == 4
    assert town.status()["entries"]["total"] == before + 1
    assert town.take("鸭.zip", zipped(members))["outcome"] == "unchanged"


def test_names_in_gbk_are_read(town):
    stored(town, "windows.zip", gbk_zip([("乙鸥\\银鸥.csv", answers("银鸥吃什么？", "鱼。"))]))
    assert town.ask("银鸥吃什么？")["kind"] == "reviewed"
    refused = stored(town, "win2.zip", gbk_zip([("乙鸥/银鸥二.csv", answers("银鸥住哪？", "岛。")),
                                                ("乙鸥/坏.csv", b"\0\0")]))
    assert "乙鸥/坏.csv" in refused["reason"]


def test_site_data_in_an_archive_come_first(found_city):
    city = found_city()
    data = zipped({"a.csv": "问题,答案,区域\n雪雁在哪？,湖边。,雪原区\n".encode(),
                   "regions.csv": "代码,名称,上级,级别\n990000,雪原区,0,区\n".encode()})
    assert stored(city, "city.zip", data)["entries"] == 1


# --- rare names ---
NAMES = {"SIP": "𫚭𬱟", "extension A": "㛃䶮", "added in 2022": "鿫鿯", "TIP": "𱍐𲎯"}
CHANGED = {0x9FB4: b"\xfe\x59", 0x9FBB: b"\xfe\xa0", 0xFE10: b"\xa6\xd9", 0xFE19: b"\xa6\xf3"}


@pytest.mark.parametrize("kind", ["docx", "xlsx", "csv"])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_rare_names_survive_from_file_to_answer(town, kind, names):
    question, answer = f"{names}{kind}的电话是多少？", f"{names}村的电话是0999-1。"
    data = {"docx": lambda: policy_docx(f"{names}{kind}办法", f"第一条 {answer}"),
            "xlsx": lambda: answers_xlsx([question, answer]),
            "csv": lambda: f"问题,答案\n{question},{answer}\n".encode("gb18030")}[kind]()
    stored(town, f"{names}.{kind}", data)
    assert any(names in hit["text"] for hit in find(town, f"{names}村"))
    words = f"{names}docx办法第一条" if kind == "docx" else question
    assert f"{names}村的电话" in town.ask(words)["answer"]


def test_characters_that_changed_in_2022_are_the_new_ones(town):
    text = "".join(map(chr, CHANGED))
    data = "问题,答案\n变字是哪些？,变字是".encode("gb18030") + b"".join(CHANGED.values()) + "。\n".encode("gb18030")
    stored(town, "变字.csv", data)
    assert f"变字是{text}。" in town.ask("变字是哪些？")["answer"]


# --- what is turned away ---
def cfb(*names):
    """The front of a compound file, its directory with these streams in the second sector."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[30] = 9
    struct.pack_into("<I", head, 48, 300)
    return bytes(head) + bytes(300 * 512) + b"".join(n.encode("utf-16-le").ljust(128, b"\0") for n in names)


def encrypted_zip():
    data = bytearray(zipped({"a.csv": answers("甲？", "乙。")}, zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def bomb():
    return zipped({"a.csv": b"\0" * (80 << 20)})


def overlapping_bomb(copies=400):
    """Every entry of the directory leads to the same deflated bytes."""
    data = zipped({"a": b"0" * (4 << 20)})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    entries = b"".join(entry[:28] + struct.pack("<H", 4) + entry[30:46] + b"%04d" % n
                       for n in range(copies))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(entries), start, 0)
    return data[:start] + entries + tail


def with_document(text):
    return docx("", more={"word/document.xml": text})


LAUGHS = HEAD + ('<!DOCTYPE w:document [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 50 + '"><!ENTITY c "'
                 + "&b;" * 50 + f'">]><w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&c;</w:t></w:r>'
                 "</w:p></w:body></w:document>")
OUTSIDE = HEAD + ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                  f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body>'
                  "</w:document>")
WIDE = ('<row r="1"><c r="A1" t="inlineStr"><is><t>问题</t></is></c>'
        '<c r="XFD1" t="inlineStr"><is><t>答案</t></is></c></row>')
GOOD = policy_docx("好文", "第一条 好。")
BOOK = answers_xlsx(["甲？", "乙。"])

HOSTILE = {
    "a zip bomb": ("z.zip", bomb, "炸弹"),
    "a bomb of entries that overlap": ("o.zip", overlapping_bomb, "炸弹"),
    "a bomb inside a document": ("b.docx", lambda: docx("", more={
        "word/document.xml": document("<w:p/>" + " " * (80 << 20))}), "炸弹"),
    "an XML bomb": ("x.docx", lambda: with_document(LAUGHS), "DOCTYPE"),
    "an external entity": ("e.docx", lambda: with_document(OUTSIDE), "DOCTYPE"),
    "an entity in a workbook": ("e.xlsx", lambda: xlsx({"一": OUTSIDE}), "DOCTYPE"),
    "a path out of a document": ("p.docx", lambda: docx(paragraph("好"), more={"../../x": "y"}), "../../x"),
    "a path out of an archive": ("p.zip", lambda: zipped({"../../etc/cron.d/x": "y"}), "../../etc"),
    "a path with backslashes": ("w.zip", lambda: zipped([("..\\x.md", "# x")]), "../x.md"),
    "an absolute path": ("a.zip", lambda: zipped({"/etc/x.md": "y"}), "/etc/x.md"),
    "a path to a drive": ("d.zip", lambda: zipped({"C:/x.md": "y"}), "C:/x.md"),
    "a document cut in the middle": ("c.docx", lambda: GOOD[:len(GOOD) // 2], "不完整"),
    "a workbook cut at its end": ("c.xlsx", lambda: BOOK[:-10], "不完整"),
    "a document with a flipped bit": ("f.docx", lambda: flipped(GOOD), "损坏"),
    "XML that ends too soon": ("t.docx", lambda: with_document(document(paragraph("好"))[:-30]), "XML"),
    "XML nested too deep": ("n.docx", lambda: with_document(document("<w:p>" * 5000 + "</w:p>" * 5000)), "XML"),
    "two files of one name": ("2.zip", lambda: zipped([("a.csv", answers("甲？", "乙。"))] * 2), "同名"),
    "two bodies of one document": ("2.docx", lambda: twice(GOOD), "同名"),
    "a password on an archive": ("k.zip", encrypted_zip, "密码"),
    "a password on a document": ("k.docx", lambda: cfb("Root Entry", "EncryptionInfo", "EncryptedPackage"),
                                 "密码"),
    "a compression nobody has": ("l.zip", lambda: zipped({"a.csv": b"x"}, zipfile.ZIP_LZMA), "压缩方式"),
    "an archive of nothing": ("0.zip", lambda: zipped({}), "没有"),
    "an archive of folders": ("1.zip", lambda: zipped({"a/": b""}), "没有"),
    "a picture as a document": ("i.docx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "图片"),
    "an empty document": ("v.docx", lambda: docx(""), "没有文字"),
    "an empty workbook": ("v.xlsx", lambda: xlsx({"一": []}), "没有内容"),
    "a document without a body": ("m.docx", lambda: zipped({"[Content_Types].xml": "<Types/>",
                                                             "word/x.xml": "<x/>"}), ""),
    "a sheet of 16384 columns": ("w.xlsx", lambda: xlsx({"一": HEAD + f'<worksheet xmlns="{S}"><sheetData>{WIDE}'
                                                                "</sheetData></worksheet>"}), "列"),
    "columns nobody knows": ("u.xlsx", lambda: xlsx({"一": [["甲", "乙"], [1, 2]]}), "甲、乙"),
    "a paragraph of megabytes": ("g.docx", lambda: docx(paragraph("甲" * 700000)), "KiB"),
}


def flipped(data):
    """One bit of the deflated body turned over."""
    at = data.index(b"word/document.xml") + len("word/document.xml") + 40
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1:]


def twice(data):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/document.xml", document(paragraph("另一份")))
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_its_reason(town, name):
    source, make, word = HOSTILE[name]
    before = town.status()["entries"]["total"]
    result = town.take("hostile/" + source, make())
    assert result["outcome"] == "refused", result
    assert re.search("(?:[\u4e00-\u9fff].*){4}", result["reason"]) and word in result["reason"], result
    assert town.status()["entries"]["total"] == before
    assert town.get("/healthz").status == 200


def test_a_name_that_promises_something_else_is_remarked_on(town):
    for name, data in {"真文.md": policy_docx("真文", "第一条 黑颈鹤。"), "真表.docx": answers_xlsx(["黑鹤？", "是。"]),
                       "真网页.xls": "<html><table><tr><th>问题</th><th>答案</th></tr><tr><td>白鹤？</td>"
                                     "<td>是。</td></tr></table></html>".encode()}.items():
        result = stored(town, name, data)
        assert "扩展名与内容不符" in result["reason"], result


def test_hidden_and_broken_parts_of_a_workbook_are_told(town):
    rows = sheet([["问题", "答案"], ["黑雁？", "藏。"], ["白额雁？", "露。"]]).replace('<row r="2"', '<row r="2" hidden="1"')
    rows = rows.replace("</sheetData>", '<row r="4"><c r="A4" t="e"><v>#REF!</v></c><c r="B4"><f>A1</f></c></row>'
                        "</sheetData>")
    result = stored(town, "藏.xlsx", xlsx({"雁": rows}))
    assert result["entries"] == 1 and town.ask("黑雁？")["kind"] == "refused"
    for words in ("1行是隐藏的", "1格公式出错", "1格公式没有保存结果"):
        assert words in result["reason"], result


def test_a_workbook_of_a_million_rows_fits(tmp_path):
    """What xz-parse makes of it, with the memory that it has in the server."""
    row = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c><c r="B{0}" t="s"><v>1</v></c></row>'
    count, texts = 1000000, 200000
    strings = "".join(f"<si><t>第{n}个问题是什么，应当如何办理？</t></si>" for n in range(texts))
    body = "".join(row.format(n, n % texts if n > 1 else 0) for n in range(1, count + 1))
    data = xlsx({"一": HEAD + f'<worksheet xmlns="{S}"><sheetData>{body}</sheetData></worksheet>'},
                related={"sharedStrings": "sharedStrings.xml"},
                more={"xl/sharedStrings.xml": HEAD + f'<sst xmlns="{S}">{strings}</sst>'})
    big = tmp_path / "大.xlsx"
    big.write_bytes(data)
    with big.open("rb") as file:
        done = subprocess.run([program("xz-parse"), "大.xlsx", f"{512 << 20},{60 * SLOW}"], stdin=file,
                              capture_output=True, timeout=120 * SLOW)
    assert done.returncode == 0
    assert "第0个问题" in done.stdout.decode() and "列名不认识" in done.stdout.decode()
