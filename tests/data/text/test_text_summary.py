import numpy as np

from hibiscus.data.text import text_summary
from hibiscus.data.text.text_summary import describe_texts, vocabulary_growth

TEXTS = ["a b c.", "a a", "", "d a b", "d"]


def test_lengths_vocabulary_and_unknown_words():
    parts = {"train": np.array([0, 1, 2]), "test": np.array([3, 4])}
    summary = describe_texts(TEXTS, parts, ["0", "1", "2", "3", "4"])
    assert summary["lengths"] == {"min": 0, "25%": 1, "median": 2, "75%": 3, "99%": 4, "max": 4}
    assert summary["characters"]["max"] == 6
    assert summary["longest"] == "0"
    assert summary["empty"] == 1
    assert (summary["tokens"], summary["vocabulary"], summary["once"]) == (6, 4, 3)
    assert summary["unknown"] == {"test": 0.5}
    assert summary["share"] == 1


def test_without_a_training_part_all_texts_count():
    summary = describe_texts(TEXTS, {"all": np.arange(5)}, list("01234"))
    assert summary["vocabulary"] == 5
    assert summary["unknown"] == {}


def test_growth_counts_different_tokens():
    rows = [["a", "b", "a"], ["c", "a", "a", "d", "d", "d", "d"]]
    growth = vocabulary_growth(rows)
    assert growth == [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (9, 4), (10, 4)]
    assert vocabulary_growth([["a"]]) == [(1, 1)]
    assert vocabulary_growth([]) == []


def test_of_many_texts_a_part_is_read(monkeypatch):
    monkeypatch.setattr(text_summary, "MAX_CHARACTERS", 100)
    texts = ["ten words."] * 100
    summary = describe_texts(texts, {"train": np.arange(100)}, [str(i) for i in range(100)])
    assert summary["share"] == 0.1
    assert summary["tokens"] == 30


def test_nothing_to_describe():
    summary = describe_texts([], {}, [])
    assert summary["lengths"] == {}
    assert summary["growth"] == []
