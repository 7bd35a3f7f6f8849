"""What is packed beside the program: its settings, units and figures must fit the program and the manual.

The package itself is tried by script/package-test, which takes minutes; this is quick.
"""
import json
import re
import shutil
import subprocess

import pytest

from city_kit import ROOT, program

DEPLOY = ROOT / "deploy"
METRICS = set(re.findall(r'ROW\(\w+, "(xz_\w+)"', (ROOT / "src/core/metric_rows.h").read_text()))


def base(name):
    return re.sub("_(bucket|sum|count)$", "", name) if name not in METRICS else name


def named_metrics(text):
    return {base(name) for name in re.findall(r"\bxz_\w+", text)}


def test_shell_is_sound():
    for script in (*DEPLOY.rglob("*.sh"), ROOT / "tests/package/inside.sh", ROOT / "script/package",
                   ROOT / "script/package-test"):
        subprocess.run(["bash", "-n", script], check=True)


def test_the_dashboard_shows_figures_that_exist_and_all_of_them():
    board = json.loads((DEPLOY / "monitoring/grafana-xiaozheng.json").read_text())
    shown = named_metrics(" ".join(target["expr"] for panel in board["panels"]
                                   for target in panel.get("targets", [])))
    assert shown <= METRICS, shown - METRICS
    assert METRICS - shown <= {"xz_search_queries_total"}, METRICS - shown
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) and board["uid"] == "xiaozheng"


def alert_names():
    text = (DEPLOY / "monitoring/prometheus-rules.yml").read_text()
    return re.findall(r"- alert: (\S+)", text), text


def test_each_alert_reads_figures_that_exist_and_is_explained():
    names, text = alert_names()
    assert len(names) == len(set(names)) >= 10
    assert named_metrics(text) <= METRICS, named_metrics(text) - METRICS
    manual = (ROOT / "docs/OPERATIONS.md").read_text()
    explained = re.findall(r"^\| (\S+) \|", manual.split("## 告警\n")[1].split("\n## ")[0], re.M)
    assert set(names) == set(explained) - {"告警"}


def test_rules_are_understood_by_prometheus():
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed")
    subprocess.run(["promtool", "check", "rules", DEPLOY / "monitoring/prometheus-rules.yml"], check=True)


def test_units_are_understood_by_systemd(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    for unit in (DEPLOY / "systemd").iterdir():
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.M)
        (tmp_path / unit.name).write_text(text)
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
                          capture_output=True, text=True)
    own = [line for line in said.stderr.splitlines() if "xiaozheng" in line]
    assert said.returncode == 0 and not own, said.stderr


def test_every_place_in_the_nginx_site_is_filled():
    places = set(re.findall(r"@[A-Z_]+@", (DEPLOY / "nginx/xiaozheng.conf.in").read_text()))
    installer = (DEPLOY / "install.sh").read_text()
    for place in places - {"@HTTP_BEGIN@", "@HTTP_END@"}:
        assert place in installer, place
    assert "@HTTP_BEGIN@" in installer and "@HTTP_END@" in installer


def test_settings_that_the_installer_writes_exist():
    sample = subprocess.run([program("xiaozhengd"), "--print-config"], capture_output=True, text=True,
                            check=True).stdout
    written = re.findall(r"s#\^([a-z_\\.]+) (?:\\\*)?=", (DEPLOY / "install.sh").read_text())
    names = {name.replace("\\", "") for name in written}
    assert {"data.dir", "net.port", "backup.dir"} <= names
    for name in names:
        assert re.search(rf"^{re.escape(name)} =", sample, re.M), name


def test_the_manual_has_every_block_that_is_tried():
    blocks = set(re.findall(r"^<!-- 测试：(.*) -->\n```sh$", (ROOT / "docs/INSTALL.md").read_text(), re.M))
    tried = set(re.findall(r"^manual (\S+)", (ROOT / "tests/package/inside.sh").read_text(), re.M))
    assert tried == blocks


def test_the_manual_names_real_options():
    options = set(re.findall(r"`?(--[a-z-]+)", (ROOT / "docs/INSTALL.md").read_text()))
    known = set(re.findall(r"(--[a-z-]+)", (DEPLOY / "install.sh").read_text()))
    assert options - {"--cacert", "--json"} <= known, options - known


@pytest.mark.parametrize("words", [["--help"], ["install", "--help"]])
def test_the_installer_explains_itself(words):
    said = subprocess.run(["bash", DEPLOY / "install.sh", *words], capture_output=True, text=True)
    assert said.returncode == 0 and "离线安装" in said.stdout and "--dry-run" in said.stdout
    assert not re.search(r"^\W*set -", said.stdout, re.M)


def test_the_installer_refuses_what_it_does_not_know():
    said = subprocess.run(["bash", DEPLOY / "install.sh", "--hurry"], capture_output=True, text=True)
    assert said.returncode == 1 and "不认识的参数" in said.stderr
