"""The words above the metrics where a baseline is at least as good as the run."""

import math

import pytest

from hibiscus.cli.metrics import _better_baseline


def evaluated(value, baselines, higher=True, name="test/accuracy"):
    return {
        "selection_metric": {"name": name, "higher_is_better": higher},
        "metrics": {name: value},
        "baselines": {baseline: {name: other} for baseline, other in baselines.items()},
    }


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (evaluated(0.8, {"a": 0.7, "b": None}), None),
        (evaluated(0.8, {"a": 0.9, "b": 0.95}),
         "The baseline “b” is better than this run: accuracy 0.9500 vs. 0.8000."),
        (evaluated(0.8, {"a": 0.8}), "The baseline “a” is as good as this run: accuracy 0.8000 vs. 0.8000."),
        (evaluated(3.0, {"a": 2.0, "b": 4.0}, False, "test/mae"),
         "The baseline “a” is better than this run: mean absolute error 2.0000 vs. 3.0000."),
        (evaluated(1.0, {"a": 2.0}, False, "test/rmse"), None),
        (evaluated(math.nan, {"a": 0.9}), None),
        (evaluated(0.8, {}), None),
    ],
)  # fmt: skip
def test_a_baseline_that_wins_is_said_first(content, line):
    assert _better_baseline(content) == ([] if line is None else [line])
