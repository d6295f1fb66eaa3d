import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hibiscus.data.images import ops as pic
from hibiscus.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
SMOOTH = np.asarray(
    Image.fromarray(RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (80, 60), Image.Resampling.BICUBIC
    )
)
IMAGE = Image.fromarray(SMOOTH)
GREY = np.asarray(IMAGE.convert("L"))
IMAGES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)) | hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
)
quick = settings(max_examples=40, deadline=None)


def test_cover_keeps_proportions_and_the_centre():
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 255
    assert (pic.resize_cover(wide, (10, 10)) == 255).all()
    assert pic.resize_squash(wide, (10, 10)).min() == 0


@quick
@given(*[st.integers(1, 400)] * 4)
def test_any_size_can_be_brought_to_any_other(height, width, new_height, new_width):
    image = np.full((height, width), 9, np.uint8)
    for function in (pic.resize_cover, pic.resize_squash):
        assert np.array_equal(function(image, (new_height, new_width)), np.full((new_height, new_width), 9))


def test_describe():
    assert pic.describe(SMOOTH) | {"low": 0, "high": 255, "mean": 0} == {
        "shape": (60, 80, 3), "dtype": "uint8", "channels": 3, "mode": "rgb", "bytes": 14400, "low": 0,
        "high": 255, "mean": 0
    }  # fmt: skip
    assert pic.describe(GREY)["channels"] == 1
    assert pic.describe(GREY)["high"] == GREY.max()


def test_save_round_trip_and_no_overwriting(tmp_path):
    path = pic.save_image(SMOOTH, tmp_path / "a b.png")
    assert np.array_equal(pic.open_image(path), SMOOTH)
    with pytest.raises(DataError, match="already exists"):
        pic.save_image(GREY, path)
    pic.save_image(GREY[:, :, None], path, overwrite=True)
    assert np.array_equal(pic.open_image(path), GREY)
    with pytest.raises(DataError, match=r"no image format has the extension '\.pgn'"):
        pic.save_image(GREY, tmp_path / "a.pgn")
    with pytest.raises(DataError, match="cannot be written"):
        pic.save_image(GREY, tmp_path / "absent" / "a.png")


@quick
@given(IMAGES)
def test_operations_hold_their_definitions(image):
    assert np.array_equal(pic.negative(image), 255 - image.astype(int))
    assert np.array_equal(pic.negative(pic.negative(image)), image)
    for direction, axis in (("horizontal", 1), ("vertical", 0)):
        assert np.array_equal(pic.flip(image, direction), np.flip(image, axis))
        assert np.array_equal(pic.flip_by_index(image, direction), pic.flip(image, direction))
    assert np.array_equal(pic.rotate(image, 90), np.rot90(image))
    height, width = image.shape[:2]
    padded = pic.pad(image, (1, 2, 3, 4))
    assert padded.shape[:2] == (height + 3, width + 7)
    assert padded.sum() == image.sum()
    assert np.array_equal(pic.trim(padded, 1, 3, height, width), image)
    assert np.array_equal(pic.paste(np.zeros_like(padded), image, 1, 3), padded)
    counts = pic.histogram(image)
    assert counts.shape == (pic.describe(image)["channels"], 256)
    assert (counts.sum(axis=1) == height * width).all()
    assert np.array_equal(pic.reduce_colors(image, 256), image)
    assert set(np.unique(pic.reduce_colors(image, 3))) <= {0, 128, 255}
    assert np.array_equal(pic.binarize(image, 100) == 255, image >= 100)
    assert np.array_equal(pic.blend(image, pic.negative(image), 1.0), image)
    mask = image.reshape(height, width, -1)[:, :, 0] > 99
    assert (pic.apply_mask(image, mask)[~mask] == 0).all()
    assert np.array_equal(pic.apply_mask(image, mask, 9)[mask], image[mask])
    assert sum(part.sum() for part in pic.split_channels(image, colored=True)) == image.sum()


def test_gray_is_the_weighted_sum():
    expected = SMOOTH @ np.array([0.299, 0.587, 0.114])
    assert np.abs(pic.to_gray(SMOOTH) - expected).max() < 0.51
    assert np.array_equal(pic.to_rgb(GREY), np.stack([GREY] * 3, 2))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: pic.negative([[1]]), DataError, "is a list"),
        (lambda: pic.negative(GREY / 255), DataError, "dtype float64"),
        (lambda: pic.negative(np.zeros((9, 28, 28), np.uint8)), DataError, "1 to 4 channels"),
        (lambda: pic.negative(np.zeros((0, 3), np.uint8)), DataError, "not empty"),
        (lambda: pic.trim(GREY, 0, 0, 61, 1), DataError, "inside the image of 60 x 80"),
        (lambda: pic.paste(GREY, SMOOTH), DataError, "equal numbers of channels"),
        (lambda: pic.flip(GREY, "horizontaly"), ConfigError, "did you mean horizontal"),
        (lambda: pic.blend(GREY, SMOOTH), DataError, "equal shapes"),
        (lambda: pic.blend(GREY, GREY, 1.5), ConfigError, "0 to 1"),
        (lambda: pic.reduce_colors(GREY, 1), ConfigError, "2 to 256"),
        (lambda: pic.apply_mask(SMOOTH, GREY[1:]), DataError, "mask of shape"),
        (lambda: pic.pad(GREY, -1), ConfigError, "border=-1"),
        (lambda: pic.pad_to(GREY, (32, 32)), DataError, "at most (32, 32)"),
    ],
)
def test_wrong_input_is_explained(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
