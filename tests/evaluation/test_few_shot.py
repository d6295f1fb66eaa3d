"""Few-shot evaluation: separable embeddings against noise, the tasks that are reported, and the example
episode.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import ImagePreparation, LabelNumbering, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError
from hibiscus.evaluation.few_shot import episode_accuracy, evaluate_few_shot

OPTIONS = SimpleNamespace(eval_way=3, eval_shot=1, eval_episodes=50, queries=2, distance="euclidean", seed=0)
LABEL = np.repeat(np.arange(6), 8)


@pytest.fixture(scope="module")
def data():
    images = np.random.default_rng(0).integers(0, 256, (48, 4, 4, 1), dtype=np.uint8)
    fields = {"image": images, "label": np.array([f"class{number}" for number in LABEL])}
    dataset = Dataset("d", "d", fields, [str(i) for i in range(48)], content_keys(images))
    preparation = Preparation(
        {"image": ImagePreparation(4, 4, 1, (0.5,), (0.25,)), "label": LabelNumbering()}
    )
    return PreparedData(dataset, preparation, {"test": np.arange(48)})


def test_separable_embeddings_are_classified_perfectly_and_pixel_noise_is_not(data):
    evaluated = evaluate_few_shot(np.eye(6, dtype=np.float32)[LABEL], data, "test", OPTIONS)
    assert evaluated.metrics["few_shot_3way_1shot"] == evaluated.metrics["few_shot_3way_5shot"] == 1.0
    assert evaluated.metrics["few_shot_3way_1shot_interval"] == 0.0
    assert evaluated.baselines["chance"]["few_shot_3way_1shot"] == pytest.approx(1 / 3)
    assert evaluated.baselines["prototypes of raw pixels"]["few_shot_3way_1shot"] < 0.6
    table, episode, lowest = evaluated.report_items
    assert [row[0] for row in table.rows] == ["3-way 1-shot", "3-way 5-shot", "5-way 1-shot", "5-way 5-shot"]
    assert len(episode.images) == len(episode.captions) == 3 * (1 + 3)
    assert episode.captions.count("correct") == 9
    assert {row[1] for row in lowest.rows} == {1.0}


def test_too_few_classes_name_the_part(data):
    with pytest.raises(DataError, match="the test part: 6 classes"):
        episode_accuracy(np.eye(6, dtype=np.float32)[LABEL], data, "test", OPTIONS, way=7)
