"""Sentences from files, and which of them are similar to a query."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.encoding import decode_counted
from hibiscus.data.memory_limit import check_memory
from hibiscus.data.named_errors import named_errors
from hibiscus.data.open import open_data
from hibiscus.data.raw_fields import raw_field, text_column
from hibiscus.data.special_files import check_regular
from hibiscus.errors import DataError, UsageError
from hibiscus.evaluation.embedding_map import nearest_rows
from hibiscus.evaluation.sentence_embedders import SentenceEmbedder
from hibiscus.plurals import plural

__all__ = ["Sentences", "find_similar", "open_sentences"]

READING = 12  # bytes of memory for each byte of text


@dataclass
class Sentences:
    """Sentences with a name for each, such as the number of its line.

    Args:
        ids: the names.
        texts: the sentences.
        notes: on how they were read.
    """

    ids: list[str]
    texts: list[str]
    notes: list[str] = field(default_factory=list)


def open_sentences(inputs: Sequence[str | os.PathLike[str]], column: str | None = None) -> Sentences:
    """The sentences of a file or folder, or those that are given.

    The lines of a `.txt` file that are not empty are sentences, and so are the texts of a table's column and
    the files of a folder.

    Args:
        inputs: one path, or sentences.
        column: of a table; by default its only column of texts.

    Raises:
        DataError: the file cannot be read, or has no texts.
        UsageError: several paths, or a column of what is no table.
    """
    paths = [item for item in inputs if not isinstance(item, str) or _exists(item)]
    if not paths:
        if len(inputs) == 1 and Path(str(inputs[0])).suffix and len(str(inputs[0]).split()) == 1:
            raise DataError(f"{inputs[0]}: no such file", "a file, a folder or sentences", "check its name")
        return Sentences([str(number) for number in range(1, len(inputs) + 1)], [str(x) for x in inputs])
    if len(inputs) > 1:
        raise UsageError(f"{paths[0]} and {len(inputs) - 1} more", "one file, or sentences only", "one file")
    path = Path(paths[0]).expanduser()
    with named_errors(path):
        if path.suffix.lower() == ".txt" and not path.is_dir():
            if column is not None:
                raise UsageError(f"column {column} of {path}", "a table", "leave the column out")
            return _lines(path)
        return _column(path, column)


def _lines(path: Path) -> Sentences:
    check_regular(str(path))
    check_memory(path, path.stat().st_size, factor=READING)
    text, encoding, damaged = decode_counted(path.read_bytes())
    if "\0" in text:
        raise DataError(f"{path}: not a text (it contains null characters)", "a text", "check the file")
    lines = text.splitlines()
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    if not numbers:
        raise DataError(f"{path}: no sentences", "a sentence on each line", "check the file")
    notes = [] if encoding == "UTF-8" else [f"{path.name} is read as {encoding}"]
    if damaged:
        notes.append(f"{path.name}: {plural(damaged, 'damaged character')} read as U+FFFD")
    return Sentences([str(n + 1) for n in numbers], [lines[n].strip() for n in numbers], notes)


def _column(path: Path, column: str | None) -> Sentences:
    dataset = open_data(str(path))
    name = text_column(dataset) if column is None else column
    texts = None if name is None else raw_field(dataset, "text", name)
    if texts is None:
        names = [*map(str, dataset.fields["table"].columns)] if "table" in dataset.fields else []
        received = f"{path}: no column {column}" if column else f"{path}: not one column of texts"
        listed = f"; it has the columns {', '.join(names)}" if names else ""
        raise DataError(f"{received}{listed}", "a column of texts, or a .txt file", "--column NAME")
    return Sentences(list(dataset.ids), [str(text) for text in texts], list(dataset.notes))


def _exists(text: str) -> bool:
    try:
        return bool(text) and Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long for a path, or a null byte
        return False


def find_similar(
    sentences: Sentences, queries: Sequence[str], model: SentenceEmbedder, count: int = 5
) -> dict[str, Any]:
    """The sentences whose embeddings have the highest cosine similarity to that of each query.

    Args:
        sentences: those that are searched; a model that learns is fitted to them.
        queries: at least one.
        model: of sentence embeddings.
        count: sentences for each query.

    Returns:
        `model`, `sentences` (their number), `queries`: for each, `query` and `matches` with `id`, `sentence`
        and `similarity`, the most similar first; and `notes`.
    """
    embeddings = model.fit(sentences.texts).embed([*sentences.texts, *queries])
    known, query_rows = np.split(embeddings, [len(sentences.texts)])
    rows, similarity = nearest_rows(query_rows, known, count)
    found = [
        {
            "query": query,
            "matches": [
                {"id": sentences.ids[row], "sentence": sentences.texts[row], "similarity": float(value)}
                for row, value in zip(rows[number], similarity[number], strict=True)
            ],
        }
        for number, query in enumerate(queries)
    ]
    notes = [*sentences.notes, *model.notes]
    return {"model": model.name, "sentences": len(sentences.texts), "queries": found, "notes": notes}
