import doctest
import string
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.text import words
from hibiscus.data.text.words import LONGEST_TOKEN, number_tokens, split_tokens


def test_the_example():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop!", ["don't", "stop", "!"]),
        ("it\N{RIGHT SINGLE QUOTATION MARK}s 'quoted'", ["it's", "'", "quoted", "'"]),
        (
            "end.Then well-made x_y a:b",
            ["end", ".", "then", "well", "-", "made", "x", "_", "y", "a", ":", "b"],
        ),
        ("1,234.50 v1.2.3 1.5kg 3, 5.", ["1,234.50", "v1.2.3", "1.5kg", "3", ",", "5", "."]),
        ("wait...", ["wait", ".", ".", "."]),
        ("", []),
        (" \t\n\N{NO-BREAK SPACE}", []),
    ],
)
def test_words_numbers_and_punctuation(text, tokens):
    assert split_tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("हिन्दी में", ["हिन्दी", "में"]),  # combining marks belong to their word
        ("你好, カタカナ ひら", ["你", "好", ",", "カタカナ", "ひ", "ら"]),
        ("ÀÉ straße", ["àé", "straße"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # the joiner has a meaning there
        ("سلام، دنیا؟", ["سلام", "،", "دنیا", "؟"]),
        ("👍🏽👍 ❤️ 1️⃣", ["👍🏽", "👍", "❤️", "1️⃣"]),
        ("👨‍👩‍👧🇩🇪🇫🇷", ["👨‍👩‍👧", "🇩🇪", "🇫🇷"]),
    ],
)
def test_words_of_other_scripts_and_emojis(text, tokens):
    assert split_tokens(text) == tokens


def test_accents_have_one_spelling():
    assert split_tokens("cafe\u0301") == split_tokens("café") == ["café"]


def test_what_is_invisible_neither_is_a_token_nor_divides_a_word():
    assert split_tokens("\ufefffr\xadee \u202eabc\u202c x\u2060y \u200d \0a\x1b") == [
        "free",
        "abc",
        "xy",
        "a",
    ]
    assert split_tokens("one\u200btwo") == ["one", "two"]  # the zero-width space does divide


def test_case_is_kept_on_request():
    assert split_tokens("The End", lower=False) == ["The", "End"]


def test_endless_words_are_divided():
    tokens = split_tokens("a" * 250 + " b")
    assert list(map(len, tokens)) == [LONGEST_TOKEN, LONGEST_TOKEN, 50, 1]


def test_hostile_texts_take_linear_time():
    for unit in ("a'", "1.", "\u0301", "é'", "1,a", "\u200d", "👍\u200d", "."):
        start = time.process_time()
        split_tokens(unit * 100_000)
        assert time.process_time() - start < 2


@given(st.text(string.printable))
def test_nothing_visible_is_lost(text):
    tokens = split_tokens(text, lower=False)
    assert "".join(tokens) == "".join(text.split())
    assert split_tokens(" ".join(tokens), lower=False) == tokens


@given(st.text(string.printable))
def test_the_pattern_for_ascii_agrees_with_that_for_all_scripts(text):
    stretch = "".join(text.split())
    assert words.ASCII.findall(stretch) == words._any_script().findall(stretch)


@given(st.text())
def test_any_text_has_tokens_without_white_space(text):
    assert all(token and not any(map(str.isspace, token)) for token in split_tokens(text))


def as_lists(numbers, lengths):
    assert (numbers.dtype, lengths.dtype) == (np.int32, np.int64)
    return [part.tolist() for part in np.split(numbers, np.cumsum(lengths)[:-1])] if len(lengths) else []


@settings(deadline=None)  # the first call imports pyarrow
@given(st.lists(st.text(), max_size=4))
def test_tokens_as_numbers(texts):
    vocabulary = {"a": 4, "b": 5, ".": 6}
    rows = [[vocabulary.get(token, 1) for token in split_tokens(text)] for text in texts]
    assert as_lists(*number_tokens(texts, vocabulary, unknown=1)) == rows
    known = [[number for number in row if number > 1] for row in rows]
    assert as_lists(*number_tokens(texts, vocabulary, unknown=None)) == known


def test_many_different_words_are_numbered(monkeypatch):
    monkeypatch.setattr(words, "TOGETHER", 20)
    vocabulary = {str(number): number for number in range(50)}
    texts = [" ".join(vocabulary), "7 " + "9" * 101, "7 8 7", "", "\0"]
    expected = [[*range(50)], [7, 99, 9], [7, 8, 7], [], []]
    assert as_lists(*number_tokens(texts, vocabulary, unknown=99)) == expected
