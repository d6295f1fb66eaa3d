"""Label Studio's JSON; see also the cases."""

import json

from data import make_files as make
from hibiscus.data.boxes.label_studio import is_label_studio_dataset, read_label_studio


def region(**value):
    return {"type": "rectanglelabels", "original_width": 100, "original_height": 80, "value": value}


def test_regions_of_every_form(tmp_path):
    make.image(tmp_path / "a.png", size=(80, 100))
    box = {"x": 10, "y": 20, "width": 30, "height": 60}
    results = [
        {"id": "1", **region(**box)},
        {"id": "1", "type": "labels", "value": {**box, "labels": ["ant"]}},
        region(x=50, y=50, radiusX=5, radiusY=10, ellipselabels=["bee"]),
        region(**box, rectanglelabels=["ant", "bee"]),
        region(**box),
        region(x=1, y=1, width=0.5, keypointlabels=["eye"]),
        {"type": "choices", "value": {"choices": ["day"]}},
    ]
    annotations = [{"result": results}, {"result": []}]
    (tmp_path / "x.json").write_text(json.dumps([{"data": {"image": "a.png"}, "annotations": annotations}]))
    assert is_label_studio_dataset(tmp_path)
    found = read_label_studio(tmp_path)
    assert found.images[0].boxes.round(6).tolist() == [[10, 16, 40, 64], [45, 32, 55, 48]]
    assert found.faults == {"several classes": 1, "unknown class": 1, "no box": 1, "several annotators": 1}
