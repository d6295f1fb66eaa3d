"""The image that boxes refer to."""

import numpy as np
import pytest
from PIL import Image

from data import make_files as make
from hibiscus.data.boxes.frames import Frame, infer_orientation, infer_resized, read_frame, turn_box

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


@pytest.mark.parametrize("turn", TURNS)
def test_a_box_turns_as_its_pixels_do(turn):
    pixels = np.zeros((30, 50), np.uint8)
    pixels[4:9, 10:33] = 1
    rows, columns = np.nonzero(np.asarray(Image.fromarray(pixels).transpose(TURNS[turn])))
    expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert turn_box((10, 4, 33, 9), turn, (30, 50)) == expected


def test_sizes_of_files(tmp_path):
    assert read_frame(make.image(tmp_path / "a.png", size=(30, 50))) == Frame((30, 50))
    (tmp_path / "no.png").write_bytes(b"no image")
    assert read_frame(tmp_path / "no.png") is None
    tags = Image.Exif()
    tags[0x0112] = 6
    for ending in ("jpg", "png"):
        Image.new("RGB", (50, 30)).save(tmp_path / f"turned.{ending}", exif=tags)
        frame = read_frame(tmp_path / f"turned.{ending}")
        assert frame is not None
        assert (frame.size, frame.stored, frame.turn) == ((50, 30), (30, 50), 6)


def test_images_that_fit_one_way_decide_for_all():
    upright, turned = Frame((30, 50)), Frame((50, 30), 6)
    stored = Frame((50, 30), 6, corners=[(10, 0, 50, 30)])
    assert infer_orientation([upright], "auto") == ([False], "")
    assert infer_orientation([upright, turned, stored], "auto")[0] == [False, True, True]
    other = Frame((50, 30), 8, corners=[(0, 0, 30, 50)])
    assert infer_orientation([turned, stored, other], "auto")[0] == [None, True, False]
    assert infer_orientation([turned, other], "stored")[0] == [True, True]
    assert infer_orientation([Frame((50, 30), 6, stated=(30, 50))], "auto")[0] == [True]
    assert infer_orientation([Frame((50, 30), 6, stated=(50, 30))], "auto")[0] == [False]


@pytest.mark.parametrize(
    ("stated", "corners", "scaled"),
    [
        ((60, 100), [(0, 0, 90, 50)], True),  # it fits the stated size only
        ((60, 100), [(0, 0, 40, 20)], True),  # of the same aspect ratio
        ((60, 60), [(0, 0, 40, 20)], False),  # of another, and the box fits the image
        ((60, 60), [(0, 0, 60, 60)], True),
        ((15, 25), [(0, 0, 40, 20)], False),
        ((30, 50), [(0, 0, 40, 20)], False),
    ],
)
def test_images_that_were_resized(stated, corners, scaled):
    assert infer_resized([Frame((30, 50), 1, stated, corners)]) == scaled
