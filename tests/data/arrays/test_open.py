import gzip
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from scipy.io import savemat

from data import make_files as make
from hibiscus.data.arrays.idx import IDX_TYPES, is_idx, read_idx
from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 8, 9), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 3


def write_idx(
    folder,
    packed=True,
    names=(
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ),
):
    folder.mkdir(exist_ok=True)
    for name in names:
        items = PIXELS if "images" in name else LABELS
        content = make.idx(items if "train" in name else items[:5])
        (folder / f"{name}{'.gz' if packed else ''}").write_bytes(
            gzip.compress(content) if packed else content
        )
    return folder


def refused(path, match, **options):
    """The message of the refusal, which has three parts and the person's path."""
    with pytest.raises(DataError, match=match) as caught:
        open_data(path, **options)
    assert caught.value.expected
    assert caught.value.fix
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["mnist", "fashion mnist"])
def test_a_folder_of_idx_files(tmp_path, packed, name):
    data = open_data(write_idx(tmp_path / name, packed))
    assert data.name == name
    assert data.fields["image"].shape == (17, 8, 9, 1)
    assert np.array_equal(data.fields["image"][:12, ..., 0], PIXELS)
    assert data.fields["label"].tolist() == [*LABELS, *LABELS[:5]]
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 12, "test": 5}
    assert (data.ids[0], data.ids[12]) == ("train/0", "test/0")


def test_idx_names_of_other_collections(tmp_path):
    names = [
        f"emnist-letters-{part}-{what}"
        for part in ("train", "test")
        for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
    ]
    data = open_data(write_idx(tmp_path / "emnist", names=names))
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 12, "test": 5}
    write_idx(tmp_path / "emnist", packed=False, names=names[:1])  # unpacked beside it: the same file
    assert len(open_data(tmp_path / "emnist")) == 17
    write_idx(tmp_path / "emnist", names=["emnist-digits-train-images-idx3-ubyte"])
    refused(tmp_path / "emnist", "are both train images")


def test_one_idx_file(tmp_path):
    folder = write_idx(tmp_path / "d")
    assert open_data(folder / "train-images-idx3-ubyte.gz").fields["image"].shape == (12, 8, 9, 1)
    assert is_idx(folder / "x.idx")
    assert not is_idx(folder / "index.txt")


@pytest.mark.parametrize("kind", [8, 9, 11, 12, 13, 14])
def test_idx_types(tmp_path, kind):
    values = np.array([[1, 2, 3], [4, 5, 6]], np.dtype(IDX_TYPES[kind]).newbyteorder(">"))
    (tmp_path / "x.idx").write_bytes(make.idx(values, kind))
    assert np.array_equal(read_idx(tmp_path / "x.idx"), values)


@pytest.mark.parametrize(
    "damage", ["packed cut", "cut", "longer", "magic", "type", "empty", "not packed", "absurd"]
)
def test_damaged_idx_files(tmp_path, damage):
    content = make.idx(PIXELS)
    packed = gzip.compress(content)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    damaged = {
        "packed cut": packed[: len(packed) // 2],
        "cut": gzip.compress(content[:-1]),
        "longer": gzip.compress(content + b"\0"),
        "magic": gzip.compress(b"\1" + content[1:]),
        "type": gzip.compress(content[:2] + b"\7" + content[3:]),
        "empty": b"",
        "not packed": content,
        "absurd": gzip.compress(struct.pack(">HBB", 0, 8, 3) + struct.pack(">3I", 2**31, 2**31, 2**31)),
    }
    path.write_bytes(damaged[damage])
    refused(path, "cannot be read as IDX")


def test_idx_parts_that_lack_something(tmp_path):
    folder = write_idx(tmp_path / "d")
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(make.idx(LABELS[:7])))
    refused(folder, "12 items and 7 labels")
    (folder / "t10k-images-idx3-ubyte.gz").unlink()
    refused(folder, "without test images")
    (folder / "train-images-idx3-ubyte.gz").unlink()
    refused(folder, "without train images")


def test_npz_with_parts(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        x_train=PIXELS,
        y_train=LABELS,
        x_test=PIXELS[:4],
        y_test=LABELS[:4],
        classes=["ant", "bee", "cat"],
    )
    data = open_data(tmp_path / "a.npz")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 12, "test": 4}
    assert data.fields["label"][:3].tolist() == ["ant", "bee", "cat"]
    for key in ("images", "image", "pictures"):
        np.savez(tmp_path / "c.npz", **{f"{key}_train": PIXELS, "labels_train": LABELS})
        assert open_data(tmp_path / "c.npz").fields["image"].shape == (12, 8, 9, 1)
    np.savez(
        tmp_path / "b.npz",
        train_images=PIXELS,
        train_labels=LABELS,
        valid_images=PIXELS[:2],
        valid_labels=LABELS[:2],
    )
    assert {part: len(items) for part, items in open_data(tmp_path / "b.npz").parts.items()} == {
        "train": 12,
        "val": 2,
    }


@pytest.mark.parametrize(
    ("values", "field", "shape"),
    [
        (PIXELS, "image", (12, 8, 9, 1)),
        (np.repeat(PIXELS[..., None], 3, 3), "image", (12, 8, 9, 3)),
        (np.repeat(PIXELS[:, None], 3, 1), "image", (12, 8, 9, 3)),
        (np.insert(np.repeat(PIXELS[..., None], 3, 3), 3, 255, 3), "image", (12, 8, 9, 3)),
        (PIXELS[..., None] / 255, "image", (12, 8, 9, 1)),
        (PIXELS[..., None].astype(np.int64), "image", (12, 8, 9, 1)),
        (PIXELS.astype(np.float64), "array", (12, 8, 9)),
        (PIXELS[:, 0], "array", (12, 9)),
        (PIXELS[:, 0] > 99, "array", (12, 9)),
    ],
)
def test_what_an_array_is_taken_for(tmp_path, values, field, shape):
    np.savez(tmp_path / "a.npz", x=values, y=LABELS)
    data = open_data(tmp_path / "a.npz")
    assert data.fields[field].shape == shape
    assert data.fields[field].dtype == (np.uint8 if field == "image" else np.float32)
    first = values.reshape(12, -1)[:, 0] * (255 if field == "image" and values.dtype.kind == "f" else 1)
    np.testing.assert_allclose(data.fields[field].reshape(12, -1)[:, 0], first)
    assert data.fields["label"].tolist() == LABELS.tolist()


def test_labels_of_every_kind(tmp_path):
    for labels, kept in (
        (np.eye(3)[LABELS], LABELS.tolist()),
        (LABELS[:, None], LABELS.tolist()),
        (np.array(["é", "b", "c"])[LABELS], np.array(["é", "b", "c"])[LABELS].tolist()),
        (np.array([b"a", b"b", b"c"])[LABELS], np.array(["a", "b", "c"])[LABELS].tolist()),
    ):
        np.savez(tmp_path / "a.npz", x=PIXELS, y=labels)
        assert open_data(tmp_path / "a.npz").fields["label"].tolist() == kept
    np.savez(tmp_path / "a.npz", x=PIXELS, y=RNG.normal(size=(12, 2)))
    assert open_data(tmp_path / "a.npz").fields["target"].shape == (12, 2)


def test_npy_stays_on_the_disk(tmp_path):
    np.save(tmp_path / "a.npy", np.repeat(PIXELS[..., None], 3, 3))
    image = open_data(tmp_path / "a.npy").fields["image"]
    while not isinstance(image, np.memmap):
        image = image.base
    assert str(image.filename).endswith("a.npy")


def test_svhn(tmp_path):
    savemat(
        tmp_path / "train_32x32.mat",
        {"X": RNG.integers(0, 256, (32, 32, 3, 7), dtype=np.uint8), "y": (np.arange(7) % 10 + 4)[:, None]},
    )
    data = open_data(tmp_path / "train_32x32.mat")
    assert data.fields["image"].shape == (7, 32, 32, 3)
    assert data.fields["label"].tolist() == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("hundred", [False, True])
def test_cifar_in_binary(tmp_path, hundred):
    folder = tmp_path / "cifar"
    folder.mkdir()
    head = 2 if hundred else 1
    rows = RNG.integers(0, 256, (5, head + 3072), dtype=np.uint8)
    rows[:, :head] = np.arange(5)[:, None] % 2
    (folder / ("fine_label_names.txt" if hundred else "batches.meta.txt")).write_text("plane\ncar\n\n")
    for name in (
        ("train.bin", "test.bin") if hundred else ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin")
    ):
        rows.tofile(folder / name)
    data = open_data(folder)
    assert {part: len(items) for part, items in data.parts.items()} == {
        "train": 5 if hundred else 10,
        "test": 5,
    }
    assert data.fields["label"][:3].tolist() == ["plane", "car", "plane"]
    assert data.fields["image"][2, 4, 7].tolist() == [
        rows[2, head + 1024 * channel + 4 * 32 + 7] for channel in range(3)
    ]
    name = "train.bin" if hundred else "data_batch_2.bin"
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    refused(folder, "multiple of")
    (folder / name).unlink()
    (folder / "data_batch_1.bin").unlink(missing_ok=True)
    if not hundred:
        refused(folder, "no data_batch")


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "raw.npz", "raw.npy"])
def test_nothing_pickled_is_read(tmp_path, name):
    evil = str(tmp_path / "evil")
    objects = np.empty(1, object)
    objects[0] = Malicious(evil)
    if name.startswith("raw"):
        (tmp_path / name).write_bytes(pickle.dumps(Malicious(evil)))
    elif name.endswith(".npz"):
        np.savez(tmp_path / name, x=PIXELS, y=objects)
    else:
        np.save(tmp_path / name, objects)
    refused(tmp_path / name, "cannot be read" if name == "raw.npy" else "pickled objects, which can run code")
    assert not os.path.exists(evil)


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.mat", "A.NPZ"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage" * 50,
        b"PK\x03\x04" + bytes(50),
        b"\x93NUMPY\x01\x00" + bytes(9),
        b"MATLAB 5.0" + bytes(300),
    ],
)
def test_garbage_is_told(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, "cannot be read|pickled")


def test_a_cut_npz(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=PIXELS, y=LABELS)
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[: len(content) // 2])
    refused(tmp_path / "a.npz", "cannot be read")


@pytest.mark.parametrize(
    ("saved", "match"),
    [
        ({"x": PIXELS, "y": LABELS[:5]}, "12 items and 5 labels"),
        ({"foo": PIXELS}, r"arrays foo \(12, 8, 9\)"),
        ({"x": np.array([[1.0, np.nan]])}, "finite"),
        ({"x": np.full((2, 3, 3, 1), np.nan)}, "finite"),
        ({"x": np.array([[1.0, np.inf]])}, "finite"),
        ({"x": np.array([[1.0, 1e300]])}, "too large for float32"),
        ({"x": np.full((2, 3, 3, 1), -1)}, "values -1 to -1"),
        ({"x": np.full((2, 5, 3, 7), 0.5)}, "4-D"),
        ({"x": np.zeros((0, 3))}, "shape"),
        ({"x": np.zeros(5)}, "shape"),
        ({"x": np.float64(3)}, "shape"),
        ({"x": np.zeros((2, 2, 2, 2, 2))}, "shape"),
        ({"x": np.array([["a", "b"]])}, "type <U1"),
        ({"x": np.zeros((2, 2), complex)}, "type complex128"),
        ({"x": PIXELS, "y": np.where(LABELS > 0, np.nan, 1.0)}, "finite"),
        ({"x": PIXELS, "y": np.array([["a", "b"]] * 12)}, "2 names for each item"),
        ({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS}, "parts have different fields"),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:, 1:], "y_test": LABELS},
            "cannot be joined",
        ),
        ({"x_train": PIXELS, "x_test": PIXELS[:, 1] / 2}, "parts have different fields"),
    ],
)
def test_arrays_that_cannot_be_used(tmp_path, saved, match):
    np.savez(tmp_path / "a.npz", **saved)
    refused(tmp_path / "a.npz", match)


def test_an_asked_size_that_arrays_cannot_have_is_told(tmp_path):
    np.savez(tmp_path / "a.npz", x=PIXELS, y=LABELS)
    assert any(
        "image_size=32 applies to image files" in note
        for note in open_data(tmp_path / "a.npz", image_size=32).notes
    )
    assert open_data(tmp_path / "a.npz", image_size=(8, 9)).notes == []
    refused(tmp_path / "a.npz", "target=y", target="y")


def idx_file(path, shape, data, opened=open):
    with opened(path, "wb") as file:
        file.write(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + data)
    return path


def test_declared_sizes_are_compared_with_the_memory(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((100, 100, 100, 1)), y=np.zeros(100))
    np.save(tmp_path / "a.npy", np.zeros((1000, 1000)))
    np.save(tmp_path / "numbers.npy", np.zeros((1000, 1000), np.float32))
    np.save(tmp_path / "images.npy", np.zeros((1000, 100, 100, 1), np.uint8))
    idx_file(tmp_path / "a.idx", (1000, 100, 100), bytes(10**7))
    idx_file(tmp_path / "a-idx3-ubyte.gz", (1000, 100, 100), bytes(10**7), gzip.open)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "2MB")
    refused(tmp_path / "a.npz", r"8\.0 MB of data, which take about 16\.0 MB of memory")
    refused(tmp_path / "a.npy", r"4\.0 MB of data")
    refused(tmp_path / "a.idx", r"10\.0 MB of data")
    refused(tmp_path / "a-idx3-ubyte.gz", r"10\.0 MB of data")
    for name in ("images.npy", "numbers.npy"):  # memory-mapped, and never converted
        assert len(open_data(tmp_path / name)) == 1000
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "30MB")
    assert len(open_data(tmp_path / "a.npz")) == 100
    assert len(open_data(tmp_path / "a-idx3-ubyte.gz")) == 1000


def test_an_idx_file_that_is_shorter_than_it_declares_takes_no_memory(tmp_path):
    refused(idx_file(tmp_path / "a.idx", (2**32 - 1, 2**32 - 1), bytes(100)), "but the file has 112")


def test_an_archive_of_other_files_holds_no_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("readme.txt", "no array")
    with pytest.raises(DataError, match=r"d\.npz: no arrays"):
        open_data(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", x=PIXELS, y=LABELS)
    with zipfile.ZipFile(tmp_path / "e.npz", "a") as archive:
        archive.writestr("readme.txt", "no array")
    assert len(open_data(tmp_path / "e.npz")) == len(PIXELS)


def test_a_limit_that_is_no_size_is_named_as_such(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)))
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "lots")
    with pytest.raises(ConfigError, match="HIBISCUS_MAX_MEMORY=lots"):
        open_data(tmp_path / "a.npz")
