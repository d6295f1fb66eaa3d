"""Parallel texts: files whose lines are translations of each other, such as `train.en` and `train.de`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.files import is_image_name, part_in_name, readable_name, walk_files
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.text.corpus import text_dataset
from hibiscus.data.text.text_files import MEMORY, TextFile, encoding_notes, read_text_file, text_lines
from hibiscus.errors import DataError
from hibiscus.plurals import plural

__all__ = ["languages_in", "open_parallel"]

ENDING = re.compile(r"(\.txt)?(\.gz)?$", re.IGNORECASE)
LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")
MAX_NAMED = 3  # lines that a note names


def languages_in(folder: Path, named: Collection[str] = ()) -> dict[str, dict[str, Path]]:
    """The files of each language in a folder, by the rest of their names; empty if they are not parallel.

    The language is the last part of a name without `.txt` and `.gz`: `de` in `test_2016.de.gz` and
    `a.de.txt`. At least two languages must have files with the same rest.

    Args:
        folder: with the files.
        named: languages that may be the whole name, as in `de.txt`.
    """
    by_language: dict[str, dict[str, Path]] = defaultdict(dict)
    for file in walk_files(folder):
        if is_image_name(file):
            return {}
        stem, _, language = ENDING.sub("", readable_name(file.name), count=1).rpartition(".")
        if LANGUAGE.fullmatch(language) and (stem or language in named):
            place = file.parent.relative_to(folder).as_posix()
            by_language[language].setdefault(f"{place}/{stem}", file)
    counts = Counter(stem for files in by_language.values() for stem in files)
    return {
        language: files for language, files in by_language.items() if any(counts[stem] > 1 for stem in files)
    }


def open_parallel(folder: Path, pairs: str, encoding: str | None = None) -> Dataset:
    """Opens pairs of files, line by line; the names of files or folders tell the parts.

    Pairs of lines of which one is empty are left out.

    Args:
        folder: with the files.
        pairs: the languages, `SOURCE,TARGET`, as the names of the files end.
        encoding: detected by default.

    Raises:
        DataError: no such files, or two that do not have the same number of lines.
    """
    source, target, found = _direction(folder, pairs)
    stems = sorted(found[source].keys() & found[target].keys())
    lines = _Lines()
    size = 0
    for stem in stems:
        files = found[source][stem], found[target][stem]
        size += sum(file.stat().st_size for file in files)
        check_memory(folder, size, factor=MEMORY)
        lines.add(stem, *(read_text_file(file, encoding) for file in files))
    if not lines.ids:
        raise DataError(f"{folder}: no pair of lines with text", f"{source} and {target}", "check the files")
    parts = {part: np.array(items) for part, items in lines.parts.items() if part and items}
    targets = np.empty(len(lines.ids), dtype=object)
    targets[:] = lines.targets
    dataset = text_dataset(
        folder.resolve().name,
        str(folder),
        lines.sources,
        lines.ids,
        column=source,
        parts=parts if "train" in parts else {},
        notes=[*_notes(stems, source, target), *lines.notes()],
        fields={"target_text": targets},
    )
    dataset.roles[target] = "target"
    return dataset


class _Lines:
    """The pairs of lines of all files so far."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.parts: dict[str, list[int]] = defaultdict(list)
        self._files: list[TextFile] = []
        self._dropped: list[str] = []

    def add(self, stem: str, source: TextFile, target: TextFile) -> None:
        """Adds two files whose names begin with `stem`.

        Raises:
            DataError: they do not have the same number of lines.
        """
        self._files += [source, target]
        first = len(self.ids)
        for number, (line, translation) in enumerate(_aligned(source, target), 1):
            name = f"{source.path.name}, line {number}"
            if line and translation:
                self.ids.append(name)
                self.sources.append(line)
                self.targets.append(translation)
            else:
                self._dropped.append(name)
        self.parts[part_in_name(stem)] += range(first, len(self.ids))

    def notes(self) -> list[str]:
        """What the user should know about the files."""
        notes = encoding_notes(self._files)
        if self._dropped:
            named = "; ".join(self._dropped[:MAX_NAMED]) + (" ..." if len(self._dropped) > MAX_NAMED else "")
            notes.append(f"{plural(len(self._dropped), 'pair')} with an empty line left out ({named})")
        return notes


def _direction(folder: Path, pairs: str) -> tuple[str, str, dict[str, dict[str, Path]]]:
    """The two languages and the files of all."""
    names = [name.strip() for name in pairs.split(",")]
    found = languages_in(folder, names)
    known = ", ".join(found) or "no such files"
    if len(names) != 2 or names[0] == names[1] or any(name not in found for name in names):
        received = f"{folder}: pairs={pairs}, and there are files in {known}"
        raise DataError(received, "two of them, SOURCE,TARGET", f"pairs={','.join([*found][:2]) or 'en,de'}")
    return names[0], names[1], found


def _aligned(first: TextFile, second: TextFile) -> list[tuple[str, str]]:
    lines = [[line.strip() for line in text_lines(file.text)] for file in (first, second)]
    if len(lines[0]) != len(lines[1]):
        received = f"{first.path.name} has {len(lines[0]):,} lines and {second.path.name} {len(lines[1]):,}"
        expected = "the translation of each line on the same line"
        raise DataError(received, expected, "look for the line that is missing or divided")
    return list(zip(*lines, strict=True))


def _notes(stems: list[str], source: str, target: str) -> list[str]:
    """Which files are of which part, if this is not plain."""
    by_part: dict[str, list[str]] = defaultdict(list)
    for stem in stems:
        by_part[part_in_name(stem)].append(stem.removeprefix("./"))
    notes = [f"translated from {source} to {target}; pairs={target},{source} is the other direction"]
    for part, names in by_part.items():
        if part and len(names) > 1:
            notes.append(f"the {part} part is of {len(names)} pairs of files: {', '.join(names)}")
    if "train" in by_part and "" in by_part:
        notes.append(f"not used, as the name tells no part: {', '.join(by_part[''])}")
    return notes
