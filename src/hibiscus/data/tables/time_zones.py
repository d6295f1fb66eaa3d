"""Notes on times with zones, which are read in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hibiscus.plurals import plural

if TYPE_CHECKING:
    from hibiscus.data.tables.times import TimeFormat

__all__ = ["zone_notes"]

ZONE = re.compile(
    r":[0-9]{2}(?:[.,][0-9]+)?(?: ?[aApP]\.?[mM]\.?)? ?(Z|[A-Z]{3,4}|(?:UTC|GMT)?[-+][0-9]{2}:?(?:[0-9]{2})?)"
    r"(?: \([^)]*\))?$"
)
UTC = frozenset({"Z", "UTC", "GMT", "+00:00", "+0000", "+00", "-00:00"})


def zone_notes(name: str, values: Mapping[str, int], style: TimeFormat) -> list[str]:
    """Notes on the zones of a column: that its times are moved to UTC, or that some have no zone.

    Args:
        name: of the column.
        values: the texts that are times, with their counts.
        style: how they are read.
    """
    if style.count:
        return []
    zones, without, example = set(), 0, ""
    for text, count in values.items():
        match = ZONE.search(text)
        if match is None:
            without += count
        else:
            zones.add(match[1])
            example = example if example or match[1] in UTC else text
    if not zones or (zones <= UTC and not without):
        return []
    notes = []
    if example:
        notes.append(f"column '{name}': times with zones are read in UTC, {example} as {style.read(example)}")
    if without:
        notes.append(
            f"column '{name}': {plural(without, 'time has', 'times have')} no zone and "
            f"{'is' if without == 1 else 'are'} read as UTC, beside times with zones"
        )
    return notes
