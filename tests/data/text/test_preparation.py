import json

import numpy as np
import pytest

from hibiscus.data.text.preparation import TextPreparation, raw_texts
from hibiscus.errors import DataError
from hibiscus.tokens import END, PADDING, UNKNOWN

TEXTS = ["A good film.", "a bad film", "film"]


def test_tokens_by_decreasing_frequency_after_the_special_ones():
    texts = TextPreparation.fit(TEXTS)
    assert texts.vocabulary == ("film", "a", ".", "bad", "good")
    assert texts.shape == (4, 9)
    expected = [[5, 8, 4, 6], [5, 7, 4, PADDING], [4, PADDING, PADDING, PADDING]]
    np.testing.assert_array_equal(texts.encode(TEXTS), expected)
    assert texts.encode(TEXTS).dtype == np.int32


def test_a_word_of_other_parts_is_unknown_and_texts_are_cut():
    texts = TextPreparation.fit(TEXTS, max_length=2)
    np.testing.assert_array_equal(texts.encode(["an awful film", ""]), [[UNKNOWN, UNKNOWN], [0, 0]])
    assert texts.unknown_share(["an awful film"]) == pytest.approx(2 / 3)
    assert "awful" not in texts.vocabulary


def test_ends_are_kept_when_texts_are_cut():
    texts = TextPreparation.fit(TEXTS, ends=True, max_length=3)
    np.testing.assert_array_equal(texts.encode(TEXTS), [[5, 8, END], [5, 7, END], [4, END, PADDING]])
    assert texts.decode([5, 8, END, 4]) == "a good"


def test_default_length_fits_nearly_all_texts():
    texts = ["a"] * 199 + ["a " * 1000]
    assert TextPreparation.fit(texts).max_length == 1
    assert TextPreparation.fit(texts[-1:]).max_length == 512


def test_words_left_out_are_no_unknown_words():
    texts = TextPreparation.fit(TEXTS, stop_words=True)
    assert "a" not in texts.vocabulary
    assert texts.token_lists(["a good film"]) == [["good", "film"]]
    assert (texts.encode(["a good film"]) == UNKNOWN).sum() == 0
    frequent = TextPreparation.fit(["the the the x", "the y", "the"], min_tfidf=0.9)
    assert frequent.vocabulary == ("the",)


def test_min_count_and_size():
    assert TextPreparation.fit(TEXTS, min_count=2).vocabulary == ("film", "a")
    assert TextPreparation.fit(TEXTS, vocabulary_size=1).vocabulary == ("film",)


@pytest.mark.parametrize("tokens", ["word", "character", "bpe"])
def test_saved_as_plain_values(tokens):
    texts = TextPreparation.fit(TEXTS, tokens=tokens, vocabulary_size=300)
    saved = json.loads(json.dumps(texts.to_json()))
    assert TextPreparation.from_json(saved) == texts
    np.testing.assert_array_equal(TextPreparation.from_json(saved).encode(TEXTS), texts.encode(TEXTS))
    if tokens != "word":
        assert [texts.decode(row) for row in texts.encode(TEXTS)] == TEXTS


@pytest.mark.parametrize(
    ("entry", "value", "match"),
    [
        ("vocabulary", ["a", "a"], "distinct"),
        ("vocabulary", [], "a vocabulary"),
        ("tokens", "sentence", "tokens"),
        ("max_length", 0, "max_length"),
        ("max_length", 2**40, "max_length"),
        ("document_counts", [1], "counts of documents"),
        ("merges", [[0, 10**9]], "merge"),
    ],
)
def test_damaged(entry, value, match):
    tokens = "bpe" if entry == "merges" else "word"
    saved = TextPreparation.fit(TEXTS, tokens=tokens, vocabulary_size=300).to_json()
    with pytest.raises(ValueError, match=match):
        TextPreparation.from_json({**saved, entry: value})


def test_idf():
    texts = TextPreparation.fit(TEXTS)
    film, good = texts.encode(["film good"])[0, :2]
    assert texts.idf[film] == pytest.approx(np.log(4 / 4) + 1)
    assert texts.idf[good] == pytest.approx(np.log(4 / 2) + 1)


def test_texts_without_words():
    with pytest.raises(DataError, match="no words in 2 texts"):
        TextPreparation.fit(["", " "])


def test_punctuation_follows_its_word():
    texts = TextPreparation.fit(["Well (he said), it's fine!"])
    assert texts.decode(texts.encode(["Well (he said), it's fine!"])[0]) == "well (he said), it's fine!"


def test_a_number_outside_the_vocabulary():
    with pytest.raises(DataError, match="the token 99"):
        TextPreparation.fit(TEXTS).decode([99])


def test_raw_texts_keep_their_space():
    np.testing.assert_array_equal(raw_texts([" a\n", None, 3.0]), [" a\n", "", "3"])


def test_word_pieces_need_no_training():
    texts = TextPreparation.fit(["Hibiscus blooms."], tokens="word-piece")
    assert texts.shape == (5, 30_526)
    assert texts.token_lists(["Hibiscus!"]) == [["hi", "##bis", "##cus", "!"]]
    encoded = texts.encode(["hibiscus", ""])
    assert texts.decode(encoded[0]) == "hibiscus"
    assert not encoded[1].any()
    saved = json.loads(json.dumps(texts.to_json()))
    assert TextPreparation.from_json(saved) == texts
