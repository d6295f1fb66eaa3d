"""Translations without a network: the source itself, the translation of the most similar training text, and a
dictionary that is learned from the training texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hibiscus.data.text.words import split_tokens
from hibiscus.evaluation.text_features import TermCounts, tfidf
from hibiscus.evaluation.word_translations import WordTranslations
from hibiscus.progress import step

__all__ = ["join_words", "nearest_translations", "translation_baselines", "word_by_word"]

FITTED = 50_000  # training pairs, at most
TOGETHER = 200  # texts whose similarities to all training texts are computed at a time
NO_SPACE_BEFORE = re.compile(r" (?=[.,;:!?)\]}%…])")
NO_SPACE_AFTER = re.compile(r"(?<=[(\[{¿¡]) ")


def translation_baselines(
    sources: Sequence[str], targets: Sequence[str], texts: Sequence[str]
) -> dict[str, list[str]]:
    """The translations of each baseline, by its name.

    Args:
        sources: source texts of the training part.
        targets: their translations.
        texts: to be translated.
    """
    sources, targets = list(sources[:FITTED]), list(targets[:FITTED])
    with step("baselines of the translation"):
        return {
            "copy of the source": list(texts),
            "nearest training text": nearest_translations(sources, targets, texts),
            "word by word": word_by_word(sources, targets, texts),
        }


def nearest_translations(sources: Sequence[str], targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """For each text, the translation of the source with the highest cosine similarity of tf-idf vectors of
    words and pairs of words; of equally similar ones the first.
    """
    if not any(split_tokens(source) for source in sources):
        return [targets[0] if len(targets) else ""] * len(texts)
    terms = TermCounts(sources)
    train, vectors = tfidf(terms.counts(sources), terms.counts(texts))
    best: list[int] = []
    for start in range(0, len(texts), TOGETHER):
        similarity = vectors[start : start + TOGETHER] @ train.T
        best += similarity.toarray().argmax(1).tolist()
    return [targets[row] for row in best]


def word_by_word(sources: Sequence[str], targets: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Each word replaced by its most probable translation by IBM model 1, in the order of the source."""
    tokens, translated = ([split_tokens(text, lower=False) for text in part] for part in (sources, targets))
    words = WordTranslations(tokens, translated)
    return [join_words(words.translate(split_tokens(text, lower=False))) for text in texts]


def join_words(tokens: Sequence[str]) -> str:
    """Words with spaces between them, and punctuation marks where they are usual."""
    return NO_SPACE_AFTER.sub("", NO_SPACE_BEFORE.sub("", " ".join(tokens)))
