import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hibiscus.data import preparation as prepare
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation, TablePreparation, TargetPreparation
from hibiscus.data.tables.read import guess_roles
from hibiscus.errors import DataError, RunError


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=4, max_dims=4, max_side=5)))
def test_image_statistics(images):
    learned = ImagePreparation.fit(images)
    scaled = images / 255
    np.testing.assert_allclose(learned.mean, scaled.mean(axis=(0, 1, 2)), atol=1e-9)
    std = scaled.std(axis=(0, 1, 2))
    np.testing.assert_allclose(learned.std, np.where(std < 1e-4, 1, std), atol=1e-6)
    assert learned.shape == (images.shape[3], *images.shape[1:3])
    assert ImagePreparation.from_json(json.loads(json.dumps(learned.to_json()))) == learned


def test_decoded_values_are_the_pixels_again():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    preparation = ImagePreparation(4, 5, 3, (0.5, 0.4, 0.3), (0.5, 0.2, 0.1))
    values = (pixels / 255 - np.array(preparation.mean)) / np.array(preparation.std)
    np.testing.assert_array_equal(preparation.decode(torch.from_numpy(values).permute(0, 3, 1, 2)), pixels)
    assert preparation.decode(torch.full((1, 3, 4, 5), 99.0)).min() == 255


def test_images_from_a_memory_map_only_the_training_rows(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 100, (60, 8, 9), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r+")
    rows = np.arange(0, 60, 2)
    before = ImagePreparation.fit(mapped, rows=rows)
    mapped[1::2] = 255
    assert ImagePreparation.fit(mapped, rows=rows) == before == ImagePreparation.fit(images[rows])
    assert before.shape == (1, 8, 9)
    few = ImagePreparation.fit(images, limit=10)
    assert few.mean != before.mean
    np.testing.assert_allclose(few.mean, before.mean, atol=0.03)


def test_large_images_are_sampled_and_chunked(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (300, 4, 4, 3), dtype=np.uint8)
    monkeypatch.setattr(prepare, "MAX_VALUES", 1)
    first = ImagePreparation.fit(images)
    chosen = np.linspace(0, 299, 256).astype(int)
    np.testing.assert_allclose(first.mean, images[chosen].mean(axis=(0, 1, 2)) / 255)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 3, 3, 1)), "type float64"),
        (np.zeros((2, 3), np.uint8), r"shape \(2, 3\)"),
        (np.zeros((0, 3, 3), np.uint8), r"shape \(0, 3, 3\)"),
    ],
)
def test_what_is_no_image(images, message):
    with pytest.raises(DataError, match=message):
        ImagePreparation.fit(images)
    with pytest.raises(DataError, match="no training images"):
        ImagePreparation.fit(np.zeros((2, 3, 3), np.uint8), rows=np.array([], int))


def everything():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "c": ["x", "y", "x"], "y": ["u", "v", "u"]})
    fields = {
        "table": TablePreparation.fit(frame, guess_roles(frame, "y")),
        "label": LabelPreparation.fit(frame["y"]),
        "target": TargetPreparation.fit(frame["a"]),
        "image": ImagePreparation.fit(np.zeros((3, 2, 2), np.uint8)),
    }
    return frame, Preparation(fields)


def test_preparation_round_trip():
    frame, learned = everything()
    saved = json.loads(json.dumps(learned.to_json()))
    assert saved["format"] == 1
    again = Preparation.from_json(saved)
    assert again == learned
    assert (len(again), list(again), "label" in again) == (4, ["table", "label", "target", "image"], True)
    np.testing.assert_array_equal(again["table"].encode(frame), learned["table"].encode(frame))
    assert again["label"].names == ("u", "v")
    with pytest.raises(RunError, match=r"(?s)'labl'.*did you mean label"):
        again["labl"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved.update(format=2), "has format 2"),
        (lambda saved: saved.update(format="x"), "is damaged"),
        (lambda saved: saved.pop("fields"), "is damaged"),
        (lambda saved: saved["fields"]["label"].update(kind="sound"), "prepared as 'sound'"),
        (lambda saved: saved["fields"].update(label=3), "prepared as '3'"),
        (lambda saved: saved["fields"]["label"].pop("names"), "of 'label' is damaged"),
        (lambda saved: saved["fields"]["table"]["columns"][0].pop("median"), "of 'table' is damaged"),
        (lambda saved: saved["fields"]["table"]["columns"][0].update(role="odd"), "of 'table' is damaged"),
    ],
)
def test_files_that_cannot_be_read(change, message):
    saved = everything()[1].to_json()
    change(saved)
    with pytest.raises(RunError, match=message):
        Preparation.from_json(saved)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))
def test_any_json_is_a_run_error(saved):
    for data in (saved, {"format": 1, "fields": saved}, {"format": 1, "fields": {"a": saved}}):
        if data == {"format": 1, "fields": {}}:
            continue
        with pytest.raises(RunError):
            Preparation.from_json(data)


def test_image_users_do_not_pay_for_pandas():
    code = (
        "import sys, numpy; from hibiscus.data.preparation import ImagePreparation, LabelPreparation, TargetPreparation;"
        "ImagePreparation.fit(numpy.zeros((2, 2, 2), 'uint8'));"
        "p = {'label': LabelPreparation.fit(['a', 'b']), 'target': TargetPreparation.fit([1, 2])};"
        "p['label'].encode(['a']); p['target'].encode([3]); sys.exit('pandas' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
