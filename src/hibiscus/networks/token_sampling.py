r"""Texts from a language model, one token after another.

    $p_i \propto \exp(z_i / \tau)$ over the `top_k` tokens with the largest logits $z_i$

The network keeps its state, so each token costs one step, however long the text is. A low temperature
$\tau$ gives probable and repetitive texts, a high one varied and faulty ones; 0 always takes the most
probable token.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from hibiscus.networks.language_model import LanguageModel
from hibiscus.tokens import END, PADDING, START, UNKNOWN

__all__ = ["sample_tokens"]

NEVER = (PADDING, UNKNOWN, START)  # tokens that no text contains


@torch.inference_mode()
def sample_tokens(
    network: LanguageModel, prompt: Tensor, length: int, temperature: float = 1.0, top_k: int = 0
) -> Tensor:
    """Continues texts; random numbers come from torch's global generator.

    Args:
        network: in evaluation mode.
        prompt: int64 (batch, steps), at least one step, without padding.
        length: the number of tokens to add.
        temperature: at least 0.
        top_k: how many of the most probable tokens to choose from; 0 for all.

    Returns:
        int64 (batch, up to length); after the token `END` of a text, padding.
    """
    columns = list(_continued(network, prompt, length, temperature, top_k))
    return torch.stack(columns, 1) if columns else prompt[:, :0]


def _continued(
    network: LanguageModel, prompt: Tensor, length: int, temperature: float, top_k: int
) -> Iterator[Tensor]:
    logits, state = network(prompt)
    ended = torch.zeros(len(prompt), dtype=torch.bool, device=prompt.device)
    for _ in range(length):
        token = _choose(logits[:, -1].float(), temperature, top_k).masked_fill(ended, PADDING)
        ended = ended | (token == END)
        yield token
        if ended.all():
            return
        logits, state = network(token[:, None], state)


def _choose(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    """One token (batch,) for each row of logits (batch, vocabulary)."""
    logits[:, NEVER] = -torch.inf
    if temperature == 0 or top_k == 1:
        return logits.argmax(1)
    if 0 < top_k < logits.shape[1]:
        lowest = logits.topk(top_k).values[:, -1:]
        logits = logits.masked_fill(logits < lowest, -torch.inf)
    return torch.multinomial((logits / temperature).softmax(1), 1)[:, 0]
