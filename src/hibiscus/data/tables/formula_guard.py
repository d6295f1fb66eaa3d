"""Text that a spreadsheet would take for a formula: an apostrophe in front of it in CSV files.

Names and classes come from others, and a spreadsheet that opens a CSV file would compute `=HYPERLINK(...)`.

Reference: OWASP, "CSV Injection".
"""

from __future__ import annotations

from typing import Any

__all__ = ["guard_formula", "guard_formulas", "without_guard"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with one of these a formula begins
GUARD = "'"


def guard_formula(value: Any) -> Any:
    """A text that would be a formula with an apostrophe in front; numbers and other values as they are."""
    return f"{GUARD}{value}" if _is_formula(value) else value


def guard_formulas(frame: Any) -> Any:
    """A DataFrame with guarded texts and column names, for a CSV file."""
    guarded = frame.copy(deep=False)
    for position in range(frame.shape[1]):
        if frame.dtypes.iloc[position].kind not in "biufc":
            guarded.isetitem(position, [guard_formula(value) for value in frame.iloc[:, position]])
    guarded.columns = [guard_formula(name) for name in frame.columns]
    return guarded


def without_guard(text: str) -> str:
    """The text that `guard_formula` was given."""
    inner = text.removeprefix(GUARD)
    return inner if inner != text and _is_formula(inner) else text


def _is_formula(value: Any) -> bool:
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False
