import numpy as np
import pandas as pd
import pytest

from hibiscus.data.series.resampling import aggregate, parse_resampling, step_indices
from hibiscus.data.series.step_inference import infer_step
from hibiscus.data.series.steps import Step
from hibiscus.errors import ConfigError

NAN = np.nan


@pytest.mark.parametrize(
    ("text", "step", "how"),
    [
        ("1h", Step("hour"), "mean"),
        ("h", Step("hour"), "mean"),
        ("15min", Step("minute", 15), "mean"),
        ("D", Step("day"), "mean"),
        ("2 weeks", Step("week", 2), "mean"),
        ("MS", Step("month"), "mean"),
        ("ms", Step("millisecond"), "mean"),
        ("ME", Step("month", day=31), "mean"),
        ("Q", Step("quarter"), "mean"),
        ("year", Step("year"), "mean"),
        ("business-day", Step("business-day"), "mean"),
        ("D,sum", Step("day"), "sum"),
    ],
)
def test_written_steps(text, step, how):
    resampling = parse_resampling(text)
    assert resampling.step == step
    assert resampling.aggregate == how
    assert parse_resampling(step.option()).step == step


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("M", "MS"), ("5m", "1min"), ("0h", "1h"), ("", "1h"), ("monts", "month"), ("D,median", ""),
        ("-1h", "1h"), ("1h30min", "1h"), ("row", ""),
    ],
)  # fmt: skip
def test_other_steps_are_refused(text, fix):
    with pytest.raises(ConfigError, match="resample=") as caught:
        parse_resampling(text)
    assert fix in caught.value.fix


@pytest.mark.parametrize("text", ["1h", "15min", "6h", "D", "MS", "QS", "YS", "ME", "QE", "YE"])
def test_means_equal_those_of_pandas(text):
    generator = np.random.default_rng(0)
    stamps = (
        np.sort(generator.integers(0, 500 * 86_400, 3000)).astype("datetime64[s]").astype("datetime64[ns]")
    )
    values = generator.normal(size=(3000, 2))
    values[values > 1.5] = NAN
    times, means = parse_resampling(text).apply(stamps, values)
    expected = pd.DataFrame(values, index=stamps).resample(text).mean()
    assert np.array_equal(times, expected.index.to_numpy().astype("datetime64[ns]"))
    assert means == pytest.approx(expected.to_numpy(), nan_ok=True)
    assert infer_step([times]) == parse_resampling(text).step


def test_weeks_begin_on_monday():
    times, means = parse_resampling("W").apply(
        np.array(["2020-01-05", "2020-01-06", "2020-01-12"], "datetime64[ns]"), np.array([[1.0], [2], [4]])
    )
    assert times.astype("datetime64[D]").astype(str).tolist() == ["2019-12-30", "2020-01-06"]
    assert means[:, 0].tolist() == [1, 3]


def test_weekends_belong_to_friday():
    stamps = np.array(["2020-01-03", "2020-01-04", "2020-01-05", "2020-01-06"], "datetime64[ns]")
    times, means = parse_resampling("B").apply(stamps, np.array([[1.0], [2], [3], [4]]))
    assert times.astype("datetime64[D]").astype(str).tolist() == ["2020-01-03", "2020-01-06"]
    assert means[:, 0].tolist() == [2, 4]


def test_a_finer_grid_leaves_steps_missing():
    stamps = np.array(["2020-01-01", "2020-01-03"], "datetime64[ns]")
    times, values = parse_resampling("D").apply(stamps, np.array([[1.0], [3.0]]))
    assert len(times) == 3
    assert values[:, 0] == pytest.approx([1, NAN, 3], nan_ok=True)


def test_a_missing_value_makes_a_sum_missing_but_not_a_mean():
    values, cells = np.array([[1.0], [NAN], [2.0], [3.0]]), np.array([0, 0, 2, 2])
    assert aggregate(values, cells, 3, "mean")[:, 0] == pytest.approx([1, NAN, 2.5], nan_ok=True)
    assert aggregate(values, cells, 3, "sum")[:, 0] == pytest.approx([NAN, NAN, 5], nan_ok=True)


def test_the_order_of_the_rows_does_not_matter():
    stamps = np.array(["2020-01-01T05", "2020-01-01T01", "2020-01-02T00"], "datetime64[ns]")
    assert step_indices(stamps, Step("day")).tolist() == [18262, 18262, 18263]
