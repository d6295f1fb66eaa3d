"""Files of datasets: paths inside the folder, parts in names, and a limit to what is read."""

from pathlib import Path

import pytest

from hibiscus.data import files
from hibiscus.errors import DataError


@pytest.mark.parametrize(
    "name",
    ["../a.png", "/etc/passwd", "C:\\a.png", "a/../../b.png", "", "a\0.png", "https://x/a.png", "..\\a.png"],
)
def test_paths_that_leave_the_folder(name):
    assert files.safe_relative(name) is None


def test_parts_in_names():
    parts = {
        "instances_val2017": "val",
        "labels_train": "train",
        "Valid": "val",
        "testing": "test",
        "trainval": "",
        "contest": "",
        "all": "",
    }
    assert {name: files.part_in_name(name) for name in parts} == parts


def test_what_is_read_has_a_limit(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfgr\xc3\xbcn")
    (tmp_path / "b.txt").write_bytes(b"gr\xfcn")
    assert files.read_text(tmp_path / "a.txt", 100) == files.read_text(tmp_path / "b.txt", 100) == "gr\u00fcn"
    with pytest.raises(DataError, match=r"a\.txt: larger"):
        files.read_bytes(tmp_path / "a.txt", 3)
    with pytest.raises(DataError, match="not a file"):
        files.read_bytes(tmp_path, 3)


def test_relative_names(tmp_path, monkeypatch):
    inside = [tmp_path / "a" / "1.png", tmp_path / "2.png"]
    assert files.relative_names(inside, tmp_path) == ["a/1.png", "2.png"]
    assert files.relative_names([Path("a/1.png")], Path(".")) == ["a/1.png"]
    assert files.relative_names([Path("/a/1.png")], Path("/")) == ["a/1.png"]
    with pytest.raises(ValueError, match="subpath"):
        files.relative_names([tmp_path.with_name("other") / "1.png"], tmp_path)


@pytest.mark.parametrize(
    ("name", "is_image"), [("a.PNG", True), ("a.b.jpg", True), ("a.txt", False), ("png", False)]
)
def test_names_of_images(name, is_image):
    assert files.is_image_name(Path("in.png") / name) is is_image


def test_annotations_are_counted_before_they_are_parsed(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text("[" + "{}," * 100_000 + "{}]")
    assert len(files.read_bytes(tmp_path / "a.json", 10**6)) == 300_004
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "5MB")
    with pytest.raises(DataError, match=r"a\.json: 300\.0 KB of data, which take about 13\.7 MB"):
        files.read_bytes(tmp_path / "a.json", 10**6)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "100KB")
    with pytest.raises(DataError, match=r"a\.json: 300\.0 KB of data"):
        files.read_bytes(tmp_path / "a.json", 10**6)
