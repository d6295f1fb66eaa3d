"""What `inspect` says about pairs of variables of a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hibiscus.cli.console import table, wrap
from hibiscus.plurals import plural

if TYPE_CHECKING:
    from hibiscus.runs.series_relations import Relation

__all__ = ["relation_lines"]

MAX_SHOWN = 8
LEVEL = 0.05


def relation_lines(found: list[Relation], left_out: int) -> list[str]:
    """The relations as a table, and how to read it."""
    if not found:
        return []
    rows = [["pair", "correlation", "of differences", "strongest lag", "Granger (p, corrected)", ""]]
    rows += [
        [
            f"{one.first}, {one.second}",
            f"{one.levels:.2f}",
            f"{one.differences:.2f}",
            _lag(one),
            f"-> {one.forward:.2g}  <- {one.backward:.2g}",
            _verdict(one),
        ]
        for one in found[:MAX_SHOWN]
    ]
    rest = len(found) - MAX_SHOWN
    more = [f"  ... and {plural(rest, 'more pair')} (--json lists them all)"] if rest > 0 else []
    lines = ["relations of the variables:", table(rows), *more]
    says = (
        "lags: of the cross-correlation without the autocorrelation of the first; above 0, the first leads. "
        "Granger: whether the past of one helps to predict the other, which in a long series even a small "
        f"effect does; p-values of {2 * len(found)} tests, corrected by Holm"
    )
    lines.append(wrap(says, "  ", "  "))
    lines += [f"  {plural(left_out, 'pair')} not compared"] if left_out else []
    return lines


def _lag(one: Relation) -> str:
    if abs(one.correlation) <= one.bound:
        return "none"
    return f"{one.lag:+d} ({one.correlation:.2f})" if one.lag else f"0 ({one.correlation:.2f})"


def _verdict(one: Relation) -> str:
    words = ["spurious: the differences do not correlate"] if one.spurious else []
    forward, backward = one.forward < LEVEL, one.backward < LEVEL
    if forward and backward:
        words.append("each helps to predict the other")
    elif forward or backward:
        first, second = (one.first, one.second) if forward else (one.second, one.first)
        words.append(f"{first} helps to predict {second}")
    words += ["cointegrated"] if one.cointegrated else []
    return "; ".join(words)
