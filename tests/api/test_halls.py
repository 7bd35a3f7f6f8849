"""Halls, the places on their floors, and where a service item is done."""
import pytest

from city_kit import City, ask, is_problem, query

BASE = ["site.json", "regions.csv", "departments.csv"]
HALLS = "编号,名称,区域,级别,地址,电话,办公时间,交通,无障碍,说明\n"
PLACES = "大厅,楼层,名称,类别,左,上,宽,高,办理事项,说明\n"
NASTY = "<script>alert(1)</script>'\\; DROP TABLE hall"


def hall_row(code, name, region, note=""):
    return f"{code},{name},{region},市级,某路1号,0999-1,工作日,公交1路,坡道,{note}\n"


def guide(code, title, **front):
    head = {"类型": "办事指南", "标题": title, "事项编码": code, "区域": "安澜市"} | front
    lines = "\n".join(f"{key}: {value}" for key, value in head.items())
    return f"---\n{lines}\n---\n# {title}\n\n## 办理条件\n\n本市居民可以办理。\n".encode()


def furnish(city):
    city.take_sample(BASE)
    city.take("g/a.md", guide("X-001", "茶馆备案"))
    city.take("g/b.md", guide("X-002", "灯会备案"))
    city.take("g/c.md", guide("X-003", "内部盖章", 可见范围="内部"))
    halls = HALLS + hall_row("H1", "市中心大厅", "安澜市") + hall_row("H2", "临江大厅", "临江区")
    assert city.take("halls.csv", (halls + hall_row("H3", "望湖大厅", "望湖区")).encode())["reason"] == ""
    return city


@pytest.fixture
def town(found_city):
    return furnish(found_city())


@pytest.fixture(scope="module")
def shared_town(tmp_path_factory):
    """For who changes but one file of places, each time anew."""
    city = City(tmp_path_factory.mktemp("shared")).start()
    yield furnish(city)
    city.stop()


def names(city, **more):
    return [hall["name"] for hall in city.read("/api/halls", **more)["halls"]]


def hall_of(city, name):
    found = [hall for hall in city.read("/api/halls")["halls"] if hall["name"] == name]
    return city.read(f"/api/halls/{found[0]['id']}")


def test_halls_of_a_region_come_before_those_above_it(town):
    assert names(town) == ["市中心大厅", "临江大厅", "望湖大厅"]
    assert names(town, region="990100") == ["市中心大厅", "临江大厅", "望湖大厅"]
    assert names(town, region="990102") == ["临江大厅", "市中心大厅"]
    hall = town.read("/api/halls", region="990102")["halls"][0]
    assert hall["region"] == "990102" and hall["region_name"] == "临江区" and hall["phone"] == "0999-1"
    is_problem(town.get("/api/halls?region=7"), 400, "区划")
    is_problem(town.get("/api/halls?region=x"), 400, "区划")
    is_problem(town.get("/api/halls/999999"), 404, "大厅")
    is_problem(town.get("/api/halls/x"), 404, "大厅")


def test_places_lie_on_floors_and_lead_to_guides(town):
    rows = (PLACES + "H1,2,B01,窗口,10,20,30,40,X-002,\n" + "H1,-1,车库,入口,0,0,1000,1000,,\n" +
            "H1,1,A01,窗口,1,2,3,4,X-001、X-002、X-003,先取号\n" + "H1,1,男厕,卫生间,5,5,5,5,,\n")
    assert town.take("hall_places.csv", rows.encode())["reason"] == ""
    floors = hall_of(town, "市中心大厅")["floors"]
    assert [floor["floor"] for floor in floors] == [-1, 1, 2]
    window, toilet = floors[1]["places"]
    assert (window["name"], window["kind"], window["kind_name"]) == ("A01", "window", "窗口")
    assert [window[key] for key in ("left", "top", "width", "height")] == [1, 2, 3, 4]
    assert [item["code"] for item in window["items"]] == ["X-001", "X-002"], "the internal one is not shown"
    assert town.read(f"/api/entries/{window['items'][0]['entry']}")["title"] == "茶馆备案"
    assert toilet["items"] == [] and window["note"] == "先取号"

    windows = town.read("/api/items/X-002/windows")["windows"]
    assert [(one["hall"]["name"], one["floor"], one["place"]["name"]) for one in windows] == [
        ("市中心大厅", 1, "A01"), ("市中心大厅", 2, "B01")]
    is_problem(town.get("/api/items/X-003/windows"), 404, "事项")
    is_problem(town.get("/api/items/none/windows"), 404, "事项")

    guide_card = town.ask("茶馆备案怎么办")["guide"]
    assert guide_card["windows"] == [{"hall": hall_of(town, "市中心大厅")["id"], "hall_name": "市中心大厅",
                                      "floor": 1, "place": "A01", "region_name": "安澜市"}]


@pytest.mark.parametrize("row, column", [
    ("H1,1,A,窗口,-1,0,1,1,,", "左"), ("H1,1,A,窗口,0,1001,1,1,,", "上"),
    ("H1,1,A,窗口,0,0,0,1,,", "宽"), ("H1,1,A,窗口,0,0,1,x,,", "高"),
    ("H1,1,A,窗口,990,0,20,1,,", "宽"), ("H1,1,A,窗口,0,990,1,20,,", "高"),
    ("H1,1.5,A,窗口,0,0,1,1,,", "楼层"), ("H1,9999999999999999999999,A,窗口,0,0,1,1,,", "楼层"),
    ("H1,1,A,厨房,0,0,1,1,,", "类别"), (",1,A,窗口,0,0,1,1,,", "大厅"), ("H1,1,,窗口,0,0,1,1,,", "名称"),
])
def test_a_place_that_makes_no_sense_is_left_out_by_row_and_column(shared_town, row, column):
    rows = PLACES + "H1,1,好,窗口,0,0,1,1,,\n" + row + "\n"
    result = shared_town.take("hall_places.csv", rows.encode())
    assert result["outcome"] == "stored" and "第3行" in result["reason"] and f"“{column}”" in result["reason"]
    assert [place["name"] for floor in hall_of(shared_town, "市中心大厅")["floors"]
            for place in floor["places"]] == ["好"]
    alone = shared_town.take("alone.csv", (PLACES + row + "\n").encode())
    assert alone["outcome"] == "refused" and f"“{column}”" in alone["reason"]


def test_halls_and_items_that_come_later_are_shown_then(town):
    rows = PLACES + "H9,1,A,窗口,0,0,1,1,,\n" + "H1,1,B,窗口,0,0,1,1,X-009、X-001,\n"
    result = town.take("hall_places.csv", rows.encode())
    assert result["outcome"] == "stored"
    assert "第2行" in result["reason"] and "H9" in result["reason"]
    assert "第3行" in result["reason"] and "X-009" in result["reason"] and "X-001" not in result["reason"]
    place = hall_of(town, "市中心大厅")["floors"][0]["places"][0]
    assert [item["code"] for item in place["items"]] == ["X-001"]
    town.take("g/d.md", guide("X-009", "庙会备案"))
    town.take("more.csv", (HALLS + hall_row("H9", "后来的大厅", "安澜市")).encode())
    place = hall_of(town, "市中心大厅")["floors"][0]["places"][0]
    assert [item["code"] for item in place["items"]] == ["X-009", "X-001"]
    assert hall_of(town, "后来的大厅")["floors"][0]["places"][0]["name"] == "A"


def test_a_file_replaces_what_it_said_before_and_nothing_else(town):
    one = PLACES + "H1,1,旧,窗口,0,0,1,1,X-001,\n"
    town.take("a/hall_places.csv", one.encode())
    town.take("b/hall_places.csv", (PLACES + "H2,1,别处,窗口,0,0,1,1,,\n").encode())
    assert town.take("a/hall_places.csv", one.encode())["outcome"] == "unchanged"
    town.take("a/hall_places.csv", (PLACES + "H1,1,新,窗口,0,0,1,1,,\n").encode())
    assert [p["name"] for p in hall_of(town, "市中心大厅")["floors"][0]["places"]] == ["新"]
    assert [p["name"] for p in hall_of(town, "临江大厅")["floors"][0]["places"]] == ["别处"]
    assert town.read("/api/items/X-001/windows")["windows"] == []

    before = hall_of(town, "临江大厅")["id"]
    town.take("halls.csv", (HALLS + hall_row("H2", "临江新大厅", "临江区")).encode())
    assert names(town) == ["临江新大厅"] and hall_of(town, "临江新大厅")["id"] == before
    assert town.problems() == []


def test_a_bad_hall_row_is_named_and_the_rest_is_taken(town):
    rows = HALLS + hall_row("H4", "好大厅", "安澜市") + hall_row("H5", "", "安澜市") + hall_row("H6", "远方", "火星")
    result = town.take("more.csv", rows.encode())
    assert result["outcome"] == "stored" and "好大厅" in names(town)
    assert "第3行的“名称”" in result["reason"] and "第4行的“区域”" in result["reason"]
    assert "远方" not in names(town)


def test_what_stands_in_a_hall_is_only_text(town):
    town.take("more.csv", (HALLS + hall_row("H'; --", NASTY, "安澜市", NASTY)).encode())
    town.take("hall_places.csv", (PLACES + f"H'; --,1,{NASTY},窗口,0,0,1,1,X' OR '1'='1,{NASTY}\n").encode())
    hall = hall_of(town, NASTY)
    assert hall["note"] == NASTY and hall["floors"][0]["places"][0]["name"] == NASTY
    assert town.read("/api/items/X-001/windows")["windows"] == []
    is_problem(town.get(query("/api/items/" + "X'%20OR%20'1'='1" + "/windows", a=1)), 404)
    reply = ask(town.address, "/api/halls")
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.headers.get("x-content-type-options") == "nosniff"
    assert len(names(town)) == 4
