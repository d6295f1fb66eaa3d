"""The formula in the docstring of `skip-gram`; learning; the embeddings of texts."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.methods.text.skip_gram import SkipGram


def test_the_objective_is_its_formula():
    preparation = Preparation({"text": TextPreparation.fit(["a b c d"])})
    model = SkipGram(SkipGram.Config(dim=3, negatives=2), preparation)
    torch.manual_seed(0)
    for weight in model.network.parameters():
        torch.nn.init.normal_(weight)
    batch = Batch(
        center=torch.tensor([4, 5]),
        context=torch.tensor([[5, 6], [7, 0]]),
        noise=torch.tensor([[4, 6], [7, 7]]),
    )
    v, u = (layer.weight.double() for layer in (model.network.centers, model.network.contexts))
    total = 0.0
    for row, context in ((0, 5), (0, 6), (1, 7)):
        center = v[batch.center[row]]
        total -= (center @ u[context]).sigmoid().log().item()
        noise = [(-center @ u[word]).sigmoid().log().item() for word in batch.noise[row]]
        total -= 2 * np.mean(noise)
    loss, _ = model.loss(batch)
    assert loss.item() == pytest.approx(total / 3, rel=1e-5)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Of texts in which the words of a topic stand together, all words equally often."""
    rng = np.random.default_rng(0)
    topics = [["cat", "dog", "cow", "pig"], ["red", "blue", "green", "pink"], ["one", "two", "three", "four"]]
    texts = [" ".join(rng.choice(topics[number % 3], 6)) for number in range(600)]
    frame = pandas.DataFrame({"text": [f"{text} {number}" for number, text in enumerate(texts)]})
    options = {
        "dim": 8,
        "epochs": 12,
        "batch_size": 64,
        "learning_rate": 0.02,
        "min_count": 5,
        "subsample": 0,
    }
    return api.train("skip-gram", frame, out=tmp_path_factory.mktemp("runs") / "words", quiet=True, **options)


@pytest.mark.slow
def test_it_learns_which_words_stand_together(run):
    metrics = run.evaluate()
    assert metrics["test/context_accuracy"] > 0.75
    baselines = run.evaluation()["baselines"]["unigram"]
    assert metrics["test/loss"] < baselines["test/loss"] - 0.2
    assert baselines["test/context_accuracy"] == pytest.approx(0.5, abs=0.06)


def test_texts_of_a_topic_have_similar_embeddings(run):
    codes = run.embed(["cat dog", "pig cow", "red pink", "unheard of", "cat dog unheard"])["code"]
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-9)
    assert codes[0] @ codes[1] > 0.8 > 0.5 > codes[0] @ codes[2]
    assert not codes[3].any()
    np.testing.assert_allclose(codes[0], codes[4], rtol=1e-5)


def test_sentences_are_compared_by_a_run(run):
    found = api.similar(["blue green", "two one", "dog dog"], "cat", model=str(run.path), count=1, quiet=True)
    assert found["queries"][0]["matches"][0]["sentence"] == "dog dog"
