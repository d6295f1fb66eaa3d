from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hibiscus.runs.user_key import key_file, sign


@pytest.fixture
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_KEY", str(tmp_path / "keys" / "run.key"))
    return tmp_path / "keys" / "run.key"


def test_the_key_is_created_when_it_is_needed_and_its_owner_alone_can_read_it(key):
    assert sign({"a": 1}) is None
    assert not key.exists()
    signature = sign({"a": 1}, create=True)
    assert len(key.read_bytes()) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert [file.name for file in key.parent.iterdir()] == ["run.key"]
    assert sign({"a": 1}) == signature == sign({"a": 1}, create=True)


def test_a_signature_depends_on_the_key_and_the_content_but_not_on_its_order(key):
    first = sign({"a": 1, "b": [1.5, None]}, create=True)
    assert sign({"b": [1.5, None], "a": 1}) == first
    assert sign({1: "x"}) == sign({"1": "x"})  # as JSON keeps it
    assert sign(json.loads(json.dumps({"b": (1.5, None), "a": 1}))) == first
    assert sign({"a": 1, "b": [1.5, 0]}) != first
    key.unlink()
    assert sign({"a": 1, "b": [1.5, None]}, create=True) != first


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_damaged_key_signs_nothing_and_stays_as_it_is(key, content):
    key.parent.mkdir()
    key.write_bytes(content)
    assert sign({}, create=True) is None
    assert key.read_bytes() == content


def test_without_a_writable_home_nothing_is_signed(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HIBISCUS_KEY", str(tmp_path / "file" / "run.key"))
    assert sign({}, create=True) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of Linux")
def test_the_folder_of_the_key(tmp_path, monkeypatch):
    monkeypatch.delenv("HIBISCUS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert key_file() == tmp_path / "data" / "hibiscus" / "run.key"
    for ignored in ("", "relative"):  # a relative folder could be that of a run
        monkeypatch.setenv("XDG_DATA_HOME", ignored)
        assert key_file() == tmp_path / ".local/share/hibiscus/run.key"


def test_processes_that_create_the_key_at_once_use_the_same_one(key):
    code = "from hibiscus.runs.user_key import sign; print(sign({}, create=True))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in processes}) == 1
