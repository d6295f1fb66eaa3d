"""Continues a prompt with a language model: conditions as users write them, and tokens as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import UsageError
from hibiscus.methods.conditions import parse_number
from hibiscus.networks.token_sampling import sample_tokens
from hibiscus.tokens import UNKNOWN

__all__ = ["continue_prompt"]

MOST_TOKENS = 100_000
LIMITS = {"temperature": (0, 100), "top_k": (0, 10**6), "length": (1, MOST_TOKENS)}
EXAMPLES = {"temperature": "0.8", "top_k": "50", "length": "500"}


def continue_prompt(
    network: nn.Module,
    preparation: TextPreparation,
    first_token: int,
    count: int,
    interpolation: float | None,
    *,
    prompt: Any,
    temperature: Any,
    top_k: Any,
    length: Any,
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Texts that begin with the prompt, and a column for each condition.

    Args:
        network: in evaluation mode.
        preparation: of the texts.
        first_token: after which a text without a prompt begins.
        count: the number of texts.
        interpolation: refused, since there is no noise vector.
        prompt: the beginning of the text.
        temperature: at least 0; may be given as text, like the following.
        top_k: whole, at least 0.
        length: whole, from 1 to 100,000.

    Raises:
        UsageError: a condition out of range.
    """
    if interpolation is not None:
        raise UsageError("interpolate for texts", "temperature, top_k, length or prompt", "leave it out")
    words = str(prompt)
    values = {"temperature": temperature, "top_k": top_k, "length": length}
    numbers = {name: _in_range(name, value) for name, value in values.items()}
    given = [number for number in preparation.number_lists([words])[0] if number != UNKNOWN]
    start = torch.tensor([given or [first_token]], device=next(network.parameters()).device)
    tokens = sample_tokens(
        network,
        start.expand(count, -1),
        int(numbers["length"]),
        numbers["temperature"],
        int(numbers["top_k"]),
    )
    texts = [words + _continuation(preparation, given, row) for row in tokens.tolist()]
    columns = {
        name: np.full(count, value if name == "temperature" else int(value))
        for name, value in numbers.items()
    }
    return texts, {"prompt": np.full(count, words, dtype=object), **columns}


def _continuation(preparation: TextPreparation, given: list[int], added: list[int]) -> str:
    """The text of the added tokens, with a space before it where words need one."""
    before, whole = preparation.decode(given), preparation.decode([*given, *added])
    return whole[len(before) :] if whole.startswith(before) else preparation.decode(added)


def _in_range(name: str, value: Any) -> float:
    number = parse_number(name, value)
    low, high = LIMITS[name]
    if not low <= number <= high or (name != "temperature" and not number.is_integer()):
        kind = "a number" if name == "temperature" else "a whole number"
        raise UsageError(f"{name}={value}", f"{kind} from {low} to {high:,}", f"{name}={EXAMPLES[name]}")
    return number
