"""The distinct texts of a column and their counts, on which alone its reading depends."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.tables.column_reading import distinct_texts

if TYPE_CHECKING:
    from pandas import Series

__all__ = ["Column"]


MANY, SAMPLE = 5000, 1000
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,9})\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?")


@dataclass(frozen=True)
class Column:
    """The distinct values of a column of text.

    Args:
        name: of the column.
        counts: how often each stripped text occurs; blank fields are not among them.
        rows: of the table.
        named: whether the file names the column; `header` whether it names any.
    """

    name: str
    counts: Mapping[str, int]
    rows: int
    named: bool = True
    header: bool = True

    @classmethod
    def of(cls, name: str, values: Series, named: bool = True, header: bool = True) -> Column:
        """The distinct values of a series of strings."""
        texts, codes = distinct_texts(values)
        if len(texts) > MANY and _plain_decimals(texts):
            texts = sorted(texts)[:: len(texts) // SAMPLE]
            return cls(name, dict.fromkeys(texts, 1), max(len(values), len(texts)), named, header)
        counts = np.bincount(codes[codes >= 0], minlength=len(texts)).tolist()
        count_of = dict(zip(texts, counts, strict=True))
        ordered = {text: count_of[text] for text in sorted(texts)}
        return cls(name, ordered, len(values), named, header)

    @property
    def known(self) -> int:
        """The rows that are not blank."""
        return sum(self.counts.values())

    def without(self, words: Collection[str]) -> dict[str, int]:
        """The counts of the texts that are not among these words."""
        if self.counts.keys().isdisjoint(words):
            return dict(self.counts)
        return {text: count for text, count in self.counts.items() if text not in words}


def _plain_decimals(texts: list[str]) -> bool:
    """Whether all texts are decimal numbers without a doubt, so that a sample of them tells the same."""
    return all(map(DECIMAL.fullmatch, texts))
