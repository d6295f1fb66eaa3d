import pytest

from hibiscus.data.text.txt_kind import HEAD, first_fields, is_table


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "label\ttext\npos\ta good film, really\nneg\ta bad one\n",
        "1.5\n2\n-3e4\n",
        "1 2 3\n4 5 6\n",
        "x;y\n1,5;2,5\n",
        "name, height\nann, 1.5\nbob, 1.8\n",
        "a,b\n" + "1,2\n" * 20 + "1,2,3\n",  # damaged
    ],
)
def test_tables(text):
    assert is_table(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line of text",
        "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n",
        "one word\nanother line\n",
        "Shall I compare thee,\nto a day,\nof summer,\n",
        "A paragraph, with commas, of a book. " * 40 + "\n\n" + "Another, shorter, one.\n" * 3 + "End\n",
        "One sentence of words, and another part\nA second of them, also in parts\n" * 9,
        "the 1st of 3\nand the 2nd one of the 5\n",
    ],
)
def test_texts(text):
    assert not is_table(text.encode())


def test_the_last_line_of_a_head_may_be_cut():
    numbers = b"12 34\n" * (HEAD // 6 + 1)
    assert is_table(numbers[:HEAD])


def test_bytes_that_are_no_text_are_no_table():
    assert not is_table(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)


def test_names_of_columns():
    assert first_fields(b"a, b\n1,2\n") == ["a", "b"]
    assert first_fields(b"") == []
