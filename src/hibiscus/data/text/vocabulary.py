"""The vocabulary of the training texts: the most frequent tokens, without stop words and common words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from hibiscus.data.text.tokenizer import STOP_WORDS, tfidf_scores

__all__ = ["learn_vocabulary"]


def learn_vocabulary(
    texts: Sequence[str],
    split: Callable[[str], list[str]],
    size: int,
    min_count: int = 1,
    stop_words: bool = False,
    min_tfidf: float = 0.0,
) -> tuple[str, ...]:
    """The tokens by decreasing count, those of equal count in alphabetical order.

    Args:
        texts: of the training part only.
        split: divides a text into tokens.
        size: the largest number of tokens.
        min_count: the number of times that a token has to occur.
        stop_words: whether English stop words are left out.
        min_tfidf: tokens whose highest tf-idf in any text is lower are left out.
    """
    counts = Counter[str]()
    for text in texts:
        counts.update(split(text))
    kept = {token: count for token, count in counts.items() if count >= min_count}
    if stop_words:
        kept = {token: count for token, count in kept.items() if token.lower() not in STOP_WORDS}
    if min_tfidf > 0:
        scores = tfidf_scores(texts, split)
        kept = {token: count for token, count in kept.items() if scores[token] >= min_tfidf}
    return tuple(sorted(kept, key=lambda token: (-kept[token], token))[:size])
