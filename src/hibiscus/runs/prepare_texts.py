"""Which texts a method learns from, and what is learned from those of the training part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.raw_fields import raw_field, text_column
from hibiscus.data.tables.roles import INPUTS
from hibiscus.data.text.byte_pairs import BytePairs
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import ConfigError

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["check_text_options", "fit_text", "takes_text"]

BYTE_PAIRS = 8_000
WORDS = 20_000
USED_BY = {  # options and the tokens that they concern
    "vocabulary_size": ("word", "character", "bpe"),
    "min_count": ("word", "character"),
    "lower": ("word",),
    "stop_words": ("word",),
    "min_tfidf": ("word",),
}


def takes_text(dataset: Dataset, kind: type[Method]) -> bool:
    """Whether a method takes the texts of a table as sequences of tokens.

    Supervised methods do if there is no other input; beside other columns, a text is words as columns.
    """
    if text_column(dataset) is None:
        return False
    inputs = [role for role in dataset.roles.values() if role in INPUTS]
    others = {"image", "array"} & dataset.fields.keys()
    supervised = bool(kind.needs & {"label", "target"})
    return "text" in kind.needs or (supervised and inputs == ["text"] and not others)


def fit_text(
    dataset: Dataset, train: np.ndarray, options: DataConfig, field: str = "text", translated: bool = False
) -> TextPreparation:
    """Learns the vocabulary of the training texts.

    Byte pairs are those of source and target texts together: names and related words have the same pieces.

    Args:
        dataset: the opened data.
        train: the indices of its training part.
        options: of the data.
        field: `text`, or `target_text`, whose texts end with the token `END`.
        translated: whether the data are pairs of texts.

    Raises:
        ConfigError: an option that has no effect with these tokens, such as stop words of characters.
        DataError: the texts have no tokens.
    """
    chosen = "word" if options.tokens == "auto" else options.tokens
    _check_used(options, chosen)
    texts = raw_field(dataset, field)[train]
    size = options.vocabulary_size or (BYTE_PAIRS if chosen == "bpe" else WORDS)
    pairs = None
    if chosen == "bpe" and translated:
        both = [*raw_field(dataset, "text")[train], *raw_field(dataset, "target_text")[train]]
        pairs = BytePairs.fit(both, size)
    return TextPreparation.fit(
        texts,
        column=text_column(dataset) or "" if field == "text" else "",
        tokens=chosen,
        vocabulary_size=size,
        min_count=options.min_count,
        max_length=options.max_length,
        lower=options.lower,
        stop_words=options.stop_words,
        min_tfidf=options.min_tfidf,
        ends=field == "target_text",
        pairs=pairs,
    )


def check_text_options(options: DataConfig, taken: bool) -> None:
    """Refuses options that have no effect on this data.

    Args:
        options: as given, with `tokens=auto` as it is.
        taken: whether texts are sequences of tokens; see `takes_text`.

    Raises:
        ConfigError: an option of tokens where there are none, or `top_words` where there are.
    """
    for name, value in _given(options, ("top_words",) if taken else ("tokens", "max_length", *USED_BY)):
        received = f"{name}={value} on data {'whose texts are' if taken else 'without texts as'} tokens"
        if taken:
            raise ConfigError(received, "vocabulary_size, the number of tokens", f"vocabulary_size={value}")
        raise ConfigError(received, "data with one column of texts and no other inputs", f"omit {name}")


def _check_used(options: DataConfig, tokens: str) -> None:
    """Raises ConfigError for an option that has no effect with these tokens."""
    for name, value in _given(options, USED_BY):
        if tokens not in USED_BY[name]:
            expected = " or ".join(f"tokens={kind}" for kind in USED_BY[name])
            raise ConfigError(f"{name}={value} with tokens={tokens}", expected, f"omit {name}")


def _given(options: DataConfig, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The options that differ from their defaults, and their values as they are written."""
    for name in names:
        value = getattr(options, name)
        if value != DataConfig.model_fields[name].default:
            yield name, str(value).lower()
