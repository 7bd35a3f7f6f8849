"""xiaozheng doctor: each of the faults it is there for is made, found, and told what to do about."""
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from city_kit import ROOT, SLOW, City, answers_csv, program

GOOD, WARNED, FAULTY = 0, 1, 10
REGIONS = (ROOT / "data/sample/regions.csv").read_bytes()


class Report:
    def __init__(self, ran):
        self.code = ran.returncode
        self.said = ran.stdout
        self.json = json.loads(ran.stdout)
        self.findings = self.json["findings"]

    def of(self, check):
        found = [one for one in self.findings if one["check"] == check]
        assert found, (check, self.findings)
        return found

    def level(self, check):
        order = ["good", "note", "warning", "fault"]
        return max((one["level"] for one in self.of(check)), key=order.index)

    def tells(self, check, level, *words):
        """Some finding of this check has this level, these words, and says what to do."""
        for one in self.of(check):
            if one["level"] == level and all(word in one["finding"] + one["advice"] for word in words):
                assert level == "good" or len(one["advice"]) > 8, one
                return one
        raise AssertionError((check, level, words, self.of(check)))


def run(*words, env=None, prog=None):
    return subprocess.run([str(prog or program("xiaozheng")), "doctor", *map(str, words)],
                          capture_output=True, text=True, timeout=60 * SLOW,
                          env=os.environ | {"TZ": "Asia/Shanghai"} | (env or {}))


def visit(data, *flags, port=None, **more):
    words = ["--json", "--data", data]
    for flag in (*flags, *([f"net.port={port}"] if port else [])):
        words += ["--set", flag]
    ran = run(*words, **more)
    assert ran.returncode in (GOOD, WARNED, FAULTY), ran.stderr
    report = Report(ran)
    worst = {"good": GOOD, "note": GOOD, "warning": WARNED, "fault": FAULTY}[report.json["worst"]]
    assert report.code == worst
    return report


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A running city with little knowledge, and one backup of it."""
    city = City(tmp_path_factory.mktemp("doctor")).start()
    fill(city)
    assert city.post("/api/backup", {}, local=True).status == 200
    yield city
    city.stop()


def fill(city):
    city.take("sample/site.json", (ROOT / "data/sample/site.json").read_bytes())
    city.take("sample/regions.csv", REGIONS)
    city.take("answers/一.csv", answers_csv({"问题": "社保卡丢了怎么补办？", "答案": "到窗口补办。"}))


@pytest.fixture
def still(tmp_path, site):
    """The same data without a server, to be broken."""
    folder = tmp_path / "data"
    shutil.copytree(next((site.data / "backup").iterdir()), tmp_path / "kept")
    subprocess.run([program("xiaozheng"), "restore", tmp_path / "kept", "--data", folder],
                   check=True, capture_output=True)
    return folder


# --- a healthy site ---
def test_a_healthy_site_has_no_fault(site):
    report = visit(site.data, port=site.port)
    assert "fault" not in {one["level"] for one in report.findings}
    for check in ("folder", "service", "database", "disk", "backup", "sandbox", "knowledge", "index"):
        assert report.level(check) == "good", report.of(check)
    assert sum(report.json["counts"].values()) == len(report.findings)
    assert report.json["data_folder"] == str(site.data)


def test_people_read_it_as_lines(site):
    ran = run("--data", site.data, "--set", f"net.port={site.port}")
    assert ran.stdout.startswith("体检\n") and "[正常] 数据库：数据库完好" in ran.stdout
    assert "项故障。" in ran.stdout.splitlines()[-1] and ran.stderr == ""


def test_it_changes_nothing(still):
    def rows():
        with sqlite3.connect(still / "xiaozheng.db") as db:
            return [db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in
                    ("schema_migration", "knowledge_entry", "clause", "audit_record")]
    before = rows()
    visit(still)
    assert rows() == before


# --- the folder ---
def test_a_missing_folder(tmp_path):
    report = visit(tmp_path / "nowhere")
    report.tells("folder", "fault", "打不开", "--data")
    assert report.code == FAULTY and not (tmp_path / "nowhere").exists()


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "data").write_text("")
    visit(tmp_path / "data").tells("folder", "fault", "不是目录")


def test_a_folder_of_another_user_or_without_the_right_to_write(still):
    if os.geteuid() == 0:  # root may write anywhere: what it leaves behind is the fault
        os.chown(still / "xiaozheng.db", 12345, 12345)
        visit(still).tells("folder", "fault", "xiaozheng.db 属于用户 编号 12345", "chown")
    else:
        still.chmod(0o500)
        visit(still).tells("folder", "fault", "不可写", "chown")
        still.chmod(0o700)


def test_root_goes_on_as_the_owner(still):
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    for path in (still.parent, *still.rglob("*"), still):
        os.chown(path, 12345, 12345)
    still.chmod(0o500)  # root itself would not notice
    reachable = all(os.stat(parent).st_mode & 1 for parent in still.parents)
    report = visit(still)
    report.tells("folder", "fault", "不可写" if reachable else "打不开")


def test_a_folder_open_to_others(still):
    still.chmod(0o755)
    visit(still).tells("folder", "warning", "对其他用户开放", "chmod 700")


# --- disk, memory, limits, clock ---
@pytest.mark.parametrize("least,level,words", [(10**9, "fault", "即将写满"), (1, "good", "剩")])
def test_a_disk_that_is_nearly_full(site, least, level, words):
    visit(site.data, f"doctor.disk_free_mb={least}", port=site.port).tells("disk", level, words)


def test_a_disk_that_is_getting_full(site):
    stat = os.statvfs(site.data)
    free_mb = stat.f_bavail * stat.f_frsize // 2**20
    visit(site.data, f"doctor.disk_free_mb={free_mb * 2}",
          port=site.port).tells("disk", "warning", "只剩", "清理")


def test_little_memory(site):
    visit(site.data, "doctor.memory_mb=90000000",
          port=site.port).tells("memory", "warning", "少于", "增加内存")


def test_few_open_files(site):
    visit(site.data, "net.connections_max=1000000", port=site.port).tells(
        "files", "warning", "1000000 个连接", "LimitNOFILE")
    assert visit(site.data, "net.connections_max=16", port=site.port).level("files") == "good"


def test_a_clock_that_went_back(still):
    ahead = time.time() + 3 * 86400
    os.utime(still / "xiaozheng.db", (ahead, ahead))
    visit(still).tells("clock", "fault", "早于数据最后写入的时间", "校正时钟")


def test_another_time_zone(site):
    report = visit(site.data, port=site.port, env={"TZ": "America/New_York"})
    report.tells("clock", "note", "不是北京时间", "Asia/Shanghai")
    assert not [one for one in visit(site.data, port=site.port).of("clock") if "时区不是" in one["finding"]]


# --- the server ---
def test_a_server_that_is_down(still):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    visit(still, port=port).tells("service", "fault", "服务没有运行。", "systemctl start")


def test_a_port_held_by_another_program(still):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        visit(still, port=port).tells("service", "fault", f"端口 {port} 被别的程序占用", "ss -ltnp")


def test_a_server_that_listens_elsewhere(site):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    visit(site.data, port=port).tells("service", "fault", "无人应答", "net.port")


class FakeServer(ThreadingMixIn, UnixStreamServer):
    """Answers on the folder's socket as a server in trouble would."""
    daemon_threads = True


def fake_server(folder, answers):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, body = answers[self.path]
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = "application/problem+json" if status >= 400 else "application/json"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def address_string(self):
            return "local"

        def log_message(self, *words):
            pass

    (folder / "socket").unlink(missing_ok=True)
    server = FakeServer(str(folder / "socket"), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def status(**more):
    return {"entries": {"total": 100}, "clauses": 400, "expired": 0, "refused_files": 0,
            "unindexed": 0, "index": {"documents": 400}} | more


def with_server(folder, **more):
    server = fake_server(folder, {"/readyz": (200, b"ready\n"), "/api/status": (200, status(**more)),
                                  "/api/site": (200, {"name": "某市", "region": "990100"})})
    try:
        return visit(folder)
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_not_ready(still):
    problem = {"type": "about:blank", "title": "忙", "status": 503, "detail": "系统正在启动"}
    server = fake_server(still, {"/readyz": (503, problem)})
    visit(still).tells("service", "fault", "还不能受理", "日志")
    server.shutdown()
    server.server_close()


# --- the data ---
def test_no_data_yet(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    visit(tmp_path / "data").tells("database", "warning", "还没有数据库", "import")


def test_data_of_a_newer_version(still):
    with sqlite3.connect(still / "xiaozheng.db") as db:
        db.execute("INSERT INTO schema_migration VALUES ('knowledge', 999, 'x', 0, '9.9.9')")
    report = visit(still)
    report.tells("database", "fault", "更新版本", "restore")
    assert report.level("knowledge") == "note"


def test_data_of_an_older_version_are_left_as_they_are(still):
    with sqlite3.connect(still / "xiaozheng.db") as db:
        db.execute("DELETE FROM schema_migration WHERE domain = 'qa' AND number ="
                   " (SELECT MAX(number) FROM schema_migration WHERE domain = 'qa')")
    visit(still).tells("database", "note", "较早版本", "备份")


@pytest.mark.parametrize("at", [0, 4096 * 3])
def test_a_damaged_database(still, at):
    path = still / "xiaozheng.db"
    data = bytearray(path.read_bytes())
    data[at:at + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    report = visit(still)
    report.tells("database", "fault", "损坏", "restore")
    assert report.code == FAULTY


def test_no_backup(still):
    visit(still).tells("backup", "warning", "没有备份", "xiaozheng backup")


def backup_of(data, tmp_path):
    target = tmp_path / "backups/one"
    target.parent.mkdir()
    subprocess.run([program("xiaozheng"), "backup", target, "--data", data], check=True, capture_output=True)
    return target


def test_an_old_backup(still, tmp_path):
    target = backup_of(still, tmp_path)
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["made_at_ms"] -= 9 * 86400_000
    (target / "manifest.json").write_text(json.dumps(manifest))
    place = f"backup.dir={target.parent}"
    visit(still, place).tells("backup", "warning", "9 天前", "xiaozheng backup")
    assert visit(still, place, "doctor.backup_days=30").level("backup") == "good"


def test_a_backup_that_cannot_be_restored(still, tmp_path):
    target = backup_of(still, tmp_path)
    with (target / "xiaozheng.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"?")
    visit(still, f"backup.dir={target.parent}").tells("backup", "fault", "不能用来恢复", "重新备份")
    (target / "xiaozheng.db").unlink()
    visit(still, f"backup.dir={target.parent}").tells("backup", "fault", "不能用来恢复")


def test_the_newest_backup_counts(still, tmp_path):
    target = backup_of(still, tmp_path)
    broken = target.parent / "older"
    shutil.copytree(target, broken)
    (broken / "xiaozheng.db").write_bytes(b"")
    os.utime(broken / "manifest.json", (1, 1))
    visit(still, f"backup.dir={target.parent}").tells("backup", "good", "共 2 份")


def test_no_knowledge_and_no_region(tmp_path, found_city):
    city = found_city()
    report = visit(city.data, port=city.port)
    report.tells("knowledge", "warning", "还没有任何资料", "import")
    report.tells("knowledge", "warning", "行政区划", "site.json")


def test_many_expired_entries(still, found_city):
    city = found_city()
    fill(city)
    city.take("answers/旧.csv", answers_csv(*({"问题": f"旧规定{n}还有效吗？", "答案": f"第{n}号。",
                                            "失效日期": "2024-12-31"} for n in range(6))))
    visit(city.data, port=city.port).tells("knowledge", "warning", "6 项已过失效日期", "重新导入")
    assert with_server(still, expired=4).level("knowledge") == "good"


def test_refused_files_are_mentioned(still):
    with_server(still, refused_files=3).tells("knowledge", "note", "3 个文件", "import")


def test_an_index_that_lags_or_lacks(still):
    with_server(still, unindexed=7).tells("index", "warning", "7 项", "index")
    with_server(still, index={"documents": 12}).tells("index", "fault", "只有 12 段", "重建")


# --- parser and tools ---
@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 4\n", None])
def test_a_parser_without_a_sandbox(tmp_path, site, script):
    """The kernel's refusal cannot be had here; a parser that gives up as it then does can."""
    built = program("xiaozheng").parent
    (tmp_path / "bin").mkdir()
    shutil.copy(built / "xiaozheng", tmp_path / "bin/xiaozheng")
    if script:
        (tmp_path / "bin/xz-parse").write_text(script)
        (tmp_path / "bin/xz-parse").chmod(0o755)
    report = visit(site.data, port=site.port, prog=tmp_path / "bin/xiaozheng")
    report.tells("sandbox", "fault", "没有成功", "seccomp")
    report.tells("tools", "note", "语义模型", "重新安装")  # nor are there any resources beside it


def test_tools_that_are_not_there(tmp_path, site):
    report = visit(site.data, port=site.port, env={"PATH": str(tmp_path)})
    for tool, package in (("pdftotext", "poppler-utils"), ("tesseract", "tesseract-ocr"),
                          ("soffice", "libreoffice"), ("espeak-ng", "espeak-ng")):
        report.tells("tools", "note", tool, package)
    (tmp_path / "tesseract").write_text("#!/bin/sh\n")
    (tmp_path / "tesseract").chmod(0o755)
    report = visit(site.data, port=site.port,
                   env={"PATH": str(tmp_path), "TESSDATA_PREFIX": str(tmp_path)})
    report.tells("tools", "note", "简体中文数据", "tesseract-ocr-chi-sim")


# --- nginx ---
SITE = """server {
    listen 443 ssl;
    ssl_certificate %s;
    location / {
        %sproxy_set_header X-Real-IP $remote_addr;
        proxy_pass http://127.0.0.1:%d;
    }
}
"""


@pytest.fixture
def edge(tmp_path, site):
    """nginx's folder with one site before the city; `days` is how long its certificate lasts."""
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-out", key], check=True, capture_output=True)

    def make(days=300, comment="", port=site.port):
        (tmp_path / "nginx/sites-enabled").mkdir(parents=True, exist_ok=True)
        subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", "/CN=x", "-out", tmp_path / "csr"],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", tmp_path / "csr", "-signkey", key, "-days",
                        str(days), "-out", tmp_path / "crt"], check=True, capture_output=True)
        (tmp_path / "nginx/sites-enabled/city").write_text(SITE % (tmp_path / "crt", comment, port))
        return visit(site.data, f"doctor.nginx_dir={tmp_path}/nginx", port=site.port)
    return make


def test_an_edge_as_it_should_be(edge):
    report = edge()
    report.tells("nginx", "good", "来源地址")
    report.tells("nginx", "good", "天到期")


def test_an_edge_that_hides_who_asks(edge):
    edge(comment="# ").tells("nginx", "warning", "没有传来源地址", "proxy_set_header X-Real-IP")


def test_a_certificate_near_its_end(edge):
    edge(days=12).tells("nginx", "warning", "天到期", "install.sh cert")


def test_a_certificate_past_its_end(edge):
    assert edge(days=-1).tells("nginx", "fault", "已过期", "install.sh cert")


def test_no_edge_at_all(edge):
    edge(port=1).tells("nginx", "note", "没有把请求转给", "install.sh")


def test_the_installed_site_is_understood(tmp_path, site):
    """What deploy/nginx makes is what the doctor looks for."""
    text = (ROOT / "deploy/nginx/xiaozheng.conf.in").read_text()
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled/xiaozheng").write_text(text.replace("@APP_PORT@", str(site.port)))
    report = visit(site.data, f"doctor.nginx_dir={tmp_path}", port=site.port)
    report.tells("nginx", "good", "来源地址")
    report.tells("nginx", "warning", "/etc/xiaozheng/tls/server.crt") if not os.path.exists(
        "/etc/xiaozheng/tls/server.crt") else None
