"""A stamp changes with everything by which a change of a file can be seen."""

import os
from pathlib import Path

from hibiscus.data.images.stamps import STAMP_BYTES, file_stamps


def stamp(file):
    return file_stamps([file])[0][0]


def test_every_change_is_seen(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"1234")
    seen = [stamp(file)]
    assert len(seen[0]) == STAMP_BYTES
    assert stamp(file) == seen[0]
    os.utime(file, (5, 5))
    seen.append(stamp(file))
    file.write_bytes(b"12")
    os.utime(file, (5, 5))
    seen.append(stamp(file))
    file.chmod(0o600)
    seen.append(stamp(file))
    other = tmp_path / "b"
    os.link(file, other)
    seen.append(stamp(other))
    other.rename(tmp_path / "c")
    seen.append(stamp(tmp_path / "c"))
    assert len(set(seen)) == len(seen)


def test_missing_and_invalid_names_have_none(tmp_path):
    (tmp_path / "a").touch()
    stamps, _ = file_stamps([tmp_path / "none", tmp_path / "a", Path("a\0b")])
    assert [len(one) for one in stamps] == [0, STAMP_BYTES, 0]


def test_one_file_has_one_stamp_whichever_way_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").touch()
    monkeypatch.chdir(tmp_path)
    assert stamp(Path("in/a")) == stamp(tmp_path / "in" / "a") == stamp(Path("in/../in/a"))


def test_root(tmp_path):
    names = ("x/a/1", "x/b/2", "x/b/c/3")
    assert file_stamps([tmp_path / name for name in names])[1] == str(tmp_path / "x")
    assert file_stamps([tmp_path / "x" / "1"])[1] == str(tmp_path / "x")
    assert file_stamps([])[1] == ""


def test_two_changes_within_one_tick_of_the_clock(tmp_path):
    file = tmp_path / "a"
    for content in "1", "2", "3", "4":
        file.write_text(content)
        before = stamp(file)
        file.write_text("5")
        assert stamp(file) != before
