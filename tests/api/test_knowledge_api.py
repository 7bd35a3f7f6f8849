"""Knowledge comes in by files, is read entry by entry, changes, and goes away again."""
import gzip
import json
import re
import time

import pytest

from city_kit import (SAMPLE, answers_csv, ask, is_problem, query, sample_answers, sample_files,
                      sample_regions, today)

BASE = ["site.json", "regions.csv", "departments.csv"]


@pytest.fixture
def small(found_city):
    """A city that knows its districts and departments, and nothing else."""
    return found_city().take_sample(BASE)


def policy(title, body, **front):
    head = {"类型": "政策文件", "标题": title, "区域": "安澜市", "施行日期": "2024-01-01"} | front
    lines = "\n".join(f"{key}: {value}" for key, value in head.items())
    return f"---\n{lines}\n---\n# {title}\n\n{body}\n".encode()


def find(city, words, **more):
    return city.read("/api/search", q=words, **more)["hits"]


def entry_of(city, title, **more):
    entries = {hit["entry"] for hit in find(city, title, limit=100, superseded=1, **more)
               if hit["title"] == title}
    assert len(entries) == 1, (title, entries)
    return city.read(f"/api/entries/{entries.pop()}")


# --- reading ---
def test_the_site_says_who_it_is(city):
    site = city.read("/api/site")
    assert site["name"] == "安澜市" and site["region"] == "990100"
    assert site["hotline"] == "12345" and site["hotline_hours"] == "24小时"
    assert site["today"] == str(today()) and site["entries"] == city.status()["entries"]["total"]
    assert "安澜市政务服务和数据管理局" in site["notice"]
    assert sum(site["counts"].values()) == site["entries"] and site["version"]


def test_the_site_says_what_it_is_made_of_and_where_to_complain(found_city):
    city = found_city().take_sample(["site.json"])
    texts = {"operator": "某局", "model_name": "", "model_filing": "", "algorithm_filing": "",
             "complaint_url": "", "complaint_phone": "0999-12345", "privacy_contact": "某处",
             "icp": "<b>备</b>'\"; DROP TABLE turn"}
    numbers = {"record_days": 180, "complaint_days": 5}
    city.take("site.json", json.dumps({**texts, **numbers}).encode())
    site = city.read("/api/site")
    assert {name: site[name] for name in [*texts, *numbers]} == {**texts, **numbers}
    assert site["name"] == "安澜市"

    city.take("site.json", json.dumps({"record_days": -1, "complaint_days": "soon"}).encode())
    assert city.read("/api/site")["complaint_days"] == 15
    assert city.read("/api/site")["record_days"] == 0


def test_regions_are_the_citys_own(city):
    regions = city.read("/api/regions")["regions"]
    codes = sample_regions()
    codes.pop("云泽省")
    assert {region["name"]: region["code"] for region in regions} == codes
    levels = {region["name"]: region["level"] for region in regions}
    assert levels["安澜市"] == "city" and levels["临江区"] == "district"
    assert levels["滨江街道"] == "street"
    assert next(region["parent"] for region in regions if region["name"] == "滨江街道") == "990102"


def test_departments_are_found_by_name_short_name_and_duty(city):
    every = city.read("/api/departments")["departments"]
    assert len(every) == city.status()["departments"]
    for words in ("安澜市民政局", "市民政局", "婚姻登记"):
        assert "安澜市民政局" in {one["name"] for one in
                             city.read("/api/departments", q=words)["departments"]}, words
    assert city.read("/api/departments", q="火星局")["departments"] == []
    assert all(re.fullmatch(r"0999-\d{7}|\d{5}", one["phone"]) for one in every)


def test_an_entry_is_read_with_its_contents_and_clauses(city):
    entry = entry_of(city, "安澜市高龄津贴发放管理办法")
    assert entry["kind"] == "policy" and entry["number"] == "安政办发〔2024〕8号"
    assert entry["region_name"] == "安澜市" and entry["effective_on"] == "2024-07-01"
    assert entry["status"] == "current" and entry["superseded_by"] is None
    assert entry["clause_count"] == len(entry["toc"]) == 18
    assert entry["toc"][0]["heading"] == "第一章 总则" and entry["toc"][1]["heading"] == ""
    clauses = city.read(f"/api/entries/{entry['id']}/clauses")
    assert clauses["next"] is None
    assert [clause["id"] for clause in clauses["clauses"]] == [row["clause"] for row in entry["toc"]]
    assert [clause["label"] for clause in clauses["clauses"]][5] == "第六条"
    assert "每人每月80元" in clauses["clauses"][5]["text"]


def test_clauses_are_read_page_by_page(city):
    entry = entry_of(city, "安澜市高龄津贴发放管理办法")
    place, seen, after = f"/api/entries/{entry['id']}/clauses", [], None
    while True:
        page = city.read(place, limit=7, **({"from": after} if after else {}))
        assert 0 < len(page["clauses"]) <= 7
        seen += [clause["id"] for clause in page["clauses"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [row["clause"] for row in entry["toc"]]


def test_a_superseded_document_says_what_came_after_it(city):
    old = entry_of(city, "安澜市高龄津贴发放管理暂行办法")
    new = entry_of(city, "安澜市高龄津贴发放管理办法")
    assert old["status"] == "superseded"
    assert old["superseded_by"]["entry"] == new["id"]
    assert old["superseded_by"]["title"] == new["title"]
    assert old["superseded_by"]["on"] == "2024-07-01"
    expired = entry_of(city, "关于开展2024年汽车置换更新补贴活动的通知")
    assert expired["status"] == "expired" and expired["superseded_by"] is None


def test_what_is_not_there_is_said(city):
    entry = entry_of(city, "安澜市高龄津贴发放管理办法")["id"]
    other = entry_of(city, "关于调整2026年困难群众救助保障标准的通知")
    for name in ("0", "-1", "x", "9007199254740991", "99999999999999999999", "9999999/clauses"):
        is_problem(city.get("/api/entries/" + name), 404)
    is_problem(city.get(query(f"/api/entries/{entry}/clauses", **{"from": other["toc"][0]["clause"]})),
               404)
    for more in ({"from": "x"}, {"limit": "0"}, {"limit": "501"}, {"limit": "x"}):
        is_problem(city.get(query(f"/api/entries/{entry}/clauses", **more)), 400)


def test_a_search_is_bounded_and_filtered(city):
    for kind in ("law", "policy", "guide", "answer"):
        assert {hit["kind"] for hit in find(city, "社会保障卡", kind=kind)} <= {kind}
    hits = find(city, "高龄津贴", limit=3)
    assert len(hits) == 3 and [hit["n"] for hit in hits] == [1, 2, 3]
    assert hits == sorted(hits, key=lambda hit: -hit["score"])
    linjiang = find(city, "既有住宅加装电梯财政补贴", region="990102", limit=100)
    assert {hit["region"] for hit in linjiang} <= {"全国", "云泽省", "安澜市", "临江区"}
    assert "临江区" in {hit["region"] for hit in linjiang}
    for more in ({"q": ""}, {"q": "a", "limit": 0}, {"q": "a", "limit": 101}, {"q": "a", "limit": "x"},
                 {"q": "a", "kind": "foo"}, {"q": "a", "region": "abc"}):
        is_problem(city.get(query("/api/search", **more)), 400)
    is_problem(city.get("/api/search?q=%ff"), 400, "UTF-8")
    assert find(city, "饕餮鹓鶵") == []


def test_suggestions_are_questions_that_are_answered(city):
    questions = {row["问题"] for row in sample_answers()}
    common = city.read("/api/suggestions", limit=10)["suggestions"]
    assert len(common) == 10
    for typed in ("社保", "身份证", "落户"):
        offered = city.read("/api/suggestions", q=typed, limit=5)["suggestions"]
        assert 0 < len(offered) <= 5, typed
        common += offered
    for one in common:
        assert one["question"] in questions, one
        assert city.ask(one["question"])["kind"] in ("reviewed", "clarify"), one
    for more in ({"limit": 0}, {"limit": 51}, {"region": "x"}):
        is_problem(city.get(query("/api/suggestions", **more)), 400)


def test_answers_are_compressed_for_who_asks_so(city):
    plain = city.get("/api/departments")
    packed = city.get("/api/departments", {"Accept-Encoding": "gzip"})
    if packed.headers.get("content-encoding") == "gzip":
        assert gzip.decompress(packed.body) == plain.body
    else:
        assert packed.body == plain.body


# --- import ---
def test_a_file_is_searchable_once_it_is_acknowledged(small):
    for n in range(20):
        word = f"雨燕{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'子丑寅卯'[n // 10]}号"
        result = small.take(f"p{n}.md", policy(f"{word}保护办法", f"第一条 发现{word}的，应当报告。"))
        assert result == {"source": f"p{n}.md", "outcome": "stored", "reason": "", "entries": 1,
                          "clauses": 1}
        assert find(small, f"发现{word}")[0]["title"] == f"{word}保护办法"


def test_the_same_file_again_changes_nothing(small):
    data = answers_csv({"问题": "雨燕受伤了找谁？", "答案": "请拨打12345。"})
    assert small.take("a.csv", data)["outcome"] == "stored"
    before = small.status()
    assert small.take("a.csv", data)["outcome"] == "unchanged"
    after = small.status()
    assert after["entries"] == before["entries"] and after["index"]["documents"] == before["index"][
        "documents"]


def test_the_same_content_under_another_name_is_a_duplicate(small):
    data = policy("雨燕保护办法", "第一条 保护雨燕。")
    assert small.take("a.md", data)["outcome"] == "stored"
    again = small.take("other/b.md", data)
    assert again["outcome"] == "duplicate" and "a.md" in again["reason"]
    assert len(find(small, "保护雨燕")) == 1


def test_a_changed_table_withdraws_and_adds_rows_at_once(small):
    swift = {"问题": "雨燕受伤了找谁？", "答案": "请拨打12345转林业部门。"}
    nest = {"问题": "燕子窝能拆吗？", "答案": "繁殖期内请不要拆。"}
    fledgling = {"问题": "捡到雏鸟怎么办？", "答案": "请放回原处，不要带回家。"}
    assert small.take("birds.csv", answers_csv(swift, nest))["entries"] == 2
    first = small.ask("燕子窝能拆吗？")
    swift_entry = small.ask("雨燕受伤了找谁？")["sources"][0]
    assert first["kind"] == "reviewed"

    changed = swift | {"答案": "请拨打12345，或者送市野生动物救助站。"}
    assert small.take("birds.csv", answers_csv(changed, fledgling))["outcome"] == "stored"
    assert small.ask("燕子窝能拆吗？")["answer"] != nest["答案"]
    assert nest["问题"] not in {hit["title"] for hit in find(small, "繁殖期内请不要拆燕子窝")}
    assert small.ask("捡到雏鸟怎么办？")["answer"] == fledgling["答案"]
    now = small.ask("雨燕受伤了找谁？")
    assert now["answer"] == changed["答案"]
    assert now["sources"][0]["entry"] == swift_entry["entry"]
    assert now["sources"][0]["clause"] != swift_entry["clause"]  # another wording, another id
    is_problem(small.get(f"/api/entries/{first['sources'][0]['entry']}"), 404, "撤下")
    then = small.turn(first)
    assert then["kind"] == "refused" and "撤下" in then["answer"] and then["sources"] == []
    assert small.turn(now) == now
    assert small.problems() == []


def test_an_unchanged_clause_keeps_its_id(small):
    small.take("p.md", policy("雨燕保护办法", "第一条 保护雨燕。\n\n第二条 发现受伤的应当报告。"))
    before = entry_of(small, "雨燕保护办法")
    small.take("p.md", policy("雨燕保护办法", "第一条 保护雨燕。\n\n第二条 发现受伤的应当立即报告。"))
    after = entry_of(small, "雨燕保护办法")
    assert after["id"] == before["id"] and after["version"] > before["version"]
    assert after["toc"][0]["clause"] == before["toc"][0]["clause"]
    assert after["toc"][1]["clause"] != before["toc"][1]["clause"]


def test_supersession_holds_in_whatever_order_the_files_come(small):
    old = policy("雨燕保护暂行办法", "第一条 发现雨燕奖励50元。", 文号="安林发〔2021〕1号")
    new = policy("雨燕保护办法", "第一条 发现雨燕奖励80元。", 文号="安林发〔2024〕2号",
                 替代="安林发〔2021〕1号")
    small.take("new.md", new)
    small.take("old.md", old)
    assert {hit["title"] for hit in find(small, "发现雨燕奖励")} == {"雨燕保护办法"}
    assert entry_of(small, "雨燕保护暂行办法")["status"] == "superseded"
    assert "80元" in small.ask("雨燕保护办法第一条")["answer"]


def test_what_is_not_yet_in_force_is_not_given_as_current(small):
    small.take("p.md", policy("雨燕保护办法", "第一条 发现雨燕奖励80元。",
                              施行日期=f"{today().year + 2}-01-01"))
    for words in ("发现雨燕奖励多少钱", "雨燕保护办法第一条"):
        answer = small.ask(words)
        assert all(source["status"] != "current" for source in answer["sources"]), words
        assert answer["sources"] == [] or "不在施行期" in answer["answer"], words
    assert find(small, "发现雨燕奖励") == []


def test_knowledge_that_turns_internal_is_gone_for_the_public(small):
    data = {"问题": "雨燕受伤了找谁？", "答案": "请拨打12345。"}
    small.take("a.csv", answers_csv(data))
    entry = small.ask("雨燕受伤了找谁？")["sources"][0]["entry"]
    small.take("a.csv", answers_csv(data | {"可见范围": "内部"}))
    assert small.ask("雨燕受伤了找谁？")["kind"] == "refused"
    assert find(small, "雨燕受伤") == []
    is_problem(small.get(f"/api/entries/{entry}"), 404)
    assert small.read("/api/suggestions", q="雨燕")["suggestions"] == []
    assert small.ask("雨燕受伤了找谁？", local=True)["kind"] == "reviewed"


REFUSED = {
    "a picture": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "图片"),
    "a picture named as text": ("a.md", b"\x89PNG\r\n\x1a\n" + bytes(100), "图片"),
    "an empty file": ("e.md", b"", "空"),
    "only blanks": ("b.md", b" \n\t\n", ""),
    "unknown columns": ("c.csv", "甲,乙\n一,二\n".encode(), "问题"),
    "a date that is none": ("d.md", policy("雨燕办法", "第一条 一。", 施行日期="2024-13-40"), "日期"),
    "an unknown kind": ("k.md", policy("雨燕办法", "第一条 一。", 类型="小说"), "类型"),
    "an unknown visibility": ("v.md", policy("雨燕办法", "第一条 一。", 可见范围="大家"), "可见范围"),
    "a region of nowhere": ("r.md", policy("雨燕办法", "第一条 一。", 区域="桃花源"), "桃花源"),
    "broken JSON": ("site.json", b"{", ""),
    "a program": ("x.md", b"\x7fELF" + bytes(200), ""),
    "an archive": ("x.csv", b"PK\x03\x04" + bytes(200), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_with_its_reason(refuser, name):
    source, data, word = REFUSED[name]
    before = refuser.status()
    result = refuser.take(source, data)
    assert result["outcome"] == "refused" and result["entries"] == 0, result
    assert re.search("(?:[\u4e00-\u9fff].*){4}", result["reason"]) and word in result["reason"]
    after = refuser.status()
    assert after["entries"] == before["entries"] and after["index"]["documents"] == before["index"][
        "documents"]
    assert after["refused_files"] >= 1


@pytest.fixture(scope="module")
def refuser(tmp_path_factory):
    from city_kit import City
    city = City(tmp_path_factory.mktemp("refuser")).start().take_sample(BASE)
    yield city
    assert city.problems() == []
    city.stop()


def test_rows_that_cannot_be_read_are_named_and_the_others_taken(small):
    result = small.take("a.csv", answers_csv(
        {"问题": "雨燕受伤了找谁？", "答案": "请拨打12345。"}, {"问题": "没有答案的", "答案": ""},
        {"问题": "日期不对的", "答案": "啊", "生效日期": "去年"}))
    assert result["outcome"] == "stored" and result["entries"] == 1
    assert "第3行" in result["reason"] and "第4行" in result["reason"], result  # as a spreadsheet
    assert small.ask("雨燕受伤了找谁？")["kind"] == "reviewed"


def test_a_refused_file_leaves_what_was_there(small):
    data = policy("雨燕保护办法", "第一条 保护雨燕。")
    small.take("p.md", data)
    assert small.take("p.md", b"\x89PNG\r\n\x1a\n" + bytes(50))["outcome"] == "refused"
    assert find(small, "保护雨燕")
    small.take("p.md", data)
    assert small.status()["refused_files"] == 0


def test_other_encodings_and_line_ends_are_read(small):
    text = answers_csv({"问题": "雨燕受伤了找谁？", "答案": "请拨打12345。"}).decode()
    for n, (codec, mark, ends) in enumerate((("gb18030", b"", "\r\n"), ("utf-16-le", b"\xff\xfe", "\n"),
                                             ("utf-8", b"\xef\xbb\xbf", "\r\n"))):
        row = text.replace("雨燕", "甲乙丙"[n] + "雨燕")
        data = mark + row.replace("\n", ends).encode(codec)
        assert small.take(f"{n}.csv", data)["entries"] == 1, codec
        assert small.ask("甲乙丙"[n] + "雨燕受伤了找谁？")["answer"] == "请拨打12345。", codec


def test_markup_in_knowledge_is_kept_as_text(small):
    nasty = "<script>alert(1)</script> \"引号\" \\ 反斜杠 & 与"
    small.take("a.csv", answers_csv({"问题": "雨燕<b>受伤</b>了找谁？", "答案": nasty}))
    answer = small.ask("雨燕<b>受伤</b>了找谁？")
    assert answer["answer"] == nasty and answer["sources"][0]["text"] == nasty


def test_a_name_that_leaves_its_place_is_refused(small):
    for source in ("", "../a.md", "a/../../b.md", "/etc/passwd", "x" * 1001):
        is_problem(small.send_file(source, b"x"), 400, "source")
    assert small.status()["refused_files"] == 0


def test_only_the_operator_may_import_and_the_like(city):
    for path in ("/api/import?source=a.md", "/api/backup", "/api/verify", "/api/words"):
        is_problem(city.post(path, b"{}"), 403, "xiaozheng")
    is_problem(city.get("/api/status"), 403)


def test_a_word_of_ones_own_is_kept_whole_from_now_on(small):
    small.take("p.md", policy("燕保通使用办法", "第一条 市民使用燕保通登记。"))
    small.take("q.md", policy("雨燕通行办法", "第一条 燕子保护期间通行须登记。"))
    assert small.post("/api/words", {"word": "燕保通"}, local=True).status == 204
    assert find(small, "燕保通")[0]["title"] == "燕保通使用办法"
    for word in ("", "单", "长" * 17, None):
        is_problem(small.post("/api/words", {"word": word}, local=True), 400, "词语")
    assert small.problems() == []


def test_a_large_file_goes_to_disk_and_is_taken_or_refused_in_bounded_memory(small):
    body = "\n\n".join(f"第{n}条 雨燕编号{n}的巢址应当登记。" for n in range(1, 3001))
    result = small.take("big.md", policy("雨燕巢址登记办法", body))
    assert result["outcome"] == "stored" and result["clauses"] == 3000
    assert find(small, "雨燕编号2777")[0]["label"] == "第2777条"


def test_a_file_over_the_limit_is_refused(found_city):
    city = found_city("import.file_bytes_max=4096").take_sample(["site.json"])
    reply = city.send_file("big.md", b"x" * 5000)
    if reply.status == 200:
        assert reply.json()["outcome"] == "refused" and "4" in reply.json()["reason"]
    else:
        is_problem(reply, 413)


def test_a_file_that_takes_too_long_is_refused(found_city):
    city = found_city("import.file_timeout_ms=100").take_sample(["site.json"])
    started = time.monotonic()
    data = policy("雨燕办法", "第一条 一。\n\n" + "> " * 200000 + "[" * 2_000_000)
    result = city.take("slow.md", data)
    assert result["outcome"] in ("refused", "stored") and time.monotonic() - started < 30
    assert city.get("/healthz").status == 200


def test_importing_the_whole_sample_again_changes_nothing(found_city):
    city = found_city().take_sample()
    before = city.status()
    for name in sample_files():
        result = city.take("sample/" + name, (SAMPLE / name).read_bytes())
        assert result["outcome"] == "unchanged", result
    after = city.status()
    for member in ("entries", "clauses", "variants", "regions", "departments"):
        assert after[member] == before[member]
    assert city.problems() == []
