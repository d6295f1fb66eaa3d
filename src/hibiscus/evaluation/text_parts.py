"""The raw texts of the training, the validation and an evaluated part, with their targets, for baselines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.prepared import INPUTS, PreparedData, evenly_spaced
from hibiscus.data.raw_fields import raw_field
from hibiscus.evaluation.text_models import FITS, Counts, term_counts

__all__ = ["TextParts", "is_text", "text_parts", "texts_of"]

COST = 5e8  # characters, times outputs and fits: about half a minute
FEWEST = 1000  # texts on which models are fitted, whatever they cost
HELD_OUT = 10  # every tenth training text chooses the options if there is no validation part


@dataclass(frozen=True)
class TextParts:
    """Raw texts, with the targets of those on which models are fitted and their options chosen.

    Args:
        train: the training texts.
        validation: the validation texts.
        test: the texts that are evaluated.
        target: of the training texts, (texts, ...).
        validation_target: of the validation texts, (texts, ...).
        total: the number of training texts of which these are some.
    """

    train: Sequence[str]
    validation: Sequence[str]
    test: Sequence[str]
    target: NDArray
    validation_target: NDArray
    total: int

    @cached_property
    def counts(self) -> Counts:
        """How often each term occurs in the texts of each part."""
        return term_counts(self.train, self.validation, self.test)

    @cached_property
    def digest(self) -> NDArray[np.uint8]:
        """Bytes that differ if any text does."""
        state = hashlib.blake2b(digest_size=32)
        for part in (self.train, self.validation, self.test):
            state.update(f"{len(part)} texts".encode())
            for text in part:
                content = text.encode("utf-8", "surrogatepass")
                state.update(len(content).to_bytes(8, "little") + content)
        return np.frombuffer(state.digest(), np.uint8)

    def suffix(self) -> str:
        """For the name of a model that was fitted on some of the texts only."""
        used = len(self.train)
        return "" if used == self.total else f" ({used:,} of {self.total:,} texts)"


def is_text(data: PreparedData) -> bool:
    """Whether the inputs are texts alone."""
    return [name for name in INPUTS if name in data.preparation.fields] == ["text"]


def texts_of(data: PreparedData, part: str) -> NDArray[np.object_]:
    """The raw texts of a part."""
    owner = data.owner(part)
    return raw_field(owner.dataset, "text", data.preparation["text"].column)[owner.parts[part]]


def text_parts(data: PreparedData, part: str, field: str, outputs: int) -> TextParts:
    """The texts with a target of so many outputs, as many for training as the limit of work allows.

    Args:
        data: the prepared data.
        part: the part that is evaluated.
        field: `label`, `labels` or `target`.
        outputs: the number of models that are fitted, one for each.
    """
    tuned = data.training or data
    texts, target = texts_of(data, "train"), data.values(field, "train")
    used = np.arange(len(texts))
    if len(tuned.parts.get("val", ())):
        validation, known = texts_of(tuned, "val"), tuned.values(field, "val")
    else:
        held_out = used[HELD_OUT - 1 :: HELD_OUT]
        held_out = held_out if len(held_out) else used  # too few texts to divide
        validation, known = texts[held_out], target[held_out]
        used = np.setdiff1d(used, held_out) if len(held_out) < len(used) else used
    cost = sum(len(text) for text in texts[used]) * outputs * FITS
    if cost > COST:
        used = used[evenly_spaced(len(used), max(FEWEST, int(len(used) * COST / cost)))]
    total = len(texts) if cost > COST else len(used)
    evaluated = texts_of(data if part in data.parts else tuned, part)
    return TextParts(list(texts[used]), list(validation), list(evaluated), target[used], known, total)
