from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from hibiscus.temporary_files import (
    is_leftover,
    open_in_place,
    process_name,
    remove_leftovers,
    replacing,
)

posix = pytest.mark.skipif(os.name != "posix", reason="needs links and permissions of POSIX")


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "notes.txt"
    with replacing(path) as file:
        file.write_text("one")
        assert not path.exists()
    with pytest.raises(UnicodeEncodeError), replacing(path) as file:
        file.write_text("\udcff", encoding="utf-8")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["notes.txt"]


@posix
def test_permissions_follow_the_umask_whatever_the_library_chose(tmp_path):
    for mask, expected in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        before = os.umask(mask)
        try:
            with replacing(tmp_path / "a") as file:
                file.touch(0o600)
            assert (tmp_path / "a").stat().st_mode & 0o777 == expected
        finally:
            os.umask(before)


@posix
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("mine")
    with replacing(tmp_path / "link") as file:
        file.write_text("new")
    assert ((tmp_path / "mine").read_text(), (tmp_path / "link").read_text()) == ("mine", "new")
    assert not (tmp_path / "link").is_symlink()


@posix
def test_a_file_that_is_changed_in_place_is_no_link_and_has_one_name(tmp_path):
    (tmp_path / "mine").write_text("mine\n")
    os.link(tmp_path / "mine", tmp_path / "log")
    with open_in_place(tmp_path / "log") as file:
        file.write("more\n")
    assert (tmp_path / "mine").read_text() == "mine\n"
    assert (tmp_path / "log").read_text() == "mine\nmore\n"
    (tmp_path / "soft").symlink_to("mine")
    os.mkfifo(tmp_path / "pipe")
    for name in ("soft", "pipe"):
        with pytest.raises(OSError):
            open_in_place(tmp_path / name)
    assert (tmp_path / "mine").read_text() == "mine\n"


@posix
def test_what_a_killed_process_left_is_removed_and_what_others_are_writing_stays(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    machine, own, _ = process_name().split("-")
    names = {
        f".a.{machine}-{ended.pid}-0.part": True,
        f".a.{machine}-{own}-0.part": False,
        f".a.{machine}-{os.getppid()}-0.part": False,
        f".a.00000000-{ended.pid}-0.part": False,  # of another machine
        ".mine.part": False,
        "building-site": False,
    }
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("half")
    assert {name: is_leftover(tmp_path / name) for name in names} == names
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(name for name, leftover in names.items() if not leftover)


@pytest.mark.parametrize("name", [".a.00000000-1-0.part", ".last.safetensors.123.part", ".tmpAb12cd"])
def test_what_an_unknown_process_left_is_removed_after_a_day(tmp_path, name):
    (tmp_path / name).write_text("half")
    assert not is_leftover(tmp_path / name)
    day_before = time.time() - 25 * 3600
    os.utime(tmp_path / name, (day_before, day_before))
    assert is_leftover(tmp_path / name)
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == []
