import doctest
import json
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.text import byte_pairs
from hibiscus.data.text.byte_pairs import BytePairs
from hibiscus.errors import ConfigError, DataError, MissingExtraError

TEXTS = ["the cat sat on the mat", "the cats sat", "a mat, the hat; thé", "1234 1234 don't"] * 3


@pytest.fixture(scope="module")
def pairs():
    return BytePairs.fit(TEXTS, size=290)


def merged(text, merges):
    """The definition: of all merges that apply, the earliest is applied first, until none does."""
    pieces = list(text.encode())
    order = {pair: 256 + rank for rank, pair in enumerate(merges)}
    while found := [pair for pair in pairwise(pieces) if pair in order]:
        first = min(found, key=order.__getitem__)
        place = list(pairwise(pieces)).index(first)
        pieces[place : place + 2] = [order[first]]
    return pieces


def test_the_example():
    assert doctest.testmod(byte_pairs).failed == 0


def test_the_most_frequent_pairs_are_merged(pairs):
    assert BytePairs.fit(["xy xy xyz z"], size=258).pieces[256:] == [b"xy", b" xy"]
    assert b" the" in pairs.pieces


def test_a_word_is_encoded_as_defined(pairs):
    for word in ("the", " mat", "cats", " sat", "xyz"):
        assert pairs.encode([word]) == [merged(word, pairs.merges)]


def test_equal_texts_in_any_order_give_equal_pieces(pairs):
    assert BytePairs.fit(TEXTS[::-1], size=290).merges == pairs.merges


def test_what_occurs_in_other_texts_only_is_no_piece(pairs):
    assert not any(b"zebra"[:2] in piece for piece in pairs.pieces[256:])
    assert pairs.decode(pairs.encode(["zebra"])[0]) == "zebra"


def test_the_size_is_what_was_asked_for_if_the_texts_have_so_many_pairs():
    assert len(BytePairs.fit(TEXTS, size=256)) == 256
    assert len(BytePairs.fit(TEXTS, size=260)) == 260
    assert len(BytePairs.fit(["a b"], size=300)) == 256
    with pytest.raises(ConfigError, match="256"):
        BytePairs.fit(TEXTS, size=255)


@given(st.lists(st.text(), max_size=3))
def test_decoding_restores_any_text(texts):
    pairs = BytePairs([(0x20, 0x74), (256, 0x68), (0xC3, 0xA9)])
    assert [pairs.decode(row) for row in pairs.encode(texts)] == texts


def test_special_names_in_a_text_are_text(pairs):
    for text in ("<pad>", "<s> [UNK] </s>", "<|endoftext|>", "\0", "a\n\n b\t"):
        assert pairs.decode(pairs.encode([text])[0]) == text


def test_long_texts_are_encoded_in_blocks(monkeypatch, pairs):
    text = "the cat sat on the mat. " * 40
    whole = pairs.encode([text, "", text])
    monkeypatch.setattr(byte_pairs, "BLOCK", 50)
    monkeypatch.setattr(byte_pairs, "TOGETHER", 100)
    assert pairs.encode([text, "", text]) == whole  # a block begins with a space, as pieces do
    endless = "x" * 333
    assert pairs.decode(pairs.encode([endless])[0]) == endless


def test_lone_surrogates_are_replaced(pairs):
    assert pairs.decode(pairs.encode(["a\ud800b"])[0]) == "a\N{REPLACEMENT CHARACTER}b"


def test_cut_characters_are_replaced(pairs):
    assert pairs.decode([0xC3]) == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(DataError, match="the piece 9999"):
        pairs.decode([9999])


def test_saved_as_plain_numbers(pairs):
    saved = json.loads(json.dumps(pairs.to_json()))
    again = BytePairs.from_json(saved)
    assert again.pieces == pairs.pieces
    assert again.encode(TEXTS) == pairs.encode(TEXTS)


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({}, "merges"),
        ({"merges": [[1]]}, "merges.0"),
        ({"merges": [[1, "2"]]}, "merges.0"),
        ({"merges": [[1, True]]}, "merges.0"),
        ({"merges": [[1, -1]]}, "merges.0"),
        ({"merges": [[1, 256]]}, "merge 0"),
        ({"merges": [[255, 255], *([number, number] for number in range(256, 400))]}, "piece of 64 bytes"),
        ({"merges": [[1, 2]] * 100_001}, "merges"),
        ({"merges": {"a": 1}}, "merges"),
        ([], "dictionary"),
    ],
)
def test_damaged_pairs_are_refused(saved, message):
    with pytest.raises(ValueError, match=message):
        BytePairs.from_json(saved)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match="tokenizers"):
        BytePairs.fit(TEXTS, size=290)
