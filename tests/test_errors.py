"""An error has three parts, and is short whatever was received."""

from __future__ import annotations

import json

import pytest

from hibiscus.errors import DataError, HibiscusWarning, clip

LIMIT = 2048  # bytes of a message, in each of its forms


def test_a_message_has_three_parts():
    error = DataError("a.csv: no rows", "rows", "add some")
    assert str(error) == "a.csv: no rows\n  expected: rows\n  fix:      add some"
    assert error.parts == {"received": "a.csv: no rows", "expected": "rows", "fix": "add some"}
    assert str(DataError("a.csv: no rows")) == "a.csv: no rows"


def test_a_line_break_in_a_name_does_not_begin_another_message():
    assert str(DataError("a\nhibiscus: all is well.csv: no rows")).splitlines() == [
        r"a\nhibiscus: all is well.csv: no rows"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300_000,  # a cell
        ", ".join(f"class-{number}" for number in range(10_000)),
        "/".join(["folder" * 40] * 17),  # a path of 4,096 bytes
        "\x1b[31m" * 60_000,
        "日本語" * 5_000,
        "caf\udce9" * 1_000,
        "😀" * 1_000,
    ],
)
@pytest.mark.parametrize("expected", ["", "another"])
def test_no_name_cell_or_list_makes_a_message_long(text, expected):
    error = DataError(f"begin {text} end", expected or text, text)
    assert len(str(error).encode(errors="surrogatepass")) <= LIMIT
    assert len(json.dumps({"error": error.parts})) <= LIMIT
    assert error.received.startswith("begin ")
    assert error.received.endswith(" end")
    assert len(str(HibiscusWarning(text)).encode(errors="surrogatepass")) <= LIMIT


def test_only_long_parts_are_clipped():
    error = DataError("x" * 300_000, "one of: a, b", "omit it")
    assert (error.expected, error.fix) == ("one of: a, b", "omit it")
    assert len(error.received) > 1800
    short = DataError("r" * 600, "e" * 600, "f" * 600)
    assert (short.received, short.expected, short.fix) == ("r" * 600, "e" * 600, "f" * 600)


def test_the_middle_is_left_out():
    assert clip("abcdefghij", 10) == "abcdefghij"
    assert clip("abcdefghijk", 9) == "ab ... jk"
    assert clip("\x1b" * 10, 30) == "\x1b\x1b ... \x1b\x1b"  # each is six bytes of JSON
