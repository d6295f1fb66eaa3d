import numpy as np
import pytest
import torch

from hibiscus.data.text.skip_gram_batches import SkipGramBatches
from hibiscus.evaluation.word_neighbors import context_metrics, neighbor_table, unigram_scores
from hibiscus.tokens import END


@pytest.fixture
def texts():
    """Pairs of words that occur only together: 4 5, 6 7, 8 9 ..."""
    rng = np.random.default_rng(0)
    first = 4 + 2 * rng.integers(0, 10, 400)
    return np.stack([first, first + 1, np.full(400, END)], 1).ravel()


def batches(texts):
    counts = np.bincount(texts, minlength=24)
    return SkipGramBatches(texts, counts, 100, 1, window=2, subsample=0), counts


def test_scores_that_know_the_pairs_and_those_of_the_unigram_baseline(texts):
    source, counts = batches(texts)

    def known(center, context):
        return torch.where(context == ((center - 4) ^ 1)[:, None] + 4, 5.0, -5.0)

    metrics = context_metrics(known, source, counts, 5)
    assert metrics["context_accuracy"] == 1.0
    source, counts = batches(texts)
    baseline = context_metrics(unigram_scores(counts, 5), source, counts, 5)
    assert baseline["context_accuracy"] == pytest.approx(0.5, abs=0.1)
    assert metrics["loss"] < baseline["loss"] - 1


def test_the_unigram_baseline_is_the_best_constant(texts):
    source, counts = batches(texts)
    best = context_metrics(unigram_scores(counts, 5), source, counts, 5)["loss"]
    for shift in (-0.3, 0.3):
        source, _ = batches(texts)
        scores = unigram_scores(counts, 5)
        moved = context_metrics(lambda w, c, scores=scores, s=shift: scores(w, c) + s, source, counts, 5)
        assert moved["loss"] > best


def test_the_nearest_neighbors_of_words():
    vectors = np.array([[1, 0], [0, 1], [0.9, 0.1], [0.1, 0.9], [5, 5]], np.float32)
    table = neighbor_table(vectors, ["cat", "red", "dog", "blue", "."], np.array([9, 8, 7, 6, 50]))
    rows = {row[0]: row for row in table.rows}
    assert "." not in rows
    assert rows["cat"][1] == "9"
    assert rows["cat"][2].startswith("dog 0.99")
    assert rows["red"][2].startswith("blue 0.99")
