"""Which texts baselines are fitted on, choose their options on, and predict."""

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.evaluation import text_parts as module
from hibiscus.evaluation.text_parts import TextParts, is_text, text_parts, texts_of


def prepared(parts, prefix="text", training=None, count=40):
    texts = np.array([f"{prefix} {i}" for i in range(count)], object)
    fields = {"table": pd.DataFrame({"review": texts}), "label": np.array(["no", "yes"] * (count // 2))}
    dataset = Dataset(
        "d",
        "d",
        fields,
        [str(i) for i in range(count)],
        np.arange(count, dtype=np.uint64),
        roles={"review": "text"},
    )
    preparation = Preparation(
        {"text": TextPreparation.fit(texts, column="review"), "label": LabelPreparation(("no", "yes"))}
    )
    return PreparedData(dataset, preparation, parts, training=training)


WHOLE = {"train": np.arange(20), "val": np.arange(20, 30), "test": np.arange(30, 40)}


def test_texts_and_targets_of_each_part():
    found = text_parts(prepared(WHOLE), "test", "label", 1)
    assert found.train == [f"text {i}" for i in range(20)]
    assert found.validation == [f"text {i}" for i in range(20, 30)]
    assert found.test == [f"text {i}" for i in range(30, 40)]
    assert found.target.tolist() == [0, 1] * 10
    assert found.validation_target.tolist() == [0, 1] * 5
    assert found.suffix() == ""


def test_other_data_is_predicted_by_models_of_the_run():
    other = prepared({"test": np.arange(4)}, "other", training=prepared(WHOLE), count=4)
    found = text_parts(other, "test", "label", 1)
    assert found.test == ["other 0", "other 1", "other 2", "other 3"]
    assert found.train[0] == "text 0"
    assert found.validation[0] == "text 20"


def test_without_a_validation_part_every_tenth_training_text_takes_its_place():
    found = text_parts(prepared({"train": np.arange(20), "test": np.arange(30, 40)}), "test", "label", 1)
    assert found.validation == ["text 9", "text 19"]
    assert found.validation_target.tolist() == [1, 1]
    assert len(found.train) == 18
    assert not set(found.train) & set(found.validation)
    few = text_parts(prepared({"train": np.arange(4), "test": np.arange(30, 40)}), "test", "label", 1)
    assert few.train == few.validation == ["text 0", "text 1", "text 2", "text 3"]


def test_the_number_of_texts_is_limited_by_their_cost(monkeypatch):
    monkeypatch.setattr(module, "FEWEST", 5)
    monkeypatch.setattr(module, "COST", 20 * 6.5 * module.FITS)  # of all training texts with one output
    assert len(text_parts(prepared(WHOLE), "test", "label", 1).train) == 20
    found = text_parts(prepared(WHOLE), "test", "label", 2)
    assert len(found.train) == len(found.target) == 10
    assert found.suffix() == " (10 of 20 texts)"
    assert len(text_parts(prepared(WHOLE), "test", "label", 100).train) == 5


@pytest.mark.parametrize("place", range(3))
def test_the_digest_depends_on_every_text(place):
    parts = [["a", "b"], ["c"], ["d"]]
    first = TextParts(*parts, np.zeros(2), np.zeros(1), 2).digest
    parts[place] = [*parts[place][:-1], "changed"]
    assert not np.array_equal(TextParts(*parts, np.zeros(2), np.zeros(1), 2).digest, first)
    moved = TextParts(["a"], ["b", "c"], ["d"], np.zeros(1), np.zeros(2), 1)
    assert not np.array_equal(moved.digest, first)


def test_only_texts_alone_are_texts():
    data = prepared(WHOLE)
    assert is_text(data)
    assert texts_of(data, "val").tolist() == [f"text {i}" for i in range(20, 30)]
    data.preparation.fields.pop("text")
    assert not is_text(data)
