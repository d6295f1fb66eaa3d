"""Arrays that are easily read wrong: each is read right, or told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from hibiscus.data.open import open_data
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 8, 9, 3), dtype=np.uint8)
LABELS = np.arange(12) % 3


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return tmp_path / "a.npz"


def opened(tmp_path, **arrays):
    return open_data(saved(tmp_path, **arrays))


def refused(path, match):
    with pytest.raises(DataError, match=match) as caught:
        open_data(path)
    return caught.value


@pytest.mark.parametrize(
    "values",
    [
        PIXELS,
        PIXELS.transpose(0, 3, 1, 2),
        PIXELS / 255,
        (PIXELS / 255).astype(np.float32).transpose(0, 3, 1, 2),
        PIXELS.astype(np.float32),
        PIXELS.astype(np.int64),
    ],
)
def test_the_same_images_in_every_form(tmp_path, values):
    assert np.array_equal(opened(tmp_path, X=values, Y=LABELS).fields["image"], PIXELS)


def test_12_bits_are_scaled_by_the_training_part(tmp_path):
    deep = RNG.integers(0, 4000, (12, 8, 9, 1)).astype(np.uint16)
    deep[0, 0, 0] = 4095
    data = opened(tmp_path, x_train=deep, y_train=LABELS, x_test=deep // 2, y_test=LABELS)
    assert data.fields["image"][0, 0, 0, 0] == 255
    assert np.array_equal(data.fields["image"][:12], np.rint(deep * (255 / 4095)).astype(np.uint8))
    assert data.fields["image"][12:].max() == 127
    assert any("4095" in note for note in data.notes)
    assert data.about == {"image": {"white_level": 4095.0}}


def test_parts_of_two_ranges_are_refused(tmp_path):
    path = saved(tmp_path, x_train=PIXELS / 255, y_train=LABELS, x_test=PIXELS.astype(float), y_test=LABELS)
    assert "alike" in refused(path, "up to 1 in the training part, but up to 255").fix
    dark = PIXELS // 255  # all 0 or 1
    data = opened(
        tmp_path, x_train=PIXELS.astype(int), y_train=LABELS, x_test=dark.astype(int), y_test=LABELS
    )
    assert data.fields["image"][12:].max() <= 1  # by the range of the training part


def test_a_single_image_is_not_many_rows(tmp_path):
    np.save(tmp_path / "photo.npy", RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    refused(tmp_path / "photo.npy", "looks like a single color image")


def test_numbers_in_a_square_are_a_series_and_said_so(tmp_path):
    data = opened(tmp_path, x=PIXELS[..., 0] / 255, y=LABELS)
    assert data.fields["array"].shape == (12, 8, 9)
    assert any("(items, 8, 9, 1)" in note for note in data.notes)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS, ["a", "b", "c"]),
        (LABELS + 1, ["a", "b", "c"]),
        (np.eye(3)[LABELS], ["a", "b", "c"]),
        (LABELS.astype(float), ["a", "b", "c"]),
        (LABELS[None], ["a", "b", "c"]),
        (LABELS[:, None] + 1.0, ["a", "b", "c"]),
    ],
)
def test_labels_by_the_names_of_classes(tmp_path, labels, names):
    data = opened(tmp_path, images=PIXELS, labels=labels, class_names=names)
    assert data.fields["label"].tolist() == ["a", "b", "c"] * 4


def test_labels_that_fit_no_name_are_told(tmp_path):
    data = opened(tmp_path, x=PIXELS, y=LABELS * 7, classes=["a", "b", "c"])
    assert data.fields["label"].tolist() == (LABELS * 7).tolist()
    assert any("class names, which are left out" in note for note in data.notes)


def test_one_hot_labels_are_decided_for_all_parts(tmp_path):
    several = np.eye(3)[LABELS]
    several[0] = 1  # three labels for one item
    data = opened(tmp_path, x_train=PIXELS, y_train=several, x_test=PIXELS, y_test=np.eye(3)[LABELS])
    assert "label" not in data.fields
    assert data.fields["target"].shape == (24, 3)


def test_arrays_that_are_not_read_are_named(tmp_path):
    data = opened(tmp_path, x=PIXELS, digit=LABELS)
    assert data.notes == ["arrays that were not read: digit (12,)"]


@pytest.mark.parametrize(
    ("x", "y", "fix"),
    [
        (RNG.normal(size=(4, 12)), LABELS, "moveaxis(x, 1, 0)"),
        (np.moveaxis(PIXELS, 0, -1), LABELS, "moveaxis(x, 3, 0)"),
        (RNG.normal(size=(12, 4)), np.eye(3)[LABELS].T, "y = y.T"),
    ],
)
def test_transposed_arrays_are_told(tmp_path, x, y, fix):
    error = refused(saved(tmp_path, x=x, y=y), "transposed")
    assert "transpose" in error.fix
    assert fix in error.fix


@pytest.mark.parametrize("first", [True, False])
def test_matlab_images_with_items_first_or_last(tmp_path, first):
    values = PIXELS if first else np.moveaxis(PIXELS, 0, -1)
    savemat(tmp_path / "a.mat", {"X": values, "y": LABELS[None] + 1})
    data = open_data(tmp_path / "a.mat")
    assert np.array_equal(data.fields["image"], PIXELS)
    assert data.fields["label"].tolist() == (LABELS + 1).tolist()


def test_matlab_of_version_7_3_says_how_to_convert(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(99))
    assert "-v7" in refused(tmp_path / "a.mat", "version 7.3, which is HDF5").fix


def test_hdf5_says_how_to_convert(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99))
    assert "h5py" in refused(tmp_path / "a.h5", "unknown file type").fix


def test_black_and_white_as_0_and_1_is_told(tmp_path):
    data = opened(tmp_path, x=(PIXELS > 99).astype(np.uint8), y=LABELS)
    assert any("nearly black" in note for note in data.notes)
    assert opened(tmp_path, x=PIXELS > 99, y=LABELS).fields["image"].max() == 255
