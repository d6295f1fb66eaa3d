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
        pairs: ascending; the number of a context and a token that followed it.
        counts: how often it followed.
    """

    keys: np.ndarray
    totals: np.ndarray
    first: np.ndarray
    pairs: np.ndarray
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
            self.orders.append(Order(keys, totals, first, pairs, counts))

    def nats(self, tokens: np.ndarray) -> np.ndarray:
        """`-log p` of each token but the first, for contexts of at most 0, 1, 2 ... tokens.

        Args:
            tokens: int64 (tokens,), of any part, at least two.

        Returns:
            float64 (lengths, tokens - 1).
        """
        truth = tokens[1:]
        probabilities, nats = np.full(len(truth), 1 / self.vocabulary), []
        for order, rows, contexts in self._contexts(tokens, np.arange(1, len(tokens))):
            pairs = contexts * self.vocabulary + truth[rows]
            places = np.minimum(np.searchsorted(order.pairs, pairs), len(order.pairs) - 1)
            counts = np.where(order.pairs[places] == pairs, order.counts[places], 0)
            kinds = order.first[contexts + 1] - order.first[contexts]
            mixed = (counts + kinds * probabilities[rows]) / (order.totals[contexts] + kinds)
            probabilities[rows] = mixed
            nats.append(-np.log(probabilities))
        return np.stack(nats)

    def predict(self, tokens: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """The most probable token at some positions, each at least 1, from contexts of all lengths."""
        size = max(1, VALUES_AT_ONCE // self.vocabulary)
        parts = [positions[start : start + size] for start in range(0, len(positions), size)]
        return np.concatenate([self._probabilities(tokens, part).argmax(1) for part in parts])

    def _contexts(
        self, tokens: np.ndarray, positions: np.ndarray
    ) -> Iterator[tuple[Order, np.ndarray, np.ndarray]]:
        """For each length: the positions, as indices, whose context is known, and the numbers of these."""
        rows, contexts = np.arange(len(positions)), np.zeros(len(positions), np.int64)
        for length, order in enumerate(self.orders):
            if length:
                inside = positions[rows] >= length
                rows, contexts = rows[inside], contexts[inside]
                keys = contexts * self.vocabulary + tokens[positions[rows] - length]
                contexts = np.minimum(np.searchsorted(order.keys, keys), len(order.keys) - 1)
                known = order.keys[contexts] == keys
                rows, contexts = rows[known], contexts[known]
            yield order, rows, contexts

    def _probabilities(self, tokens: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """The probabilities of all tokens at some positions, (positions, vocabulary)."""
        probabilities = np.full((len(positions), self.vocabulary), 1 / self.vocabulary)
        for order, rows, contexts in self._contexts(tokens, positions):
            kinds = order.first[contexts + 1] - order.first[contexts]
            total = order.totals[contexts] + kinds
            probabilities[rows] *= (kinds / total)[:, None]
            offsets = np.arange(kinds.sum()) - np.repeat(np.cumsum(kinds) - kinds, kinds)
            entries = np.repeat(order.first[contexts], kinds) + offsets
            cells = np.repeat(rows, kinds) * self.vocabulary + order.pairs[entries] % self.vocabulary
            probabilities.reshape(-1)[cells] += order.counts[entries] / np.repeat(total, kinds)
        return probabilities
