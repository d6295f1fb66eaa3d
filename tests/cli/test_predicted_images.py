"""Predicted images as files: names, sub-folders, palettes, and nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hibiscus.cli.predicted_images import check_free, write_images
from hibiscus.cli.predictions import check_out
from hibiscus.errors import DataError, UsageError

MASKS = np.arange(2 * 4 * 6, dtype=np.uint8).reshape(2, 4, 6, 1) % 3


def predicted(*items: str) -> dict:
    return {
        "id": list(items),
        "mask": MASKS[: len(items)],
        "overlay": np.full((len(items), 4, 6, 3), 9, np.uint8),
        "classes": ["sky", "road", "tree"],
        "skipped": [],
    }


def write(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 4)).save(folder / name)
    return [str(folder / name) for name in names]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_masks_hold_class_numbers_and_show_colors(tmp_path):
    items = write(tmp_path / "in", "a/x.png", "b/x.png")
    write_images(predicted(*items), ["mask", "overlay"], tmp_path / "out", 0.0, [str(tmp_path / "in")])
    names = ["a/x-overlay.png", "a/x.png", "b/x-overlay.png", "b/x.png", "classes.txt"]
    assert files(tmp_path / "out") == names
    assert (tmp_path / "out/classes.txt").read_text() == "sky\nroad\ntree\n"
    for index, name in enumerate("ab"):
        with Image.open(tmp_path / "out" / name / "x.png") as mask:
            assert mask.mode == "P"
            assert np.array_equal(np.asarray(mask), MASKS[index, ..., 0])
            colors = {tuple(color) for color in np.asarray(mask.convert("RGB")).reshape(-1, 3).tolist()}
        assert len(colors) == 3
        assert max(max(color) for color in colors) > 150  # they do not open black


def test_one_image_becomes_one_file(tmp_path):
    (item,) = write(tmp_path, "x.png")
    out = check_out(str(tmp_path / "seg.png"), [item], folders=True)
    assert out is not None
    check_free(out, [item], with_boxes=False)
    write_images(predicted(item), ["mask", "overlay"], out, 0.0, [item])
    assert files(tmp_path) == ["seg-overlay.png", "seg.classes.txt", "seg.png", "x.png"]
    with pytest.raises(DataError, match=r"seg\.png: exists already"):
        check_out(str(tmp_path / "seg.png"), [item], folders=True)


@pytest.mark.parametrize("inputs", [["a.png", "b.png"], ["."]])
def test_a_file_for_several_images_is_refused(tmp_path, inputs):
    with pytest.raises(UsageError, match="not one image"):
        check_out(str(tmp_path / "seg.png"), inputs, folders=True)


def test_names_are_unique_even_where_case_does_not_count(tmp_path):
    items = [*write(tmp_path / "one", "x.png"), *write(tmp_path / "two", "X.jpg")]
    write_images(predicted(*items), ["mask"], tmp_path / "out", 0.0, items)
    assert files(tmp_path / "out") == ["X-2.png", "classes.txt", "x.png"]


def test_an_item_without_the_ending_of_an_image_keeps_its_dots(tmp_path):
    write_images(predicted("clip.v2-000001"), ["mask"], tmp_path / "out", 0.0, ["clip.v2.mp4"])
    assert files(tmp_path / "out") == ["classes.txt", "clip.v2-000001.png"]


def test_what_exists_is_found_before_anything_is_predicted(tmp_path):
    write(tmp_path / "in", "a/x.jpg", "b.jpg")
    write(tmp_path / "out", "a/x.png")
    with pytest.raises(DataError, match=r"a/x\.png: exists already"):
        check_free(tmp_path / "out", [str(tmp_path / "in")], with_boxes=False)
    check_free(tmp_path / "out", [str(tmp_path / "in" / "b.jpg")], with_boxes=False)
    (tmp_path / "out" / "detections.json").touch()
    with pytest.raises(DataError, match=r"detections\.json: exists already"):
        check_free(tmp_path / "out", [str(tmp_path / "in" / "b.jpg")], with_boxes=True)
