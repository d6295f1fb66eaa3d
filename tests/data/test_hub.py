import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

from hibiscus.data.open import open_data
from hibiscus.errors import DataError, MissingExtraError


class Image:
    """As `datasets.Image`, by name."""


class ClassLabel:
    def __init__(self, *names):
        self.names = list(names)


class Rows:
    """As much of `datasets.Dataset` as is used."""

    def __init__(self, columns, **features):
        self.columns, self.features = columns, {name: features.get(name) for name in columns}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name):
        return self.columns[name]

    def __iter__(self):
        return ({name: values[i] for name, values in self.columns.items()} for i in range(len(self)))

    def to_pandas(self):
        return pd.DataFrame(self.columns)


@pytest.fixture
def hub(monkeypatch):
    """What is on the hub, by name."""
    known = {}

    def load_dataset(place, configuration):
        if place not in known:
            raise FileNotFoundError(f"Dataset '{place}' doesn't exist on the Hub")
        return known[place] if configuration is None else known[place][configuration]

    monkeypatch.setitem(
        sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset, __version__="4.2.0")
    )
    return known


def images(count, mode="RGB", side=6):
    noise = np.random.default_rng(count).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    rows = {
        "img": [Pillow.fromarray(one).convert(mode) for one in noise],
        "species": [i % 2 for i in range(count)],
    }
    return Rows(rows, img=Image(), species=ClassLabel("ant", "bee"))


def texts(count, labels=None):
    rows = {
        "text": [f"this is the review number {i}" for i in range(count)],
        "label": labels or [i % 2 for i in range(count)],
    }
    return Rows(rows, label=ClassLabel("neg", "pos"))


def test_images_with_class_labels(hub):
    hub["me/pets"] = {"train": images(5), "validation": images(3), "test": images(4), "odd": images(2)}
    data = open_data("hf:me/pets")
    assert data.fields["image"].shape == (12, 6, 6, 3)
    assert data.fields["label"][:3].tolist() == ["ant", "bee", "ant"]
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 5, "val": 3, "test": 4}
    assert (data.name, data.path) == ("me-pets", "hf:me/pets")
    assert np.array_equal(data.fields["image"][0], np.asarray(hub["me/pets"]["train"]["img"][0]))


def test_gray_images_have_one_channel(hub):
    hub["me/grey"] = {"train": images(5, "L")}
    assert open_data("hf:me/grey").fields["image"].shape == (5, 6, 6, 1)


def test_texts_with_a_configuration(hub):
    hub["me/reviews"] = {"english": {"train": texts(8), "test": texts(3, [-1] * 3)}}
    data = open_data("hf:me/reviews:english")
    assert data.roles == {"text": "text"}
    assert data.fields["label"][:2].tolist() == ["neg", "pos"]
    assert set(data.parts) == {"train"}  # the labels of the test part are kept secret


def test_one_unnamed_part_and_a_target(hub):
    hub["me/x"] = {"all": texts(6)}
    assert open_data("hf:me/x", target="label").parts == {}


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("me/absent", {}, "hf:me/absent: cannot be loaded .*doesn't exist"),
        ("me/x", {"target": "lable"}, "hf:me/x: no column is named 'lable'"),
        ("me/partly", {}, "no label in the column 'label'"),
        ("me/sizes", {}, "hf:me/sizes: images of different sizes"),
        ("pandas", {}, "hf:pandas: no owner"),  # a reader of pickles
    ],
)
def test_what_cannot_be_used_is_told(hub, name, options, match):
    hub["me/x"] = {"train": texts(6)}
    hub["me/partly"] = {"train": texts(3, [0, -1, 1])}
    hub["me/sizes"] = {"train": images(3), "test": images(3, side=9)}
    with pytest.raises(DataError, match=match) as caught:
        open_data(f"hf:{name}", **options)
    assert caught.value.fix


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hibiscus\[hub\]'"):
        open_data("hf:me/pets")


def test_a_version_that_runs_scripts_of_a_dataset_is_refused(hub, monkeypatch):
    hub["me/x"] = {"train": texts(6)}
    monkeypatch.setattr(sys.modules["datasets"], "__version__", "3.6.0")
    with pytest.raises(MissingExtraError, match=r"datasets 3\.6\.0, which can run scripts"):
        open_data("hf:me/x")


@pytest.mark.parametrize("nested", [True, False])
def test_translations(hub, nested):
    pairs = [{"en": f"sentence {i}", "de": f"Satz {i}" if i else ""} for i in range(6)]
    rows = {"translation": pairs} if nested else {key: [pair[key] for pair in pairs] for key in ("en", "de")}
    hub["me/talks"] = {"train": Rows(rows), "validation": Rows(rows)}
    data = open_data("hf:me/talks", pairs="en,de")
    assert data.fields["table"]["en"].tolist()[:2] == ["sentence 1", "sentence 2"]
    assert data.fields["target_text"].tolist()[:2] == ["Satz 1", "Satz 2"]
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 5, "val": 5}
    with pytest.raises(DataError, match="pairs=en,fr, and there are en, de"):
        open_data("hf:me/talks", pairs="en,fr")
