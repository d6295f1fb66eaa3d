"""The functions of the Python API for sentences: their embeddings, and which are similar."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hibiscus.evaluation.sentence_embedders import Weighting
from hibiscus.progress import show_progress
from hibiscus.runs.sentence_models import open_sentence_model
from hibiscus.runs.sentences import Sentences, find_similar, open_sentences

__all__ = ["embed_sentences", "similar"]


def similar(
    sentences: str | os.PathLike[str] | Sequence[str],
    queries: str | Sequence[str],
    *,
    model: str = "minilm",
    count: int = 5,
    weighting: Weighting | None = None,
    column: str | None = None,
    device: str = "auto",
    quiet: bool = False,
    trust: bool = False,
) -> dict[str, Any]:
    """The sentences that are most similar to queries, by the cosine similarity of their embeddings.

    Args:
        sentences: a `.txt` file with a sentence on each line, a table, a folder of texts, or a list.
        queries: one or several.
        model: `minilm`, `doc2vec`, a file of word vectors, or a run that learned texts.
        count: sentences for each query.
        weighting: how word vectors are averaged, `mean` (default) or `tf-idf`.
        column: of a table; by default its only column of texts.
        device: where to compute.
        quiet: nothing on the screen.
        trust: load code that a run names, whoever wrote it.

    Returns:
        `model`, `sentences` (their number), `queries`: for each, `query` and `matches` with `id`, `sentence`
        and `similarity`, the most similar first; and `notes`.

    Raises:
        HibiscusError: a file cannot be read, or an optional package is not installed.

    Example:
        hibiscus.similar("sentences.txt", "a man is eating")["queries"][0]["matches"][0]["sentence"]
    """
    with show_progress(not quiet):
        opened = _opened(sentences, column)
        texts = [queries] if isinstance(queries, str) else list(queries)
        return find_similar(opened, texts, open_sentence_model(model, weighting, device, trust), count)


def embed_sentences(
    inputs: str | os.PathLike[str] | Sequence[str],
    *,
    model: str = "minilm",
    weighting: Weighting | None = None,
    column: str | None = None,
    device: str = "auto",
    trust: bool = False,
) -> dict[str, Any]:
    """The embeddings of sentences; the arguments are those of `similar`.

    Returns:
        `id`, `code` float32 `(sentences, dimension)`, `skipped` (none) and `notes`.
    """
    opened = _opened(inputs, column)
    embedder = open_sentence_model(model, weighting, device, trust).fit(opened.texts)
    codes = embedder.embed(opened.texts)
    return {"id": opened.ids, "code": codes, "skipped": [], "notes": [*opened.notes, *embedder.notes]}


def _opened(sentences: str | os.PathLike[str] | Sequence[str], column: str | None) -> Sentences:
    paths = [sentences] if isinstance(sentences, str | os.PathLike) else list(sentences)
    return open_sentences(paths, column)
