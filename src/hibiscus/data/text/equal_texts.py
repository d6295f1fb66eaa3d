"""Texts that are equal but for white space: they stay in one part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["merge_keys"]


def merge_keys(keys: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """The keys of texts, with one key for all texts that differ in white space only.

    Where no two texts differ so, the keys stay as they are, and with them every split.

    Args:
        keys: uint64 `(texts,)`.
        texts: the texts.
    """
    plain = [" ".join(text.split()) for text in texts]
    smallest: dict[str, int] = {}
    for text, key in zip(plain, keys.tolist(), strict=True):
        smallest[text] = min(key, smallest.get(text, key))
    return np.array([smallest[text] for text in plain], keys.dtype)
