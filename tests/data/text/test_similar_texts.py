import time

import numpy as np
import pytest

from hibiscus.data.text import similar_texts as module
from hibiscus.data.text.similar_texts import similar_texts

SENTENCE = "the quick brown fox jumps over a lazy dog while many small birds sing of rain and early spring"
WORDS = SENTENCE.split()


def random_texts(count, seed=0, length=20):
    draw = np.random.default_rng(seed)
    return [" ".join(draw.choice(WORDS, length)) for _ in range(count)]


def jaccard(first, second):
    sets = []
    for text in (first, second):
        plain = module._plain(text)
        sets.append({plain[start : start + 5] for start in range(max(1, len(plain) - 4))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_copies_with_changes_are_found_and_others_are_not():
    train, other = random_texts(300), random_texts(40, seed=1)
    words = train[7].split()
    test = [train[3].upper() + " !", " ".join([*words[:9], "new", *words[10:]]), *other]
    texts = [*train, *test]
    parts = {"train": np.arange(300), "test": np.arange(300, len(texts))}
    pairs = similar_texts(texts, parts)
    assert [(pair.first, pair.second, pair.parts) for pair in pairs] == [
        (300, 3, ("test", "train")),
        (301, 7, ("test", "train")),
    ]
    assert pairs[0].similarity == 1
    assert pairs[1].similarity == pytest.approx(jaccard(texts[301], texts[7]))


def test_all_pairs_of_high_similarity_are_found():
    draw = np.random.default_rng(2)
    train = random_texts(150, seed=3, length=30)
    test = []
    for text in train:
        words = text.split()
        for place in draw.choice(30, draw.integers(1, 4), replace=False):
            words[place] = "changed"
        test.append(" ".join(words))
    parts = {"train": np.arange(150), "test": np.arange(150, 300)}
    found = {(pair.first, pair.second) for pair in similar_texts([*train, *test], parts)}
    expected = {(150 + i, i) for i in range(150) if jaccard(train[i], test[i]) >= 0.75}
    assert len(expected) > 30
    assert len(expected - found) <= 1


def test_equal_texts_and_one_part_are_left_out():
    texts = ["a text of several words"] * 2
    parts = {"train": np.array([0]), "test": np.array([1])}
    assert len(similar_texts(texts, parts)) == 1
    assert similar_texts(texts, parts, np.array([5, 5], np.uint64)) == []
    assert similar_texts(texts, {"all": np.arange(2)}) == []
    assert similar_texts([], {}) == []


def test_texts_without_words_resemble_nothing():
    parts = {"train": np.arange(3), "test": np.arange(3, 6)}
    assert similar_texts(["", "!!!", "..."] * 2, parts) == []
    assert len(similar_texts(["a", "b", "c", "x", "b!", "y"], parts)) == 1  # shorter than a shingle


def test_the_time_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_COMPARED", 500)
    texts = [f"almost the same text everywhere, number {number % 7}" for number in range(4000)]
    start = time.process_time()
    pairs = similar_texts(texts, {"train": np.arange(2000), "test": np.arange(2000, 4000)})
    assert 0 < len(pairs) <= 500
    assert time.process_time() - start < 5


def test_long_texts_and_odd_characters():
    texts = ["x y " * 100_000, "\ud800 שלום 👍🏽", "x y " * 100_000 + "z", "\ud800 שלום 👍🏽 "]
    pairs = similar_texts(texts, {"train": np.arange(2), "test": np.arange(2, 4)})
    assert {(pair.first, pair.second) for pair in pairs} == {(2, 0), (3, 1)}
