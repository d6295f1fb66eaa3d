"""Weights of a trained network, loaded into a network of the same architecture that may end earlier."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hibiscus.errors import DataError
from hibiscus.networks.input_scaling import InputScaling

__all__ = ["load_base"]

FIX = "use weights of this architecture, as Hibiscus or the publisher wrote them"


def load_base(network: nn.Module, tensors: Mapping[str, Tensor], source: str) -> None:
    """Loads every weight and statistic of a network, in place; the scale of its inputs stays as it is.

    Args:
        network: a `Backbone`, or another network whose tensors have the names of the trained ones.
        tensors: those of the trained network; further ones, such as those of its last layer, are ignored.
        source: of the weights, for messages.

    Raises:
        DataError: a tensor is missing, has another shape, or contains values that are not finite.
    """
    own = network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, InputScaling):
            for key in module.state_dict():
                own.pop(f"{name}.{key}")
    for name, tensor in own.items():
        if name not in tensors:
            raise DataError(f"{source}: no tensor {name}", f"shape {tuple(tensor.shape)}", FIX)
        if tensors[name].shape != tensor.shape:
            received = f"{source}: tensor {name} of shape {tuple(tensors[name].shape)}"
            raise DataError(received, f"shape {tuple(tensor.shape)}", FIX)
        if not torch.isfinite(tensors[name]).all():
            raise DataError(f"{source}: tensor {name} has values that are not finite", "numbers", FIX)
    network.load_state_dict({name: tensors[name] for name in own}, strict=False)
