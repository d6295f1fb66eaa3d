import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from hibiscus.evaluation.attribution.grad_cam import grad_cam
from hibiscus.evaluation.attribution.randomized_weights import (
    cascading_randomization,
    check_randomized,
    rank_correlation,
)


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 4, 3),
        nn.Flatten(),
        nn.Linear(64, 3),
    ).eval()


def test_layers_get_random_weights_from_the_last_to_the_first():
    trained = network()
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    changed = []
    for fraction, copy in cascading_randomization(trained, steps=4):
        names = {name for name, value in copy.named_parameters() if not torch.equal(value, before[name])}
        changed.append((fraction, sorted({name.split(".")[0] for name in names})))
    assert [fraction for fraction, _ in changed] == [0.25, 0.5, 0.75, 1.0]
    assert changed[0][1] == ["5"]
    assert changed[1][1] == ["3", "5"]
    assert "0" in changed[3][1]
    assert all(torch.equal(value, before[name]) for name, value in trained.state_dict().items())


def test_the_values_of_a_tensor_are_shuffled():
    trained = network()
    *_, (_, copy) = cascading_randomization(trained)
    for (_, old), (_, new) in zip(trained.named_parameters(), copy.named_parameters(), strict=True):
        assert torch.equal(old.flatten().sort()[0], new.flatten().sort()[0])


def test_the_rank_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (6, 7)).astype(float), rng.normal(size=(6, 7))
    expected = spearmanr(np.abs(first).ravel(), np.abs(second).ravel()).statistic
    np.testing.assert_allclose(rank_correlation(torch.tensor(first), torch.tensor(second)), expected)
    assert rank_correlation(torch.zeros(3, 3), torch.randn(3, 3)) == 0


def test_positions_without_a_value_in_both_maps_are_left_out():
    nan = float("nan")
    first = torch.tensor([[nan, nan, nan, 1.0], [2, 3, 4, 5]])
    second = torch.tensor([[nan, nan, nan, 5.0], [4, 3, 2, nan]])
    assert rank_correlation(first, second) == pytest.approx(-1)  # the last value of the second counts as 0
    assert rank_correlation(first.nan_to_num(0), second.nan_to_num(0)) > -0.2
    few, other = torch.tensor([nan, nan, nan, 1.0, 2]), torch.tensor([nan, nan, nan, 2.0, 1])
    assert rank_correlation(few, other) == rank_correlation(few.nan_to_num(0), other.nan_to_num(0)) > 0


def test_a_map_that_ignores_the_network_stays_the_same():
    image = torch.randn(1, 1, 8, 8)
    assert {value for _, value in check_randomized(network(), lambda _: image[0, 0])} == {1.0}

    def cam(module):
        return grad_cam(lambda x: module(x)[:, 0], module.get_submodule("3"), image)[0]

    assert max(abs(value) for _, value in check_randomized(network(), cam)) < 0.999
