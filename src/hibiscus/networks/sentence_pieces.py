"""Texts as the word pieces that MiniLM takes, from the token numbers of `tokens=word-piece`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hibiscus.tokens import PADDING, SPECIAL, UNKNOWN

__all__ = ["PIECES", "padded_pieces", "piece_rows"]

PIECES = 30_522  # of MiniLM
FIRST, LAST, UNKNOWN_PIECE = 101, 102, 100  # [CLS], [SEP] and [UNK]
MAX_STEPS = 254  # of a text, without [CLS] and [SEP]


def piece_rows(tokens: Tensor) -> list[list[int]]:
    """The word pieces of each text with [CLS] and [SEP], from token numbers (batch, steps) with padding."""
    return [_pieces(row) for row in tokens.cpu().numpy()]


def padded_pieces(rows: Sequence[Sequence[int]]) -> Tensor:
    """Word pieces as int64 (texts, steps), padded with 0 to the longest."""
    padded = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(padded)


def _pieces(row: np.ndarray) -> list[int]:
    numbers = row[row != PADDING][:MAX_STEPS]
    pieces = np.where(numbers == UNKNOWN, UNKNOWN_PIECE, numbers - len(SPECIAL))
    return [FIRST, *pieces.tolist(), LAST]
