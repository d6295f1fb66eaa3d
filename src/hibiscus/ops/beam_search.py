r"""Beam search: the sequence to which a decoder gives the highest probability per length.

    score(y) = log p(y | x) / ((5 + |y|) / 6)**alpha,    log p(y | x) = sum over t of log p(y_t | y_<t, x)

At each step, the `beam_size` best unfinished sequences of each item are extended by every token. The length
normalization counteracts the preference for short sequences, of which every product of probabilities has one.
A beam of one is greedy decoding: the most probable token at each step.

All items are decoded together, one token per step; the decoder passes its state on, so that no step is
computed twice, and items that have finished leave the batch.

Reference: Sutskever et al., "Sequence to Sequence Learning with Neural Networks", 2014, arXiv 1409.3215; Wu
et al., "Google's Neural Machine Translation System", 2016, arXiv 1609.08144 (length normalization).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hibiscus.errors import ConfigError

__all__ = ["Decoded", "beam_search", "select_rows"]

Step = Callable[[Tensor, Any, Any], tuple[Tensor, Any]]


class Decoded(NamedTuple):
    """The best sequence of one item."""

    tokens: list[int]  # without `end`
    score: float  # normalized log-probability, in nats
    complete: bool  # whether it ended before the largest length


def select_rows(state: Any, rows: Tensor) -> Any:
    """The rows of every tensor in nested tuples, lists and named tuples; all else stays as it is."""
    if isinstance(state, Tensor):
        return state.index_select(0, rows)
    if isinstance(state, tuple | list):
        values = [select_rows(value, rows) for value in state]
        return type(state)(*values) if hasattr(state, "_fields") else type(state)(values)
    return state


@torch.no_grad()
def beam_search(
    step: Step,
    memory: Any,
    max_lengths: Sequence[int],
    *,
    start: int,
    end: int,
    beam_size: int = 1,
    length_penalty: float = 0.6,
    forbidden: Sequence[int] = (),
    device: torch.device | str = "cpu",
) -> list[Decoded]:
    """The best sequence of each item.

    Args:
        step: maps the last tokens (rows, 1), the memory of those rows, and the state that it returned at the
            step before (None at first) to logits (rows, vocabulary) and a state. The tensors of memory and
            state have one row per sequence.
        memory: of the items: tensors in nested tuples.
        max_lengths: largest number of tokens of each item, `end` included; a sequence that reaches it counts
            as it is.
        start: the token with which every sequence begins; it is not returned.
        end: the token that ends a sequence.
        beam_size: number of sequences that are kept per item.
        length_penalty: alpha, from 0 (none) to about 1.
        forbidden: tokens that are never chosen.
        device: of the decoder.

    Raises:
        ConfigError: a beam size below 1.
    """
    if beam_size < 1:
        raise ConfigError(f"beam_size={beam_size}", "an integer of at least 1", "beam_size=5")
    beams = [_Beam(size, length_penalty) for size in max_lengths]
    active = [i for i, size in enumerate(max_lengths) if size > 0]
    rows = torch.tensor(active, device=device, dtype=torch.long).repeat_interleave(beam_size)
    memory, state = select_rows(memory, rows), None
    tokens = torch.full((len(rows), 1), start, device=device)
    total = torch.full((len(active), beam_size), -torch.inf, device=device)
    total[:, 0] = 0  # the sequences are still equal: only the first counts
    length = 0
    while active:
        logits, state = step(tokens[:, -1:], memory, state)
        logits = logits.float()
        logits[:, list(forbidden)] = -torch.inf
        vocabulary = logits.shape[1]
        scores = (total.view(-1, 1) + logits.log_softmax(1)).view(len(active), -1)
        # Twice as many as are kept: at most half of them end a sequence, since each has one way to end.
        total, index = scores.topk(min(2 * beam_size, scores.shape[1]), dim=1)
        length += 1
        chosen = index % vocabulary
        parents = index // vocabulary + torch.arange(len(active), device=device)[:, None] * beam_size
        ended = chosen == end
        for i, k in (ended & total.isfinite())[:, :beam_size].nonzero().tolist():
            text = tokens[parents[i, k], 1:].tolist()
            beams[active[i]].add(Decoded(text, float(total[i, k]), True), length)
        total, kept = total.masked_fill(ended, -torch.inf).topk(beam_size, dim=1)
        parents, chosen = parents.gather(1, kept), chosen.gather(1, kept)
        best = total[:, 0].tolist()
        going = [i for i, item in enumerate(active) if not beams[item].finished(best[i], length)]
        for i, item in enumerate(active):
            if length == max_lengths[item] and best[i] > -torch.inf:
                text = [*tokens[parents[i, 0], 1:].tolist(), int(chosen[i, 0])]
                beams[item].add(Decoded(text, best[i], False), length)
        chosen_rows = parents[going].flatten()
        tokens = torch.cat([tokens.index_select(0, chosen_rows), chosen[going].view(-1, 1)], 1)
        state, total = select_rows(state, chosen_rows), total[going]
        if len(going) < len(active):  # the sequences of an item share its memory, so their order is free
            memory = select_rows(memory, chosen_rows)
            active = [active[i] for i in going]
    return [beam.best for beam in beams]


class _Beam:
    """The best finished sequence of one item."""

    def __init__(self, max_length: int, length_penalty: float):
        self.max_length, self.length_penalty = max_length, length_penalty
        self.best = Decoded([], -torch.inf, False)

    def add(self, found: Decoded, length: int) -> None:
        """Compares a sequence with the best one; its score is its log-probability."""
        score = self._normalized(found.score, length)
        if score > self.best.score:
            self.best = found._replace(score=score)

    def finished(self, unfinished: float, length: int) -> bool:
        """Whether the search ends: at the largest length, or if no unfinished sequence can become better,
        since its log-probability can only fall. As many finished sequences as the beam is wide are no reason:
        with smoothed labels, improbable ones end at every step.
        """
        reachable = self._normalized(unfinished, self.max_length)
        return length >= self.max_length or self.best.score >= reachable

    def _normalized(self, score: float, length: int) -> float:
        return score / ((5 + length) / 6) ** self.length_penalty
