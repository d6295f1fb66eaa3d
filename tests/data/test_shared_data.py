"""Real data sets, which lie beside the repository and are not part of it."""

import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.preparation import TargetPreparation
from hibiscus.data.split import make_split
from hibiscus.data.tables.columns import as_texts

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared data sets are not at {SHARED}"),
]


def sizes(data):
    return {part: len(items) for part, items in data.parts.items()}


def test_mnist():
    data = open_data(SHARED / "mnist")
    assert data.fields["image"].shape == (70_000, 28, 28, 1)
    assert sizes(data) == {"train": 60_000, "test": 10_000}
    train = [counts["train"] for counts in data.class_counts().values()]
    assert train == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_cifar10():
    data = open_data(SHARED / "cifar10" / "cifar10_subset.npz")
    assert data.fields["image"].shape == (25_000, 32, 32, 3)
    counts = data.class_counts()
    assert len(counts) == 10
    assert "airplane" in counts
    assert all(count == {"train": 2000, "test": 500} for count in counts.values())


def test_usps():
    data = open_data(SHARED / "usps" / "usps.npz")
    assert data.fields["image"].shape[1:] == (16, 16, 1)
    assert sizes(data) == {"train": 7291, "test": 2007}
    assert list(data.class_counts()) == list("0123456789")


def test_adult():
    folder = SHARED / "tabular"
    data = open_data(folder / "adult_train.csv.gz", target="income", test_data=folder / "adult_test.csv.gz")
    assert sizes(data) == {"train": 32_561, "test": 16_281}
    assert data.roles["income"] == "target"
    assert data.roles["age"] == "number"
    assert set(as_texts(data.fields["label"])) == {"<=50K", ">50K", "<=50K.", ">50K."}
    parts = make_split(data)
    assert len(parts["val"]) == pytest.approx(3256, abs=300)


def test_iris():
    data = open_data(
        SHARED / "tabular" / "iris.csv",
        target=open_data(SHARED / "tabular" / "iris.csv").fields["table"].columns[-1],
    )
    assert len(data) == 150
    assert sorted(counts["all"] for counts in data.class_counts().values()) == [50, 50, 50]


def test_california():
    data = open_data(SHARED / "tabular" / "california_housing.csv", target="median_house_value")
    assert len(data) == 20_640
    assert data.class_counts() == {}
    assert data.roles["ocean_proximity"] == "category"
    assert TargetPreparation.fit(data.fields["label"]).mean[0] == pytest.approx(206_856, rel=0.001)


def test_flowers(tmp_path):
    with tarfile.open(SHARED / "flowers" / "flowers5.tar.gz") as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    data = open_data(tmp_path / "unpacked")  # the archive's one top folder is looked through
    assert sizes(data) == {"train": 2050, "test": 450}
    assert data.class_counts() == {
        name: {"train": 410, "test": 90} for name in ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    }
    assert data.fields["image"].shape[1:] == (96, 96, 3)
    assert isinstance(data.fields["image"], np.memmap)
    assert data.skipped == []
    assert data.duplicates() == {}


def test_omniglot(tmp_path):
    with zipfile.ZipFile(SHARED / "omniglot" / "omniglot_images.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    (top,) = (tmp_path / "unpacked").iterdir()
    data = open_data(top, image_size=28)
    counts = data.class_counts()
    assert len(counts) == 160
    assert all(count == {"all": 20} for count in counts.values())
    assert data.fields["image"].shape == (3200, 28, 28, 1)
    assert sum(name.startswith("Greek/") for name in counts) == 24


def test_rt_polarity():
    data = open_data(SHARED / "text" / "rt_polarity.csv", target="label")
    assert data.roles == {"label": "target", "text": "text"}
    assert data.class_counts() == {"neg": {"all": 5331}, "pos": {"all": 5331}}


def test_reuters_without_a_header():
    train, test = (SHARED / "text" / f"reuters_r8_{part}.tsv.gz" for part in ("train", "test"))
    data = open_data(train, target="column_1", test_data=test)
    assert sizes(data) == {"train": 5485, "test": 2189}
    assert data.roles == {"column_1": "target", "column_2": "text"}
    assert data.class_counts()["earn"]["train"] == 2840
    assert any("no header line" in note for note in data.notes)


def test_basic_motions():
    data = open_data(SHARED / "timeseries" / "classification" / "BasicMotions.npz")
    assert data.fields["array"].shape == (80, 100, 6)
    assert all(count == {"train": 10, "test": 10} for count in data.class_counts().values())
    assert len(data.class_counts()) == 4
