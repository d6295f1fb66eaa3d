import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.open import open_data
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.evaluation.series_items import mean_series, series_items, step_importance

CLASSES = ["down", "up"]


class FirstHalf(nn.Module):
    """The logit of `up` is the sum of the first half of a series."""

    def forward(self, x):
        return x[:, : x.shape[1] // 2].nan_to_num().sum((1, 2))[:, None]


EXPLAINED = Explained(FirstHalf(), ClassScores(CLASSES))


def prepared(features=1):
    values = np.random.default_rng(0).normal(size=(12, 20, features)).astype(np.float32)
    label = np.arange(12) % 2
    values[:, :10] += np.where(label, 3, -3)[:, None, None]
    values[3, 15:] = np.nan
    dataset = open_data((values, label))
    learned = {"array": ArrayPreparation.fit(values[:6], True), "label": LabelPreparation(("0", "1"))}
    return PreparedData(dataset, Preparation(learned), {"train": np.arange(6), "test": np.arange(6, 12)})


def test_means_of_classes_that_end():
    values = np.array([[[1], [np.nan]], [[3], [5]], [[7], [np.nan]]], np.float32)
    means = mean_series(values, np.array([0, 0, 1]), 3)[:, :, 0]
    np.testing.assert_array_equal(means, [[2, 5], [7, np.nan], [np.nan, np.nan]])


@pytest.mark.parametrize(("index", "sign"), [(1, 1), (0, -1)])
def test_the_steps_that_count_are_found(index, sign):
    series = torch.ones(1, 20, 1)
    series[0, 16:] = torch.nan
    importance = step_importance(EXPLAINED, series, index)
    torch.testing.assert_close(importance[:9], torch.full((9,), 2.0 * sign))  # two steps at a time
    assert not importance[11:].any()


@pytest.mark.parametrize("features", [1, 3])
def test_items_of_a_classifier(features):
    data, label = prepared(features), np.arange(6) % 2
    predicted = label.copy()
    predicted[2] = 1
    items = series_items(EXPLAINED, data, "test", CLASSES, label, predicted, np.full(6, 0.9))
    assert [item.title for item in items] == [
        "Mean series by class",
        "Steps that decided, by class",
        "Wrong predictions",
    ]
    means, decisive, wrong = items
    assert len(means.panels) == features
    assert [panel.title for panel in decisive.panels] == CLASSES
    assert [panel.title for panel in wrong.panels] == ["8: down, predicted up"]
    assert len(wrong.panels[0].series) == 3
    importance = np.array(decisive.panels[1].series[0].y)
    assert importance[:10].min() > 0
    assert np.abs(importance[11:]).max() == 0


def test_other_data_has_none():
    vectors = open_data((np.zeros((4, 3), np.float32), np.arange(4) % 2))
    learned = {"array": ArrayPreparation((3,), (0.0,) * 3, (1.0,) * 3), "label": LabelPreparation(("0", "1"))}
    data = PreparedData(vectors, Preparation(learned), {"train": np.arange(4), "test": np.arange(4)})
    assert series_items(EXPLAINED, data, "test", CLASSES, *[np.zeros(4, int)] * 2, np.ones(4)) == []
