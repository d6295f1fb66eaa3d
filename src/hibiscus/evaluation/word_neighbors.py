r"""Evaluation of word vectors: the contexts of other texts, and the nearest neighbors of words.

    unigram baseline:  score(w, c) = \log \frac{P(c)}{k P_{noise}(c)}

which is the best score that does not depend on the center w. Context accuracy compares the score of each
context with that of a word of nearly the same frequency, so it does not reward knowing which words are
frequent; the unigram baseline has about 50 %.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.text.skip_gram_batches import SkipGramBatches, noise_distribution
from hibiscus.evaluation.embedding_map import nearest_rows
from hibiscus.evaluation.items import Table
from hibiscus.losses.negative_sampling import negative_sampling_loss
from hibiscus.tokens import SPECIAL

__all__ = ["context_metrics", "neighbor_table", "unigram_scores"]

RANKS = 5  # between the frequencies of a context and of the word with which it is compared
SHOWN, NEIGHBORS, CHOSEN_FROM = 12, 6, 600  # words of the table, their neighbors, and the most frequent words

Scores = Callable[[Tensor, Tensor], Tensor]


def context_metrics(
    scores: Scores, batches: SkipGramBatches, counts: np.ndarray, negatives: int, seed: int = 0
) -> dict[str, float]:
    """The loss per pair and the context accuracy over one epoch of batches.

    Args:
        scores: maps centers (batch,) and contexts (batch, K) to scores (batch, K).
        batches: of held-out texts, at their beginning.
        counts: how often each token occurs in the training part, (vocabulary,).
        negatives: noise words for each pair.
        seed: of the words with which contexts are compared.
    """
    generator = torch.Generator().manual_seed(seed)
    by_rank = torch.from_numpy(np.argsort(-counts[len(SPECIAL) :], kind="stable") + len(SPECIAL))
    rank = torch.zeros(len(counts), dtype=torch.int64)
    rank[by_rank] = torch.arange(len(by_rank))
    loss = wins = pairs = 0.0
    with torch.inference_mode():
        for _ in range(batches.batches_per_epoch):
            batch = batches.next()
            context = batch.context.cpu()
            shift = torch.randint(1, RANKS + 1, context.shape, generator=generator)
            shift *= torch.randint(0, 2, context.shape, generator=generator) * 2 - 1
            place = rank[context] + shift
            place = torch.where((place < 0) | (place >= len(by_rank)), rank[context] - shift, place)
            other = by_rank[place.clamp(0, len(by_rank) - 1)].to(batch.context.device)
            present = batch.context > 0
            positive = scores(batch.center, batch.context)
            matched = scores(batch.center, other)
            size = float(present.sum())
            value = negative_sampling_loss(positive, present, scores(batch.center, batch.noise), negatives)
            loss += float(value) * size
            wins += float((((positive > matched) + 0.5 * (positive == matched)) * present).sum())
            pairs += size
    return {"loss": loss / max(1, pairs), "context_accuracy": wins / max(1, pairs)}


def unigram_scores(counts: np.ndarray, negatives: int) -> Scores:
    """The scores of the unigram baseline; tokens that do not occur have a low one.

    Args:
        counts: how often each token occurs in the training part, (vocabulary,).
        negatives: noise words for each pair.
    """
    words = np.asarray(counts, np.float64).copy()
    words[: len(SPECIAL)] = 0
    share = words / max(1, words.sum())
    noise = negatives * noise_distribution(counts)
    ratio = np.log(np.maximum(share, 1e-12)) - np.log(np.maximum(noise, 1e-12))
    table = torch.from_numpy(ratio.astype(np.float32))
    return lambda center, context: table.to(context.device)[context]


def neighbor_table(vectors: np.ndarray, names: list[str], counts: np.ndarray) -> Table:
    """The nearest neighbors of some frequent words, by cosine similarity.

    Args:
        vectors: of the words, without the special tokens, (words, dimension).
        names: of the words.
        counts: how often each occurs in the training part, (words,).
    """
    order = [int(row) for row in np.argsort(-counts, kind="stable") if names[row].isalpha()]
    frequent = order[len(order) // 20 :][:CHOSEN_FROM]  # the most frequent words are `the`, `and` ...
    chosen = [frequent[i] for i in np.linspace(0, len(frequent) - 1, min(SHOWN, len(frequent))).astype(int)]
    rows, similarity = nearest_rows(vectors[chosen], vectors, NEIGHBORS + 1)
    lines = []
    for word, found, values in zip(chosen, rows, similarity, strict=True):
        near = [f"{names[row]} {value:.2f}" for row, value in zip(found, values, strict=True) if row != word]
        lines.append([names[word], f"{int(counts[word]):,}", ", ".join(near[:NEIGHBORS])])
    note = "Cosine similarity of the word vectors; frequent words, evenly spaced by their frequency."
    return Table("Nearest neighbors of words", ["word", "occurrences", "nearest words"], lines, note)
