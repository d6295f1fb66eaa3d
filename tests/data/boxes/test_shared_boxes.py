"""Real images with boxes, which lie beside the repository and are not part of it."""

import tarfile
from pathlib import Path

import pytest

from hibiscus.data.boxes.formats import FORMATS, find_boxes, read_boxes, write_boxes
from hibiscus.data.boxes.summary import summary

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
BCCD, DRINKS = SHARED / "bccd" / "BCCD_voc.tar.gz", SHARED / "drinks" / "drinks.tar.gz"
pytestmark = pytest.mark.shared


def unpacked(archive, folder):
    if not archive.is_file():
        pytest.skip(f"the shared data set is not at {archive}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def by_name(boxset):
    parts = boxset.part_of()
    return {
        Path(one.name).name: (parts[i], one.size, one.labels.tolist(), one.boxes.tolist())
        for i, one in enumerate(boxset.images)
    }


def test_bccd(tmp_path):
    place = unpacked(BCCD, tmp_path / "bccd")
    assert find_boxes(place) == "voc"
    found = read_boxes(place)
    told = summary(found)
    assert told["parts"] == {"train": 205, "val": 87, "test": 72}
    assert (told["images"], told["box_count"], told["classes"]) == (364, 4886, ["Platelets", "RBC", "WBC"])
    assert told["faults"] == {"zero area": 2}
    assert [
        "BloodImage_00338.xml" in found.skipped[0].reason,
        "BloodImage_00343.xml" in found.skipped[1].reason,
    ] == [True, True]
    for format in FORMATS:
        write_boxes(found, tmp_path / format, format)
        back = read_boxes(tmp_path / format)
        assert (back.classes, back.skipped) == (found.classes, [])
        assert by_name(back) == by_name(found)


def test_drinks(tmp_path):
    place = unpacked(DRINKS, tmp_path)
    assert find_boxes(place) == "csv"
    told = summary(read_boxes(place))
    assert told["parts"] == {"train": 995, "test": 51}
    assert told["box_count_by_part"] == {"train": 2778, "test": 146}
    assert told["classes"] == ["water", "soda", "juice"]
    assert (told["faults"], told["skipped"]) == ({}, [])
