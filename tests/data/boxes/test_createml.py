"""CreateML's JSON and metadata.jsonl; see also the cases."""

import json

from data import make_files as make
from hibiscus.data.boxes.createml import (
    is_createml_dataset,
    is_image_folder_dataset,
    read_createml,
    read_image_folder,
)


def test_center_and_size(tmp_path):
    make.image(tmp_path / "a.png", size=(80, 100))
    shape = {"label": "ant", "coordinates": {"x": 25, "y": 40, "width": 30, "height": 48}}
    (tmp_path / "x.json").write_text(json.dumps([{"imagefilename": "a.png", "annotations": [shape]}]))
    assert is_createml_dataset(tmp_path)
    assert read_createml(tmp_path).images[0].boxes.tolist() == [[10, 16, 40, 64]]


def test_lines_of_metadata(tmp_path):
    make.image(tmp_path / "a.png", size=(80, 100))
    line = {"file_name": "a.png", "bbox": [[10, 16, 30, 48], [1, 1, 2, 2]], "label": [3]}
    (tmp_path / "metadata.jsonl").write_text(
        json.dumps({**line, "bbox": line["bbox"][:1]}) + "\n\n" + json.dumps(line)
    )
    assert is_image_folder_dataset(tmp_path)
    found = read_image_folder(tmp_path)
    assert (found.classes, found.images[0].boxes.tolist()) == (("3",), [[10, 16, 40, 64]])
    assert found.faults == {"malformed": 1}  # two boxes and one label
