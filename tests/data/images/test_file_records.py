"""Records come from the cache as long as their file has not changed."""

import os

import pytest

from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.images import file_records as module
from hibiscus.data.images.file_records import file_records

COUNT = module.FEW


@pytest.fixture
def files(tmp_path):
    files = [tmp_path / "in" / f"{i}" for i in range(COUNT)]
    files[0].parent.mkdir()
    for index, file in enumerate(files):
        file.write_text(str(index))
    return files


@pytest.fixture
def lookup():
    """Looks up the numbers in files; its `read` are the names of those that were read."""

    def read(file):
        look.read.append(file.name)
        return (int(file.read_text()), True) if file.exists() and file.read_text().isdigit() else None

    def look(files):
        look.read = []
        return file_records("number", (("number", "<i8"), ("good", "?")), files, read)

    return look


def test_only_what_changed_is_read_again(files, lookup):
    expected = [(index, True) for index in range(COUNT)]
    assert lookup(files) == expected
    assert len(lookup.read) == COUNT
    assert lookup(files) == expected
    assert lookup.read == []
    files[3].write_text("777")
    expected[3] = (777, True)
    assert lookup(files) == expected
    assert lookup.read == ["3"]


def test_what_cannot_be_read_is_tried_again(files, lookup):
    files[1].write_text("bad")
    files[2].unlink()
    for _ in range(2):
        assert lookup(files)[:4] == [(0, True), None, None, (3, True)]
    assert lookup.read == ["1", "2"]


def test_two_lists_of_one_folder_do_not_push_each_other_out(files, lookup):
    more = [file.with_name(f"1{file.name}") for file in files]
    for file in more:
        file.write_text("5")
    for asked in (files, more, files, more):
        lookup(asked)
    assert lookup.read == []
    assert len(list((cache_folder() / "headers").iterdir())) == 1


def test_the_table_does_not_grow_without_end(files, lookup):
    lookup(files)
    (table,) = (cache_folder() / "headers").iterdir()
    size = table.stat().st_size
    for turn in range(1, 6):
        for file in files:
            os.utime(file, (turn, turn))
        lookup(files)
    assert table.stat().st_size <= 2 * size


@pytest.mark.parametrize("content", [b"", b"x" * 1000, None, "pipe"])
def test_a_damaged_table_is_written_again(files, lookup, content):
    expected = lookup(files)
    (table,) = (cache_folder() / "headers").iterdir()
    good = bytearray(table.read_bytes())
    good[40] ^= 1
    table.unlink()
    if content == "pipe":
        os.mkfifo(table)
    else:
        table.write_bytes(bytes(good) if content is None else content)
    assert lookup(files) == expected
    assert len(lookup.read) == COUNT
    assert lookup(files) == expected
    assert lookup.read == []


def test_a_cache_that_cannot_be_written(files, lookup, tmp_path, monkeypatch):
    (tmp_path / "in the way").write_text("a file where the cache should be")
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "in the way"))
    assert lookup(files) == [(index, True) for index in range(COUNT)]
