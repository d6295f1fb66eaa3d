r"""N-BEATS: blocks that each explain a part of the window and contribute a part of the forecast.

    $x_{i+1} = x_i - \hat x_i$,    $\hat y = \sum_i \hat y_i$,
    $\hat x_i = V^b \theta^b_i$,  $\hat y_i = V^f \theta^f_i$,  $\theta_i = W\, \mathrm{MLP}(x_i)$

Generic blocks learn the bases $V$. Interpretable ones have fixed bases: polynomials of the time in the first
stack, the trend, and sines and cosines in the second, the season; `parts` returns what each stack
contributes.

Reference: Oreshkin et al., "N-BEATS: Neural basis expansion analysis for interpretable time series
    forecasting", ICLR 2020, arXiv 1905.10437.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hibiscus.networks.forecasting.forecast_shape import ForecastShape
from hibiscus.networks.input_shapes import choice, whole
from hibiscus.networks.layers import initialize

__all__ = ["NBeats", "NBeatsBlock", "build_nbeats", "polynomials", "waves"]

STACKS = ("generic", "interpretable")


def build_nbeats(
    shape: ForecastShape,
    stacks: str = "generic",
    blocks: int = 3,
    layers: int = 4,
    units: int = 128,
    theta: int = 32,
    degree: int = 3,
) -> NBeats:
    """Two stacks of blocks.

    Args:
        shape: the sizes of the problem.
        stacks: `generic`, or `interpretable` for a stack of trends and one of seasons.
        blocks: blocks of each stack; those of an interpretable stack share their weights.
        layers: hidden layers of a block.
        units: units of each hidden layer.
        theta: generic: learned basis functions of a block.
        degree: interpretable: degree of the polynomials.

    Raises:
        ConfigError: a value out of range.
    """
    sizes = (shape.input_length, shape.horizon), whole("layers", layers), whole("units", units)
    count, rows = whole("blocks", blocks), []
    for stack in range(2):
        if choice("stacks", stacks, STACKS) == "interpretable":
            bases = waves(*sizes[0]) if stack else polynomials(*sizes[0], whole("degree", degree))
            block = NBeatsBlock(*sizes, shape.quantiles, bases, explains=not stack or count > 1)
            rows.append([block] * count)
        else:
            last = [not stack or index < count - 1 for index in range(count)]
            size = whole("theta", theta)
            rows.append([NBeatsBlock(*sizes, shape.quantiles, theta=size, explains=more) for more in last])
    return NBeats(shape, rows)


def polynomials(past: int, future: int, degree: int) -> tuple[Tensor, Tensor]:
    """The powers 0 to `degree` of the time, from 0 to 1 over the past and over the future: (degree + 1, past)
    and (degree + 1, future).
    """
    powers = torch.arange(degree + 1)[:, None]
    past_basis, future_basis = (torch.arange(steps) / steps for steps in (past, future))
    return past_basis**powers, future_basis**powers


def waves(past: int, future: int) -> tuple[Tensor, Tensor]:
    r"""Cosines and sines of periods down to two steps of the future: $\cos(2 \pi i t / H)$ and
    $\sin(2 \pi i t / H)$; the past has negative times. (waves, past) and (waves, future).
    """
    harmonics = torch.arange(max(2, future // 2 + 1))[:, None]
    angles = 2 * math.pi * harmonics * torch.arange(-past, future) / max(future, 2)
    basis = torch.cat([angles.cos(), angles[1:].sin()])
    return basis[:, :past], basis[:, past:]


class NBeatsBlock(nn.Module):
    """Hidden layers, and the coefficients of the bases of the past and of the future.

    Args:
        lengths: steps of the past and of the future.
        layers: hidden layers.
        units: units of each.
        quantiles: forecasts per step.
        bases: fixed bases (functions, past) and (functions, future); None for learned ones.
        theta: functions of learned bases.
        explains: whether a later block takes what this one leaves of the past; the last one has no weights
            for it.

    Shapes: (batch, L) to (batch, L) and (batch, H, Q).
    """

    def __init__(
        self,
        lengths: tuple[int, int],
        layers: int,
        units: int,
        quantiles: int = 1,
        bases: tuple[Tensor, Tensor] | None = None,
        theta: int = 32,
        explains: bool = True,
    ):
        super().__init__()
        hidden: list[nn.Module] = []
        for size in (lengths[0], *[units] * (layers - 1)):
            hidden += [nn.Linear(size, units), nn.ReLU(inplace=True)]
        self.hidden = initialize(nn.Sequential(*hidden), "he_uniform")
        past, ahead = (theta, theta) if bases is None else (len(bases[0]), len(bases[1]))
        self.past_theta = nn.Linear(units, past, bias=False) if explains else None
        self.future_theta = nn.ModuleList(nn.Linear(units, ahead, bias=False) for _ in range(quantiles))
        for layer in (self.past_theta, self.future_theta):
            if layer is not None:
                initialize(layer, "glorot_uniform")
        if bases is None:
            self.past_basis = _learned(past, lengths[0]) if explains else None
            self.future_basis = _learned(ahead, lengths[1])
        else:
            self.register_buffer("past_basis", bases[0], persistent=False)
            self.register_buffer("future_basis", bases[1], persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the block explains of the past, and what it contributes to the forecast."""
        hidden = self.hidden(x)
        forecasts = [theta(hidden) @ self.future_basis for theta in self.future_theta]
        explained = torch.zeros_like(x)
        if self.past_theta is not None:
            explained = self.past_theta(hidden) @ self.past_basis
        return explained, torch.stack(forecasts, dim=2)


def _learned(functions: int, steps: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(functions, steps) / functions**0.5)


class NBeats(nn.Module):
    """Stacks of blocks on the residuals of those before.

    Args:
        shape: the sizes of the problem.
        stacks: the blocks of each stack; a block that occurs twice shares its weights.

    Shapes: as `Forecaster`; each target is an item of its own.

    Differences from the paper: one network instead of an ensemble of 180, smaller layers, and the basis of a
        trend reaches from 0 to 1 over the past, too.
    """

    def __init__(self, shape: ForecastShape, stacks: list[list[NBeatsBlock]]):
        super().__init__()
        self.shape = shape
        self.stacks = nn.ModuleList(nn.ModuleList(blocks) for blocks in stacks)

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast of each target from its own past."""
        return self.parts(series)[0].sum(0)

    def parts(self, series: Tensor) -> tuple[Tensor, Tensor]:
        """The forecast of each stack (stacks, batch, H, T, Q), and what no block explains of the past (batch,
        L, T).
        """
        targets = self.shape.targets
        residual = series[:, :, :targets].transpose(1, 2).flatten(0, 1)  # (batch * T, L)
        forecasts = []
        for stack in self.stacks:
            total = residual.new_zeros(len(residual), self.shape.horizon, self.shape.quantiles)
            for block in stack:  # type: ignore[attr-defined]
                past, ahead = block(residual)
                residual, total = residual - past, total + ahead
            forecasts.append(total.unflatten(0, (-1, targets)).transpose(1, 2))
        return torch.stack(forecasts), residual.unflatten(0, (-1, targets)).transpose(1, 2)
