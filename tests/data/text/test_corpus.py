import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.data.text import corpus
from hibiscus.data.text.corpus import open_continuous, open_lines
from hibiscus.errors import DataError

LINES = [
    f"This is line {number}, of a play: with words, more or less." * (number % 3 + 1)
    for number in range(2000)
]


def test_blocks_joined_are_the_text(tmp_path):
    text = "\n".join(LINES) + "\n\n" + "x" * 5000 + " end \n"
    (tmp_path / "a.txt").write_text(text)
    data = open_continuous({"": tmp_path / "a.txt"}, tmp_path / "a.txt")
    blocks = data.fields["table"]["text"].tolist()
    assert "".join(blocks) == text
    assert max(map(len, blocks)) <= corpus.BLOCK
    assert all(block.endswith("\n") for block in blocks[:10])
    assert data.about["text"] == {"continuous": True}
    assert data.ids[1] == f"from character {len(blocks[0]):,}"


def test_short_texts_have_short_blocks(tmp_path):
    (tmp_path / "a.txt").write_text("some words " * 100)
    data = open_data(tmp_path / "a.txt")
    assert len(data) >= 10


def test_line_ends_of_windows_are_newlines(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\r\n" * 30)
    assert "".join(open_data(tmp_path / "a.txt").fields["table"]["text"]) == "one\ntwo\n" * 30


def test_a_text_for_each_part(tmp_path):
    for name in ("ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"):
        (tmp_path / name).write_text("some words\nand, more of them\n\n" * 50)
    data = open_data(tmp_path)
    assert list(data.parts) == ["train", "val", "test"]
    assert np.concatenate([*data.parts.values()]).tolist() == list(range(len(data)))
    assert data.about["text"]["continuous"]
    assert data.ids[0] == "ptb.train.txt, from character 0"


def test_a_text_on_each_line(tmp_path):
    (tmp_path / "a.txt").write_text("first one\n\n second\n")
    data = open_data(tmp_path / "a.txt", txt_as="lines")
    assert data.fields["table"]["text"].tolist() == ["first one", "second"]
    assert data.ids == ["line 1", "line 3"]
    assert data.notes == ["1 empty line was left out"]
    assert "text" not in data.about


def test_an_endless_line(tmp_path):
    text = "endless " * 200_000
    (tmp_path / "a.txt").write_text(text)
    data = open_data(tmp_path / "a.txt")
    assert "".join(data.fields["table"]["text"]) == text


def test_nothing_to_read(tmp_path):
    (tmp_path / "a.txt").write_text(" \n\n")
    with pytest.raises(DataError, match="no text in it"):
        open_lines(tmp_path / "a.txt")
    with pytest.raises(DataError, match="no text in it"):
        open_continuous({"": tmp_path / "a.txt"}, tmp_path / "a.txt")
