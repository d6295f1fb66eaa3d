"""Each regression loss against its formula in NumPy, against PyTorch's own, and at the edges."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hibiscus.errors import ConfigError
from hibiscus.losses import huber, mean_absolute_error, mean_squared_error, smooth_l1


def numpy_huber(p, t, delta):
    distance = np.abs(p - t)
    return np.mean(np.where(distance <= delta, distance**2 / 2, delta * (distance - delta / 2)))


def numpy_smooth_l1(p, t, beta):
    distance = np.abs(p - t)
    return np.mean(np.where(distance < beta, distance**2 / (2 * beta), distance - beta / 2))


ROWS = {
    "mse": (mean_squared_error, F.mse_loss, lambda p, t: np.mean((p - t) ** 2)),
    "mae": (mean_absolute_error, F.l1_loss, lambda p, t: np.mean(np.abs(p - t))),
    "huber": (huber, F.huber_loss, lambda p, t: numpy_huber(p, t, 1)),
    "huber 0.3": (
        lambda p, t: huber(p, t, 0.3),
        lambda p, t: F.huber_loss(p, t, delta=0.3),
        lambda p, t: numpy_huber(p, t, 0.3),
    ),
    "smooth l1": (smooth_l1, F.smooth_l1_loss, lambda p, t: numpy_smooth_l1(p, t, 1)),
    "smooth l1 0.1": (
        lambda p, t: smooth_l1(p, t, 0.1),
        lambda p, t: F.smooth_l1_loss(p, t, beta=0.1),
        lambda p, t: numpy_smooth_l1(p, t, 0.1),
    ),
    "smooth l1 0": (
        lambda p, t: smooth_l1(p, t, 0),
        lambda p, t: F.smooth_l1_loss(p, t, beta=0),
        lambda p, t: np.mean(np.abs(p - t)),
    ),
}
LOSSES = {name: row[0] for name, row in ROWS.items()}


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(5)
    return tuple(2 * torch.randn(13, 3, generator=generator, dtype=torch.float64) for _ in range(2))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_each_is_its_formula_and_pytorchs(batch, row):
    ours, torchs, formula = row
    expected = formula(*(x.numpy() for x in batch))
    assert ours(*batch).item() == pytest.approx(expected, rel=1e-12)
    assert torchs(*batch).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_reach_prediction_and_target(batch, loss):
    assert torch.autograd.gradcheck(loss, tuple(x.clone().requires_grad_() for x in batch))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_no_distance_no_loss_and_no_pull(loss):
    prediction = torch.randn(4, requires_grad=True)
    value = loss(prediction, prediction.detach())
    value.backward()
    assert value == 0
    assert prediction.grad is not None
    assert (prediction.grad == 0).all()


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extremes_stay_finite_in_float32(loss, dtype):
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(torch.full((8, 1), 1e4).to(dtype), torch.full((8,), -1e4))
    assert value.isfinite()
    assert value.dtype == torch.float32


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_column_and_a_row_are_not_broadcast(loss):
    prediction, target = torch.randn(6), torch.randn(6)
    expected = loss(prediction, target)
    assert loss(prediction[:, None], target) == expected
    assert loss(prediction, target[:, None]) == expected
    assert loss(prediction[:1, None], target[:1]).ndim == 0
    assert loss(prediction, target.double()).dtype == torch.float32


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_wrong_shapes_are_refused(loss):
    for prediction, target in [((4, 2), (4,)), ((4,), (5,)), ((0,), (0,)), ((2, 3), (3, 2))]:
        with pytest.raises(ConfigError) as caught:
            loss(torch.zeros(prediction), torch.zeros(target))
        assert caught.value.expected
        assert caught.value.fix


def test_options_out_of_range():
    with pytest.raises(ConfigError, match="delta=0"):
        huber(torch.zeros(2), torch.zeros(2), 0)
    with pytest.raises(ConfigError, match="beta=-1"):
        smooth_l1(torch.zeros(2), torch.zeros(2), -1)
