"""`hibiscus train METHOD --help` is readable at every width, and complete."""

from __future__ import annotations

import re

import pytest

from hibiscus.cli.help import MIN_DESCRIPTION, train_help
from hibiscus.data.config import DataConfig
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.runs.option_words import ALIASES

GROUPS = ("Method:", "Optimization:", "Augmentation:", "Data:", "Run:")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("method", [entry.name for entry in METHODS])
def test_no_line_is_too_long_and_every_option_appears_once(monkeypatch, method, width):
    monkeypatch.setenv("COLUMNS", str(width))
    config = get_method(method).Config
    text = train_help(method)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    for name in {*config.model_fields, *DataConfig.model_fields} - {"net_options"}:
        assert len(re.findall(rf"^  {re.escape(name)}=", text, re.MULTILINE)) == 1, name
    titles = [line for line in lines if line in GROUPS]
    assert titles == [title for title in GROUPS if title in titles]
    assert {"Optimization:", "Data:", "Run:"} <= set(titles)
    assert text.count("\nAliases: ") == 1


@pytest.mark.parametrize("method", [entry.name for entry in METHODS])
def test_descriptions_have_room(monkeypatch, method):
    """The description of an option is broken only where a line of thirty columns is full."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = train_help(method).splitlines()
    config = get_method(method).Config
    for name, field in config.model_fields.items():
        start = next((i for i, line in enumerate(lines) if line.startswith(f"  {name}=")), None)
        if start is None or len(field.description.split()) < 2:
            continue
        first = " ".join(field.description.split())[:MIN_DESCRIPTION].rsplit(" ", 1)[0]
        assert any(first in line for line in lines[start : start + 2]), name


def test_values_defaults_networks_and_aliases_are_there(cli):
    text = cli("train", "classify", "--help").out
    for part in ("0 <= number < 1", "flip=false", "clip_grad_norm=none", "hidden=256,256"):
        assert part in text
    flat = " ".join(text.split())
    known = get_method("classify").Config.model_fields
    assert all(f"{alias} for {name}" in flat for alias, name in ALIASES.items() if name in known)
    assert "discount" not in text
