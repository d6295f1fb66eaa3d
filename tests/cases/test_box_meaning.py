"""Shuffling rows, files or entries, or splitting one file into two, changes no value's meaning."""

import json
import random

import pytest

from cases.box_files import boxes_of, coco, images, table, voc, write
from hibiscus.data.boxes.formats import read_boxes

NAMES = [f"{letter}.png" for letter in "abcdefgh"]
BOXES = {  # of an image of 100 x 80; the first alone would fit several layouts
    name: [("cat", 10 + i, 16, 40 + i, 64), ("dog", 50, 40 + i, 60, 50 + i)] for i, name in enumerate(NAMES)
}


def rows(kind):
    """Rows of (image, four numbers, class) in a layout and a unit."""
    found = []
    for name, boxes in BOXES.items():
        for label, x1, y1, x2, y2 in boxes:
            numbers = {
                "corners": (x1, y1, x2, y2),
                "sizes": (x1, y1, x2 - x1, y2 - y1),
                "centers": ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
                "shares": (x1 / 100, y1 / 80, x2 / 100, y2 / 80),
            }[kind]
            found.append((name, *numbers, label))
    return found


HEADERS = {
    "corners": "filename,xmin,ymin,xmax,ymax,class",
    "sizes": "filename,x,y,w,h,class",
    "centers": "filename,cx,cy,w,h,class",
    "shares": "filename,xmin,ymin,xmax,ymax,class",
}


def same(folder, other):
    """Asserts that two folders hold the same boxes, in any order within an image."""
    one, two = boxes_of(folder), boxes_of(other)
    assert {name: sorted(boxes) for name, boxes in one.items()} == {
        name: sorted(boxes) for name, boxes in two.items()
    }
    assert sorted(read_boxes(folder).classes) == sorted(read_boxes(other).classes)
    return one


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [*HEADERS, "no header"])
def test_rows_of_tables(tmp_path, kind, seed):
    header = [HEADERS[kind]] if kind in HEADERS else []
    lines = [",".join(map(str, row)) for row in rows(kind if kind in HEADERS else "corners")]
    whole, shuffled, split = (images(tmp_path / name, *NAMES) for name in ("whole", "shuffled", "split"))
    table(whole, *header, *lines)
    mixed = random.Random(seed).sample(lines, len(lines))
    table(shuffled, *header, *mixed)
    cut = 1 + seed * 7
    table(split, *header, *mixed[:cut], name="one.csv")
    table(split, *header, *mixed[cut:], name="two.csv")
    found = same(whole, shuffled)
    same(whole, split)
    expected = {
        name: sorted((label, *map(float, box)) for label, *box in boxes) for name, boxes in BOXES.items()
    }
    assert {name: sorted(boxes) for name, boxes in found.items()} == expected


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("layout", ["sizes", "corners", "shares"])
def test_entries_of_coco(tmp_path, layout, seed):
    draw = random.Random(seed)
    categories = [{"id": 3, "name": "cat"}, {"id": 1, "name": "dog"}]
    ids = {name: i for i, name in enumerate(NAMES)}
    pictures = [{"id": i, "file_name": name, "width": 100, "height": 80} for name, i in ids.items()]
    numbers = rows("sizes" if layout == "sizes" else "corners")
    if layout == "shares":
        numbers = [(n, x / 100, y / 80, w / 100, h / 80, c) for n, x, y, w, h, c in rows("sizes")]
    found = [
        {"id": i, "image_id": ids[name], "category_id": 3 if label == "cat" else 1, "bbox": box}
        for i, (name, *box, label) in enumerate(numbers)
    ]
    whole, shuffled, split = (images(tmp_path / name, *NAMES) for name in ("whole", "shuffled", "split"))
    coco(whole, found, pictures, categories)
    mixed = draw.sample(found, len(found))
    coco(shuffled, mixed, draw.sample(pictures, len(pictures)), categories[::-1])
    cut = 1 + 6 * seed
    coco(split, mixed[:cut], pictures, categories, "one.json")
    coco(split, mixed[cut:], pictures, categories, "two.json")
    assert len(same(whole, shuffled)["a.png"]) == 2
    same(whole, split)


@pytest.mark.parametrize("keypoints", [False, True])
def test_lines_of_yolo(tmp_path, keypoints):
    more = " 0.2 0.5 0.3 0.4" if keypoints else ""
    for order in (1, -1):
        folder = images(tmp_path / str(order), *(f"images/{name}" for name in NAMES))
        for name, boxes in BOXES.items():
            lines = []
            for label, x1, y1, x2, y2 in boxes:
                center = f"{(x1 + x2) / 200} {(y1 + y2) / 160}"
                size = f"{(x2 - x1) / 100} {(y2 - y1) / 80}"
                points = more if label == "cat" else f" {center} 0 0" if keypoints else ""
                lines.append(f"{['cat', 'dog'].index(label)} {center} {size}{points}")
            write(folder / "labels" / f"{name[0]}.txt", "\n".join(lines[::order]))
        write(folder / "data.yaml", "train: images\nnames: [cat, dog]")
    found = same(tmp_path / "1", tmp_path / "-1")
    assert found["images/a.png"] == [("cat", 10, 16, 40, 64), ("dog", 50, 40, 60, 50)]


def test_objects_of_voc_in_one_file_or_two(tmp_path):
    one, two = (images(tmp_path / name, *NAMES) for name in ("one", "two"))
    for name, boxes in BOXES.items():
        voc(one, name[0], boxes, size=(80, 100))
        voc(two, name[0], boxes[:1], size=(80, 100))
        voc(two, f"{name[0]} again", boxes[1:], size=(80, 100), filename=name)
    same(one, two)


def test_regions_and_tasks_in_one_file_or_two(tmp_path):
    def region(box):
        label, x1, y1, x2, y2 = box
        shape = {"name": "rect", "x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1}
        return {"shape_attributes": shape, "region_attributes": {"class": label}}

    one, two = (images(tmp_path / name, *NAMES) for name in ("one", "two"))
    entries = {
        name: {"filename": name, "regions": [region(box) for box in boxes]} for name, boxes in BOXES.items()
    }
    write(one / "via.json", entries)
    write(
        two / "first.json",
        {name: {**entry, "regions": entry["regions"][:1]} for name, entry in entries.items()},
    )
    write(
        two / "second.json",
        {name: {**entry, "regions": entry["regions"][1:]} for name, entry in reversed(entries.items())},
    )
    same(one, two)
    one, two = (images(tmp_path / f"cvat {name}", *NAMES) for name in ("one", "two"))
    items = [
        f'<image name="{name}" width="100" height="80">'
        + "".join(f'<box label="{c}" xtl="{a}" ytl="{b}" xbr="{d}" ybr="{e}"/>' for c, a, b, d, e in boxes)
        + "</image>"
        for name, boxes in BOXES.items()
    ]
    write(one / "all.xml", f"<annotations>{''.join(items)}</annotations>")
    write(two / "x.xml", f"<annotations>{''.join(items[:3])}</annotations>")
    write(two / "y.xml", f"<annotations>{''.join(items[:2:-1])}</annotations>")
    same(one, two)
    assert (
        json.dumps(boxes_of(one)["b.png"])
        == '[["cat", 11.0, 16.0, 41.0, 64.0], ["dog", 50.0, 41.0, 60.0, 51.0]]'
    )
