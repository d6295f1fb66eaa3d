r"""Near-duplicate texts across parts: copies with another case, punctuation or a few other words.

The similarity of two texts is that of their sets of shingles, stretches of five characters:

    J(A, B) = |A ∩ B| / |A ∪ B|

of the texts in lower case without punctuation. Candidates come from MinHash signatures in bands: two texts
agree in a signature value with probability J, and are compared if they agree in all values of one band. So
the time grows with the number of texts and not with its square; a pair of similarity 0.8 is found with
probability 0.9998, one of 0.7 with 0.98.

Reference: Broder, "On the Resemblance and Containment of Documents", 1997; Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.progress import step

__all__ = ["MAX_TEXTS", "MIN_SIMILARITY", "SimilarTexts", "similar_texts"]

SHINGLE = 5  # characters
BANDS, ROWS = 16, 4  # of a signature
MIN_SIMILARITY = 0.7
MAX_TEXTS = 200_000  # of more, only equal texts are found
MAX_CHARACTERS = 2_000  # of a text that are compared
MAX_BUCKET = 5  # texts of a part in a bucket with which each other text is compared
MAX_COMPARED = 50_000  # pairs, those that agree in most values of their signatures: a few seconds
CHUNK = 2**20  # characters whose shingles are in memory at a time
BETWEEN_WORDS = re.compile(r"[\W_]+")

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class SimilarTexts:
    """A text, and that of another part which is most similar to it.

    Args:
        first: the index of a text.
        second: the index of the other, in a part with no fewer texts.
        parts: the names of their parts.
        similarity: of their shingles, from `MIN_SIMILARITY` to 1.
    """

    first: int
    second: int
    parts: tuple[str, str]
    similarity: float


def similar_texts(
    texts: Sequence[str] | np.ndarray, parts: Mapping[str, np.ndarray], keys: np.ndarray | None = None
) -> list[SimilarTexts]:
    """Near duplicates across parts, the most similar first; each text once for each other part.

    Args:
        texts: all texts.
        parts: the indices of each part.
        keys: digests of the texts; those of equal keys are left out.
    """
    names = sorted((name for name in parts if len(parts[name])), key=lambda name: -len(parts[name]))
    items = (
        np.concatenate([np.asarray(parts[name], np.int64) for name in names]) if names else np.zeros(0, int)
    )
    if len(names) < 2 or len(items) > MAX_TEXTS:
        return []
    part = np.repeat(np.arange(len(names)), [len(parts[name]) for name in names])
    with step("looking for near-duplicate texts"):
        plain = [_plain(str(texts[item])) for item in items]
        best: dict[tuple[int, int], tuple[float, int]] = {}
        for first, second in _candidates(_signatures(plain), part):
            if keys is not None and keys[items[first]] == keys[items[second]]:
                continue
            similarity = _similarity(plain[first], plain[second])
            if similarity >= MIN_SIMILARITY:
                place = (first, int(part[second]))
                best[place] = max(best.get(place, (0.0, 0)), (similarity, -second))
    pairs = [
        SimilarTexts(int(items[first]), int(items[-second]), (names[part[first]], names[other]), similarity)
        for (first, other), (similarity, second) in best.items()
    ]
    return sorted(pairs, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _plain(text: str) -> str:
    """The words in lower case, joined by single spaces."""
    return BETWEEN_WORDS.sub(" ", text[:MAX_CHARACTERS].lower()).strip()


def _shingles(text: str) -> Hashes:
    """The hash of each stretch of characters; a shorter text is one."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4").astype(np.uint64)
    width = min(SHINGLE, len(codes))
    result = np.zeros(len(codes) - width + 1, np.uint64)
    for offset in range(width):
        result = result * np.uint64(1_000_003) + codes[offset : offset + len(result)]
    return _mixed(result)


def _mixed(values: Hashes) -> Hashes:
    """The numbers, spread evenly over all of 64 bits (the finalizer of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values ^ (values >> np.uint64(31))


def _signatures(plain: Sequence[str]) -> Hashes:
    """The smallest value of each of many hashes over the shingles, `(texts, BANDS * ROWS)`."""
    draw = np.random.default_rng(0)
    factors = draw.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    result = np.zeros((len(plain), BANDS * ROWS), np.uint64)
    for rows, shingles, starts in _chunks(plain):
        for column, factor in enumerate(factors):
            mixed = shingles * factor
            result[rows, column] = np.minimum.reduceat(mixed ^ (mixed >> np.uint64(29)), starts)
    return result


def _chunks(plain: Sequence[str]) -> Iterator[tuple[np.ndarray, Hashes, np.ndarray]]:
    """The rows of some texts that are not empty, their shingles, and where those of each text begin."""
    rows: list[int] = []
    parts: list[Hashes] = []
    size = 0
    for row, text in enumerate(plain):
        if text:
            rows.append(row)
            parts.append(_shingles(text))
            size += len(text)
        if parts and (size > CHUNK or row == len(plain) - 1):
            starts = np.cumsum([0, *map(len, parts[:-1])])
            yield np.array(rows), np.concatenate(parts), starts
            rows, parts, size = [], [], 0
    if parts:
        yield np.array(rows), np.concatenate(parts), np.cumsum([0, *map(len, parts[:-1])])


def _candidates(signatures: Hashes, part: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of texts of different parts that agree in a band, that of the smaller part first."""
    pairs: set[tuple[int, int]] = set()
    known = np.flatnonzero(signatures.any(1))
    for band in range(BANDS):
        values = signatures[known, band * ROWS : (band + 1) * ROWS]
        mixed = _mixed(values)
        key = mixed[:, 0]
        for column in range(1, ROWS):
            key = _mixed(key + mixed[:, column])
        order = np.argsort(key, kind="stable")
        bounds = np.flatnonzero(np.diff(key[order])) + 1
        for bucket in np.split(known[order], bounds):
            if len(bucket) > 1 and len(set(part[bucket].tolist())) > 1:
                pairs |= _pairs_in(bucket, part)
    if len(pairs) <= MAX_COMPARED:
        return sorted(pairs)
    found = np.array(sorted(pairs))
    agree = sum(
        (signatures[found[:, 0], i] == signatures[found[:, 1], i]).astype(int) for i in range(BANDS * ROWS)
    )
    kept = np.sort(np.argsort(-np.asarray(agree), kind="stable")[:MAX_COMPARED])
    return [(first, second) for first, second in found[kept].tolist()]


def _pairs_in(bucket: np.ndarray, part: np.ndarray) -> set[tuple[int, int]]:
    """Each text of a bucket with the first texts of each larger part."""
    by_part = {number: bucket[part[bucket] == number].tolist() for number in set(part[bucket].tolist())}
    return {
        (first, second)
        for number, members in by_part.items()
        for other in by_part
        if other < number
        for first in members
        for second in by_part[other][:MAX_BUCKET]
    }


def _similarity(first: str, second: str) -> float:
    one, other = np.unique(_shingles(first)), np.unique(_shingles(second))
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
