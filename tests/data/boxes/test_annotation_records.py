"""Annotations of tools, joined with the images that they name."""

import pytest

from data import make_files as make
from hibiscus.data.boxes.annotation_records import Record, annotation_files, build_records, load_json, peek
from hibiscus.data.boxes.resolve import RawBox
from hibiscus.errors import DataError

BOX = (1, 2, 9, 9)


def test_records_find_their_images(tmp_path):
    for name in ("images/a.png", "images/b.png", "train/c.png"):
        make.image(tmp_path / name)
    file = tmp_path / "annotations" / "x.json"
    records = [
        Record("nowhere.png", [RawBox(BOX, "ant", "")], "1", other_names=["a.png"]),
        Record("b.png", None, "2"),
        Record("missing.png", [RawBox(BOX, "ant", "")], "3"),
        Record("/elsewhere/train/c.png", [RawBox(BOX, "bee", "")], "4", fault=("several annotators", "2")),
    ]
    found = build_records(tmp_path, "cvat", [(file, records)], None, None)
    assert [image.name for image in found.images] == ["images/a.png", "train/c.png"]
    assert found.parts == {"train": [1]}
    assert found.faults == {
        "not annotated": 1, "annotation without image": 1, "several annotators": 1, "path resolved": 1,
        "image without annotation": 1,
    }  # fmt: skip
    assert (found.lost, found.format) == (1, "cvat")


def test_a_broken_structure_is_a_fault_of_its_file(tmp_path):
    make.image(tmp_path / "a.png")

    def broken():
        yield Record("a.png", [RawBox(BOX, "ant", "")], "1")
        raise KeyError("shapes")

    found = build_records(tmp_path, "labelme", [(tmp_path / "x.json", broken())], None, None)
    assert (found.count, found.faults) == (1, {"malformed": 1})


def test_files(tmp_path):
    for name in ("a.json", "b.txt", "x/c.json", "x/y/d.json", "x/y/z/e.json", ".hidden/f.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("[1]")
    assert [file.name for file in annotation_files(tmp_path, (".json",))] == ["a.json", "c.json", "d.json"]
    assert list(annotation_files(tmp_path / "b.txt", (".json",))) == []
    assert (peek(tmp_path / "a.json"), load_json(tmp_path / "a.json")) == (b"[1]", [1])
    (tmp_path / "a.json").write_text("[")
    with pytest.raises(DataError, match="invalid JSON"):
        load_json(tmp_path / "a.json")
