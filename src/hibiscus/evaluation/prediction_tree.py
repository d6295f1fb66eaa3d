r"""CPT+, the compact prediction tree: the next token from whole training sequences with the same tokens.

    $\mathrm{score}(w) = \sum_{P} \sum_{s \supseteq P} \frac{|P|}{m} \cdot \frac{1}{d_s(w)}$

$P$ is the set of the last $m$ tokens, or what is left of it after rare tokens were removed one by one until
enough training sequences $s$ contain it; $d_s(w)$ is the distance from the last token of $P$ in $s$ to the
next $w$ behind it. Order within the context does not count, so it suits short sequences over many different
items, such as visited pages, better than letters. The normalized scores are mixed with the frequencies of
tokens, so that no probability is zero.

Differences from the paper: the sequences are the rows of an array in place of a tree that shares their
beginnings, which saves memory and changes no prediction.

Reference: Gueniche, Fournier-Viger, Tseng, "Compact Prediction Tree", ADMA 2013; Gueniche, Fournier-Viger,
    Raman, Tseng, "CPT+: Decreasing the time/space complexity of the Compact Prediction Tree", PAKDD 2015.
"""

from __future__ import annotations

import numpy as np

__all__ = ["PredictionTree"]


class PredictionTree:
    """Scores of the next token.

    Args:
        tokens: int64 (tokens,), of the training part.
        vocabulary: number of different tokens.
        length: tokens of a training sequence; consecutive ones do not overlap.
        most: the largest number of training sequences, taken evenly from all.
        enough: training sequences with the same tokens from which no rarer token is removed.
    """

    def __init__(
        self, tokens: np.ndarray, vocabulary: int, length: int = 20, most: int = 20_000, enough: int = 20
    ):
        length = min(length, len(tokens))
        rows = tokens[: len(tokens) // length * length].reshape(-1, length)
        if len(rows) > most:
            rows = rows[np.linspace(0, len(rows) - 1, most).astype(int)]
        self.rows, self.enough = rows, enough
        counts = np.bincount(tokens, minlength=vocabulary)
        self.frequencies = (counts + 1) / (counts.sum() + vocabulary)
        self.members = [np.zeros(0, np.int64)] * vocabulary  # the inverted index: sequences by token
        flat = rows.reshape(-1)
        order = np.argsort(flat, kind="stable")
        found, first = np.unique(flat[order], return_index=True)
        for token, part in zip(found, np.split(order // length, first[1:]), strict=True):
            self.members[token] = np.unique(part)

    def scores(self, context: np.ndarray) -> np.ndarray:
        """The score of each token after a context, float64 (vocabulary,); zeros if nothing is similar."""
        total = np.zeros(len(self.frequencies))
        kept = sorted(set(context.tolist()), key=lambda token: -self.frequencies[token])
        size = len(kept)
        while kept:
            similar = self._containing(kept)
            if len(similar):
                self._add(total, similar, kept, len(kept) / size)
            if len(similar) >= self.enough:
                break
            kept.pop()  # the rarest
        return total

    def probabilities(self, scores: np.ndarray, frequency_weight: float) -> np.ndarray:
        """Scores (contexts, vocabulary) as probabilities, mixed with the frequencies of the tokens."""
        totals = scores.sum(1, keepdims=True)
        normalized = np.where(totals > 0, scores / np.maximum(totals, 1e-300), self.frequencies)
        return (1 - frequency_weight) * normalized + frequency_weight * self.frequencies

    def _containing(self, tokens: list[int]) -> np.ndarray:
        """The training sequences that contain all of the tokens, the rarest first."""
        similar = self.members[tokens[-1]]
        for token in tokens[-2::-1]:
            similar = np.intersect1d(similar, self.members[token], assume_unique=True)
        return similar

    def _add(self, total: np.ndarray, similar: np.ndarray, tokens: list[int], weight: float) -> None:
        """Adds the weighted reciprocal distances of what follows in similar sequences."""
        rows = self.rows[similar]
        inside = np.isin(rows, tokens)
        last = rows.shape[1] - 1 - inside[:, ::-1].argmax(1)
        row, place = np.nonzero(np.arange(rows.shape[1]) > last[:, None])
        following = rows[row, place]
        _, nearest = np.unique(row * len(total) + following, return_index=True)
        distances = place[nearest] - last[row[nearest]]
        total += np.bincount(following[nearest], weight / distances, len(total))
