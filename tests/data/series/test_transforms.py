import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hibiscus.data.series.transforms import TRANSFORMS, Transforms
from hibiscus.errors import ConfigError, DataError

NAMES = ("sales", "price")
VALUES = arrays(np.float64, (30, 2), elements=st.floats(0.5, 1e4))


@settings(max_examples=60, deadline=None)
@given(VALUES, st.sampled_from(TRANSFORMS), st.integers(0, 2), st.integers(0, 1))
def test_inverse_of_forward_is_the_identity(values, kind, difference, seasonal):
    transforms = Transforms.fit(values[:20], NAMES, kind, difference, seasonal, season=4)
    forward = transforms.forward(values)
    origins = np.array([transforms.past, 12, 20])
    forecast = np.stack([forward[origin : origin + 10] for origin in origins])
    history = np.stack([values[origin - transforms.past : origin] for origin in origins])
    expected = np.stack([values[origin : origin + 10] for origin in origins])
    error = np.abs(transforms.inverse(forecast, history) - expected)
    scale = np.maximum(expected, values.max() if transforms.past else 0)  # differences add large values
    assert (error <= 1e-9 * scale).all()


def test_differences_are_those_of_neighbors_and_seasons():
    values = np.arange(8.0)[:, None] ** 2
    forward = Transforms.fit(values, NAMES, difference=1).forward(values)[:, 0]
    assert np.isnan(forward[0])
    assert forward[1:].tolist() == [1, 3, 5, 7, 9, 11, 13]
    forward = Transforms.fit(values, NAMES, difference=2).forward(values)[2:, 0]
    assert forward.tolist() == [2] * 6
    forward = Transforms.fit(values, NAMES, seasonal_difference=1, season=3).forward(values)[:, 0]
    assert np.isnan(forward[:3]).all()
    assert forward[3:].tolist() == [9, 15, 21, 27, 33]


def test_past_is_what_the_inverse_needs():
    transforms = Transforms("none", 1, 1, 1, 12)
    assert transforms.past == 13
    values = np.random.default_rng(0).normal(size=(40, 1))
    forward = transforms.forward(values)
    assert np.isnan(forward[:13]).all()
    assert np.isfinite(forward[13:]).all()
    longer = transforms.inverse(forward[None, 20:], values[None, :20])
    assert longer[0] == pytest.approx(values[20:])


def test_variables_that_are_not_forecast_stay_as_they_are():
    values = np.array([[1.0, -5.0], [2.0, 0.0], [4.0, 3.0]])
    transforms = Transforms.fit(values, NAMES, "log", targets=1, difference=1)
    forward = transforms.forward(values)
    assert forward[:, 1].tolist() == [-5, 0, 3]
    assert forward[1:, 0] == pytest.approx(np.log(2))
    decoded = transforms.inverse(forward[None, 1:, :1], values[None, :1])
    assert decoded[0, :, 0] == pytest.approx([2, 4])


def test_missing_values_are_ignored_and_stay_missing():
    values = np.array([[1.0], [np.nan], [4.0], [2.0]])
    transforms = Transforms.fit(values, NAMES, "box-cox")
    assert np.isnan(transforms.forward(values)[:, 0]).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("kind", "values", "received", "fix"),
    [
        ("log", [1, 0, 0], "'sales' has 2 values that are not above 0 (first: step 2, 0)", "transform=sqrt,"),
        ("box-cox", [1, 2, -3], "1 value that is not above 0 (first: step 3, -3)", "transform=none"),
        ("sqrt", [1, -2, 0], "1 value that is not at least 0 (first: step 2, -2)", "transform=none"),
    ],
)  # fmt: skip
def test_values_without_a_logarithm_are_named(kind, values, received, fix):
    with pytest.raises(DataError) as caught:
        Transforms.fit(np.array(values, float)[:, None], NAMES, kind)
    assert received in caught.value.received
    assert caught.value.fix.startswith(fix)


def test_a_refusal_gives_variable_and_row():
    with pytest.raises(DataError, match=r"'sales' has 1 value that is not above 0 \(first: row 8, 0\)"):
        Transforms("log").check(np.array([[1.0], [0.0]]), ["sales"], ["row 7", "row 8"])


def test_later_values_are_checked_too():
    with pytest.raises(DataError, match="step 1"):
        Transforms.fit(np.ones((3, 1)), NAMES, "log").forward(np.zeros((1, 1)))


def test_unknown_transforms_are_refused():
    with pytest.raises(ConfigError, match="transform=logs") as caught:
        Transforms.fit(np.ones((3, 1)), NAMES, "logs")
    assert "log" in caught.value.fix


def test_seasonal_differences_need_a_season():
    with pytest.raises(ConfigError, match="seasonal_difference=1"):
        Transforms.fit(np.ones((3, 1)), NAMES, seasonal_difference=1)


def test_no_transform_is_the_identity():
    values = np.array([[1.0, -2.0]])
    assert np.array_equal(Transforms.none(2).forward(values), values)
    assert Transforms.none(2).past == 0


def test_saved_transforms_are_equal():
    transforms = Transforms.fit(
        np.random.default_rng(0).lognormal(size=(50, 3)), "abc", "box-cox", 1, 1, 12, 2
    )
    assert Transforms.from_json(transforms.to_json()) == transforms
