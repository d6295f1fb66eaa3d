import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hibiscus.data.images import ops as pic
from hibiscus.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
SMOOTH = np.asarray(Image.fromarray(RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((80, 60), Image.Resampling.BICUBIC))
IMAGE = Image.fromarray(SMOOTH)
GREY = np.asarray(IMAGE.convert("L"))
PICTURES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)) | hnp.arrays(
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
    picture = np.full((height, width), 9, np.uint8)
    for function in (pic.resize_cover, pic.resize_squash):
        assert np.array_equal(function(picture, (new_height, new_width)), np.full((new_height, new_width), 9))


def test_describe():
    assert pic.describe(SMOOTH) | {"low": 0, "high": 255, "mean": 0} == {
        "shape": (60, 80, 3), "dtype": "uint8", "channels": 3, "mode": "rgb", "bytes": 14400, "low": 0, "high": 255, "mean": 0
    }  # fmt: skip
    assert pic.describe(GREY)["channels"] == 1
    assert pic.describe(GREY)["high"] == GREY.max()


def test_save_round_trip_and_no_overwriting(tmp_path):
    path = pic.save_picture(SMOOTH, tmp_path / "a b.png")
    assert np.array_equal(pic.open_picture(path), SMOOTH)
    with pytest.raises(DataError, match="exists already"):
        pic.save_picture(GREY, path)
    pic.save_picture(GREY[:, :, None], path, overwrite=True)
    assert np.array_equal(pic.open_picture(path), GREY)
    with pytest.raises(DataError, match=r"no picture format is called '\.pgn'"):
        pic.save_picture(GREY, tmp_path / "a.pgn")
    with pytest.raises(DataError, match="cannot be written"):
        pic.save_picture(GREY, tmp_path / "absent" / "a.png")


@quick
@given(PICTURES)
def test_operations_hold_their_definitions(picture):
    assert np.array_equal(pic.negative(picture), 255 - picture.astype(int))
    assert np.array_equal(pic.negative(pic.negative(picture)), picture)
    for direction, axis in (("horizontal", 1), ("vertical", 0)):
        assert np.array_equal(pic.flip(picture, direction), np.flip(picture, axis))
        assert np.array_equal(pic.flip_by_index(picture, direction), pic.flip(picture, direction))
    assert np.array_equal(pic.rotate(picture, 90), np.rot90(picture))
    height, width = picture.shape[:2]
    padded = pic.pad(picture, (1, 2, 3, 4))
    assert padded.shape[:2] == (height + 3, width + 7)
    assert padded.sum() == picture.sum()
    assert np.array_equal(pic.trim(padded, 1, 3, height, width), picture)
    assert np.array_equal(pic.paste(np.zeros_like(padded), picture, 1, 3), padded)
    counts = pic.histogram(picture)
    assert counts.shape == (pic.describe(picture)["channels"], 256)
    assert (counts.sum(axis=1) == height * width).all()
    assert np.array_equal(pic.reduce_colours(picture, 256), picture)
    assert set(np.unique(pic.reduce_colours(picture, 3))) <= {0, 128, 255}
    assert np.array_equal(pic.binarise(picture, 100) == 255, picture >= 100)
    assert np.array_equal(pic.blend(picture, pic.negative(picture), 1.0), picture)
    mask = picture.reshape(height, width, -1)[:, :, 0] > 99
    assert (pic.apply_mask(picture, mask)[~mask] == 0).all()
    assert np.array_equal(pic.apply_mask(picture, mask, 9)[mask], picture[mask])
    back = pic.from_tensor(pic.to_tensor(picture))
    assert np.array_equal(back, picture[:, :, 0] if picture.shape[2:] == (1,) else picture)
    assert sum(part.sum() for part in pic.split_channels(picture, coloured=True)) == picture.sum()


def test_grey_is_the_weighted_sum():
    expected = SMOOTH @ np.array([0.299, 0.587, 0.114])
    assert np.abs(pic.to_grey(SMOOTH) - expected).max() < 0.51
    assert np.array_equal(pic.to_rgb(GREY), np.stack([GREY] * 3, 2))


def test_mnist_to_svhn_format():
    digits = RNG.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    padded = pic.pad_to(pic.add_channel(digits), (32, 32))
    assert padded.shape == (5, 32, 32, 1)
    assert np.array_equal(padded[:, 2:30, 2:30, 0], digits)
    assert padded.sum() == digits.sum()
    assert np.array_equal(pic.pad_to(digits[0], (32, 32)), padded[0, :, :, 0])


@pytest.mark.parametrize("shape", [(28, 28), (8, 9, 3)])
def test_federated_flattening_is_exactly_undone(shape):
    pictures = np.resize(np.arange(256, dtype=np.uint8), (3, *shape))
    flat = pic.flatten_pictures(pictures)
    assert flat.shape == (3, np.prod(shape))
    assert flat.min() == 0
    assert flat.max() == 1
    assert np.array_equal(pic.unflatten_pictures(flat, shape), pictures)


def test_one_picture_as_a_tensor():
    tensor = pic.to_tensor(SMOOTH)
    assert tensor.shape == (1, 3, 60, 80)
    assert torch.equal(tensor[0, 1], torch.from_numpy(SMOOTH[:, :, 1].copy()) / 255)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: pic.negative([[1]]), DataError, "is a list"),
        (lambda: pic.negative(GREY / 255), DataError, "dtype float64"),
        (lambda: pic.negative(np.zeros((9, 28, 28), np.uint8)), DataError, "1 to 4 channels"),
        (lambda: pic.negative(np.zeros((0, 3), np.uint8)), DataError, "not empty"),
        (lambda: pic.trim(GREY, 0, 0, 61, 1), DataError, "inside the picture of 60 x 80"),
        (lambda: pic.paste(GREY, SMOOTH), DataError, "equal channels"),
        (lambda: pic.flip(GREY, "horizontaly"), ConfigError, "did you mean horizontal"),
        (lambda: pic.blend(GREY, SMOOTH), DataError, "one shape"),
        (lambda: pic.blend(GREY, GREY, 1.5), ConfigError, "0 to 1"),
        (lambda: pic.reduce_colours(GREY, 1), ConfigError, "2 to 256"),
        (lambda: pic.apply_mask(SMOOTH, GREY[1:]), DataError, "mask of shape"),
        (lambda: pic.pad(GREY, -1), ConfigError, "border=-1"),
        (lambda: pic.pad_to(GREY, (32, 32)), DataError, "at most (32, 32)"),
        (lambda: pic.from_tensor(torch.full((1, 1, 2, 2), 2.0)), DataError, "0 to 1"),
        (lambda: pic.from_tensor(torch.full((1, 1, 2, 2), torch.nan)), DataError, "nan"),
        (lambda: pic.from_tensor(torch.zeros(2, 3, 4, 4)), DataError, "one picture of the batch"),
        (lambda: pic.add_channel(GREY), DataError, "(N, height, width)"),
        (lambda: pic.unflatten_pictures(np.zeros((2, 5)), (2, 3)), DataError, "2 x 3 values"),
        (lambda: pic.flatten_pictures(np.zeros((2, 3, 3))), DataError, "float64"),
    ],
)
def test_wrong_input_is_explained(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
