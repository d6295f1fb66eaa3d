"""p-values against SciPy and statsmodels; useless features are left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, mannwhitneyu
from statsmodels.stats.multitest import multipletests

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.feature_selection import benjamini_yekutieli, feature_p_values, select_features


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjustment_is_that_of_statsmodels(p_values):
    expected = multipletests(p_values, method="fdr_by")[1]
    np.testing.assert_allclose(benjamini_yekutieli(p_values), expected, atol=1e-12)


def test_by_hand():
    # two values: c = 1 + 1/2; 0.01 2 1.5 / 1 = 0.03 and 0.04 2 1.5 / 2 = 0.06
    np.testing.assert_allclose(benjamini_yekutieli([0.04, 0.01]), [0.06, 0.03])


def test_p_values_of_classes_and_numbers():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(40, 2)), np.repeat(["a", "b"], 20)
    x[labels == "b", 0] += 1
    found = feature_p_values(x, labels, classes=True)
    two_sided = mannwhitneyu(x[:20, 0], x[20:, 0], use_continuity=False, method="asymptotic").pvalue
    assert found[0] == pytest.approx(two_sided)
    y = x[:, 1] + rng.normal(size=40)
    assert feature_p_values(x, y, classes=False)[1] == pytest.approx(kendalltau(x[:, 1], y).pvalue)


@pytest.mark.parametrize("seed", range(5))
def test_useful_features_are_selected(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 40))
    x[:, 7] = 3.0
    y = x[:, 0] - x[:, 1] + rng.normal(size=200) * 0.5
    chosen, _ = select_features(x, y, classes=False)
    assert chosen[:2].all()
    assert chosen[2:].sum() <= 1
    chosen, _ = select_features(x, y > 0, classes=True)
    assert chosen[:2].all()
    assert not chosen[7]


def test_what_is_refused():
    with pytest.raises(DataError, match="at least two"):
        feature_p_values([[1], [2]], [3, 3], classes=True)
    with pytest.raises(DataError, match="one target for each"):
        feature_p_values([[1], [2]], [3], classes=True)
    with pytest.raises(DataError, match="to 2"):
        benjamini_yekutieli([0.5, 2])
    with pytest.raises(ConfigError, match="fraction=0"):
        select_features([[1], [2]], [0, 1], classes=True, fraction=0)
