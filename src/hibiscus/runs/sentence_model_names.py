"""Names of models of sentences that are no runs; nothing here imports PyTorch."""

from __future__ import annotations

from pathlib import Path

from hibiscus.errors import UsageError

__all__ = ["NAMES", "is_sentence_model"]

NAMES = ("minilm", "doc2vec")


def is_sentence_model(name: str) -> bool:
    """Whether a word names a model of sentences that is not a run: `minilm`, `doc2vec`, or an existing file.

    Raises:
        UsageError: it is also the name of a file or folder.
    """
    if name in NAMES and Path(name).exists():
        fix = f"./{name} for the file or folder, or rename it"
        raise UsageError(f"{name}: a model of sentences, and something of that name here", "one of them", fix)
    return name in NAMES or Path(name).expanduser().is_file()
