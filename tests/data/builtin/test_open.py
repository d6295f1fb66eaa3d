import numpy as np
import pytest
from sklearn import datasets

from hibiscus.data.locations import BUNDLED
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

LOADERS = {
    "digits": "load_digits",
    "iris": "load_iris",
    "wine": "load_wine",
    "breast-cancer": "load_breast_cancer",
}


@pytest.mark.parametrize("name", sorted(LOADERS))
def test_the_same_as_scikit_learn_gives(name):
    data, expected = open_data(name), getattr(datasets, LOADERS[name])()
    names = np.asarray(expected.target_names)
    labels = expected.target if name == "digits" else names[expected.target]
    assert data.fields["label"].tolist() == labels.tolist()
    if name == "digits":
        assert np.array_equal(np.round(data.fields["image"][..., 0] / 255 * 16), expected.images)
    else:
        np.testing.assert_allclose(data.fields["table"].to_numpy(), expected.data)
    assert data.notes == [f"bundled: {BUNDLED[name]}"]


def test_diabetes():
    data, expected = open_data("diabetes"), datasets.load_diabetes(scaled=False)
    np.testing.assert_allclose(data.fields["table"].to_numpy(), expected.data)
    np.testing.assert_allclose(data.fields["label"], expected.target)


def test_photos_are_pieces_of_scikit_learns():
    data = open_data("two-photos")
    for label, file in (("china", "china.jpg"), ("flower", "flower.jpg")):
        pieces = data.fields["image"][data.fields["label"] == label]
        whole = datasets.load_sample_image(file)[:416].astype(int)
        again = np.concatenate(
            [np.concatenate(list(row), axis=1) for row in pieces.reshape(13, 20, 32, 32, 3)]
        )
        assert np.abs(again - whole).max() <= 2  # two decoders of JPEG


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_counts_are_as_told(name):
    assert BUNDLED[name].startswith(f"{len(open_data(name)):,} ")
    roles = set(open_data(name).roles.values())
    assert roles <= ({"text", "target"} if name.startswith("number-") else {"number", "time"})


def test_a_target_is_refused():
    with pytest.raises(DataError, match="target=species: iris already has labels"):
        open_data("iris", target="species")


def test_a_folder_of_that_name_is_mentioned(tmp_path, monkeypatch):
    (tmp_path / "iris").mkdir()
    monkeypatch.chdir(tmp_path)
    assert any("./iris" in note for note in open_data("iris").notes)
