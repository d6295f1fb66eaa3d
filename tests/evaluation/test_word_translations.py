from collections import defaultdict

import pytest

from hibiscus.evaluation.word_translations import WordTranslations

SOURCES = [["the", "house"], ["the", "book"], ["a", "book"], ["the", "the", "old", "house"]]
TARGETS = [["das", "Haus"], ["das", "Buch"], ["ein", "Buch"], ["das", "alte", "Haus"]]


def by_hand(sources, targets, iterations):
    table = defaultdict(lambda: 1.0)
    for _ in range(iterations):
        counts, totals = defaultdict(float), defaultdict(float)
        for source, target in zip(sources, targets, strict=True):
            for t in target:
                norm = sum(table[s, t] for s in [None, *source])
                for s in [None, *source]:
                    counts[s, t] += table[s, t] / norm
                    totals[s] += table[s, t] / norm
        table = defaultdict(float, {(s, t): counts[s, t] / totals[s] for s, t in counts})
    return table


@pytest.mark.parametrize("iterations", [1, 2, 5, 20])
def test_ibm_model_1_by_hand(iterations):
    words = WordTranslations(SOURCES, TARGETS, iterations)
    table = by_hand(SOURCES, TARGETS, iterations)
    for source in {word for row in SOURCES for word in row}:
        probabilities = {t: p for (s, t), p in table.items() if s == source}
        best = max(probabilities.values())
        assert probabilities[words.best[source]] == pytest.approx(best)


def test_words_are_translated_and_unknown_ones_kept():
    words = WordTranslations(SOURCES, TARGETS)
    assert words.translate(["the", "book", "tower", "a"]) == ["das", "Buch", "tower", "ein"]
    assert words.translate([]) == []


def test_empty_texts():
    assert WordTranslations([[], ["a"]], [["x"], []]).translate(["a"]) == ["a"]
    assert WordTranslations([], []).translate(["a"]) == ["a"]
