"""What the report of a classifier of texts shows."""

import numpy as np
import pandas as pd
import pytest
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.evaluation.text_explanation import accuracy_by_length, text_items, typical_words
from hibiscus.networks.registry import build_network

CLASSES = ["neg", "pos"]
RNG = np.random.default_rng(0)
LABEL = RNG.integers(0, 2, 60)
TEXTS = [
    " ".join(["the", *RNG.choice(["good", "fine"] if y else ["bad", "dull"], 1), *["film"] * int(n)])
    for y, n in zip(LABEL, RNG.integers(1, 9, 60), strict=True)
]


@pytest.fixture
def data():
    fields = {"table": pd.DataFrame({"text": TEXTS}), "label": np.array(CLASSES)[LABEL]}
    ids = [f"row {i}" for i in range(60)]
    dataset = Dataset("d", "d", fields, ids, np.arange(60, dtype=np.uint64), roles={"text": "text"})
    texts = TextPreparation.fit(TEXTS, column="text", max_length=8)
    preparation = Preparation({"text": texts, "label": LabelPreparation(tuple(CLASSES))})
    return PreparedData(dataset, preparation, {"train": np.arange(40), "test": np.arange(40, 60)})


def test_items_of_a_classifier(data):
    torch.manual_seed(0)
    network = build_network("conv1d", data.preparation["text"].shape, 1).eval()
    label = LABEL[40:]
    predicted = label.copy()
    predicted[[3, 7]] = 1 - predicted[[3, 7]]
    confidence = np.linspace(0.5, 0.9, 20)
    explained = Explained(network, ClassScores(CLASSES))
    errors, right, length, typical = text_items(
        explained, data, "test", CLASSES, label, predicted, confidence
    )
    assert [text.caption.partition(":")[0] for text in errors.texts] == ["row 47", "row 43"]
    expected = f"row 47: {CLASSES[label[7]]}, predicted {CLASSES[predicted[7]]} (65 %)"
    assert errors.texts[0].caption == expected
    assert "".join(right.texts[0].pieces) in TEXTS
    assert len(right.texts) == 8
    assert (length.title, typical.title) == ("Accuracy by length", "Typical tokens of each class")
    assert "exact up to" in errors.note


def test_accuracy_by_length(data):
    correct = np.array([len(text.split()) < 6 for text in TEXTS[40:]])
    bars = accuracy_by_length(data, "test", correct)
    assert bars.values[0] == 1
    assert bars.values[-1] == 0
    lengths = [len(text.split()) for text in TEXTS[40:]]
    assert bars.names[0].startswith(f"{min(lengths)}")
    assert f"to {max(lengths)} tokens" in bars.names[-1] or f"{max(lengths)} tokens" in bars.names[-1]
    cut = sum(length > 8 for length in lengths)
    assert f"{cut} texts of more than 8 tokens" in bars.note
    counted = sum(int(name.partition("(")[2].split()[0]) for name in bars.names)
    assert counted == 20


def test_typical_words_are_those_of_one_class(data):
    table = typical_words(data, CLASSES)
    assert [row[0] for row in table.rows] == CLASSES
    assert set(table.rows[0][1].split()[:2]) == {"bad", "dull"}
    assert set(table.rows[1][1].split()[:2]) == {"good", "fine"}
    assert "the" not in table.rows[0][1].split()[:2]


def test_other_data_has_no_such_items(data):
    data.preparation.fields.pop("text")
    nothing = np.zeros(0, np.int64)
    assert text_items(Explained(torch.nn.Identity()), data, "test", CLASSES, nothing, nothing, nothing) == []
