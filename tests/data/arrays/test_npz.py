from __future__ import annotations

import tracemalloc
import zipfile

import numpy as np
import pytest

from hibiscus.data.arrays.npz import read_npz, shared_block
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)


def images(count):
    return RNG.integers(0, 256, (count, 6, 5), dtype=np.uint8)


ARRAYS = {
    "x_test": images(7),
    "y_test": np.arange(7),
    "x_train": images(4),
    "other": np.asfortranarray(RNG.normal(size=(3, 2))),
    "x_val": images(2),
    "names": np.array(["a", "b"]),
    "empty": np.zeros((0, 6, 5), np.uint8),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_all_arrays_are_read_and_parts_share_a_block(tmp_path, save):
    save(tmp_path / "a.npz", **ARRAYS)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        read = read_npz(archive)
    assert list(read) == list(ARRAYS)
    for key, values in ARRAYS.items():
        np.testing.assert_array_equal(read[key], values)
        assert read[key].dtype == values.dtype
    parts = [read[f"x_{part}"] for part in ("train", "val", "test")]
    joined = shared_block([*parts, read["empty"]])
    assert joined is not None
    assert np.shares_memory(joined, parts[0])
    np.testing.assert_array_equal(joined, np.concatenate(parts))
    assert shared_block(parts[::-1]) is None
    assert shared_block(parts[:2]) is None
    assert shared_block([images(3), images(2)]) is None


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_opening_takes_one_copy(tmp_path, save):
    x = RNG.integers(0, 256, (20_000, 28, 28), dtype=np.uint8)  # 15.7 MB
    y = np.arange(20_000) % 10
    save(tmp_path / "a.npz", x_train=x[:2000], y_train=y[:2000], x_test=x[2000:], y_test=y[2000:])
    np.savez(tmp_path / "small.npz", x=images(3))
    open_data(tmp_path / "small.npz")  # what is imported counts, too
    tracemalloc.start()
    try:
        dataset = open_data(tmp_path / "a.npz")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(dataset.fields["image"][..., 0], x)
    assert dataset.parts["test"][0] == 2000
    assert peak < 1.5 * x.nbytes


def test_a_damaged_member_is_an_error(tmp_path):
    np.savez(tmp_path / "a.npz", x=images(50), y=np.arange(50))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[600] ^= 1
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(DataError, match="CRC"):
        open_data(tmp_path / "bad.npz")
    for cut, message in ((130, "x declares 1,500 bytes and has 1,498"), (100, "x ends after 1,400 of 1,500")):
        with zipfile.ZipFile(tmp_path / "a.npz") as whole, zipfile.ZipFile(tmp_path / "c.npz", "w") as short:
            for name in whole.namelist():
                short.writestr(name, whole.read(name)[: -cut if name == "x.npy" else None])
        with pytest.raises(DataError, match=message):
            open_data(tmp_path / "c.npz")
