"""Sizes as text, and read from text."""

from __future__ import annotations

import pytest

from hibiscus.data.sizes import parse_size, size_option, size_text
from hibiscus.errors import ConfigError


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (2500, "2.5 KB"), (1_340_000_000, "1.3 GB"), (2**63, "9,223,372.0 TB")],
)
def test_size_text(count, text):
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("text", "size"), [("8GB", 8 * 10**9), ("1.5 GiB", 15 * 10**8), ("42", 42), ("2k", 2000)]
)
def test_sizes_that_are_read(text, size):
    assert parse_size("X", text, "8GB") == size


@pytest.mark.parametrize("text", ["much", "-1", "1.2.3GB", "5 parsecs", "1e999", "9" * 5000])
def test_what_is_no_size_names_the_variable(text):
    with pytest.raises(ConfigError, match="X=") as caught:
        parse_size("X", text, "8GB")
    assert caught.value.fix == "X=8GB"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1_340_000_000, 5 * 10**12])
def test_an_option_is_rounded_up_and_read_again(size):
    assert size <= parse_size("X", size_option(size), "8GB") <= 2 * size + 1
