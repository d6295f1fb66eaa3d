r"""A Markov chain of variable order: the next token by how often it followed the same tokens before.

    $p_k(w \mid c_k) = \frac{n(c_k w) + t(c_k)\, p_{k-1}(w \mid c_{k-1})}{n(c_k) + t(c_k)}$,
    $p_{-1} = 1 / \text{vocabulary}$

$c_k$ are the last $k$ tokens, $n$ counts in the training part, and $t(c)$ is the number of different tokens
that followed $c$. A context that never occurred leaves the prediction to the shorter one.

Reference: Witten and Bell, "The zero-frequency problem", IEEE Transactions on Information Theory, 1991; Chen
    and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", 1999.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["MarkovChain"]

VALUES_AT_ONCE = 2**22  # probabilities of a block


@dataclass(frozen=True)
class Order:
    """The contexts of one length, by number, and the tokens that followed each of them.

    Args:
        keys: ascending; the number of the context that is shorter by one, and the token before that.
        totals: how often each context occurred.
        first: where the followers of each context begin, and the end.
        followers: tokens.
        counts: how often each of them followed.
    """

    keys: np.ndarray
    totals: np.ndarray
    first: np.ndarray
    followers: np.ndarray
    counts: np.ndarray


class MarkovChain:
    """Probabilities of the next token from the last `order` tokens and fewer.

    Args:
        tokens: int64 (tokens,), of the training part.
        order: the largest number of tokens of a context.
        vocabulary: number of different tokens.
    """

    def __init__(self, tokens: np.ndarray, order: int, vocabulary: int):
        self.vocabulary, self.orders = vocabulary, []
        contexts = np.zeros(len(tokens), np.int64)
        for length in range(order + 1):
            if length:
                if length >= len(tokens):
                    break
                keys, contexts = np.unique(
                    contexts[1:] * vocabulary + tokens[: len(tokens) - length], return_inverse=True
                )
            else:
                keys = np.zeros(1, np.int64)
            pairs, counts = np.unique(contexts * vocabulary + tokens[length:], return_counts=True)
            totals = np.bincount(contexts, minlength=len(keys))
            first = np.searchsorted(pairs, np.arange(len(keys) + 1) * vocabulary)
            self.orders.append(Order(keys, totals, first, pairs % vocabulary, counts))

    def nats(self, tokens: np.ndarray) -> np.ndarray:
        """`-log p` of each token but the first, for contexts of at most 0, 1, 2 ... tokens.

        Args:
            tokens: int64 (tokens,), of any part, at least two.

        Returns:
            float64 (lengths, tokens - 1).
        """
        blocks = []
        for positions in self._blocks(len(tokens)):
            truth = np.arange(len(positions)), tokens[positions]
            steps = self._probabilities(tokens, positions)
            blocks.append(np.stack([-np.log(probabilities[truth]) for probabilities in steps]))
        return np.concatenate(blocks, axis=1)

    def predict(self, tokens: np.ndarray) -> np.ndarray:
        """The most probable token at each position but the first, from contexts of all lengths."""
        best = []
        for positions in self._blocks(len(tokens)):
            *_, probabilities = self._probabilities(tokens, positions)
            best.append(probabilities.argmax(1))
        return np.concatenate(best)

    def _blocks(self, length: int) -> Iterator[np.ndarray]:
        """The positions but the first, in blocks."""
        size = max(1, VALUES_AT_ONCE // self.vocabulary)
        for start in range(1, length, size):
            yield np.arange(start, min(start + size, length))

    def _probabilities(self, tokens: np.ndarray, positions: np.ndarray) -> Iterator[np.ndarray]:
        """Of the tokens at some positions (positions, vocabulary), for each length of the context: one array,
        which changes from length to length.
        """
        probabilities = np.full((len(positions), self.vocabulary), 1 / self.vocabulary)
        rows, contexts = np.arange(len(positions)), np.zeros(len(positions), np.int64)
        for length, order in enumerate(self.orders):
            if length:
                inside = positions[rows] >= length
                rows, contexts = rows[inside], contexts[inside]
                keys = contexts * self.vocabulary + tokens[positions[rows] - length]
                contexts = np.minimum(np.searchsorted(order.keys, keys), len(order.keys) - 1)
                known = order.keys[contexts] == keys
                rows, contexts = rows[known], contexts[known]
            self._mix(order, probabilities, rows, contexts)
            yield probabilities

    def _mix(self, order: Order, probabilities: np.ndarray, rows: np.ndarray, contexts: np.ndarray) -> None:
        """Replaces the rows by their mixture with the counts of the contexts."""
        kinds = order.first[contexts + 1] - order.first[contexts]
        total = order.totals[contexts] + kinds
        probabilities[rows] *= (kinds / total)[:, None]
        offsets = np.arange(kinds.sum()) - np.repeat(np.cumsum(kinds) - kinds, kinds)
        entries = np.repeat(order.first[contexts], kinds) + offsets
        cells = np.repeat(rows, kinds) * self.vocabulary + order.followers[entries]
        probabilities.reshape(-1)[cells] += order.counts[entries] / np.repeat(total, kinds)
