"""The reader of MATLAB files: the values of scipy.io.loadmat, and an error for every damaged file."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from hibiscus.data.arrays.mat import read_mat
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

TYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8", "c8", "c16", "?")
SHAPES = ((), (1,), (3,), (0,), (2, 3), (3, 0), (2, 3, 4), (2, 3, 4, 5))
CODES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}


def all_variables():
    rng = np.random.default_rng(0)
    variables = {}
    for dtype in TYPES:
        for shape in SHAPES:
            values = np.asarray(rng.random(shape) * 100)
            name = f"v_{np.dtype(dtype).name}_{'x'.join(map(str, shape))}"
            variables[name] = values > 50 if dtype == "?" else values.astype(dtype)
    texts = {"text": "hello", "letter": "x", "empty": "", "umlaut": "Größe", "names": np.array(["ab", "cde"])}
    return {**variables, **texts, "grid": np.array([["ab", "cde", "f"], ["x", "yy", "z"]])}


@pytest.mark.parametrize("compressed", [False, True])
def test_all_types_as_scipy_reads_them(tmp_path, compressed):
    variables = all_variables()
    savemat(tmp_path / "a.mat", variables, do_compression=compressed)
    read, expected = read_mat(tmp_path / "a.mat"), loadmat(tmp_path / "a.mat")
    assert read.keys() == variables.keys()
    for name, values in read.items():
        assert values.dtype == expected[name].dtype, name
        assert values.shape == expected[name].shape, name
        assert np.array_equal(values, expected[name]), name


def element(order, kind, data):
    small = struct.pack(f"{order}I", len(data) << 16 | kind) + data.ljust(4, b"\0")
    return (
        small
        if 0 < len(data) <= 4
        else struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8)
    )


def variable(order, name, kind, data, shape, number=6, flags=0):
    content = element(order, 6, struct.pack(f"{order}II", flags | number, 0))
    content += element(order, 5, struct.pack(f"{order}{len(shape)}i", *shape))
    content += element(order, 1, name) + element(order, kind, data)
    return struct.pack(f"{order}II", 14, len(content)) + content


def mat_file(path, order, *variables):
    mark = struct.pack(f"{order}HH", 0x0100, 0x4D49)
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + mark + b"".join(variables))
    return path


def compressed(order, data, level=6):
    packed = zlib.compress(data, level)
    return struct.pack(f"{order}II", 15, len(packed)) + packed


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("count", [1, 3, 24])
def test_both_byte_orders_and_small_elements(tmp_path, order, dtype, count):
    values = np.arange(count).astype(dtype).reshape((2, 3, 4) if count == 24 else (1, count))
    data = values.astype(np.dtype(dtype).newbyteorder(order)).tobytes(order="F")
    one = variable(order, b"x", CODES[dtype], data, values.shape)
    file = mat_file(tmp_path / "a.mat", order, one, compressed(order, one.replace(b"x", b"y", 1)))
    read = read_mat(file)
    for name in ("x", "y"):
        assert read[name].dtype == np.dtype(dtype)
        assert np.array_equal(read[name], values)
        assert np.array_equal(loadmat(file)[name], values)


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (4, "Größe".encode("utf-16-le"), "Größe"),
        (16, "Größe".encode(), "Größe"),
        (2, "Größe".encode("latin-1"), "Größe"),
        (18, "a😀bcd".encode("utf-32-le"), "a😀bcd"),
        (17, b"\x00\xd8" * 5, "\ufffd" * 5),
        (18, b"\xff\xff\xff\xff" * 5, "\ufffd" * 5),
    ],
)
def test_encodings_of_texts(tmp_path, kind, data, text):
    file = mat_file(tmp_path / "a.mat", "<", variable("<", b"s", kind, data, (1, 5), number=4))
    assert read_mat(file)["s"].tolist() == [text]


def test_what_is_no_array_is_named_but_not_read(tmp_path):
    content = {"x": np.eye(3), "s": {"a": np.ones(4)}, "c": np.array([[1, "a"]], object)}
    savemat(tmp_path / "a.mat", content, do_compression=True)
    read = read_mat(tmp_path / "a.mat")
    assert {name: (values.shape, values.dtype.kind) for name, values in read.items()} == {
        "x": ((3, 3), "f"),
        "s": ((1, 1), "O"),
        "c": ((1, 2), "O"),
    }
    assert any("s (1, 1), c (1, 2)" in note for note in open_data(tmp_path / "a.mat").notes)


def ones(shape, order="<"):
    return variable(order, b"x", 9, np.ones(shape).tobytes(), shape)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "does not start like one"),
        (bytes(200), "version 4"),
        (b"MATLAB 7.3 MAT-file", "7.3"),
        (b"x" * 200, "does not start like one"),
    ],
)
def test_other_files(tmp_path, content, match):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(DataError, match=match) as caught:
        read_mat(tmp_path / "a.mat")
    assert "a.mat" in caught.value.received
    assert caught.value.fix


@pytest.mark.parametrize(
    ("damaged", "match"),
    [
        (ones((3, 4))[:-20], "the file ends before"),
        (struct.pack("<II", 14, 2**32 - 1), "declares 4,294,967,295 bytes"),
        (ones((3, 4)).replace(struct.pack("<ii", 3, 4), struct.pack("<ii", 3, 5)), "for the dimensions"),
        (ones((3, 4)).replace(struct.pack("<ii", 3, 4), struct.pack("<ii", -3, -4)), r"dimensions \(-3"),
        (
            ones((3, 4)).replace(struct.pack("<ii", 3, 4), struct.pack("<ii", 2**31 - 1, 2**31 - 1)),
            "for the dim",
        ),
        (variable("<", b"x", 9, b"", (2**31 - 1, 0), number=1), None),
        (variable("<", b"x", 99, bytes(8), (1, 1)), "unknown type 99"),
        (variable("<", b"x", 9, bytes(8), (1, 1), number=77), "unknown class 77"),
        (variable("<", b"x", 2, b"ab", (1, 3), number=4), "2 characters"),
        (struct.pack("<II", 15, 4) + b"abcd", "incorrect header"),
        (compressed("<", ones((30, 4))[:-50]), "ends 50 bytes before"),
        (compressed("<", compressed("<", ones((3, 4)))), "compressed element of type 15"),
        (compressed("<", ones((3, 4)) + bytes(5)), "longer than it declares"),
        (compressed("<", ones((3, 4)))[:-1] + b"\0", "incorrect data check"),
        (ones((3, 4)) * 2, "two variables are named 'x'"),
    ],
)
def test_damaged_files(tmp_path, damaged, match):
    file = mat_file(tmp_path / "a.mat", "<", damaged)
    if match is None:
        assert read_mat(file)["x"].shape == (2**31 - 1, 0)  # objects, which take no memory
        return
    with pytest.raises(DataError, match=match):
        read_mat(file)


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_is_an_error_or_an_array(tmp_path, seed):
    savemat(tmp_path / "plain.mat", {"x": np.arange(60.0).reshape(3, 20), "t": "text", "c": {"a": 1}})
    savemat(tmp_path / "packed.mat", {"x": np.arange(60) / 7, "t": "text"}, do_compression=True)
    rng = np.random.default_rng(seed)
    file, errors = tmp_path / "a.mat", 0
    for _ in range(100):
        data = bytearray((tmp_path / rng.choice(["plain.mat", "packed.mat"])).read_bytes())
        for place in rng.integers(0, len(data), rng.integers(1, 6)):
            data[place] = rng.choice([0, 1, 14, 15, 127, 255, rng.integers(256)])
        file.write_bytes(data[: rng.integers(len(data)) if rng.random() < 0.3 else None])
        try:
            read = read_mat(file)
        except DataError:
            errors += 1
        else:
            assert all(isinstance(values, np.ndarray) for values in read.values())
    assert errors > 30


def test_a_bomb_is_refused_before_it_is_decompressed(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    savemat(tmp_path / "a.mat", {"x": np.zeros((1000, 1000))}, do_compression=True)
    with pytest.raises(DataError, match=r"8\.0 MB of data"):
        open_data(tmp_path / "a.mat")
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "10MB")
    assert read_mat(tmp_path / "a.mat")["x"].shape == (1000, 1000)
