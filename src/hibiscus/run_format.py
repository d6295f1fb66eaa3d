"""The format of run folders; the names of older run folders are translated when they are read."""

from __future__ import annotations

from typing import Any

__all__ = ["FORMAT", "upgrade"]

FORMAT = 2  # written to run.json and evaluation.json


def upgrade(file: str, content: Any) -> Any:
    """The content of a JSON file of a run, in today's names.

    Args:
        file: path of the file within the run folder, such as `run.json` or `log.jsonl`.
        content: the parsed JSON; of `log.jsonl`, one line.
    """
    return content
