"""Which texts a method learns from, and what is learned from those of the training part."""

from __future__ import annotations

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

__all__ = ["fit_text", "takes_text"]

BYTE_PAIRS = 8_000
WORDS = 20_000


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
        ConfigError: stop words, or words of low tf-idf, of tokens that are no words.
        DataError: the texts have no tokens.
    """
    chosen = "word" if options.tokens == "auto" else options.tokens
    if chosen != "word" and (options.stop_words or options.min_tfidf):
        name = "stop_words=true" if options.stop_words else f"min_tfidf={options.min_tfidf}"
        raise ConfigError(f"{name} with tokens={chosen}", "tokens=word", f"omit {name.partition('=')[0]}")
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
