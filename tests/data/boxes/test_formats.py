"""Boxes of images, whatever their format: the checks, every way there and back, the summary."""

import errno
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes import validate as validate
from hibiscus.data.boxes.boxset import BoxSet
from hibiscus.data.boxes.formats import FORMATS, find_boxes, read_boxes, unsupported_fields, write_boxes
from hibiscus.data.boxes.image_files import copy_file
from hibiscus.data.boxes.summary import summary
from hibiscus.data.boxes.validate import BoxSetBuilder, RawBox, clean_name, to_number
from hibiscus.errors import ConfigError, DataError


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize("second", FORMATS)
@pytest.mark.parametrize("first", FORMATS)
def test_there_and_back(tmp_path, first, second, parts):
    source = boxes.small(tmp_path / "source", parts, floats=True)
    write_boxes(source, tmp_path / "first", first)
    there = read_boxes(tmp_path / "first")
    write_boxes(there, tmp_path / "second", second)
    write_boxes(read_boxes(tmp_path / "second"), tmp_path / "third", first)
    back = read_boxes(tmp_path / "third")
    assert find_boxes(tmp_path / "second") == second
    assert there.format == back.format == first
    assert there.skipped == back.skipped == there.repaired == back.repaired == []
    boxes.same(there, back)
    assert sorted(len(image) for image in there.images) == [0, 1, 1, 2, 2]
    if "yolo" not in (first, second):
        assert sum(int(image.crowd.sum()) for image in back.images) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_whole_pixels_come_back_exactly(tmp_path, format):
    source = boxes.small(tmp_path / "source")
    write_boxes(source, tmp_path / "out", format)
    back = read_boxes(tmp_path / "out")
    by_stem = {Path(image.name).stem: image for image in back.images}
    assert sorted(by_stem) == ["a", "b 1", "c", "deep_a", "é"]
    for image in source.images:
        stem = "deep_a" if image.name.startswith("deep") else Path(image.name).stem
        assert by_stem[stem].boxes.tolist() == image.boxes.tolist()
        assert by_stem[stem].labels.tolist() == image.labels.tolist()
    assert {part: len(places) for part, places in back.parts.items()} == {"train": 2, "val": 1, "test": 1}
    assert back.classes == ("zebra", "unused class", "ant")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=some.data(), format=some.sampled_from(FORMATS))
def test_any_boxes_come_back(data, format):
    height, width = data.draw(some.tuples(some.integers(3, 50), some.integers(3, 50)))
    edge = some.floats(0, 1)
    corners = data.draw(some.lists(some.tuples(edge, edge, edge, edge), max_size=5))
    found = [
        sorted((x1 * width, x2 * width)) + sorted((y1 * height, y2 * height)) for x1, y1, x2, y2 in corners
    ]
    # No box is within one pixel, which means fractions, and none occurs twice.
    found = [[x1, y1, x2, y2] for x1, x2, y1, y2 in found if x2 - x1 > 1e-3 and y2 - y1 > 1e-3 and x2 > 2]
    found = [
        box for i, box in enumerate(found) if np.round(box, 6).tolist() not in np.round(found[:i], 6).tolist()
    ]
    name = (
        some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
        .map(clean_name)
        .filter(bool)
    )
    classes = data.draw(some.lists(name, min_size=1, max_size=4, unique=True))
    labels = data.draw(
        some.lists(some.integers(0, len(classes) - 1), min_size=len(found), max_size=len(found))
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        image = boxes.annotated(root / "source", "p.png", found, labels, size=(height, width))
        source = BoxSet(root / "source", tuple(classes), [image], {"train": [0]})
        write_boxes(source, root / "out", format)
        back = read_boxes(root / "out")
        boxes.same(source, back)
        assert back.skipped == back.repaired == []


def check(tmp_path, edges, size=(40, 60)):
    file = make.image(tmp_path / "p.png", size=size)
    builder = BoxSetBuilder(tmp_path, "csv")
    builder.add(make.image(tmp_path / "sound.png"), [RawBox((1, 2, 9, 9), "ant", "labels.csv")], "labels.csv")
    builder.add(file, [RawBox(edges, "ant", "labels.csv, line 2")], "labels.csv")
    return builder.build(["ant"])


@pytest.mark.parametrize(
    ("edges", "fault", "left"),
    [
        ((float("nan"), 0, 1, 1), "not a number", []),
        ((0, 0, float("inf"), 1), "not a number", []),
        ((3, 3, 3, 9), "zero area", []),
        ((9, 8, 2, 1), "reversed", [[2, 1, 9, 8]]),
        ((-5, -5, 10, 100), "clipped", [[0, 0, 10, 40]]),
        ((60, 0, 70, 10), "outside", []),
        ((-1e300, -1e300, 1e300, 1e300), "clipped", [[0, 0, 60, 40]]),
    ],
)
def test_faults_are_named_counted_and_repaired_or_skipped(tmp_path, edges, fault, left):
    found = check(tmp_path, edges)
    assert [image.boxes.tolist() for image in found.images if image.name == "p.png"] == [left] * bool(left)
    assert found.faults == {fault: 1, **({} if left else {"image without a usable box": 1})}
    assert "labels.csv, line 2" in boxes.reasons(found)
    assert (found.lost, found.lost_images) == (not left, not left)
    assert any(note.startswith("boxes") and note.endswith(": 1") for note in found.notes)


def test_rounding_at_the_border_is_no_fault(tmp_path):
    found = check(tmp_path, (-0.004, 0, 60.004, 40))
    assert found.images[0].boxes.tolist() == [[0, 0, 60, 40]]
    assert found.faults == {}


def test_limits(tmp_path, monkeypatch):
    monkeypatch.setattr(validate, "MAX_BOXES", 3)
    first, second = make.image(tmp_path / "a.png"), make.image(tmp_path / "b.png")
    builder = BoxSetBuilder(tmp_path, "csv")
    builder.add(first, [RawBox((0, 0, 5, 5), "ant", "x")] * 4, "x.csv")
    builder.add(second, [RawBox((0, 0, 5, 5), f"class {i}", "x") for i in range(3)], "x.csv")
    assert builder.faults["too many boxes"] == 1
    assert "4 boxes for a.png" in builder.skipped[0].reason
    monkeypatch.setattr(validate, "MAX_CLASSES", 2)
    with pytest.raises(DataError, match="3 classes"):
        builder.build()


def test_bad_images_are_skipped_with_their_boxes(tmp_path):
    (tmp_path / "no.png").write_bytes(b"no image")
    builder = BoxSetBuilder(tmp_path, "csv")
    for file in (tmp_path / "no.png", make.bomb(tmp_path / "bomb.png")):
        assert not builder.add(file, [RawBox((0, 0, 5, 5), "ant", "x")], "x.csv")
    assert builder.faults == {"unreadable image": 2}
    with pytest.raises(DataError, match=r"no\.png"):
        builder.build()


def test_numbers_and_names():
    assert to_number(" 1.5 ") == 1.5
    assert np.isnan([to_number(text) for text in ("1_0", "", None, "x", [1])]).all()
    assert to_number(10**400) != to_number(10**400)
    assert clean_name(" a\n\tb\x00 ") == "a b"


def test_no_boxes(tmp_path):
    make.classes(tmp_path / "pictures")
    (tmp_path / "table.csv").write_text("x,y,class\n1,2,3\n")
    (tmp_path / "run.json").write_text('{"images": 3}')
    for place in (
        tmp_path,
        tmp_path / "pictures",
        tmp_path / "table.csv",
        tmp_path / "run.json",
        tmp_path / "nothing",
        "a\0b",
    ):
        assert find_boxes(place) is None
    with pytest.raises(DataError, match="no boxes"):
        read_boxes(tmp_path)
    with pytest.raises(DataError, match="no such file or folder"):
        read_boxes(tmp_path / "nothing")
    with pytest.raises(DataError, match="no such folder"):
        read_boxes(tmp_path, tmp_path / "nothing")


def test_a_folder_alone_in_a_folder_is_looked_through(tmp_path):
    boxes.voc(tmp_path / "unpacked" / "VOC2007", "a", [("ant", (1, 2, 3, 4))])
    assert find_boxes(tmp_path / "unpacked") == "voc"
    assert read_boxes(tmp_path / "unpacked").images[0].name == "JPEGImages/a.png"


def test_places_that_are_not_written_to(tmp_path):
    source = boxes.small(tmp_path / "source")
    with pytest.raises(ConfigError, match="did you mean coco"):
        write_boxes(source, tmp_path / "out", "cocoa")
    with pytest.raises(DataError, match="not empty"):
        write_boxes(source, tmp_path / "source", "coco")
    with pytest.raises(DataError, match="does not exist"):
        write_boxes(source, tmp_path / "no" / "out", "coco")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="a file with this name"):
        write_boxes(source, tmp_path / "file", "coco")


@pytest.mark.parametrize("format", FORMATS)
def test_images_are_copied_so_that_a_change_of_a_copy_leaves_the_original(tmp_path, format):
    source = boxes.small(tmp_path / "source")
    before = {path: path.read_bytes() for path in (tmp_path / "source").rglob("*.png")}
    write_boxes(source, tmp_path / "out", format)
    copies = list((tmp_path / "out").rglob("*.png"))
    assert sorted(path.read_bytes() for path in copies) == sorted(before.values())
    for path in copies:
        assert (path.stat().st_nlink, path.is_symlink()) == (1, False)
        with path.open("r+b") as file:
            file.write(b"changed")
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("copied", [None, 0, 5])
def test_the_rest_of_a_file_is_copied_where_the_kernel_does_not(tmp_path, monkeypatch, copied):
    def copy_some(reader, writer, count):
        if copied is None or os.lseek(writer, 0, os.SEEK_CUR) >= copied:
            raise OSError(errno.EXDEV, "another disk")
        return os.write(writer, os.read(reader, copied))

    monkeypatch.setattr(os, "copy_file_range", copy_some, raising=False)
    (tmp_path / "a").write_bytes(b"0123456789")
    copy_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"0123456789"
    with pytest.raises(FileExistsError):
        copy_file(tmp_path / "a", tmp_path / "b")


def test_what_is_lost(tmp_path):
    source = boxes.small(tmp_path / "source")
    assert unsupported_fields(source, "coco") == unsupported_fields(source, "voc") == {}
    assert unsupported_fields(source, "yolo") == {"crowd": 1, "pose": 1, "truncated": 1}
    assert unsupported_fields(source, "csv") == {"pose": 1, "truncated": 1}


def test_summary(tmp_path):
    found = summary(boxes.small(tmp_path / "source"))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["parts"] == {"train": 2, "val": 1, "test": 1, "none": 1}
    assert found["boxes"]["zebra"] == {"train": 1, "val": 1, "test": 1, "none": 0}
    assert (found["images"], found["box_count"], found["crowd"]) == (5, 6, 1)
    assert found["classes_without_boxes"] == ["unused class"]
    assert found["boxes_per_image"] == {"min": 0, "median": 1.0, "max": 2}
    assert found["images_without_objects"] == 1
    assert found["sizes"]["area_fraction"]["max"] == 1.0
    assert found["sizes"]["aspect"]["median"] == pytest.approx(1.0, abs=0.3)
    empty = summary(BoxSet(tmp_path, (), []))
    assert (empty["images"], empty["sizes"]["width"], empty["boxes_per_image"]) == (0, {}, {})
