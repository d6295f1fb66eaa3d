import gzip

import pytest

from hibiscus.data.text.text_files import TextFile, encoding_notes, read_text_file, text_lines
from hibiscus.errors import DataError


def written(tmp_path, content):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("größer 👍".encode(), "UTF-8"),
        ("größer".encode("utf-8-sig"), "UTF-8"),
        ("größer".encode("utf-16"), "UTF-16"),
        ("größer".encode("cp1252"), "Windows-1252"),
        (gzip.compress("größer".encode(), mtime=0), "UTF-8"),
        (b"", "UTF-8"),
    ],
)
def test_encodings_are_detected_and_named(tmp_path, content, encoding):
    read = read_text_file(written(tmp_path, content))
    assert read.text.startswith("größer"[: len(content)])
    assert (read.encoding, read.replaced) == (encoding, 0)


def test_damaged_utf8_is_read_as_such(tmp_path):
    content = "größer, schöner, älter, höher, weiß, süß, früh, spät".encode() + b"\xff and cut \xc3"
    read = read_text_file(written(tmp_path, content))
    assert read.text.startswith("größer, schöner")
    assert (read.encoding, read.replaced) == ("UTF-8", 2)
    assert encoding_notes([read]) == ["2 places are not valid UTF-8 and read as U+FFFD"]


def test_a_chosen_encoding(tmp_path):
    content = "Привет, мир".encode("cp1251")
    assert read_text_file(written(tmp_path, content), "cp1251").text == "Привет, мир"
    (note,) = encoding_notes([read_text_file(written(tmp_path, content))])
    assert note == "the file is not UTF-8 and read as Windows-1252; encoding= names another"


def test_notes_count_the_files(tmp_path):
    files = [TextFile(tmp_path / f"{i}.txt", "", "UTF-16" if i < 3 else "UTF-8", i > 3) for i in range(9)]
    notes = encoding_notes(files)
    assert notes[0] == "3 files are not UTF-8 and read as UTF-16; encoding= names another"
    assert notes[1:] == [
        *(f"{i}.txt: 1 place is not valid UTF-8 and read as U+FFFD" for i in (4, 5, 6)),
        "so are places in 2 more files",
    ]


def test_only_newlines_end_lines():
    text = "one\u2028still one\x0b\ntwo\n\nfour\n"
    assert text_lines(text) == ["one\u2028still one\x0b", "two", "", "four"]
    assert text_lines("no end") == ["no end"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\0b", "null characters"),
        (bytes(range(1, 32)), "control characters"),
        (gzip.compress(b"a" * 9999, mtime=0)[:-9], "cannot be read"),
        (gzip.compress(b"\0" * 99, mtime=0), "null characters"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_text_file(written(tmp_path, content))


def test_a_text_fits_into_the_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    for content in (b"a" * 100_000, gzip.compress(b"a" * 100_000)):
        with pytest.raises(DataError, match=r"1\.0 MB"):
            read_text_file(written(tmp_path, content))


def test_invisible_and_right_to_left_characters_are_kept(tmp_path):
    text = "שלום \u202eabc\u202c a\u200bb \u200d👩‍🚀"
    assert read_text_file(written(tmp_path, text.encode())).text == text
