r"""How well a language model predicts a text that it did not see.

    nats per token: $-\frac{1}{N} \sum_t \log p(w_t \mid w_1, \dots, w_{t-1})$;
    bits per character: that sum over $\log 2$ and the number of characters;
    perplexity: $e^{\text{nats per token}}$

The first token of the text has nothing before it and does not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hibiscus.networks.language_model import LanguageModel

__all__ = ["TokenScores", "language_metrics", "score_tokens"]

COLUMNS = 16  # stretches of a text that are read side by side
PIECE = 256  # steps of a stretch at a time
VALUES_AT_ONCE = 2**25  # logits of a piece of all stretches


@dataclass(frozen=True)
class TokenScores:
    """The tokens of a text but the first.

    Args:
        nats: `-log p` of each token, float64 (tokens - 1,).
        correct: whether it was the most probable one, bool (tokens - 1,).
    """

    nats: np.ndarray
    correct: np.ndarray


def language_metrics(scores: TokenScores, characters: int) -> dict[str, float]:
    """The metrics of a language model, by name.

    Args:
        scores: of some tokens.
        characters: in these tokens, of the text as it was before its tokens were found.
    """
    mean = float(scores.nats.mean())
    return {
        "nats_per_token": mean,
        "bits_per_character": float(scores.nats.sum()) / math.log(2) / max(1, characters),
        "perplexity": math.exp(min(mean, 700.0)),
        "token_accuracy": float(scores.correct.mean()),
    }


def score_tokens(network: LanguageModel, tokens: Tensor, context: int) -> TokenScores:
    """The scores of a text that is read once, with the state carried from token to token.

    A long text is divided into stretches that are read side by side; each but the first begins `context`
    tokens earlier, which only warm up the state.

    Args:
        network: in evaluation mode; its parameters are on the device of the tokens.
        tokens: int64 (tokens,), at least two.
        context: tokens that a prediction needs before it.
    """
    targets = len(tokens) - 1
    columns = max(1, min(COLUMNS, targets // (4 * context)))
    stride = -(-(targets - context) // columns) if columns > 1 else targets
    warm_up = context if columns > 1 else 0
    starts = torch.arange(columns, device=tokens.device) * stride
    steps = torch.arange(stride + warm_up + 1, device=tokens.device)
    table = tokens[(starts[:, None] + steps).clamp(max=targets)]  # the last stretch may end earlier
    nats, correct = _read(network, table)
    kept = torch.ones_like(correct)
    kept[1:, :warm_up] = False
    kept &= starts[:, None].cpu() + steps[:-1].cpu() < targets
    return TokenScores(nats[kept].numpy(), correct[kept].numpy())


@torch.inference_mode()
def _read(network: LanguageModel, table: Tensor) -> tuple[Tensor, Tensor]:
    """The nats of the tokens of each row but the first, float64, and whether each was the most probable."""
    nats, correct, state, step = [], [], None, 0
    piece = PIECE
    while step < table.shape[1] - 1:
        tokens, truth = table[:, step : step + piece], table[:, step + 1 : step + piece + 1]
        logits, state = network(tokens[:, : truth.shape[1]], state)
        step += truth.shape[1]
        piece = max(1, min(PIECE, VALUES_AT_ONCE // (len(table) * logits.shape[2])))
        log_p = logits.float().log_softmax(2)
        nats.append(-log_p.gather(2, truth[:, :, None])[:, :, 0].double().cpu())
        correct.append((logits.argmax(2) == truth).cpu())
    return torch.cat(nats, 1), torch.cat(correct, 1)
