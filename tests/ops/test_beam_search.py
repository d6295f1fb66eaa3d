import itertools
from collections import namedtuple

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.ops.beam_search import Decoded, beam_search, select_rows

START, END, VOCABULARY = 2, 3, 6


class TinyModel:
    """The logits of the next token depend on the item and on all tokens before it."""

    def __init__(self, items: int, seed: int = 0, scale: float = 2.0):
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.randn(items, 997, VOCABULARY, generator=generator) * scale
        self.memory = (torch.arange(items),)
        self.rows = []  # of each step

    def step(self, tokens, memory, state):
        self.rows.append(len(tokens))
        history = torch.zeros(len(tokens), dtype=torch.long) if state is None else state[0]
        history = (history * 7 + tokens[:, 0] + 1) % 997
        return self.table[memory[0], history], (history, "kept")

    def log_probability(self, item, tokens):
        history, total = 0, 0.0
        for last, token in zip([START, *tokens], tokens, strict=False):
            history = (history * 7 + last + 1) % 997
            logits = self.table[item, history].clone()
            logits[:3] = -torch.inf
            total += float(logits.log_softmax(0)[token])
        return total

    def search(self, lengths, beam_size, **options):
        tokens = {"start": START, "end": END, "forbidden": (0, 1, 2)}
        return beam_search(self.step, self.memory, lengths, beam_size=beam_size, **tokens, **options)


def exhaustive(model, item, max_length, penalty):
    best: tuple[float, tuple[int, ...]] = (-float("inf"), (END,))
    for length in range(1, max_length + 1):
        for body in itertools.product((4, 5), repeat=length - 1):
            for last in (3, 4, 5) if length == max_length else (3,):
                tokens = (*body, last)
                score = model.log_probability(item, tokens) / ((5 + length) / 6) ** penalty
                best = max(best, (score, tokens))
    return best


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.5])
def test_a_beam_wider_than_the_space_of_sequences_finds_the_best_one(penalty):
    model, lengths = TinyModel(6), [1, 5, 3, 5, 4, 2]
    found = model.search(lengths, 64, length_penalty=penalty)
    for item, (length, result) in enumerate(zip(lengths, found, strict=True)):
        score, tokens = exhaustive(model, item, length, penalty)
        assert result.tokens == [token for token in tokens if token != END]
        assert result.score == pytest.approx(score, abs=1e-4)
        assert result.complete == (tokens[-1] == END)


def test_a_beam_of_one_takes_the_most_probable_token_at_each_step():
    model = TinyModel(20, seed=1)
    for item, result in enumerate(model.search([8] * 20, 1)):
        tokens = []
        while len(tokens) < 8 and END not in tokens:
            tokens.append(max((3, 4, 5), key=lambda t: model.log_probability(item, [*tokens, t])))
        assert result.tokens == [token for token in tokens if token != END]


def test_a_wider_beam_is_better_on_the_whole():
    model = TinyModel(200, seed=2, scale=1.0)
    totals = [sum(x.score for x in model.search([8] * 200, size)) for size in (1, 4, 64)]
    assert totals[0] < totals[1] <= totals[2]


def test_improbable_ends_do_not_stop_the_search():
    """With smoothed labels, every wrong token has the same probability, the end included."""
    wanted = [4, 5, 4, 4, 5, 4, 5, 5, 4, END]

    def step(tokens, memory, state):
        place = torch.zeros(len(tokens), dtype=torch.long) if state is None else state
        logits = torch.zeros(len(tokens), 50)
        logits[torch.arange(len(tokens)), torch.tensor(wanted)[place.clamp(max=9)]] = 6.0
        return logits, place + 1

    for beam_size in (1, 2, 5, 20):
        options = {"start": START, "end": END, "beam_size": beam_size}
        found = beam_search(step, torch.zeros(3), [30, 10, 12], **options)
        assert [row.tokens for row in found] == [wanted[:-1]] * 3


def test_an_item_alone_gives_the_same_as_in_a_batch():
    model = TinyModel(9, seed=3)
    together = model.search([7] * 9, 3)
    for item in range(9):
        one = TinyModel(9, seed=3)
        one.memory = (torch.tensor([item]),)
        assert one.search([7], 3) == [together[item]]


def test_finished_items_leave_the_batch():
    model = TinyModel(30, seed=4)
    model.search([1] * 10 + [9] * 20, 2)
    assert model.rows[0] == 60
    assert model.rows[1] <= 40
    assert len(model.rows) <= 9


def test_without_items_or_length_nothing_is_computed():
    model = TinyModel(2)
    assert model.search([], 2) == []
    assert [found.tokens for found in model.search([0, 0], 2)] == [[], []]
    assert model.rows == []


def test_rows_of_nested_states():
    pair = namedtuple("pair", "a b")
    state = pair(torch.tensor([[1], [2]]), (3, [torch.tensor([4, 5])], None))
    chosen = select_rows(state, torch.tensor([1, 1, 0]))
    assert isinstance(chosen, pair)
    assert chosen.a.tolist() == [[2], [2], [1]]
    assert chosen.b[0] == 3
    assert chosen.b[1][0].tolist() == [5, 5, 4]
    assert chosen.b[2] is None


def test_a_beam_of_none_is_refused():
    with pytest.raises(ConfigError, match="beam_size=0"):
        TinyModel(1).search([3], 0)
    assert Decoded([], 0.0, True).tokens == []
