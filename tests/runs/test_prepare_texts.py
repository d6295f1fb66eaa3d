import numpy as np
import pandas
import pytest

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare import fit_preparation
from hibiscus.runs.prepare_texts import takes_text

WORDS = ["a good and funny film", "a bad and boring film", "not worth the time at all", "well worth seeing"]
REVIEWS = [f"{text} of number {number}" for number, text in enumerate(WORDS * 6)]
FRAME = pandas.DataFrame({"review": REVIEWS, "stars": ["good", "bad"] * 12})
CLASSIFY = get_method("classify")


def test_texts_alone_are_sequences_and_beside_other_columns_words():
    assert takes_text(open_data(FRAME, target="stars"), CLASSIFY)
    both = open_data(FRAME.assign(age=np.arange(24) % 7), target="stars")
    assert not takes_text(both, CLASSIFY)
    assert "table" in fit_preparation(both, np.arange(24), CLASSIFY, DataConfig())


def test_the_vocabulary_is_that_of_the_training_part():
    frame = pandas.concat([FRAME, pandas.DataFrame({"review": ["only in the test"], "stars": ["bad"]})])
    dataset = open_data(frame.reset_index(drop=True), target="stars")
    text = fit_preparation(dataset, np.arange(24), CLASSIFY, DataConfig())["text"]
    assert text.column == "review"
    assert "funny" in text.vocabulary
    assert not {"only", "test"} & set(text.vocabulary)


def test_options():
    dataset = open_data(FRAME, target="stars")
    options = DataConfig(tokens="character", max_length=5, vocabulary_size=3)
    text = fit_preparation(dataset, np.arange(24), CLASSIFY, options)["text"]
    assert text.shape == (5, 7)


@pytest.mark.parametrize(
    ("tokens", "name", "value", "expected"),
    [
        ("character", "stop_words", True, "tokens=word"),
        ("character", "min_tfidf", 0.1, "tokens=word"),
        ("bpe", "lower", False, "tokens=word"),
        ("bpe", "min_count", 2, "tokens=word or tokens=character"),
        ("word-piece", "min_count", 2, "tokens=word or tokens=character"),
        ("word-piece", "vocabulary_size", 50, "tokens=word or tokens=character or tokens=bpe"),
    ],
)
def test_options_that_the_tokens_do_not_use_are_refused(tokens, name, value, expected):
    dataset = open_data(FRAME, target="stars")
    with pytest.raises(ConfigError, match=f"{name}={str(value).lower()} with tokens={tokens}") as caught:
        fit_preparation(dataset, np.arange(24), CLASSIFY, DataConfig(tokens=tokens, **{name: value}))
    assert caught.value.expected == expected
    assert caught.value.fix == f"omit {name}"


@pytest.mark.parametrize(("name", "value"), [("tokens", "bpe"), ("max_length", 9), ("vocabulary_size", 9)])
def test_options_of_tokens_are_refused_where_there_are_none(name, value):
    dataset = open_data(FRAME.assign(age=np.arange(24) % 7), target="stars")
    with pytest.raises(ConfigError, match=f"{name}={value} on data without texts as tokens"):
        fit_preparation(dataset, np.arange(24), CLASSIFY, DataConfig(**{name: value}))


def test_words_as_columns_are_not_counted_where_texts_are_tokens():
    dataset = open_data(FRAME, target="stars")
    with pytest.raises(ConfigError, match="top_words=50 on data whose texts are tokens") as caught:
        fit_preparation(dataset, np.arange(24), CLASSIFY, DataConfig(top_words=50))
    assert caught.value.fix == "vocabulary_size=50"
