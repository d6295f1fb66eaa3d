"""The names read from source text are those of the classes, for every method."""

from __future__ import annotations

import pytest

from hibiscus.data.config import DataConfig
from hibiscus.methods.option_names import data_option_names, method_option_names
from hibiscus.methods.registry import METHODS, get_method


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.name)
def test_options_of_a_method(entry):
    assert method_option_names(entry.target) == set(get_method(entry.name).Config.model_fields)


def test_options_of_data():
    assert data_option_names() == set(DataConfig.model_fields)


@pytest.mark.parametrize("target", ["nowhere:Class", "json:JSONDecoder", "hibiscus.errors:nothing"])
def test_a_class_that_the_source_text_does_not_explain(target):
    assert method_option_names(target) is None
