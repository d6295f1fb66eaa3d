"""Every error that Hibiscus raises on purpose, in one tree.

    HibiscusError
    ├── UsageError            exit 2   a command that is not understood
    ├── DataError             exit 3   the data, or one of its files, cannot be used
    │   └── RunError          exit 3   a run folder that cannot be read or written, or is in use
    ├── ConfigError           exit 4   an option that is unknown or out of range
    ├── MissingExtraError     exit 5   an optional package is not installed
    ├── TargetNotReachedError exit 6   a required metric was not reached
    ├── TrainingError         exit 1   the training failed, for example with a loss of NaN
    │   ├── OutOfMemoryError  exit 1   not enough memory, in training or later; says what to lower
    │   └── ProcessLostError  exit 1   another process of a distributed training was lost
    └── InterruptedRunError   exit 130 interrupted by the user, with everything saved

Each says what was received, what was expected and how to fix the problem. What does not stop the work is a
HibiscusWarning.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from itertools import accumulate

__all__ = [
    "ConfigError",
    "DataError",
    "HibiscusError",
    "HibiscusWarning",
    "InterruptedRunError",
    "MissingExtraError",
    "OutOfMemoryError",
    "ProcessLostError",
    "RunError",
    "TargetNotReachedError",
    "TrainingError",
    "UsageError",
    "clip",
    "nearest",
    "similar_words",
]

MAX_HINTS = 3  # similar words in a message
MIN_SIMILARITY = 0.65  # difflib ratio from which a word may be a misspelling of another
SHORT_WORD = 4  # characters up to which a misspelling differs in one edit
MAX_LISTED = 8  # words that a message may list in full
MAX_BYTES = 1900  # of a message as JSON in ASCII, which leaves room for its frame in 2 KB
ELLIPSIS = " ... "


class HibiscusError(Exception):
    """An error in three parts, which are clipped in the middle if they are longer than a screen.

    Args:
        received: what was received, with the user's own path or word in it.
        expected: what was expected.
        fix: how to solve the problem.
    """

    exit_code = 1

    def __init__(self, received: str, expected: str = "", fix: str = ""):
        self.received, self.expected, self.fix = _clipped(received, expected, fix)
        super().__init__(self.received)
        self.printed = False  # whether the printed JSON object contains it already

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are not empty, by name."""
        return {name: text for name in ("received", "expected", "fix") if (text := getattr(self, name))}

    def __str__(self) -> str:
        lines = [self.received]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.fix:
            lines.append(f"  fix:      {self.fix}")
        # A line break in a name must not look like the beginning of another message.
        return "\n".join(line.replace("\n", "\\n") for line in lines)


class HibiscusWarning(UserWarning):
    """What the user should know although the work goes on; the command line prints it as one line."""

    def __init__(self, message: object = ""):
        super().__init__(clip(str(message)))


class UsageError(HibiscusError):
    """A command that is not understood."""

    exit_code = 2


class DataError(HibiscusError):
    """The data, or one of its files, cannot be used."""

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
    """A required metric has not been reached."""

    exit_code = 6


class TrainingError(HibiscusError):
    """The training failed, for example because a loss became NaN."""


class OutOfMemoryError(TrainingError):
    """Not enough memory to train, evaluate, predict or sample; on another machine it may be enough."""


class ProcessLostError(TrainingError):
    """Another process of a distributed training was lost."""


class InterruptedRunError(HibiscusError):
    """Interrupted by the user; the run is saved and can be resumed."""

    exit_code = 130


def clip(text: str, limit: int = MAX_BYTES) -> str:
    """The text, without its middle if it is longer than `limit` bytes of JSON in ASCII.

    This is the longest of the forms in which a message is written: a control character takes 6 bytes.
    """
    if _size(text) <= limit:
        return text
    half = (limit - len(ELLIPSIS)) // 2
    return _beginning(text[:half], half) + ELLIPSIS + _beginning(text[-half:][::-1], half)[::-1]


def _size(text: str) -> int:
    return len(json.dumps(text)) - 2


def _beginning(text: str, limit: int) -> str:
    return text[: sum(size <= limit for size in accumulate(map(_size, text)))]


def _clipped(*parts: str) -> list[str]:
    """The parts of a message, of which only the long ones are clipped."""
    clipped, left = list(parts), MAX_BYTES
    for number, index in enumerate(sorted(range(len(parts)), key=lambda i: _size(parts[i]))):
        clipped[index] = clip(parts[index], left // (len(parts) - number))
        left -= _size(clipped[index])
    return clipped


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint `did you mean ...?` with at most three known words, or all of them if there are few."""
    words = sorted(known)
    similar = similar_words(word, words)
    if similar:
        return f"did you mean {_either(similar)}?"
    if len(words) <= MAX_LISTED:
        return f"one of: {', '.join(words)}"
    nearest_words = difflib.get_close_matches(word, words, n=MAX_HINTS, cutoff=0.0)
    return f"the most similar are {', '.join(nearest_words)}"


def similar_words(word: str, known: Iterable[str]) -> list[str]:
    """At most three known words of which a word may be a misspelling, the most similar first.

    A short word differs in one edit: among words of three letters, a ratio is high by chance.
    """
    words = sorted(set(known) - {word})
    matches = difflib.get_close_matches(word, words, n=MAX_HINTS, cutoff=MIN_SIMILARITY)
    if not matches:
        by_lower = {name.casefold(): name for name in words}
        lower = difflib.get_close_matches(word.casefold(), by_lower, n=MAX_HINTS, cutoff=MIN_SIMILARITY)
        matches = [by_lower[name] for name in lower]
    if len(word) > SHORT_WORD:
        return matches
    return [match for match in matches if _is_one_edit(word.casefold(), match.casefold())]


def _is_one_edit(one: str, other: str) -> bool:
    """Whether two words differ in at most one character, or in two neighbors that are exchanged."""
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return abs(len(one) - len(other)) <= 1
    one, other = one[start:], other[start:]
    edited = {(one[1:], other[1:]), (one[1:], other), (one, other[1:]), (one[1::-1] + one[2:], other)}
    return any(left == right for left, right in edited)


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
