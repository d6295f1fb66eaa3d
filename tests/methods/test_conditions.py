"""Conditions as a user writes them: classes by name or number, and values of latent components."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import UsageError
from hibiscus.methods.conditions import class_conditions, class_number, latent_conditions, parse_number

CLASSES = ("7", "cat", "dog")


def test_a_name_takes_precedence_over_a_number():
    for label, number in (("dog", 2), ("7", 0), (7, 0), ("1", 1), (2, 2), (1.0, 1)):
        assert class_number(label, CLASSES) == number
        assert class_conditions(label, 3, CLASSES).tolist() == [number] * 3


@pytest.mark.parametrize("label", ["dig", "3", -1, 1.5, "nan", float("inf")])
def test_a_class_that_does_not_exist(label):
    with pytest.raises(UsageError, match="no such class"):
        class_conditions(label, 2, CLASSES)


def test_without_a_label_each_class_in_turn():
    assert class_conditions(None, 5, CLASSES).tolist() == [0, 1, 2, 0, 1]


def test_numbers_as_text():
    assert parse_number("code1", "-1.5") == -1.5
    assert parse_number("code1", np.float32(2)) == 2
    for value in ("high", "nan", None, [1, 2]):
        with pytest.raises(UsageError, match="code1="):
            parse_number("code1", value)


def test_components_of_the_latent_code_by_name():
    assert latent_conditions({"code2": "0.5", "code1": -1}, 2) == {"code2": 0.5, "code1": -1.0}
    with pytest.raises(UsageError, match="one of: label, code1 to code3, interpolate"):
        latent_conditions({"code4": 0}, 3, "label")
    with pytest.raises(UsageError, match="one of: code1, interpolate"):
        latent_conditions({"code0": 0}, 1)
