from __future__ import annotations

import pytest

from hibiscus.errors import nearest, similar_words

WORDS = ["resnet20", "resnet32", "resnet56", "resnet110", "mlp", "cnn", "gru", "lstm", "linear", "vgg11"]


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("mpl", WORDS, "did you mean mlp?"),
        ("LSTM", WORDS, "did you mean lstm?"),
        ("coc", ["coco", "voc"], "did you mean coco or voc?"),
        ("zzz", ["a", "b"], "one of: a, b"),
        ("ext", ["net", "text2"], "one of: net, text2"),  # two edits in three letters
        ("nte", ["net", "ten"], "did you mean net?"),
        ("epoch", ["epochs", "eps"], "did you mean epochs?"),
        ("nowhere", ["scenes", "somewhere-else"], "one of: scenes, somewhere-else"),
        ("4", ["4", "8"], "one of: 4, 8"),
    ],
)
def test_hints(word, known, hint):
    assert nearest(word, known) == hint


@pytest.mark.parametrize("word", ["resnet", "zzz", ""])
def test_a_hint_never_lists_more_than_three_of_many(word):
    assert sum(name in nearest(word, WORDS).replace(",", " ").replace("?", "").split() for name in WORDS) <= 3


@pytest.mark.parametrize(
    ("word", "similar"),
    [
        ("mpl", ["mlp"]),
        ("gur", ["gru"]),
        ("cnnn", ["cnn"]),
        ("nnc", []),
        ("", []),
        ("lstm", []),
        ("ltsmm", ["lstm"]),
    ],
)
def test_a_short_word_differs_in_one_edit_and_no_word_is_similar_to_itself(word, similar):
    assert similar_words(word, WORDS) == similar
