r"""Words that stand for a missing value, and when such a word is a value after all.

An empty field is always missing. `NA`, `?` and the like are missing in every column; `-`, `none`, `#DIV/0!`
and the like only where the other values are numbers or times, since they may be classes elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

__all__ = ["LOOSE_MISSING", "MISSING", "missing_words"]

MISSING = frozenset(
    ["", "?", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "Null", "<NA>"]
)
LOOSE_MISSING = MISSING | {
    "None", "none", "NONE", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", ".", "..", "...", "*", "x", "X",
    "n.a.", "N.A.", "n.a", "n.d.", "nd", "k.A.", "k. A.", "NaT", "nil", "Nil", "NIL", "??", "???",
    "missing", "Missing", "MISSING", "unknown", "Unknown", "UNKNOWN", "not available", "no data",
    "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#NA", "inf", "-inf", "Inf", "-Inf",
    "Infinity", "-Infinity", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000",
    "00/00/0000", "$-", "$ -", "€-", "- €",
}  # fmt: skip
CODE = re.compile(r"[A-Z]{2}")  # of a country, state or language; NA is Namibia


def missing_words(counts: Mapping[str, int], chosen: Collection[str] | None = None) -> frozenset[str]:
    """The words of a column of names that stand for a missing value.

    Args:
        counts: how often each text occurs.
        chosen: the words that the user lists; by default `MISSING`, without `NA` among two-letter codes.
    """
    if chosen is not None:
        return frozenset({"", *chosen})
    others = [text for text in counts if text not in MISSING]
    if "NA" in counts and len(others) >= 3 and all(CODE.fullmatch(text) for text in others):
        return MISSING - {"NA"}
    return MISSING
