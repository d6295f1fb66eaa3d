"""Aligned image pairs are read from two folders or from the halves of each file, and never misaligned."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError, DataError


def image(seed, height=12, width=16, color=True):
    shape = (height, width, 3) if color else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def pair_folder(root, names, count=4):
    """Gray inputs in `edges`, color targets in `photos`, of equal names but other endings."""
    for prefix in names:
        for number in range(count):
            save(root / prefix.format("edges") / f"{number}.png", image(number, color=False))
            save(root / prefix.format("photos") / f"{number}.bmp", image(100 + number))
    return root


@pytest.mark.parametrize(
    "names", [("{}",), ("train/{}", "test/{}"), ("{}/train", "{}/test")], ids=["flat", "outside", "inside"]
)
def test_inputs_and_targets_of_the_same_name_belong_together(tmp_path, names):
    data = open_data(pair_folder(tmp_path / "d", names), pairs="edges,photos")
    assert data.fields["image"].shape == (4 * len(names), 12, 16, 1)
    assert data.fields["target_image"].shape == (4 * len(names), 12, 16, 3)
    for row, name in enumerate(data.ids):
        number = int(name.rsplit("/", 1)[-1].removesuffix(".png"))
        np.testing.assert_array_equal(data.fields["image"][row, ..., 0], image(number, color=False))
        np.testing.assert_array_equal(data.fields["target_image"][row], image(100 + number))
    assert list(data.parts) == ([] if names == ("{}",) else ["train", "test"])
    assert "from grayscale to RGB" in data.notes[0]


def test_the_direction_is_the_order_of_the_names(tmp_path):
    folder = pair_folder(tmp_path / "d", ("{}",))
    there, back = (open_data(folder, pairs=pairs) for pairs in ("edges,photos", "photos,edges"))
    np.testing.assert_array_equal(there.fields["image"], back.fields["target_image"])
    assert set(there.keys.tolist()).isdisjoint(back.keys.tolist())


@pytest.mark.parametrize(("half", "column"), [("left", 0), ("right", 16)])
def test_halves_of_one_file(tmp_path, half, column):
    whole = [image(number, width=32) for number in range(3)]
    for number, pixels in enumerate(whole):
        save(tmp_path / "d" / "train" / f"{number}.png", pixels)
    data = open_data(tmp_path / "d", pairs=half)
    for row in range(3):
        np.testing.assert_array_equal(data.fields["image"][row], whole[row][:, column : column + 16])
        other = 16 - column
        np.testing.assert_array_equal(data.fields["target_image"][row], whole[row][:, other : other + 16])
    assert list(data.parts) == ["train"]


def test_large_pairs_are_resized_alike(tmp_path):
    for number in range(3):
        pixels = image(number, 120, 160)
        save(tmp_path / "d" / "a" / f"{number}.png", pixels)
        save(tmp_path / "d" / "b" / f"{number}.png", pixels)
        save(tmp_path / "e" / f"{number}.png", np.concatenate([pixels, pixels], 1))
    for data in (open_data(tmp_path / "d", pairs="a,b"), open_data(tmp_path / "e", pairs="left")):
        np.testing.assert_array_equal(data.fields["image"], data.fields["target_image"])
    assert open_data(tmp_path / "e", pairs="left").fields["image"].shape[1:3] == (72, 96)
    assert open_data(tmp_path / "d", pairs="a,b", image_size=(30, 40)).fields["image"].shape[1:3] == (30, 40)


def test_what_has_no_partner_or_another_shape_is_named(tmp_path):
    folder = pair_folder(tmp_path / "d", ("{}",), count=8)
    save(folder / "edges" / "alone.png", image(7, color=False))
    save(folder / "photos" / "3.bmp", image(3, 16, 12))
    with pytest.raises(DataError, match="2 of 9 files cannot be used"):
        open_data(folder, pairs="edges,photos")
    data = open_data(folder, pairs="edges,photos", max_bad_fraction=0.3)
    assert len(data) == 7
    reasons = sorted(item.reason.rsplit("/", 1)[-1] for item in data.skipped)
    assert reasons == ["3.png: 16x12, its target 12x16, not aligned", "photos"]
    np.testing.assert_array_equal(data.fields["target_image"][3], image(104))


def test_an_image_that_is_too_large_to_decode_does_not_set_the_size(tmp_path):
    save(tmp_path / "d" / "b.png", image(0, 8, 32))
    header = bytearray((tmp_path / "d" / "b.png").read_bytes())
    width = struct.pack(">I", 1 << 24)  # 8 rows of 16 million pixels; both sizes occur once, this one first
    header[16:20], checked = width, bytes(header[12:16]) + width + bytes(header[20:29])
    header[29:33] = struct.pack(">I", zlib.crc32(checked))
    (tmp_path / "d" / "a.png").write_bytes(header)
    tracemalloc.start()
    data = open_data(tmp_path / "d", pairs="left", max_bad_fraction=0.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.fields["image"].shape == (1, 8, 16, 3)
    assert "a.png: too large to decode safely" in data.skipped[0].reason
    assert peak < 50 << 20


def test_odd_widths_have_no_halves(tmp_path):
    for number in range(3):
        save(tmp_path / "d" / f"{number}.png", image(number, width=32 + (number == 1)))
    data = open_data(tmp_path / "d", pairs="left", max_bad_fraction=0.4)
    assert [name for name in data.ids] == ["0.png", "2.png"]
    assert "33 pixels wide" in data.skipped[0].reason


def test_class_numbers_as_inputs_are_pointed_out(tmp_path):
    for number in range(3):
        save(tmp_path / "d" / "masks" / f"{number}.png", image(number, color=False) // 30)
        save(tmp_path / "d" / "photos" / f"{number}.png", image(number))
    assert any("nearly black" in note for note in open_data(tmp_path / "d", pairs="masks,photos").notes)


def test_wrong_options_are_answered(tmp_path):
    folder = pair_folder(tmp_path / "d", ("{}",))
    for pairs in ("edges", "edges,edges", "edges,", "a,b,c"):
        with pytest.raises(ConfigError, match="pairs="):
            open_data(folder, pairs=pairs)
    with pytest.raises(DataError, match="no folders edges and photo "):
        open_data(folder, pairs="edges,photo")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no images"):
        open_data(tmp_path / "empty", pairs="left")
    with pytest.raises(DataError, match="a folder of images"):
        open_data(folder / "edges" / "0.png", pairs="left")
