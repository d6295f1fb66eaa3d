from __future__ import annotations

import pytest

from hibiscus.errors import nearest

WORDS = ["resnet20", "resnet32", "resnet56", "resnet110", "mlp", "cnn", "gru", "lstm", "linear", "vgg11"]


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("mpl", WORDS, "did you mean mlp?"),
        ("LSTM", WORDS, "did you mean lstm?"),
        ("coc", ["coco", "voc"], "did you mean coco or voc?"),
        ("zzz", ["a", "b"], "one of: a, b"),
    ],
)
def test_hints(word, known, hint):
    assert nearest(word, known) == hint


@pytest.mark.parametrize("word", ["resnet", "zzz", ""])
def test_a_hint_never_lists_more_than_three_of_many(word):
    assert sum(name in nearest(word, WORDS).replace(",", " ").replace("?", "").split() for name in WORDS) <= 3
