"""VIA's JSON and CSV; see also the cases."""

import json

import pytest

from data import make_files as make
from hibiscus.data.boxes.via import is_via_dataset, read_via
from hibiscus.errors import DataError

RECT = {"name": "rect", "x": 1, "y": 2, "width": 8, "height": 7}


def via(folder, *attributes):
    make.image(folder / "a.png", size=(80, 100))
    regions = [
        {"shape_attributes": {**RECT, "x": i}, "region_attributes": one} for i, one in enumerate(attributes)
    ]
    (folder / "via.json").write_text(json.dumps({"a": {"filename": "a.png", "regions": regions}}))
    return folder


def test_the_attribute_with_the_class(tmp_path):
    found = read_via(via(tmp_path, {"Class": "ant", "color": "red"}, {"Class": "", "color": "red"}))
    assert (found.classes, found.faults) == (("ant",), {"unknown class": 1})
    assert is_via_dataset(tmp_path / "via.json")
    assert read_via(via(tmp_path, {}, {})).classes == ("object",)
    assert read_via(
        via(tmp_path, {"what": {"ant": True, "bee": True}}, {"what": {"ant": "true"}})
    ).faults == {"several classes": 1}
    with pytest.raises(DataError, match="its regions have the attributes what, color"):
        read_via(via(tmp_path, {"what": "ant", "color": "red"}))


def test_another_structure_is_refused(tmp_path):
    (tmp_path / "via.json").write_text('{"a": {"filename": "a.png"}, "b": {"regions": []}}')
    with pytest.raises(DataError, match="not a project of VIA"):
        read_via(tmp_path)
