"""The Python examples on the page about time series run, and the functions that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hibiscus import series

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "timeseries.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("index", range(len(EXAMPLES)))
def test_examples_run(index):
    code = "import numpy as np\n" + EXAMPLES[index]
    exec(compile(code, f"docs/timeseries.md, example {index}", "exec"), {"__name__": "example"})


def test_examples_check_something():
    assert len(EXAMPLES) >= 7
    assert all("assert " in example for example in EXAMPLES)


def test_functions_that_are_named_exist():
    named = set(re.findall(r"`(\w+)\(\)`", PAGE))
    assert len(named) > 30
    assert not named - set(series.__all__)
