"""Checks of options: what passes, and the words for what does not."""

from __future__ import annotations

import pytest

from hibiscus.data.images.augment import BELOW_ONE, check_number, check_switch
from hibiscus.errors import ConfigError


@pytest.mark.parametrize("value", [0, 0.5, BELOW_ONE])
def test_numbers_within_pass(value):
    check_number("zoom", value, 0, BELOW_ONE)


@pytest.mark.parametrize("value", [-0.1, 1, float("nan"), True, "much", None])
def test_others_are_named_with_what_is_expected(value):
    with pytest.raises(ConfigError, match="zoom=") as caught:
        check_number("zoom", value, 0, BELOW_ONE)
    assert "a number from 0 to below 1" in str(caught.value)
    assert "zoom=0 disables it" in str(caught.value)


def test_switches():
    check_switch("flip", True)
    with pytest.raises(ConfigError, match="flip=1"):
        check_switch("flip", 1)
