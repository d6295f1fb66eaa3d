"""Validation and conversion of the inputs of losses: dtypes, shapes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import (
    class_target,
    full_precision,
    in_range,
    matched,
    not_empty,
    weights_for,
    within,
)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.bool])
def test_everything_but_float64_becomes_float32(dtype):
    values = full_precision(torch.tensor([0, 1]).to(dtype))
    assert values.dtype == torch.float32
    assert values.tolist() == [0, 1]


def test_float64_stays_as_it_is():
    values = torch.tensor([1 + 1e-12], dtype=torch.float64)
    assert full_precision(values) is values


@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4,), (4,))])
def test_a_last_axis_of_size_one_is_dropped_from_either(shapes):
    first, second = np.arange(4.0), np.arange(4.0)[::-1].copy()
    prediction, target = matched(
        torch.from_numpy(first).half().reshape(shapes[0]), torch.from_numpy(second).reshape(shapes[1])
    )
    assert prediction.dtype == target.dtype == torch.float32
    np.testing.assert_array_equal((prediction - target).numpy(), first - second)


def test_the_target_takes_the_precision_of_the_prediction():
    prediction, target = matched(torch.zeros(2, 1, dtype=torch.float64), torch.ones(2, 1, dtype=torch.int64))
    assert prediction.shape == target.shape == (2, 1)
    assert prediction.dtype == target.dtype == torch.float64


@pytest.mark.parametrize("shapes", [((4, 2), (4,)), ((4,), (3,)), ((1, 4), (4,)), ((4, 1, 1), (4,))])
def test_other_shapes_do_not_match(shapes):
    with pytest.raises(ConfigError, match="predictions of shape") as caught:
        matched(torch.zeros(shapes[0]), torch.zeros(shapes[1]))
    assert str(shapes[0]) in caught.value.received
    assert str(shapes[1]) in caught.value.received


@pytest.mark.parametrize("shape", [(5,), (5, 2, 3)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_labels_select_the_logits_of_their_classes(shape, dtype):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(5, 4, *shape[1:])), rng.integers(0, 4, shape)
    target, is_label = class_target(torch.from_numpy(logits), torch.from_numpy(labels).to(dtype))
    assert is_label
    assert target.dtype == torch.int64
    selected = torch.from_numpy(logits).gather(1, target).squeeze(1)
    np.testing.assert_array_equal(selected, np.take_along_axis(logits, labels[:, None], 1)[:, 0])


def test_a_target_of_the_shape_of_the_logits_holds_probabilities():
    target, is_label = class_target(torch.zeros(3, 2).half(), torch.eye(2, dtype=torch.int64)[[0, 1, 1]])
    assert not is_label
    assert target.dtype == torch.float32
    assert target.tolist() == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("logits", "target", "message"),
    [
        (torch.zeros(4), torch.zeros(4).long(), "logits of shape"),
        (torch.zeros(4, 1), torch.zeros(4).long(), "logits of shape"),
        (torch.zeros(4, 3), torch.zeros(4), "float32"),
        (torch.zeros(4, 3), torch.zeros(4, 1).long(), r"target of shape \(4, 1\)"),
        (torch.zeros(4, 3, 2), torch.zeros(4).long(), r"target of shape \(4,\)"),
        (torch.zeros(2, 3), torch.tensor([0, 3]), "labels between 0 and 3"),
        (torch.zeros(2, 3), torch.tensor([-1, 2]), "labels between -1 and 2"),
        (torch.zeros(0, 3), torch.zeros(0).long(), "empty batch"),
    ],
)
def test_targets_that_fit_no_classes_are_refused(logits, target, message):
    with pytest.raises(ConfigError, match=message):
        class_target(logits, target)


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 4, 5)])
def test_class_weights_weigh_the_terms_of_the_cross_entropy(shape):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64)
    labels = torch.randint(2, shape[:1] + shape[2:], generator=generator)
    weights = weights_for(logits, [0.5, 3.0])
    assert weights.shape == (1, 2, *[1] * (len(shape) - 2))
    terms = (-weights * logits.log_softmax(1)).gather(1, labels.unsqueeze(1)).squeeze(1)
    vector = torch.tensor([0.5, 3.0], dtype=torch.float64)
    expected = functional.cross_entropy(logits, labels, vector, reduction="none")
    torch.testing.assert_close(terms, expected)
    assert torch.equal(weights_for(logits, None), torch.ones_like(weights))


def test_class_weights_take_the_dtype_of_the_logits_and_need_one_for_each_class():
    assert weights_for(torch.zeros(1, 2).half(), torch.ones(2)).dtype == torch.float16
    for wrong in ([1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]):
        with pytest.raises(ConfigError, match=r"alpha of shape .* for 2 classes") as caught:
            weights_for(torch.zeros(1, 2), wrong, "alpha")
        assert "2 numbers as alpha" in caught.value.fix


def test_the_bounds_of_values_are_inclusive():
    within(torch.tensor([0.0, 1.0]), 0, 1, "targets", "rescale them")
    for wrong in (-0.01, 1.01, float("nan")):
        with pytest.raises(ConfigError, match=r"targets between(.|\n)*rescale them"):
            within(torch.tensor([0.5, wrong]), 0, 1, "targets", "rescale them")


def test_values_on_another_device_are_not_read():
    within(torch.empty(2, device="meta"), 0, 1, "targets", "rescale them")  # reading one would raise


def test_options_include_the_lower_bound_only():
    in_range("alpha", 0, 0, 1)
    in_range("gamma", 1e9, 0)
    for wrong in (-0.1, 1, float("nan")):
        with pytest.raises(ConfigError, match=f"alpha={wrong}"):
            in_range("alpha", wrong, 0, 1)


def test_an_empty_batch_is_refused():
    not_empty(torch.zeros(1))
    for shape in ((0,), (3, 0)):
        with pytest.raises(ConfigError, match="empty batch"):
            not_empty(torch.zeros(shape))
