import numpy as np
import pandas as pd
import pytest
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys, frame_keys
from hibiscus.data.preparation import (
    ImagePreparation,
    LabelPreparation,
    Preparation,
    TablePreparation,
    TargetPreparation,
)
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)
PARTS = {"train": np.arange(0, 12), "test": np.array([15, 13])}


def images(count=16, side=8, channels=3):
    pixels = RNG.integers(0, 256, (count, side, side, channels), dtype=np.uint8)
    labels = np.array(["cat", "dog"])[np.arange(count) % 2]
    return Dataset(
        "p",
        "/my/images",
        {"image": pixels, "label": labels},
        [f"{i}.png" for i in range(count)],
        content_keys(pixels),
    )


def table(count=16):
    frame = pd.DataFrame({"age": np.arange(count) % 5, "price": np.arange(count) * 10.0})
    roles = {"age": "number", "price": "target"}
    return Dataset(
        "t",
        "/my/t.csv",
        {"table": frame, "label": frame["price"].to_numpy()},
        [f"row {i}" for i in range(count)],
        frame_keys(frame),
        roles=roles,
    )


def learned(dataset, target=False):
    train, fields = PARTS["train"], {}
    if "image" in dataset.fields:
        fields["image"] = ImagePreparation.fit(dataset.fields["image"], rows=train)
    if "table" in dataset.fields:
        fields["table"] = TablePreparation.fit(dataset.fields["table"].iloc[train], dataset.roles)
    kind = TargetPreparation if target else LabelPreparation
    fields["target" if target else "label"] = kind.fit(np.asarray(dataset.fields["label"])[train])
    return Preparation(fields)


def test_batches_of_images_and_classes():
    data = images()
    prepared = PreparedData(data, learned(data), PARTS)
    (batch,) = prepared.iterate("test")
    assert batch["label"].tolist() == [1, 1]
    image = prepared.preparation["image"]
    expected = (data.fields["image"][[15, 13]] / 255 - image.mean) / image.std
    np.testing.assert_allclose(batch["image"].numpy(), expected.transpose(0, 3, 1, 2), atol=1e-5)
    assert prepared.ids("test") == ["15.png", "13.png"]
    assert sorted(prepared.source("train", 12, seed=0).next()["label"].tolist()) == [0] * 6 + [1] * 6
    assert np.array_equal(prepared.values("image", "test"), data.fields["image"][[15, 13]])
    assert np.shares_memory(prepared.arrays["image"], data.fields["image"])


def test_a_number_read_as_a_label_serves_as_target():
    data = table()
    prepared = PreparedData(data, learned(data, target=True), PARTS)
    values = prepared.values("target", "train")
    assert values.shape == (12, 1)
    np.testing.assert_allclose(
        prepared.preparation["target"].decode(values)[:, 0], np.arange(12) * 10, atol=1e-4
    )


def test_the_target_does_not_leak_into_the_inputs():
    data = table()
    prepared = PreparedData(data, learned(data, target=True), PARTS)
    assert prepared.preparation["table"].feature_names == ["age"]
    before = prepared.flat_inputs("train")
    data.fields["table"]["price"] = -1.0
    assert np.array_equal(PreparedData(data, prepared.preparation, PARTS).flat_inputs("train"), before)
    del data.fields["table"]["price"], data.fields["label"]  # opened again without its target
    again = PreparedData(data, Preparation({"table": prepared.preparation["table"]}), PARTS)
    assert np.array_equal(again.flat_inputs("train"), before)


def test_other_data_are_measured_beside_the_runs_own_training_part():
    own, other = images(), images()
    trained = PreparedData(own, learned(own), PARTS)
    prepared = PreparedData(other, trained.preparation, {"test": np.arange(16)}, training=trained)
    assert np.array_equal(prepared.values("image", "train"), own.fields["image"][:12])
    assert np.array_equal(prepared.values("image", "test"), other.fields["image"])
    assert np.array_equal(prepared.flat_inputs("train"), trained.flat_inputs("train"))
    assert prepared.flat_inputs("test").shape == (16, 8 * 8 * 3)
    assert [len(part) for part in (trained.parts["train"], prepared.parts["test"])] == [12, 16]


@pytest.mark.parametrize(
    ("side", "channels", "features"), [(8, 3, 192), (32, 1, 1024), (32, 3, 768), (96, 3, 768), (400, 1, 961)]
)
def test_large_images_are_shrunk_for_simple_rivals(side, channels, features):
    data = images(side=side, channels=channels)
    flat = PreparedData(data, learned(data), PARTS).flat_inputs("train")
    assert flat.shape == (12, features)
    assert flat.dtype == np.float32
    step = -(-side // int(np.sqrt(features / channels)))
    expected = data.fields["image"][:12, ::step, ::step].reshape(12, -1) / 255
    np.testing.assert_allclose(flat, expected, atol=1e-6)


def test_images_and_table_together():
    data, more = images(), table()
    data.fields["table"], data.roles = more.fields["table"], more.roles
    prepared = PreparedData(data, learned(data), PARTS)
    assert prepared.flat_inputs("test").shape == (2, 192 + 1)
    assert set(next(prepared.iterate("test"))) == {"image", "table", "label"}
    assert prepared.tensors["table"].dtype == torch.float32


def test_what_does_not_fit_is_told_with_the_path():
    own = images()
    with pytest.raises(DataError, match=r"/my/images: images of shape \(9, 9, 3\)") as caught:
        PreparedData(images(side=9), learned(own), PARTS)
    assert "(8, 8, 3), as in training" in str(caught.value)
    strange = images()
    strange.fields["label"][3] = "cow"
    with pytest.raises(DataError, match="/my/images: row 4 has the unknown label 'cow'"):
        PreparedData(strange, learned(own), PARTS)


def test_evenly_spaced_places():
    assert evenly_spaced(10, 4).tolist() == [0, 3, 6, 9]
    assert evenly_spaced(3, 9).tolist() == [0, 1, 2]


def test_outputs_of_all_batches_are_collected_in_order():
    dataset = images(count=1100, side=16, channels=1)
    data = PreparedData(dataset, learned(dataset), {"train": np.arange(40), "test": np.arange(40, 1100)})
    sizes = []

    def compute(batch):
        sizes.append(len(batch.image))
        return batch.image.mean((1, 2, 3)), batch.label

    means, labels = data.collect("test", compute)
    assert len(sizes) > 1
    assert means.dtype == np.float32
    np.testing.assert_array_equal(labels, data.values("label", "test"))
    np.testing.assert_allclose(means, data.images(data.values("image", "test")).mean((1, 2, 3)), rtol=1e-6)


def test_features_in_place_of_the_inputs():
    data = images()
    prepared = PreparedData(data, learned(data), PARTS)
    features = RNG.normal(size=(16, 4)).astype(np.float32)
    (batch,) = prepared.with_features(features).iterate("test")
    assert np.array_equal(batch["array"], features[[15, 13]])
    assert batch["label"].tolist() == [1, 1]
    assert "image" not in batch
    (before,) = prepared.iterate("test")
    assert "array" not in before
