"""COCO's JSON."""

import json

import pytest

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes import coco as boxes_coco
from hibiscus.data.boxes import coco_masks
from hibiscus.data.boxes.formats import find_boxes, read_boxes, write_boxes
from hibiscus.errors import DataError

IMAGE = {"id": 7, "file_name": "a.png", "width": 60, "height": 40}
BOX = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 20], "iscrowd": 0, "area": 200}
CATEGORIES = [{"id": 9, "name": "ant"}, {"id": 3, "name": "zebra"}]


def coco(file, images=(IMAGE,), annotations=(BOX,), categories=CATEGORIES):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({"info": {}, "images": images, "annotations": annotations, "categories": categories})
    )
    return file


@pytest.fixture
def folder(tmp_path):
    make.image(tmp_path / "data" / "a.png", size=(40, 60))
    return tmp_path / "data"


def test_one_file_beside_the_images(folder):
    file = coco(
        folder / "labels.json", annotations=[{**BOX, "attributes": {"wet": True}, "iscrowd": 1, "area": 5}]
    )
    for place in (file, folder):
        found = read_boxes(place)
        assert find_boxes(place) == found.format == "coco"
        assert found.classes == ("zebra", "ant")
        assert found.images[0].name == "a.png"
        assert found.images[0].boxes.tolist() == [[1, 2, 11, 22]]
        assert found.images[0].crowd.tolist() == [True]
        assert found.images[0].extra == [{"id": 1, "attributes": {"wet": True}, "area": 5}]
    write_boxes(found, folder / "out", "coco")
    assert read_boxes(folder / "out").images[0].extra == found.images[0].extra


@pytest.mark.parametrize("layout", ["coco", "roboflow"])
def test_parts(tmp_path, layout):
    for part, year in (("train", "2017"), ("val", "2017"), ("test", "")):
        folder = {"val": "valid"}.get(part, part) if layout == "roboflow" else f"images/{part}{year}"
        make.image(tmp_path / folder / "a.png", size=(40, 60))
        coco(
            tmp_path
            / (
                f"{folder}/_annotations.coco.json"
                if layout == "roboflow"
                else f"annotations/instances_{part}{year}.json"
            )
        )
    if layout == "coco":
        coco(tmp_path / "annotations" / "captions_train2017.json")
    found = read_boxes(tmp_path)
    assert {part: len(places) for part, places in found.parts.items()} == {"train": 1, "val": 1, "test": 1}
    assert found.count == 3
    assert found.skipped == []
    if layout == "coco":
        alone = read_boxes(tmp_path / "annotations" / "instances_val2017.json")
        assert [image.name for image in alone.images] == ["images/val2017/a.png"]


def test_ids_that_match_nothing_or_repeat(folder):
    for name in ("b", "c", "d"):
        make.image(folder / f"{name}.png", size=(40, 60))
    images = [
        IMAGE,
        {**IMAGE, "id": 20, "file_name": "b.png"},
        {**IMAGE, "id": 20, "file_name": "c.png"},  # no annotation says which of the two it means
        {"id": True},
        {"id": 8, "file_name": "missing.png"},
        {"id": 10, "file_name": "../../elsewhere.png"},
        3,
    ]
    annotations = [
        BOX,
        {**BOX, "id": 2, "image_id": 99},
        {**BOX, "id": 3, "category_id": "3", "bbox": [2, 2, 10, 20]},
        {**BOX, "id": 4, "image_id": 8},
        "x",
        {**BOX, "id": 5, "image_id": [1]},
        {**BOX, "id": 6, "image_id": 20},
        {**BOX, "id": 7, "category_id": 11},
        {**BOX, "id": [8], "bbox": [3, 2, 10, 20]},
    ]
    categories = [
        *CATEGORIES,
        {"id": 11, "name": "fly"},
        {"id": 11, "name": "bee"},
        {"id": 3, "name": "zebra"},
    ]
    coco(folder / "labels.json", images, annotations, categories)
    found = read_boxes(folder)
    assert (len(found), found.count, found.classes) == (1, 3, ("zebra", "ant"))
    assert found.faults == {
        "duplicate": 3,
        "malformed": 3,
        "annotation without image": 4,
        "image without annotation": 3,
        "unknown class": 1,
        "path refused": 1,
    }
    assert found.lost == 6
    for word in (
        "annotations[1]",
        "annotations[5]",
        "images[2]",
        "categories[3]",
        "missing.png",
        "elsewhere",
    ):
        assert word in boxes.reasons(found)


def test_numbers_that_are_none(folder):
    odd = [
        ["1", 2, 3, 4],
        [float("nan"), 0, 1, 1],
        [0, 0, float("inf"), 1],
        [0, 0, True, 5],
        [10**400, 0, 1, 1],
        [1, 2, 3],
        None,
        {},
    ]
    annotations = [{**BOX, "id": number, "bbox": box} for number, box in enumerate(odd)]
    coco(
        folder / "labels.json",
        annotations=[
            *annotations,
            {**BOX, "id": 100, "extra": float("nan"), "more": "\ud800"},
            {**BOX, "id": 101, "bbox": [9, 9, -4, -5]},
        ],
    )
    found = read_boxes(folder)
    assert found.faults == {"not a number": 4, "malformed": 3, "reversed": 1}
    assert found.images[0].boxes.tolist() == [[1, 2, 4, 6], [1, 2, 11, 22], [5, 4, 9, 9]]
    write_boxes(found, folder / "out", "coco")  # what JSON has no form for is left out
    assert "NaN" not in (folder / "out" / "annotations" / "instances_all.json").read_text()


@pytest.mark.parametrize(
    ("segmentation", "kept"),
    [
        ([[1, 1, 5, 5]], None),
        ([[1, 1, 5, 5, 9, 9], [1, 1]], [[1, 1, 5, 5, 9, 9]]),
        ([[1, 1, 5, 5, 9, float("nan")]], None),
        ([[1, 1, 5, 5, 9, "9"]], None),
        ("text", None),
        ({"size": [40, 60], "counts": [100, 2300]}, {"size": [40, 60], "counts": [100, 2300]}),
        ({"size": [40, 60], "counts": [10**30]}, None),
        ({"size": [40, 60], "counts": [-1, 2401]}, None),
        ({"size": [10**9, 10**9], "counts": [10**18]}, None),
        ({"size": [41, 60], "counts": "abc"}, None),
        ({"size": [40, 60], "counts": "abc"}, {"size": [40, 60], "counts": "abc"}),
        ({"size": [40, 60], "counts": "0" * 1000}, None),
        ({"counts": "abc"}, None),
    ],
)
def test_outlines_and_masks(folder, monkeypatch, segmentation, kept):
    monkeypatch.setattr(coco_masks, "MAX_RLE_CHARACTERS", 100)
    coco(folder / "labels.json", annotations=[{**BOX, "segmentation": segmentation}])
    found = read_boxes(folder)
    assert found.count == 1
    assert found.images[0].extra[0].get("segmentation") == kept
    assert found.faults == ({} if kept == segmentation else {"bad mask": 1})


def test_files_that_are_refused(folder, monkeypatch):
    (folder / "labels.json").write_text('{"images": [], "annotations": [' + "[" * 100_000)
    with pytest.raises(DataError, match=r"labels\.json: invalid JSON"):
        read_boxes(folder)
    (folder / "labels.json").write_text('[{"images": [], "annotations": []}]')
    with pytest.raises(DataError, match="contains a list"):
        read_boxes(folder)
    (folder / "labels.json").write_text('{"images": [], "annotations": [], "categories": {}}')
    with pytest.raises(DataError, match="its categories are a dict"):
        read_boxes(folder)
    coco(folder / "labels.json", categories=[{"id": i, "name": f"c{i}"} for i in range(1001)])
    with pytest.raises(DataError, match="1,001 classes"):
        read_boxes(folder)
    monkeypatch.setattr(boxes_coco, "MAX_JSON_BYTES", 100)
    with pytest.raises(DataError, match=r"labels\.json: larger"):
        read_boxes(folder)


def test_another_size_and_a_image_that_no_entry_names(folder):
    make.image(folder / "more.png")
    coco(folder / "labels.json", images=[{**IMAGE, "width": 600}])
    found = read_boxes(folder)
    assert found.faults == {"size differs": 1, "image without annotation": 1}
    assert any("images without an annotation (left out): 1" in note for note in found.notes)
