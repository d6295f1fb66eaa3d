"""The registry of forecasting networks, and what all of them have in common: reversible instance
normalization, channel independence, covariates, and quantiles that do not cross.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError, nearest
from hibiscus.networks.forecasting.covariate_terms import covariate_term
from hibiscus.networks.forecasting.forecast_shape import ForecastShape
from hibiscus.networks.forecasting.instance_normalization import InstanceNorm
from hibiscus.networks.input_shapes import choice

__all__ = ["FORECASTERS", "ForecastNetwork", "Forecaster", "build_forecaster", "forecaster_options"]


@dataclass(frozen=True)
class ForecastNetwork:
    """One row of the registry.

    Attributes:
        builder: `module:function`; the function takes a `ForecastShape` and the options.
        description: one line for help.
        covariates: what the linear term of `covariate_terms` adds to the network: `all` it does not read, the
            `ahead`, for a network that reads them for the past only, or `none`.
        univariate: whether it forecasts each target from its own past by nature.
        instance_norm: whether its paper has the normalization.
    """

    builder: str
    description: str
    covariates: str
    univariate: bool = False
    instance_norm: bool = False


FORECASTERS: dict[str, ForecastNetwork] = {
    "conv-rnn": ForecastNetwork(
        "recurrent_forecaster:build_conv_rnn",
        "a convolution that shortens the window for a recurrent layer",
        "ahead",
    ),
    "conv1d": ForecastNetwork(
        "temporal_convolution:build_temporal_convolution",
        "dilated causal convolutions in residual blocks (TCN)",
        "ahead",
    ),
    "dlinear": ForecastNetwork(
        "linear_forecaster:build_dlinear",
        "linear layers on the moving average and on the rest",
        "all",
        univariate=True,
    ),
    "encoder-decoder": ForecastNetwork(
        "recurrent_decoder:build_encoder_decoder",
        "a recurrent layer reads the window, another writes the forecast step by step",
        "none",
    ),
    "gru": ForecastNetwork("recurrent_forecaster:build_gru", "gated recurrent unit", "ahead"),
    "linear": ForecastNetwork(
        "linear_forecaster:build_linear", "one linear layer over the window", "all", univariate=True
    ),
    "lstm": ForecastNetwork("recurrent_forecaster:build_lstm", "long short-term memory", "ahead"),
    "mlp": ForecastNetwork(
        "mlp_forecaster:build_mlp_forecaster", "multi-layer perceptron on the window", "none"
    ),
    "n-beats": ForecastNetwork(
        "nbeats:build_nbeats",
        "blocks that explain the window part by part; generic, or trend and season",
        "all",
        univariate=True,
    ),
    "nlinear": ForecastNetwork(
        "linear_forecaster:build_nlinear",
        "a linear layer on the differences from the last value",
        "all",
        univariate=True,
    ),
    "patchtst": ForecastNetwork(
        "patchtst:build_patchtst",
        "a small Transformer on patches of each variable",
        "all",
        univariate=True,
        instance_norm=True,
    ),
    "rnn": ForecastNetwork("recurrent_forecaster:build_rnn", "simple recurrent network", "ahead"),
}


def build_forecaster(
    net: str,
    input_length: int,
    horizon: int,
    variables: int,
    targets: int,
    future: int = 0,
    static: int = 0,
    quantiles: int = 1,
    instance_norm: bool | None = None,
    channel_independent: bool | None = None,
    **options: Any,
) -> Forecaster:
    """A new forecasting network by name, initialized with torch's global generator.

    Args:
        net: a name in `FORECASTERS`.
        input_length: steps of the window, L.
        horizon: steps of the forecast, H.
        variables: variables of the window, V; the targets are the first of them.
        targets: variables that are forecast, T.
        future: columns known in the future, F.
        static: columns that are constant for a series, C.
        quantiles: outputs per value, Q, in ascending order; one is a point forecast.
        instance_norm: whether each window is standardized by itself; None as in the paper of the network.
        channel_independent: whether each target is forecast from its own past (and the covariates) with
            shared weights, rather than all together; None is True for networks that are so by nature.
        options: the options of the network, see `forecaster_options`.

    Raises:
        ConfigError: an unknown name or option, or a value out of range.

    Example:
        build_forecaster("dlinear", 336, 96, variables=7, targets=7)
    """
    entry = FORECASTERS[choice("net", net, FORECASTERS)]
    known = forecaster_options(net)
    for option in options:
        if option not in known:
            expected = f"one of: {', '.join(sorted(known))}" if known else "no options"
            raise ConfigError(f"{net} has no option {option!r}", expected, nearest(option, list(known)))
    if entry.univariate and channel_independent is False:
        several = ", ".join(name for name, row in FORECASTERS.items() if not row.univariate)
        raise ConfigError(
            f"channel_independent=False with net={net}",
            "a network that forecasts all variables together",
            f"leave it out, or use one of: {several}",
        )
    shape = ForecastShape(input_length, horizon, variables, targets, future, static, quantiles)
    independent = bool(channel_independent) and not entry.univariate and targets > 1
    inner = replace(shape, variables=1 + shape.others, targets=1) if independent else shape
    core = _builder(entry)(inner, **options)
    normalize = entry.instance_norm if instance_norm is None else instance_norm
    return Forecaster(shape, core, entry.covariates, bool(normalize), independent)


class Forecaster(nn.Module):
    """A network with what all of them have in common.

    Args:
        shape: the sizes of the problem.
        core: the network; for independent channels, one for a single target.
        covariates: as in `ForecastNetwork`.
        instance_norm: whether windows are standardized by themselves.
        independent: whether the targets are items of the batch of `core`.

    Shapes: series (batch, L, V), future (batch, L + H, F) or None, static (batch, C) or None to (batch, H, T,
        Q).
    """

    def __init__(
        self, shape: ForecastShape, core: nn.Module, covariates: str, instance_norm: bool, independent: bool
    ):
        super().__init__()
        self.shape, self.core, self.independent = shape, core, independent
        self.norm = InstanceNorm(shape.variables) if instance_norm else None
        self.term = None if covariates == "none" else covariate_term(shape, past=covariates == "all")

    def forward(self, series: Tensor, future: Tensor | None = None, static: Tensor | None = None) -> Tensor:
        """The forecast; its quantiles are sorted, hence do not cross."""
        future, static = self._expected(future, "future"), self._expected(static, "static")
        scale = None
        if self.norm is not None:
            series, scale = self.norm(series)
        forecast = self._independent if self.independent else self.core
        y = forecast(series, future, static)
        if self.term is not None:
            y = y + self.term(series, future, static)
        if self.norm is not None and scale is not None:
            y = self.norm.inverse(y, scale)
        return y.sort(dim=-1, stable=True).values if self.shape.quantiles > 1 else y

    def _independent(self, series: Tensor, future: Tensor | None, static: Tensor | None) -> Tensor:
        """Each target with the other variables as an item of the batch."""
        batch, steps, _ = series.shape
        targets = self.shape.targets
        own = series[:, :, :targets].transpose(1, 2).reshape(batch * targets, steps, 1)
        parts = [own, *(_repeated(part, targets) for part in (series[:, :, targets:],) if part.shape[2])]
        x = torch.cat(parts, dim=2)
        y = self.core(x, _repeated(future, targets), _repeated(static, targets))  # (batch * T, H, 1, Q)
        return y.squeeze(2).unflatten(0, (batch, targets)).transpose(1, 2)

    def _expected(self, values: Tensor | None, name: str) -> Tensor | None:
        columns = getattr(self.shape, name)
        received = 0 if values is None else values.shape[-1]
        if received != columns:
            raise ConfigError(
                f"{received} {name} columns",
                f"{columns}, for which the network was built",
                "pass all of them",
            )
        return values if columns else None


def _repeated(values: Any, times: int) -> Any:
    return None if values is None else values.repeat_interleave(times, dim=0)


def forecaster_options(net: str) -> dict[str, Any]:
    """The options of a network beside those of `build_forecaster`, with their defaults.

    Raises:
        ConfigError: an unknown name.
    """
    builder = _builder(FORECASTERS[choice("net", net, FORECASTERS)])
    parameters = list(inspect.signature(builder).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in parameters}


def _builder(entry: ForecastNetwork) -> Callable[..., nn.Module]:
    file, function = entry.builder.split(":")
    return getattr(importlib.import_module(f"hibiscus.networks.forecasting.{file}"), function)
