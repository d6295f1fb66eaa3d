"""A verdict is green only if the run beats every baseline and the result is good as well."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hibiscus.report.records import (
    DataRecord,
    EvaluationRecord,
    RunInfo,
    RunRecord,
    SelectionRecord,
)
from hibiscus.report.verdict import verdict

BETTER, SLIGHTLY = "Better than the baseline.", "Only slightly better than the baseline."
WITHIN = "Better than the baseline, but within the error of "
UNSOLVED = "Better than the baseline, but below the solved threshold of 475."


def run(name, value, baselines, higher=True, items=1000, **metrics):
    evaluation = EvaluationRecord(
        part="test",
        selection_metric=SelectionRecord(f"test/{name}", higher),
        metrics={f"test/{name}": value} | {f"test/{key}": other for key, other in metrics.items()},
        baselines={key: {f"test/{name}": other} for key, other in baselines.items()},
    )
    info = RunInfo(status="done", data=DataRecord(parts={"test": items}))
    return RunRecord(Path("run"), info, (), evaluation, (), None, (), ())


@pytest.mark.parametrize(
    ("record", "tone", "word"),
    [
        (run("accuracy", 0.97, {"linear model": 0.9}), "good", BETTER),
        (run("map50", 0.438, {"mean box": 0.003}), "open", "Better than the baseline, but low."),
        (run("map50", 0.063, {"mean box": 0.0}), "open", SLIGHTLY),
        (run("accuracy", 0.51, {"chance": 0.5}), "open", WITHIN + "1,000 items."),
        (run("accuracy", 0.95, {"linear model": 0.9}, items=20), "open", WITHIN + "20 items."),
        (run("accuracy", 0.6, {"a": 0.58, "b": 0.2}, items=10**6), "open",
         "Only slightly better than every baseline."),
        (run("rmse", 4.5, {"mean": 4.8}, False), "open", SLIGHTLY),
        (run("rmse", 3.2, {"mean": 4.8}, False), "good", BETTER),
        (run("neg_elbo", 95.0, {"independent pixels": 100.0}, False), "good", BETTER),
        (run("mean_return", 173.2, {"random actions": 22.2}, solved_threshold=475.0), "open",
         UNSOLVED),
        (run("mean_return", 500.0, {"random actions": 22.2}, solved_threshold=475.0), "good", BETTER),
        (run("frechet", 680.9, {"mean image": 147.8}, False), "bad", "Worse than the baseline."),
        (run("accuracy", 0.9, {"linear model": 0.95}), "bad", "Worse than the baseline."),
        (run("accuracy", 0.9, {"linear model": 0.95}, items=50), "bad",
         "Worse than the baseline, but within the error of 50 items."),
        (run("accuracy", 0.9, {"linear model": 0.9}), "bad", "No better than the baseline."),
        (run("accuracy", math.nan, {"linear model": 0.9}), "bad", "No valid result."),
    ],
)  # fmt: skip
def test_tone_and_words_match_the_figure(record, tone, word):
    headline = verdict(record)
    assert (headline["tone"], headline["word"]) == (tone, word)
