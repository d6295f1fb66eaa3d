"""The callback that writes `log.jsonl`."""

from __future__ import annotations

import json
import math
import os
import warnings
from pathlib import Path
from typing import Any

from hibiscus.damage import damaged, reading
from hibiscus.errors import HibiscusWarning
from hibiscus.json_files import DIGEST, line_digest, read_limited
from hibiscus.log_lines import LogLines
from hibiscus.temporary_files import open_in_place
from hibiscus.training.atomic_files import cannot_write
from hibiscus.training.callbacks import Callback, LoopState

__all__ = ["LogFile"]


class LogFile(Callback):
    """Writes `log.jsonl`; a resumed run truncates it to its length at the checkpoint.

    Args:
        path: the file, which may hold lines of an earlier part of the run.

    Attributes:
        digest: that of the last line.
    """

    def __init__(self, path: Path):
        self.path = path
        self.digest: str | None = None

    def on_rounds(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Writes the line."""
        self._write({key: value for key, value in line.items() if key != "of_rounds"})

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Writes the line."""
        self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        finite = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in line.items()
        }
        self.digest = line_digest(finite, self.digest or "")
        try:
            with open_in_place(self.path) as file:
                file.write(json.dumps({**finite, DIGEST: self.digest}) + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def state(self) -> dict[str, Any]:
        """The length and last digest of the file, which is flushed to disk before the checkpoint."""
        if not self.path.exists():
            return {"bytes": 0}
        try:
            with open_in_place(self.path) as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.path, error) from None
        return {"bytes": self.path.stat().st_size, "digest": self.digest}

    def restore(self, state: dict[str, Any]) -> None:
        """Truncates the file to that length; a run whose log was deleted begins a new one.

        Raises:
            RunError: the log is damaged, or was changed.

        Warns:
            HibiscusWarning: it was deleted.
        """
        if not self.path.exists():
            if state["bytes"]:
                text = f"{self.path}: no such file; a new log begins, without the epochs before"
                warnings.warn(text, HibiscusWarning, stacklevel=2)
            return
        with reading(self.path):
            with open_in_place(self.path) as file:
                file.truncate(min(state["bytes"], self.path.stat().st_size))
            log = LogLines(read_limited(self.path), state.get("digest"))
            self.digest = log.digest
            fault = log.fault
            if self.path.stat().st_size < state["bytes"]:
                fault = fault or "the last lines are missing"
        if fault:
            raise damaged(self.path, fault, "restore it from a backup, or delete it to go on without it")
