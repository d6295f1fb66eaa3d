import pytest

from hibiscus.evaluation.translation_baselines import (
    join_words,
    nearest_translations,
    translation_baselines,
    word_by_word,
)

SOURCES = ["A man sleeps.", "A dog runs.", "The man runs (fast).", "A dog sleeps.", "The dog sleeps."]
TARGETS = [
    "Ein Mann schläft.",
    "Ein Hund rennt.",
    "Der Mann rennt (schnell).",
    "Ein Hund schläft.",
    "Der Hund schläft.",
]


def test_the_nearest_training_text_and_its_translation():
    texts = ["a dog runs quickly .", "The man!", "nothing known"]
    assert nearest_translations(SOURCES, TARGETS, texts) == [TARGETS[1], TARGETS[2], TARGETS[0]]
    assert nearest_translations(["...", ""], ["x", "y"], ["a"]) == ["x"]
    assert nearest_translations(["", ""], ["x", "y"], ["a"]) == ["x"]


def test_word_by_word():
    assert word_by_word(SOURCES, TARGETS, ["The man sleeps.", "A cat runs."]) == [
        "Der Mann schläft.",
        "Ein cat rennt.",
    ]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [(["a", "b", "."], "a b."), (["(", "a", ")", ",", "b"], "(a), b"), ([], ""), (["5", "%"], "5%")],
)
def test_words_are_joined_as_they_are_written(tokens, text):
    assert join_words(tokens) == text


def test_all_baselines():
    baselines = translation_baselines(SOURCES, TARGETS, ["A dog runs."])
    assert baselines == {
        "copy of the source": ["A dog runs."],
        "nearest training text": ["Ein Hund rennt."],
        "word by word": ["Ein Hund rennt."],
    }
