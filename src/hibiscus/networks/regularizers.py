r"""Weight regularization for any network: penalties added to the loss, and constraints applied after each
step.

    penalty: $\lambda_1 \sum |w| + \lambda_2 \sum w^2$ (no factor one half);
    max-norm: $w \leftarrow w \min(1, c / \lVert w \rVert)$ for the weights $w$ into each unit;
    clip: $w \leftarrow \min(\max(w, -c), c)$

Reference: Srivastava et al., "Dropout", JMLR 2014, §5.1 (max-norm); Arjovsky et al., "Wasserstein GAN", 2017,
arXiv 1701.07875 (clip).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError, nearest
from hibiscus.networks.input_shapes import choice

__all__ = ["TARGETS", "WeightPenalty", "constrain"]

TARGETS = ("activity", "bias", "weight")
WEIGHTED = (nn.Linear, nn.modules.conv._ConvNd, nn.RNNBase, nn.Embedding)


class WeightPenalty:
    r"""The L1 and L2 penalty of a network's weights, biases or outputs, of all layers or some; a call returns
    the scalar.

        $\lambda_1 \sum |v| + \lambda_2 \sum v^2$, summed over `weight` and `bias`;
        over `activity` also averaged over the batch

    It applies to linear, convolution, recurrent and embedding layers, not to normalization layers. The
    activity penalty collects the outputs of the layers in training through forward hooks until the next call;
    `close` removes the hooks.

    Args:
        network: any network.
        l1: $\lambda_1$, 0 or more.
        l2: $\lambda_2$, 0 or more.
        targets: any of `weight`, `bias`, `activity`.
        layers: pattern of the names of the layers, as in `network.named_modules()`: `*` for all, `head`,
            `branches.0.*`.

    Raises:
        ConfigError: a negative strength, an unknown target, or a pattern that no layer matches.

    Example:
        penalty = WeightPenalty(network, l2=1e-4)
        loss = cross_entropy(network(x), y) + penalty()
    """

    def __init__(
        self,
        network: nn.Module,
        l1: float = 0.0,
        l2: float = 0.0,
        targets: Sequence[str] = ("weight",),
        layers: str = "*",
    ):
        if min(l1, l2) < 0:
            raise ConfigError(f"l1={l1}, l2={l2}", "penalties of at least 0", "use for example l2=0.0001")
        names = {
            choice("targets", target, TARGETS)
            for target in ([targets] if isinstance(targets, str) else targets)
        }
        self.l1, self.l2 = float(l1), float(l2)
        chosen = list(_matching(network, layers))
        self._parameters = [
            parameter
            for layer in chosen
            for name, parameter in layer.named_parameters(recurse=False)
            if any(name.startswith(target) for target in names)
        ]
        self._collected: list[Tensor] = []
        self._hooks = (
            [layer.register_forward_hook(self._collect) for layer in chosen] if "activity" in names else []
        )

    def __call__(self) -> Tensor:
        """The penalty as a differentiable float32 scalar; clears the outputs collected so far."""
        parts = [
            self._of(parameter) for parameter in self._parameters if parameter.requires_grad
        ] + self._collected
        self._collected = []
        return torch.stack(parts).sum() if parts else torch.zeros(())

    def close(self) -> None:
        """Removes the hooks."""
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._collected = [], []

    def _collect(self, layer: nn.Module, inputs: Any, output: Any) -> None:
        if layer.training and torch.is_grad_enabled():
            value = output[0] if isinstance(output, tuple) else output
            # A copy, because the next layer may modify its input in place (ReLU).
            self._collected.append(self._of(value.clone()) / value.shape[0])

    def _of(self, value: Tensor) -> Tensor:
        value = value.float()
        total = value.new_zeros(())
        if self.l1:
            total = total + self.l1 * value.abs().sum()
        if self.l2:
            total = total + self.l2 * value.square().sum()
        return total


def _matching(network: nn.Module, pattern: str) -> Iterator[nn.Module]:
    """The layers with weights whose name matches the pattern."""
    known = {name: layer for name, layer in network.named_modules() if isinstance(layer, WEIGHTED)}
    chosen = [layer for name, layer in known.items() if fnmatchcase(name, pattern)]
    if not chosen:
        raise ConfigError(
            f"layers={pattern!r} matches no layer",
            "the name of a layer, or a pattern",
            nearest(pattern, known),
        )
    yield from chosen


@torch.no_grad()
def constrain(
    network: nn.Module, max_norm: float | None = None, clip: float | None = None, layers: str = "*"
) -> None:
    """Applies weight constraints in place; call it after each optimizer step.

    Args:
        network: any network.
        max_norm: largest Euclidean norm of the incoming weights of a unit (a filter, a unit of a gate); 3 or
            4 are common with dropout. Biases are not constrained.
        clip: largest absolute value of every selected parameter, including biases and normalization layers;
            0.01 for the critic of a WGAN.
        layers: pattern of the names of the layers, as in `network.named_modules()`.

    Raises:
        ConfigError: a bound that is not above 0, or a pattern that no layer matches.
    """
    for name, bound in (("max_norm", max_norm), ("clip", clip)):
        if bound is not None and not bound > 0:
            raise ConfigError(
                f"{name}={bound}",
                "a number above 0",
                f"use for example {name}={3 if name == 'max_norm' else 0.01}",
            )
    if max_norm is not None:
        for layer in _matching(network, layers):
            for name, parameter in layer.named_parameters(recurse=False):
                if name.startswith("weight"):
                    _shorten(
                        parameter,
                        max_norm,
                        unit_axis=1 if isinstance(layer, nn.modules.conv._ConvTransposeNd) else 0,
                    )
    if clip is not None:
        named = [(name.rpartition(".")[0], parameter) for name, parameter in network.named_parameters()]
        chosen = [parameter for layer, parameter in named if fnmatchcase(layer, layers)]
        if not chosen:
            raise ConfigError(
                f"layers={layers!r} matches no layer", "the name of a layer, or a pattern", "use layers='*'"
            )
        for parameter in chosen:
            parameter.clamp_(-clip, clip)


def _shorten(weight: Tensor, max_norm: float, unit_axis: int) -> None:
    axes = [axis for axis in range(weight.dim()) if axis != unit_axis]
    length = torch.linalg.vector_norm(weight, dim=axes, keepdim=True)
    weight.mul_((max_norm / length.clamp_min(torch.finfo(weight.dtype).tiny)).clamp_max(1))
