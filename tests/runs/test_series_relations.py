import numpy as np

from hibiscus.runs.series_relations import MAX_PAIRS, relations
from hibiscus.series import describe_series


def found(**values):
    values = {name: np.asarray(column, np.float64) for name, column in values.items()}
    return relations(values, {name: describe_series(column) for name, column in values.items()})


def test_lag_and_direction():
    rng = np.random.default_rng(0)
    x = rng.normal(size=303)
    ((one,), left_out) = found(x=x[3:], y=x[:-3] + 0.3 * rng.normal(size=300))
    assert left_out == 0
    assert one.lag == 3
    assert one.correlation > 0.8
    assert one.forward < 0.001 < one.backward
    assert one.cointegrated is None


def test_walks_with_trends_are_spurious_and_cointegration_is_named():
    rng = np.random.default_rng(0)
    walks = rng.normal(size=(2, 300)).cumsum(1) + 0.3 * np.arange(300)
    kept, _ = found(x=walks[0], y=walks[1], z=walks[0] + rng.normal(size=300))
    by_pair = {(one.first, one.second): one for one in kept}
    assert by_pair["x", "y"].spurious
    assert by_pair["x", "y"].differenced
    assert by_pair["x", "z"].cointegrated
    assert not by_pair["x", "z"].spurious


def test_missing_ends_copies_and_constants():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = np.roll(x, 1) + 0.2 * rng.normal(size=200)
    x[:50], y[150:] = np.nan, np.nan
    (one,), _ = found(x=x, y=y, constant=np.ones(200))
    assert (one.first, one.second, one.lag) == ("x", "y", 1)
    copies, _ = found(x=x[60:], copy=2 * x[60:])
    assert [one.levels for one in copies] in ([], [1])  # nothing, or exactly alike


def test_pairs_are_limited():
    rng = np.random.default_rng(0)
    kept, left_out = found(**{f"v{i}": rng.normal(size=60) for i in range(8)})
    assert (len(kept), left_out) == (MAX_PAIRS, 28 - MAX_PAIRS)
