import math

import numpy as np
import pytest
import torch

from hibiscus.evaluation import token_likelihood
from hibiscus.evaluation.token_likelihood import TokenScores, language_metrics, score_tokens
from hibiscus.networks.language_model import build_language_model


@pytest.mark.parametrize("length", [2, 3, 40, 173, 200])
@pytest.mark.parametrize("columns", [1, 4])
def test_every_token_but_the_first_is_scored_once_with_all_before_it(length, columns, monkeypatch):
    monkeypatch.setattr(token_likelihood, "COLUMNS", columns)
    monkeypatch.setattr(token_likelihood, "PIECE", 7)
    # a Transformer with a window of 6 and one layer sees no more than the warm-up
    network = build_language_model("transformer", 12, units=32, window=6).eval()
    tokens = torch.randint(0, 12, (length,))
    scores = score_tokens(network, tokens, 6)
    logits = network(tokens[None])[0][0, :-1]
    expected = torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="none")
    assert scores.nats == pytest.approx(expected.detach().numpy(), abs=1e-5)
    assert scores.correct.tolist() == (logits.argmax(1) == tokens[1:]).tolist()


def test_the_metrics_by_hand():
    scores = TokenScores(np.array([1.0, 2, 3, 2]), np.array([True, False, False, False]))
    assert language_metrics(scores, 10) == {
        "nats_per_token": 2.0,
        "bits_per_character": pytest.approx(8 / math.log(2) / 10),
        "perplexity": pytest.approx(math.exp(2)),
        "token_accuracy": 0.25,
    }
