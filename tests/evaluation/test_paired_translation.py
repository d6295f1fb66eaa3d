"""Evaluation of paired translation: metrics by their definitions, and baselines of known quality."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.paired_translation import evaluate_pairs, image_errors, paired_metrics


def prepared(inputs, targets):
    fields = {"image": inputs, "target_image": targets}
    count = len(inputs)
    dataset = Dataset("d", "d", fields, [str(i) for i in range(count)], content_keys(inputs))
    preparation = Preparation(
        {
            name: ImagePreparation(*values.shape[1:], (0.5,) * values.shape[3], (0.5,) * values.shape[3])
            for name, values in fields.items()
        }
    )
    parts = {"train": np.arange(count // 2), "test": np.arange(count // 2, count)}
    return PreparedData(dataset, preparation, parts)


def noise(channels, count=24, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 9, 7, channels), dtype=np.uint8)


def test_metrics_of_each_image():
    outputs, targets = noise(3), noise(3, seed=1)
    errors = image_errors(outputs, targets)
    difference = (outputs.astype(float) - targets) / 255
    np.testing.assert_allclose(errors["l1_error"], np.abs(difference).mean((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(errors["psnr"], -10 * np.log10((difference**2).mean((1, 2, 3))), rtol=1e-5)
    data = prepared(outputs, targets)
    assert paired_metrics([targets[12:17], targets[17:]], data, "test") == pytest.approx(
        {"l1_error": 0, "psnr": 60, "ssim": 1}
    )


def test_baselines_are_the_mean_target_the_input_and_the_best_map_of_colors():
    inputs = noise(3)
    exact = np.array([[0.2, 0.5, 0.3], [0.1, 0.0, 0.6], [0.5, 0.3, 0.1]])
    targets = (inputs @ exact + 3).round().astype(np.uint8)
    evaluation = evaluate_pairs(np.split(targets[12:], [5, 11]), prepared(inputs, targets), "test")
    assert evaluation.metrics["l1_error"] == 0
    baselines = evaluation.baselines
    assert baselines["linear map of colors"]["l1_error"] < 0.5 / 255
    copied = np.abs(inputs[12:].astype(float) - targets[12:]).mean() / 255
    assert baselines["copy of the input"]["l1_error"] == pytest.approx(copied, rel=1e-5)
    mean = targets[:12].mean(0).round()
    expected = np.abs(mean - targets[12:]).mean() / 255
    assert baselines["mean target image"]["l1_error"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (1, 1)])
def test_inputs_and_targets_may_have_other_channels(before, after):
    inputs, targets = noise(before), noise(after, seed=1)
    outputs = targets[12:].copy()
    outputs[5] = 255 - outputs[5]
    evaluation = evaluate_pairs(np.split(outputs, [4]), prepared(inputs, targets), "test")
    examples, table, largest = evaluation.report_items
    assert examples.captions[:3] == ("input", "output", "target")
    assert len({np.asarray(image).shape for image in examples.images}) == 1
    assert [row[0] for row in table.rows] == ["this network", *evaluation.baselines]
    np.testing.assert_array_equal(np.asarray(largest.images[1]).squeeze(), outputs[5].squeeze())
