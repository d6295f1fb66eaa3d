"""Texts divided at their tokens, and the item of the report."""

import numpy as np
import pytest

from hibiscus.data.text.words import split_tokens
from hibiscus.errors import DataError
from hibiscus.evaluation.items import report_item_from_json
from hibiscus.evaluation.marked_texts import MarkedText, MarkedTexts, mark_tokens


@pytest.mark.parametrize(
    "text",
    [
        "A Good film, isn't it?",
        "  two  spaces\nand lines ",
        "<script>alert(1)</script>",
        "東京 is İstanbul",
        "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}",
    ],
)
def test_the_pieces_are_the_text(text):
    tokens = split_tokens(text)
    marked = mark_tokens("a", text, tokens, np.arange(len(tokens)) + 1.0)
    numbers = [value for value in marked.values if value is not None]
    assert numbers == [i + 1.0 for i in range(len(tokens))]
    if "\N{COMBINING ACUTE ACCENT}" not in text:  # the tokens are composed, so the text does not contain them
        assert "".join(marked.pieces) in (text, text.lower())


def test_each_token_has_its_number_where_it_stands():
    marked = mark_tokens("a", "A film, a FILM", ["a", "film", ",", "a", "film"], np.array([1, 2, 3, 4, 5.0]))
    assert list(zip(marked.pieces, marked.values, strict=True)) == [
        ("A", 1), (" ", None), ("film", 2), (",", 3), (" ", None), ("a", 4), (" ", None), ("FILM", 5),
    ]  # fmt: skip


def test_byte_pairs_contain_the_space_before_a_word():
    marked = mark_tokens("a", "low lower", ["low", " low", "er"], np.array([1.0, 2, 3]))
    assert list(zip(marked.pieces, marked.values, strict=True)) == [
        ("low", 1), (" ", None), ("low", 2), ("er", 3),
    ]  # fmt: skip


def test_of_a_long_text_the_tokens_that_decide_are_shown():
    tokens = [f"w{i}" for i in range(500)]
    values = np.zeros(500)
    values[300:310] = 1
    marked = mark_tokens("a", " ".join(tokens), tokens, values)
    assert sum(value is not None for value in marked.values) == 120
    assert sum(value == 1 for value in marked.values) == 10
    assert (marked.pieces[0], marked.pieces[-1]) == ("… ", " …")


def test_the_rest_that_is_not_read_is_cut():
    marked = mark_tokens("a", "first " + "x" * 5000, ["first"], np.array([1.0]))
    assert len("".join(marked.pieces)) < 300


def test_the_item_survives_json():
    item = MarkedTexts(
        "Tokens", [MarkedText("row 1", ["a", " ", "b"], [0.5, None, np.nan])], "for", "against", "a note"
    )
    assert report_item_from_json(item.to_json()) == item
    with pytest.raises(DataError, match="2 values"):
        MarkedText("row", ["a", "b"], [1.0])
