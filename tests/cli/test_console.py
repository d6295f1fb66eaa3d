"""How the verbs write numbers and tables."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.cli.console import number, plain, table, unused, wrap


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0.91234, None, "0.9123"),
        (0.0, None, "0.0000"),
        (1, None, "1"),
        (47.17479, None, "47.1748"),
        (231000.4, None, "231,000"),
        (1234.5, None, "1,234.50"),
        (0.5, 1234.5, "0.50"),
        (0.0000123, None, "1.23e-05"),
        (3e12, None, "3e+12"),
        (None, None, "-"),
        (float("nan"), None, "-"),
    ],
)
def test_numbers(value, scale, text):
    assert number(value, scale) == text


def test_tables_are_aligned_and_broken_to_the_line(monkeypatch):
    assert table([["a", "bcd"], ["日本", "e"], ["f"]], "") == "a     bcd\n日本  e\nf"
    assert table([]) == ""
    monkeypatch.setenv("COLUMNS", "60")
    text = table([["name", "word " * 30]], wrap_last=True)
    assert max(map(len, text.splitlines())) <= 60
    assert text.splitlines()[1].startswith("        word")
    assert max(map(len, wrap("word " * 30, "to do: ").splitlines())) <= 60


def test_values_as_json_knows_them(tmp_path):
    assert plain({"a": np.float32(0.5), "b": [np.arange(2), float("nan")], "c": tmp_path}) == {
        "a": 0.5,
        "b": [[0, 1], None],
        "c": str(tmp_path),
    }


def test_a_place_where_nothing_is(tmp_path):
    assert unused(tmp_path / "embeddings.csv") == tmp_path / "embeddings.csv"
    for name in ("embeddings.csv", "embeddings-2.csv"):
        (tmp_path / name).touch()
    assert unused(tmp_path / "embeddings.csv") == tmp_path / "embeddings-3.csv"
