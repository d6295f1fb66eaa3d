"""labelme's JSON; see also the cases."""

import json

from data import make_files as make
from hibiscus.data.boxes.labelme import is_labelme_dataset, read_labelme


def test_shapes_that_are_not_sound(tmp_path):
    make.image(tmp_path / "a.png", size=(80, 100))
    shapes = [
        {"label": "ant", "points": [[1, 2], [9, 9]], "shape_type": "rectangle", "group_id": None},
        {"label": "", "points": [[1, 2], [9, 9]]},
        {"label": "ant", "points": [[1, 2]], "shape_type": "rectangle"},
        {"label": "ant", "points": [[1, "x"], [3, 4]], "shape_type": "rectangle"},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"shapes": shapes, "imagePath": "a.png"}))
    (tmp_path / "b.json").write_text('{"shapes": [3], "imagePath": "b.png"}')
    assert is_labelme_dataset(tmp_path)
    found = read_labelme(tmp_path)
    assert found.images[0].boxes.tolist() == [[1, 2, 9, 9]]
    assert found.faults == {"malformed": 3, "not a number": 1}
