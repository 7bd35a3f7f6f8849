"""The API's document: a valid OpenAPI 3.1 text, as fresh as the server, and true of what it answers."""
import json
import re
import subprocess
import sys

import pytest

from city_kit import JSON, ROOT, City, ask, is_problem, quote

DOCUMENT = ROOT / "docs/api/openapi.json"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A city of this file's own: every route is tried on it."""
    city = City(tmp_path_factory.mktemp("openapi")).start().take_sample()
    yield city
    city.stop()


@pytest.fixture(scope="module")
def api(city):
    return city.read("/api/openapi.json")


def operations(api):
    return {f"{method.upper()} {path}": row for path, rows in api["paths"].items()
            for method, row in rows.items()}


def response(api, row, status):
    answers = row["responses"]
    found = answers.get(str(status)) or answers["default"]
    while "$ref" in found:
        found = resolve(api, found["$ref"])
    return found


def resolve(api, reference):
    place = api
    for part in reference.removeprefix("#/").split("/"):
        place = place[part.replace("~1", "/").replace("~0", "~")]
    return place


KINDS = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
         "number": (int, float), "null": type(None)}


def faults(value, schema, api, where="$"):
    """What of a value the schema does not say; members it does not name are faults too."""
    if "$ref" in schema:
        schema = resolve(api, schema["$ref"])
    kinds = schema.get("type", list(KINDS))
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not any(isinstance(value, KINDS[kind]) and not (isinstance(value, bool) and kind != "boolean")
               for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{where}: {value!r} is not like {schema['pattern']}")
    if isinstance(value, list) and "items" in schema:
        for n, item in enumerate(value):
            found += faults(item, schema["items"], api, f"{where}[{n}]")
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{where}.{name} is missing" for name in schema.get("required", [])
                  if name not in value]
        for name, item in value.items():
            if name not in schema["properties"]:
                found.append(f"{where}.{name} is not documented")
            else:
                found += faults(item, schema["properties"][name], api, f"{where}.{name}")
    return found


# --- the text ---
def test_the_document_in_the_repository_is_fresh(api):
    check = subprocess.run([sys.executable, ROOT / "tools/write-openapi", "--check"],
                           capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == api


def test_the_document_is_openapi_3_1(api):
    assert api["openapi"] == "3.1.0" and api["info"]["title"] and api["info"]["version"]
    ids = [row["operationId"] for row in operations(api).values()]
    assert len(ids) == len(set(ids)) >= 20
    for name, row in operations(api).items():
        method, path = name.split(" ")
        assert row["summary"] and row["responses"], name
        named = {one["name"] for one in row.get("parameters", []) if one["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), name
        assert all(one["required"] for one in row.get("parameters", []) if one["in"] == "path")
        assert all(one["in"] in ("path", "query", "header") and one["schema"]
                   for one in row.get("parameters", [])), name
        assert ("requestBody" in row) == (method == "POST" and row["x-body-max-bytes"] > 1) or (
            method != "POST" and "requestBody" not in row), name
        for status, answer in row["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d|default", status), name
            assert "$ref" in answer or answer["description"], name
        assert any(status.startswith("2") for status in row["responses"]), name


def test_every_reference_leads_somewhere_and_every_schema_is_one(api):
    def walk(value, in_schema):
        if isinstance(value, list):
            for item in value:
                walk(item, in_schema)
        elif isinstance(value, dict):
            if "$ref" in value:
                assert resolve(api, value["$ref"])
            if in_schema and "type" in value:
                kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
                assert set(kinds) <= set(KINDS), value
                assert set(value.get("required", [])) <= set(value.get("properties", {})), value
                re.compile(value.get("pattern", ""))
            for name, item in value.items():
                if name == "properties":
                    for member in item.values():
                        walk(member, True)
                elif isinstance(item, (dict, list)):
                    walk(item, in_schema or name == "schema")
    walk(api, False)


def test_every_route_is_said_to_give_something(api):
    for name, row in operations(api).items():
        answers = [answer for status, answer in row["responses"].items() if status.startswith("2")]
        assert all("content" in answer or "204" in row["responses"] for answer in answers), name


# --- what is answered ---
@pytest.fixture(scope="module")
def requests(city):
    """One good request for every operation: path, body, headers."""
    answer = city.ask("社保卡丢了怎么挂失？")
    entry = city.ask("安澜市高龄津贴发放管理办法第六条")["sources"][0]["entry"]
    turn = f"/api/turns/{answer['turn']}"
    secret = f"?dialogue={answer['dialogue']}"
    hall = city.read("/api/halls")["halls"][0]["id"]
    gone = city.ask("你好")["dialogue"]
    city.take("odd.md", "# 撤下来试一试\n\n一、没有别的。\n".encode())
    return {
        "GET /healthz": ("/healthz", None), "GET /readyz": ("/readyz", None),
        "GET /metrics": ("/metrics", None), "GET /api/openapi.json": ("/api/openapi.json", None),
        "GET /api/status": ("/api/status", None), "POST /api/verify": ("/api/verify", {}),
        "POST /api/import": ("/api/import?source=odd.png", b"\x89PNG\r\n\x1a\n"),
        "POST /api/backup": ("/api/backup", {}), "POST /api/words": ("/api/words", {"word": "安澜通"}),
        "GET /api/site": ("/api/site", None), "GET /api/regions": ("/api/regions", None),
        "GET /api/departments": ("/api/departments?q=" + quote("民政"), None),
        "GET /api/entries/{id}": (f"/api/entries/{entry}", None),
        "GET /api/entries/{id}/clauses": (f"/api/entries/{entry}/clauses?limit=3", None),
        "POST /api/ask": ("/api/ask", {"question": "社保卡丢了怎么挂失？"}),
        "GET /api/turns/{id}": (turn + secret, None),
        "GET /api/turns/{id}/events": (turn + "/events" + secret, None),
        "POST /api/turns/{id}/feedback": (turn + "/feedback",
                                          {"dialogue": answer["dialogue"], "useful": True}),
        "GET /api/suggestions": ("/api/suggestions?limit=3", None),
        "GET /api/notices": ("/api/notices", None),
        "GET /api/halls": ("/api/halls?region=990102", None),
        "GET /api/halls/{id}": (f"/api/halls/{hall}", None),
        "GET /api/items/{code}/windows": ("/api/items/AL-RS-001/windows", None),
        "POST /api/complaints": ("/api/complaints", {"kind": "other", "text": "试一试"}),
        "GET /api/complaints": ("/api/complaints", None),
        "POST /api/withdraw": ("/api/withdraw", {"what": "odd.md", "reason": "试一试"}),
        "GET /api/turns/{id}/speech": (turn + "/speech" + secret, None),
        "DELETE /api/dialogues/{id}": (f"/api/dialogues/{gone}", None),
        "GET /api/search": ("/api/search?q=" + quote("高龄津贴"), None),
    }


def test_every_documented_route_answers_as_documented(city, api, requests):
    assert set(requests) == set(operations(api))
    for name, (path, body) in requests.items():
        row = operations(api)[name]
        headers = {"Content-Type": "application/octet-stream"} if isinstance(body, bytes) else JSON
        method = name.split(" ")[0]
        if method == "DELETE":
            reply = ask(city.socket, path, method, b"", {})
        else:
            reply = (city.get(path, local=True) if body is None
                     else city.post(path, body, headers, local=True))
        if reply.status == 503 and name.endswith("/speech"):
            continue  # nothing here can read aloud
        assert str(reply.status) in row["responses"], (name, reply.body)
        content = response(api, row, reply.status).get("content")
        if content is None:
            assert reply.body == b"", name
            continue
        media = reply.headers["content-type"].split(";")[0]
        assert media in content, name
        if media == "application/json":
            assert faults(reply.json(), content[media]["schema"], api) == [], name


@pytest.mark.parametrize("question, local", [
    ("社保卡丢了怎么挂失？", False), ("安澜市高龄津贴发放管理办法第六条", False), ("你好", False),
    ("老旧小区加装电梯能补贴多少钱？", False), ("饕餮鹓鶵魑魅", False),
    ("群众材料不齐，窗口可以容缺受理吗？", True)])
def test_every_kind_of_answer_is_as_documented(city, api, question, local):
    content = operations(api)["POST /api/ask"]["responses"]["200"]["content"]
    answer = city.ask(question, local=local)
    assert faults(answer, content["application/json"]["schema"], api) == []
    assert faults(city.turn(answer), content["application/json"]["schema"], api) == []


@pytest.mark.parametrize("question", ["社保卡丢了怎么挂失？", "老旧小区加装电梯能补贴多少钱？", "饕餮鹓鶵魑魅"])
def test_every_event_is_as_documented(city, api, question):
    content = operations(api)["POST /api/ask"]["responses"]["200"]["content"]
    schemas = content["text/event-stream"]["x-events"]
    assert set(schemas) == {"status", "answer", "source", "done", "error"}
    for event in city.ask_stream(question):
        assert faults(event.data, schemas[event.name], api) == [], event.name


def test_problems_are_as_documented(city, api):
    schema = resolve(api, "#/components/schemas/Problem")
    for name, row in operations(api).items():
        method, path = name.split(" ")
        if "{" not in path and method == "GET":
            continue
        place = path.replace("{id}", "0").replace("{code}", "0")
        reply = ask(city.address, place, method, b"", {}) if method != "POST" else city.post(place, b"[", JSON)
        is_problem(reply, reply.status)
        assert reply.status in (400, 403, 404), name
        assert faults(reply.json(), schema, api) == [], name


def test_what_the_operator_may_is_closed_to_others(city, api):
    for name, row in operations(api).items():
        method, path = name.split(" ")
        if row["x-permission"] == 1:
            continue
        reply = city.get(path) if method == "GET" else city.post(path, {})
        is_problem(reply, 403)
