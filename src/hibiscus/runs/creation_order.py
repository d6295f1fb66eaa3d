"""The order in which the runs of a folder were created."""

from __future__ import annotations

from pathlib import Path

from hibiscus.json_files import read_json

__all__ = ["created", "next_order"]


def next_order(folder: Path) -> int:
    """The number of a new run in the order in which the runs of its parent folder were created, from 1.

    The clock of the machine may be set back, and two runs may be started in the same moment.
    """
    others = [child for child in folder.parent.iterdir() if (child / "run.json").is_file()]
    return 1 + max((created(other)[0] for other in others), default=0)


def created(run: Path) -> tuple[int, str, str]:
    """The place of a run in the order of creation; runs of earlier versions are ordered by their time."""
    try:
        info = read_json(run / "run.json")
        return int(info.get("order", 0)), str(info.get("started", "")), run.name
    except (OSError, ValueError, TypeError, AttributeError, OverflowError):
        return 0, "", run.name
