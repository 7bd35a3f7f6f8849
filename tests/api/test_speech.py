"""An answer read aloud by a child process: bounded in time, number and size, and nobody else's business."""
import os
import shutil
import struct
import threading
import time

import pytest

from city_kit import Client, answers_csv, is_problem, request

WAV = "".join(f"\\x{byte:02x}" for byte in b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0"
              b"\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\xff\xff\xff\x7f")


def script(folder, body):
    """A program in place of espeak-ng; it writes what it was given beside itself."""
    path = folder / "speaker"
    path.write_text(f"#!/bin/bash\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def speaking(found_city, tmp_path):
    def begin(body=None, program=None, milliseconds=1500):
        program = program or script(tmp_path, body)
        city = found_city(f"speech.program={program}", f"speech.timeout_ms={milliseconds}").take_sample(["site.json", "regions.csv"])
        city.take("a.csv", answers_csv({"问题": "长话怎么说？", "答案": "长" * 3000},
                                       {"问题": "短话怎么说？", "答案": "你好"}))
        return city
    return begin


def wait_for(path, count):
    for _ in range(200):
        if path.exists() and len(path.read_text().split()) == count:
            return
        time.sleep(0.05)
    raise AssertionError("nobody speaks")


def all_gone(path):
    """The children's own children as well."""
    for _ in range(100):
        states = [open(f"/proc/{pid}/stat", encoding="utf-8").read() for pid in path.read_text().split()
                  if os.path.exists(f"/proc/{pid}/stat")]
        if all(") Z " in state for state in states):
            return True
        time.sleep(0.05)
    return False


def speech(city, answer, **more):
    return city.get(f"/api/turns/{answer['turn']}/speech?dialogue={more.get('dialogue', answer['dialogue'])}")


def test_the_words_go_in_and_a_sound_comes_out(speaking, tmp_path):
    city = speaking(f"cat > {tmp_path}/heard; env > {tmp_path}/env; ls /proc/self/fd > {tmp_path}/fds\n"
                    f"echo \"$@\" > {tmp_path}/args; printf '{WAV}'; head -c 1000 /dev/zero")
    reply = speech(city, city.ask("短话怎么说？"))
    assert reply.status == 200 and reply.headers["content-type"] == "audio/wav"
    assert len(reply.body) == 1044
    assert struct.unpack_from("<I", reply.body, 4)[0] == 1036
    assert struct.unpack_from("<I", reply.body, 40)[0] == 1000
    assert (tmp_path / "heard").read_text() == "你好"
    assert "cmn-latn-pinyin" in (tmp_path / "args").read_text()
    assert set((tmp_path / "fds").read_text().split()) <= {"0", "1", "2", "3"}, "3 is ls's own"
    names = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names <= {"LANG", "PATH", "PWD", "SHLVL", "_", "OLDPWD"}

    speech(city, city.ask("长话怎么说？"))
    assert (tmp_path / "heard").read_text() == "长" * 2000


def test_only_the_own_answer_is_read(speaking):
    city = speaking(f"cat > /dev/null; printf '{WAV}'; echo sound")
    answer, other = city.ask("短话怎么说？"), city.ask("短话怎么说？")
    for dialogue in ("", "0" * 32, other["dialogue"]):
        is_problem(speech(city, answer, dialogue=dialogue), 404, "问答")
    is_problem(city.get(f"/api/turns/x/speech?dialogue={answer['dialogue']}"), 404)


@pytest.mark.parametrize("body", ["exit 3", "cat > /dev/null; echo no sound at all, whatever it says here",
                                  "kill -SEGV $$"])
def test_a_speaker_that_fails_is_a_clear_word(speaking, body):
    city = speaking(body)
    is_problem(speech(city, city.ask("短话怎么说？")), 503, "朗读")
    assert city.ask("短话怎么说？")["kind"] == "reviewed"


def test_without_a_speaker_it_is_said(speaking, tmp_path):
    city = speaking(program=tmp_path / "nothing-here")
    is_problem(speech(city, city.ask("短话怎么说？")), 503, "没有安装")


def test_an_endless_sound_ends_at_the_limit(speaking):
    city = speaking(f"printf '{WAV}'; exec cat /dev/zero")
    reply = speech(city, city.ask("短话怎么说？"))
    assert reply.status == 200 and 15 << 20 < len(reply.body) <= 16 << 20
    assert struct.unpack_from("<I", reply.body, 4)[0] == len(reply.body) - 8


def test_two_speak_at_once_and_nobody_waits_for_them(speaking, tmp_path):
    """The third is told to come again; answers go on; out of time, they end with their children."""
    city = speaking(f"sleep 300 & echo $! >> {tmp_path}/pids; wait")
    answer = city.ask("短话怎么说？")
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(speech(city, answer))) for _ in range(2)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    wait_for(tmp_path / "pids", 2)
    is_problem(speech(city, answer), 503, "稍后")
    for _ in range(20):
        assert city.ask("短话怎么说？")["kind"] == "reviewed"
    assert not replies, "all that while they speak"
    for thread in threads:
        thread.join(timeout=60)
    assert [reply.status for reply in replies] == [503, 503]
    assert time.monotonic() - begun > 1.4
    assert all_gone(tmp_path / "pids")


def test_a_server_that_stops_ends_who_speaks(found_city, tmp_path):
    program = script(tmp_path, f"sleep 300 & echo $! > {tmp_path}/pids; wait")
    city = found_city(f"speech.program={program}", "speech.timeout_ms=60000", "net.drain_timeout_ms=300")
    city.take_sample(["site.json", "regions.csv"])
    city.take("a.csv", answers_csv({"问题": "短话怎么说？", "答案": "你好"}))
    answer = city.ask("短话怎么说？")
    with Client(city.address) as client:
        client.send(request("GET", f"/api/turns/{answer['turn']}/speech?dialogue={answer['dialogue']}"))
        wait_for(tmp_path / "pids", 1)
        begun = time.monotonic()
        city.stop()
        assert time.monotonic() - begun < 8
    assert all_gone(tmp_path / "pids")


def test_nobody_speaks_to_who_has_gone(speaking, tmp_path):
    city = speaking(f"sleep 300 & echo $! > {tmp_path}/pids; wait", milliseconds=60000)
    answer = city.ask("短话怎么说？")
    with Client(city.address) as client:
        client.send(request("GET", f"/api/turns/{answer['turn']}/speech?dialogue={answer['dialogue']}"))
        wait_for(tmp_path / "pids", 1)
    assert all_gone(tmp_path / "pids")


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_espeak_reads_mandarin(speaking):
    city = speaking(program="espeak-ng")
    reply = speech(city, city.ask("短话怎么说？"))
    assert reply.status == 200 and len(reply.body) > 10000
    assert struct.unpack_from("<I", reply.body, 40)[0] == len(reply.body) - 44
    assert any(reply.body[44:])
