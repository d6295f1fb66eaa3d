"""Pascal VOC."""

import pytest

from data import make_files as make
from data.boxes import box_fixtures as boxes
from hibiscus.data.boxes import voc as boxes_voc
from hibiscus.data.boxes.formats import find_boxes, read_boxes, write_boxes

ANT = ("ant", (1, 2, 30, 40))


def test_it_is_read_as_it_stands(tmp_path):
    more = "<pose>Left</pose><truncated>1</truncated>"
    more += "<part><name>head</name><bndbox><xmin>1.5</xmin></bndbox></part>"
    boxes.voc(tmp_path, "a", [("zebra", (1, 2, 30, 40), more, 1), ANT], part="train")
    boxes.voc(tmp_path, "b", [], part="val")
    boxes.voc(tmp_path, "c", [ANT], part="test")
    make.image(tmp_path / "JPEGImages" / "alone.png")
    found = read_boxes(tmp_path)
    assert find_boxes(tmp_path) == found.format == "voc"
    assert found.classes == ("ant", "zebra")
    assert found.parts == {"train": [0], "val": [1], "test": [2]}
    first = found.images[0]
    assert (first.name, first.size) == ("JPEGImages/a.png", (40, 60))
    assert first.boxes.tolist() == [[1, 2, 30, 40], [1, 2, 30, 40]]
    assert (first.labels.tolist(), first.crowd.tolist()) == ([1, 0], [True, False])
    assert first.extra[0] == {
        "pose": "Left",
        "truncated": 1,
        "part": {"name": "head", "bndbox": {"xmin": 1.5}},
    }
    assert found.faults == {"image without objects": 1, "image without annotation": 1}
    write_boxes(found, tmp_path / "out", "voc")
    assert read_boxes(tmp_path / "out").images[0].extra == first.extra
    write_boxes(found, tmp_path / "coco", "coco")
    assert read_boxes(tmp_path / "coco").images[0].extra[0].items() >= first.extra[0].items()


def test_xml_beside_the_images_and_in_part_folders(tmp_path):
    boxes.voc(tmp_path / "made", "a", [ANT])
    for part in ("train", "valid"):
        for folder, name in (("Annotations", "a.xml"), ("JPEGImages", "a.png")):
            (tmp_path / "parts" / part).mkdir(parents=True, exist_ok=True)
            (tmp_path / "parts" / part / name).write_bytes((tmp_path / "made" / folder / name).read_bytes())
    found = read_boxes(tmp_path / "parts")
    assert [image.name for image in found.images] == ["train/a.png", "valid/a.png"]
    assert found.parts == {"train": [0], "val": [1]}
    alone = read_boxes(tmp_path / "parts" / "train")
    assert (len(alone), alone.parts) == (1, {})


def test_trainval_and_a_image_in_two_lists(tmp_path):
    for name, part in (("a", "trainval"), ("b", "trainval"), ("b", "test")):
        boxes.voc(tmp_path, name, [ANT], part=part)
    found = read_boxes(tmp_path)
    assert found.parts == {"train": [0, 1]}
    assert found.faults == {"in two parts": 1}


def test_the_image_is_found_by_stem_then_by_filename(tmp_path):
    boxes.voc(tmp_path, "a", [ANT], filename="b.png")
    boxes.voc(tmp_path, "x", [ANT], filename="other.png", image=False)
    make.image(tmp_path / "JPEGImages" / "other.png", size=(40, 60))
    make.image(tmp_path / "JPEGImages" / "b.png", size=(40, 60))
    assert [image.name for image in read_boxes(tmp_path).images] == [
        "JPEGImages/a.png",
        "JPEGImages/other.png",
    ]
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "JPEGImages").rename(elsewhere)
    assert [image.name for image in read_boxes(tmp_path, elsewhere).images] == [
        "elsewhere/a.png",
        "elsewhere/other.png",
    ]


@pytest.mark.parametrize("filename", ["../secret.png", "/etc/passwd", "C:\\x.png"])
def test_a_filename_that_leaves_the_folder_is_refused(tmp_path, filename):
    root = boxes.voc(tmp_path / "data", "a", [ANT])
    make.image(tmp_path / "secret.png")
    boxes.voc(root, "b", [ANT], filename=filename, image=False)
    found = read_boxes(root)
    assert len(found) == 1
    assert found.faults == {"path refused": 1}
    assert "b.xml" in boxes.reasons(found)


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("head", "name"),
    [(LAUGHS, "&b;"), (OUTSIDE, "&a;"), ("<broken>", "ant"), ("", "a\x01b"), ("", "&nothing;")],
)
def test_hostile_xml_is_refused_and_named(tmp_path, head, name):
    boxes.voc(tmp_path, "a", [ANT])
    boxes.voc(tmp_path, "b", [(name, (1, 2, 3, 4))], head=head)
    found = read_boxes(tmp_path)
    assert (len(found), found.classes) == (1, ("ant",))
    assert found.faults["malformed"] == 1
    assert "b.xml" in found.skipped[0].reason


def test_xml_as_deep_as_a_file_may_be(tmp_path):
    boxes.voc(tmp_path, "a", [(*ANT, "<x>" * 200_000 + "</x>" * 200_000)])
    assert read_boxes(tmp_path).count == 1


def test_deep_large_and_odd_xml(tmp_path, monkeypatch):
    boxes.voc(tmp_path, "a", [ANT])
    boxes.voc(tmp_path, "deep", [(*ANT, "<x>" * 3000 + "</x>" * 3000)])
    monkeypatch.setattr(boxes_voc, "MAX_XML_BYTES", 50_000)
    boxes.voc(tmp_path, "large", [(*ANT, "<pose>" + "x" * 60_000 + "</pose>")])
    boxes.voc(
        tmp_path,
        "odd",
        [
            ("", (1, 2, 3, 4)),
            ("ant", ("nan", "1e999", "x", "1")),
            ("ant", (5, 5, 5, 9)),
            ("ant", (9, 9, 3, 3)),
        ],
    )
    (tmp_path / "Annotations" / "other.xml").write_text("<html/>")
    (tmp_path / "Annotations" / "empty.xml").write_text("")
    boxes.voc(tmp_path, "told", [ANT], size=(20, 20))
    make.image(tmp_path / "JPEGImages" / "told.png", size=(80, 60))
    boxes.voc(tmp_path, "lonely", [ANT], image=False)
    found = read_boxes(tmp_path)
    assert [image.name for image in found.images] == [
        f"JPEGImages/{name}.png" for name in ("a", "deep", "odd", "told")
    ]
    assert found.images[2].boxes.tolist() == [[3, 3, 9, 9]]
    assert found.images[3].boxes.tolist() == [[1, 2, 30, 40]]
    for word in (
        "large.xml",
        "odd.xml, object 1",
        "odd.xml, object 2",
        "object 3",
        "object 4",
        "other.xml",
        "empty.xml",
        "told.xml",
        "lonely",
    ):
        assert word in boxes.reasons(found)
    assert found.faults["size differs"] == 1
    write_boxes(found, tmp_path / "out", "voc")
    boxes.same(read_boxes(tmp_path / "out"), found, exact=True)
