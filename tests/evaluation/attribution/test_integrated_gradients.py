import pytest
import torch
from torch import nn

from hibiscus.evaluation.attribution.integrated_gradients import integrated_gradients


def test_a_linear_function_gives_weight_times_difference():
    weight, x = torch.randn(3, 7), torch.randn(5, 7)
    found = integrated_gradients(lambda v: v @ weight[1] + 4, x, baseline=0.5, steps=1)
    assert torch.allclose(found.attributions, (x - 0.5) * weight[1], atol=1e-6)
    assert found.steps == 1
    assert float(found.errors.max()) < 1e-5


def test_a_quadratic_function_is_exact_with_one_step():
    """The gradient of a quadratic function is linear along the path: for x'Qx / 2 from 0, x_i (Qx)_i / 2."""
    q = torch.randn(6, 6)
    q, x = q + q.T, torch.randn(4, 6)
    found = integrated_gradients(lambda v: ((v @ q) * v).sum(1) / 2, x, steps=1)
    assert torch.allclose(found.attributions, x * (x @ q) / 2, atol=1e-5)


def test_the_product_is_divided_equally():
    found = integrated_gradients(lambda v: v[:, 0] * v[:, 1], torch.tensor([[3.0, 4.0]]))
    assert torch.allclose(found.attributions, torch.tensor([[6.0, 6.0]]), atol=1e-5)


def test_a_value_that_changes_nothing_gets_nothing():
    found = integrated_gradients(lambda v: v[:, 0].relu(), torch.randn(8, 3))
    assert not found.attributions[:, 1:].any()


def test_steps_are_doubled_until_the_sum_is_right():
    def kink(v):  # flat, then steep: a coarse sum misses it
        return (v[:, 0] - 0.97).relu() * 100

    coarse = integrated_gradients(kink, torch.tensor([[1.0]]), steps=8, max_steps=8)
    fine = integrated_gradients(kink, torch.tensor([[1.0]]), steps=8, max_steps=4096)
    assert float(coarse.errors) == 1
    assert fine.steps > 8
    assert float(fine.errors) <= 0.01


def test_equal_scores_have_no_relative_error():
    found = integrated_gradients(lambda v: v.sum(1) * 0 + 2, torch.ones(2, 3))
    assert not found.errors.any()


def test_in_place_relus_and_inference_mode(tmp_path):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(64, 2)).eval()
    with torch.inference_mode():
        found = integrated_gradients(lambda v: network(v)[:, 0], torch.randn(2, 1, 6, 6))
    assert found.attributions.shape == (2, 1, 6, 6)
    assert float(found.errors.max()) <= 0.01
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.slow
def test_completeness_of_a_trained_network(tmp_path):
    """The sum of the attributions is within 1 % of the difference of the logits, for every test image."""
    import hibiscus

    run = hibiscus.train("classify", "digits", net="cnn", epochs=3, out=tmp_path / "run", quiet=True)
    shown = run.visualize("digits", ["integrated-gradients"], limit=32)
    errors = [one.checks["completeness_error"] for one in shown.heatmaps]
    assert len(errors) == 32
    assert max(errors) <= 0.01
