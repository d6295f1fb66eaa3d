"""What the report of a regression on texts shows."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.targets import TargetPreparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.evaluation.attribution.scores import Explained, ValueScores
from hibiscus.evaluation.items import load_report_items
from hibiscus.evaluation.value_texts import value_text_items
from hibiscus.networks.token_embedding import TokenEmbedding

TEXTS = [f"{'good ' * (number % 5)}film {number}".strip() for number in range(20)]
STARS = np.array([[number % 5] for number in range(20)], float)


class CountsGood(nn.Module):
    """How often a text has the token `good`, and half of that."""

    def __init__(self, texts):
        super().__init__()
        self.embedding = TokenEmbedding(texts.shape.vocabulary, 1)
        self.embedding.weight.data.zero_()
        self.embedding.weight.data[4 + texts.vocabulary.index("good")] = 1

    def forward(self, tokens):
        total = self.embedding(tokens).sum(1)
        return torch.cat([total, total / 2], 1)


@pytest.fixture
def data():
    fields = {"table": pd.DataFrame({"text": TEXTS}), "target": STARS}
    ids = [f"row {i}" for i in range(20)]
    dataset = Dataset("d", "d", fields, ids, np.arange(20, dtype=np.uint64), roles={"text": "text"})
    texts = TextPreparation.fit(TEXTS, column="text", max_length=8)
    preparation = Preparation(
        {"text": texts, "target": TargetPreparation.fit(pd.DataFrame({"stars": STARS[:, 0]}))}
    )
    return PreparedData(dataset, preparation, {"train": np.arange(20), "test": np.arange(20)})


def test_largest_errors_and_accurate_predictions(data):
    explained = Explained(CountsGood(data.preparation["text"]), ValueScores(["stars", "halves"], lambda x: x))
    predicted = np.hstack([STARS, STARS / 2])
    predicted[[3, 11], 0] += [5, -7]
    errors, accurate = value_text_items(
        explained, data, "test", ["stars", "halves"], np.hstack([STARS, STARS / 2]), predicted
    )
    assert [text.caption for text in errors.texts[:2]] == [
        "row 11: stars 1, predicted -6",
        "row 3: stars 3, predicted 8",
    ]
    pieces = dict(zip(errors.texts[1].pieces, errors.texts[1].values, strict=True))
    assert pieces["good"] == pytest.approx(1, abs=1e-4)
    assert pieces["film"] == pytest.approx(0, abs=1e-4)
    values = [float(text.caption.rpartition(" ")[2]) for text in accurate.texts]
    assert values == sorted(values)
    assert values[0] < values[-1]
    assert (errors.raises, errors.lowers) == ("raises the value", "lowers it")
    assert "standard deviations of the target" in errors.note


def test_the_report_of_a_regression_on_texts_has_them(tmp_path):
    frame = pd.DataFrame({"text": TEXTS * 2, "stars": np.tile(STARS[:, 0], 2)})
    frame["text"] += [f" number {number}" for number in range(40)]
    run = api.train(
        "regress", frame, target="stars", net="embedding-bag", epochs=1, out=tmp_path / "run", quiet=True
    )
    titles = [item.title for item in load_report_items(run.path / "evaluation")]
    assert {"Tokens that decided: largest errors", "Tokens that decided: accurate predictions"} <= set(titles)
