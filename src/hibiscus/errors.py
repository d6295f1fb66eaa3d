"""Every error that Hibiscus raises on purpose, in one tree.

    HibiscusError
    ├── UsageError            exit 2   a word on the command line that is not understood
    ├── DataError             exit 3   the data, or a file among them, cannot be used
    │   └── RunError          exit 3   a run folder cannot be read, written, or is in use
    ├── ConfigError           exit 4   an option that is unknown or out of range
    ├── MissingExtraError     exit 5   an optional package is not installed
    ├── TargetNotReachedError exit 6   a demanded figure was not reached
    ├── TrainingError         exit 1   the training itself went wrong (not a number)
    │   └── ProcessLostError  exit 1   another process of a training over several has gone
    └── InterruptedRunError   exit 130 stopped by the person, with everything saved

Each says what was received, what was expected and how to fix it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "DataError",
    "HibiscusError",
    "InterruptedRunError",
    "MissingExtraError",
    "ProcessLostError",
    "RunError",
    "TargetNotReachedError",
    "TrainingError",
    "UsageError",
    "nearest",
]


class HibiscusError(Exception):
    """An error in three parts, made for the person who reads it.

    Args:
        received: what was found, with the person's own path or word in it.
        expected: what should have been there.
        mend: what to do now.
    """

    exit_code = 1

    def __init__(self, received: str, expected: str = "", fix: str = ""):
        super().__init__(received)
        self.received, self.expected, self.fix = received, expected, fix
        self.said = False  # whether it stands in what was printed already

    @property
    def parts(self) -> dict[str, str]:
        """The parts that there are, by name."""
        return {name: text for name in ("received", "expected", "fix") if (text := getattr(self, name))}

    def __str__(self) -> str:
        lines = [self.received]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.fix:
            lines.append(f"  fix:      {self.fix}")
        return "\n".join(lines)


class UsageError(HibiscusError):
    """A word on the command line that is not understood."""

    exit_code = 2


class DataError(HibiscusError):
    """The data, or a file among them, cannot be used."""

    exit_code = 3


class RunError(DataError):
    """A run folder that cannot be read or written, or that another process uses."""


class ConfigError(HibiscusError):
    """An option that is unknown or out of its range."""

    exit_code = 4


class MissingExtraError(HibiscusError):
    """An optional package is not installed; the message names the extra."""

    exit_code = 5


class TargetNotReachedError(HibiscusError):
    """A figure that was demanded has not been reached."""

    exit_code = 6


class TrainingError(HibiscusError):
    """The training went wrong, for example a loss that is not a number."""


class ProcessLostError(TrainingError):
    """Another of the processes that train together has gone."""


class InterruptedRunError(HibiscusError):
    """Stopped by the person; the run is saved and can be resumed."""

    exit_code = 130


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint `did you mean ...?` for a word, or the list of known words where none is near."""
    words = sorted(known)
    lower = {one.casefold(): one for one in words}
    close = difflib.get_close_matches(word, words, n=2, cutoff=0.5) or [
        lower[one] for one in difflib.get_close_matches(word.casefold(), lower, n=2, cutoff=0.5)
    ]
    return f"did you mean {' or '.join(close)}?" if close else f"one of: {', '.join(words)}"
