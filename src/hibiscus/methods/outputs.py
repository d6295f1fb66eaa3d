"""Computes the outputs of a network for a batch or a whole part, and the features before its last layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import UsageError
from hibiscus.methods.augmentation import flip_average
from hibiscus.networks.member_layers import MemberLinear

__all__ = ["before_last", "forward", "predict_part", "predict_table", "with_targets"]

ROWS_AT_ONCE = 4096  # of a table


def forward(network: Callable[..., Tensor], batch: Batch) -> Tensor:
    """The network's raw outputs for a batch, float32 `(batch, outputs)`."""
    return network(*[batch[name] for name in INPUTS if name in batch]).float()


def with_targets(network: Callable[..., Tensor], batch: Batch, field: str) -> tuple[Tensor, Tensor]:
    """As `forward`, and the field of the batch with which the outputs are compared.

    In training, an ensemble gives (members * batch, outputs), one member after the other; then the field is
    repeated for each of them.
    """
    outputs, targets = forward(network, batch), batch[field]
    members = len(outputs) // max(1, len(targets))
    return outputs, targets if members == 1 else targets.repeat(members, *[1] * (targets.ndim - 1))


def before_last(network: nn.Module) -> Callable[..., Tensor]:
    """A function that maps a network's inputs to the input of its last linear layer, `(items, features)`.

    Raises:
        UsageError: when the function is called and the network has no linear layer.
    """
    linear_layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]

    def features(*inputs: Tensor) -> Tensor:
        layer_inputs: list[Tensor] = []

        def keep(layer: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            by_member = isinstance(layer, MemberLinear)
            layer_inputs.append(arguments[0].transpose(0, 1) if by_member else arguments[0])

        hooks = [layer.register_forward_pre_hook(keep) for layer in linear_layers]
        try:
            network(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
        if not layer_inputs:
            raise UsageError(
                "this network has no linear layer",
                "features before a last linear layer",
                "use what `predict` returns",
            )
        return layer_inputs[-1].flatten(1)

    return features


def predict_table(
    network: Callable[..., Tensor],
    rows: np.ndarray,
    device: torch.device,
    activation: Callable[[Tensor], Tensor] = lambda outputs: outputs,
) -> Tensor:
    """The activated outputs for rows of a table that are not those of the data, on the CPU.

    Shapes: rows (items, features) float32; returns (items, outputs) float32.
    """
    outputs = []
    for some in torch.from_numpy(rows).split(ROWS_AT_ONCE):
        outputs.append(activation(forward(network, Batch(table=some.to(device)))).cpu())
    return torch.cat(outputs)


def predict_part(
    network: Callable[..., Tensor],
    data: PreparedData,
    part: str,
    activation: Callable[[Tensor], Tensor] = lambda outputs: outputs,
    tta_flip: bool = False,
) -> Tensor:
    """The activated outputs for a whole part, on the CPU: `(items, outputs)` float32.

    Args:
        network: a network, or a function with the same inputs.
        data: prepared data.
        part: the name of the part.
        activation: applied to the raw outputs of each batch.
        tta_flip: first average the raw outputs for each image and its flipped copy.
    """

    def outputs(batch: Batch) -> Tensor:
        if not tta_flip:
            return forward(network, batch)
        return flip_average(
            lambda images: forward(network, Batch({**batch, "image": images})), batch["image"]
        )

    (activated,) = data.collect(part, lambda batch: [activation(outputs(batch))])
    return torch.from_numpy(activated)
