"""What `inspect` says about the times of a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hibiscus.cli.console import wrap
from hibiscus.data.series.steps import show_time
from hibiscus.plurals import plural

if TYPE_CHECKING:
    from hibiscus.data.series.time_axis import TimeAxis

__all__ = ["time_lines"]

MAX_LISTED = 3  # gaps and rows of a line


def time_lines(name: str, axis: TimeAxis, column: str, ids: list[str]) -> list[str]:
    """Step, range, gaps and faults of the times of a series, as lines.

    Args:
        name: of the series; empty if there is only one.
        axis: its times.
        column: of the times; empty without one.
        ids: a readable name for each row of the table.
    """
    label = f"series {name}" if name else "series"
    if not column:
        return [
            f"{label}: {plural(len(axis.rows), 'row')}, taken as steps, since there is no column of times"
        ]
    if not len(axis.times):
        return [f"{label}: no row has a time from 1678 to 2261"]
    span = f"{show_time(axis.times[0])} to {show_time(axis.times[-1])}"
    if axis.irregular:
        lines = [
            f"{label}: {plural(len(axis.rows), 'row')} at irregular times, {span}; rows are taken as steps "
            "here, resample=STEP makes them regular"
        ]
    else:
        gaps, missing = len(axis.gaps), sum(gap.missing for gap in axis.gaps)
        says = f"{plural(gaps, 'gap')} with {plural(missing, 'missing step')}" if gaps else "no gaps"
        lines = [f"{label}: {plural(len(axis.times), 'step')} of {axis.step}, {span}, {says}"]
    for gap in sorted(axis.gaps, key=lambda gap: -gap.missing)[:MAX_LISTED]:
        lines.append(
            f"  gap: {plural(gap.missing, 'step')} between {show_time(gap.before)} and {show_time(gap.after)}"
        )
    if axis.duplicates:
        pairs = "; ".join(f"{ids[a]} and {ids[b]}" for a, b in axis.duplicates[:MAX_LISTED])
        count = plural(len(axis.duplicates), "row")
        says = f"at the time of another row: {count} ({pairs}); the first is used here, training refuses them"
        lines.append(wrap(says, "  ", "    "))
    for rows, what in (
        (axis.off_grid, "between the steps"),
        (axis.without, "without a time from 1678 to 2261"),
    ):
        if rows:
            shown = ", ".join(ids[row] for row in rows[:MAX_LISTED])
            lines.append(f"  {what}: {plural(len(rows), 'row')} ({shown}), left out here")
    return (
        lines if axis.sorted else [*lines, "  the rows are not in the order of time; they were sorted here"]
    )
