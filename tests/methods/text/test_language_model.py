"""The formula in the docstring of `language-model`; sampling; learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import UsageError
from hibiscus.methods.text.language_model import LanguageModel
from hibiscus.tokens import END

TEXTS = ["ab ba.\nab", "ca, bc"]
SMALL = {"units": 16, "embedding_dim": 4}


def method(tokens="character", **options):
    preparation = Preparation({"text": TextPreparation.fit(TEXTS, tokens=tokens)})
    torch.manual_seed(0)
    model = LanguageModel(LanguageModel.Config(**{**SMALL, **options}), preparation)
    model.train_mode(False)
    return model


@pytest.mark.parametrize("net", ["lstm", "gru", "rnn", "transformer"])
def test_the_objective_is_its_formula(net):
    model = method(net=net, embedding_dim=None if net == "transformer" else 4)
    tokens = torch.randint(4, 9, (3, 7))
    total = 0.0
    for row in tokens:
        for end in range(1, 7):
            logits = model.network(row[None, :end])[0][0, -1].double().detach().numpy()
            p = np.exp(logits - logits.max())
            total -= np.log(p[row[end]] / p.sum())
    loss, _ = model.loss(Batch(tokens=tokens))
    assert loss.item() == pytest.approx(total / 18, rel=1e-5)


def test_a_prompt_is_continued_and_equal_seeds_give_equal_texts():
    model = method()
    torch.manual_seed(3)
    first = model.sample(2, prompt="ab", temperature="0.5", top_k="3", length="20")
    torch.manual_seed(3)
    second = model.sample(2, prompt="ab", temperature=0.5, top_k=3, length=20)
    assert first["text"].tolist() == second["text"].tolist()
    assert all(text.startswith("ab") and len(text) <= 22 for text in first["text"])
    assert set("".join(first["text"])) <= set("".join(TEXTS))
    assert first["prompt"].tolist() == ["ab", "ab"]
    assert first["temperature"].tolist() == [0.5, 0.5]


def test_words_are_separated_from_the_prompt():
    model = method("word")
    texts = [
        str(model.sample(1, prompt="ab", length=1, top_k=0, temperature=9)["text"][0]) for _ in range(60)
    ]
    assert {"ab ba", "ab,", "ab."} <= set(texts)


def test_without_a_prompt_a_text_begins_after_the_token_that_is_kept():
    model = method()
    assert int(model.network.first_token) == END
    start = model.preparation["text"].number_lists(["b"])[0][0]
    model.network.first_token.fill_(start)
    continued = model.sample(1, prompt="b", temperature=0, length=9)["text"][0]
    assert "b" + model.sample(1, temperature=0, length=9)["text"][0] == continued


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"temperature": "-1"}, "a number from 0 to 100"),
        ({"top_k": 2.5}, "a whole number from 0"),
        ({"length": 0}, "a whole number from 1 to 100,000"),
        ({"length": "x"}, "length=x"),
        ({"interpolation": 0.5}, "interpolate for texts"),
    ],
)
def test_conditions_out_of_range_are_refused(conditions, words):
    with pytest.raises(UsageError, match=words):
        method().sample(1, **conditions)


@pytest.mark.slow
def test_it_learns_more_than_a_markov_chain(tmp_path):
    options = {
        "units": 64, "embedding_dim": 16, "epochs": 4, "sequence_length": 64, "batch_size": 16,
        "learning_rate": 8e-3, "dropout": 0.0, "precision": "float32",
    }  # fmt: skip
    run = api.train("language-model", "number-texts", out=tmp_path / "run", quiet=True, **options)
    assert run.evaluate()["test/nats_per_token"] < 0.259  # the Markov chain: 0.263
