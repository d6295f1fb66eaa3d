"""Data in memory is read as files of the same content are."""

import numpy as np
import pandas
import pytest
import torch
from PIL import Image

import hibiscus as hb
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 8, 9), dtype=np.uint8)
LABELS = np.arange(12) % 3
FRAME = pandas.DataFrame({"x": RNG.normal(size=12), "kind": list("abcabcabcabc"), "y": LABELS})


def same(first, second):
    for name, values in first.fields.items():
        if name == "table":
            assert values.astype(str).equals(second.fields[name].astype(str))
        else:
            assert np.array_equal(np.asarray(values), np.asarray(second.fields[name])), name
    assert first.fields.keys() == second.fields.keys()


@pytest.mark.parametrize(
    "data",
    [
        (PIXELS, LABELS),
        (PIXELS, LABELS.tolist()),
        (torch.tensor(PIXELS), torch.tensor(LABELS)),
        {"x": PIXELS, "y": LABELS},
        {"images": PIXELS[..., None], "labels": np.eye(3)[LABELS]},
    ],
)
def test_arrays(tmp_path, data):
    np.savez(tmp_path / "a.npz", x=PIXELS, y=LABELS)
    same(hb.open(data), hb.open(tmp_path / "a.npz"))


def test_parts_in_a_dictionary():
    data = hb.open({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:4], "y_test": LABELS[:4]})
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 12, "test": 4}


@pytest.mark.parametrize(
    "data",
    [FRAME, {name: FRAME[name].tolist() for name in FRAME}, FRAME.set_index(pandas.Index(range(5, 17)))],
)
def test_tables(tmp_path, data):
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    in_memory, from_file = hb.open(data, target="y"), hb.open(tmp_path / "a.csv", target="y")
    assert in_memory.roles == from_file.roles
    assert in_memory.fields["label"].tolist() == from_file.fields["label"].tolist()
    assert in_memory.ids == from_file.ids


def test_a_frame_with_labels():
    data = hb.open((FRAME[["x", "kind"]], FRAME["y"]))
    assert data.roles["y"] == "target"
    assert data.fields["label"].tolist() == LABELS.tolist()
    with pytest.raises(DataError, match="12 items and 3 labels"):
        hb.open((FRAME[["x"]], [1, 2, 3]))


def test_images(tmp_path):
    images = [Image.fromarray(values) for values in PIXELS]
    for index, image in enumerate(images):
        image.save(tmp_path / f"{index:02}.png")
    same(hb.open(images), hb.open(tmp_path))
    assert hb.open((images, ["a"] * 12)).fields["label"].tolist() == ["a"] * 12
    color = [Image.new("RGB", (200, 100), "red"), *images]
    assert hb.open(color).fields["image"].shape == (13, 8, 8, 3)
    assert hb.open(color, image_size=16, channels=1).fields["image"].shape == (13, 16, 16, 1)
    with pytest.raises(DataError, match="12 items and 1 labels"):
        hb.open((images, ["a"]))


@pytest.mark.parametrize("data", [None, 5, {1, 2}, object()])
def test_other_types_are_named(data):
    with pytest.raises(DataError, match=f"data of type {type(data).__name__}"):
        hb.open(data)


def test_a_run_of_data_in_memory(tmp_path):
    frame = pandas.DataFrame({"x": RNG.normal(size=80), "z": RNG.normal(size=80)})
    frame["y"] = np.where(frame["x"] > 0, "up", "down")
    run = hb.train("classify", frame, target="y", epochs=20, out=tmp_path / "run", quiet=True)
    assert run.evaluate()["test/accuracy"] > 0.7
    predicted = run.predict(pandas.DataFrame({"z": [0.0, 0.1], "x": [3.0, -3.0]}))
    assert predicted["label"] == ["up", "down"]
    again = hb.load(tmp_path / "run", data=hb.open(frame, target="y"))
    assert again.evaluate() == run.evaluate()
