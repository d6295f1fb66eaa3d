"""Weights of a trained network, loaded into a network of the same architecture that may end earlier."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from hibiscus.errors import DataError
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.input_scaling import InputScaling

__all__ = ["load_base"]

COUNTER = "num_batches_tracked"  # of batch norm, which older files do not have and no network here uses
FIX = "use weights of this architecture, as Hibiscus or the publisher wrote them"


def load_base(
    network: nn.Module, tensors: Mapping[str, Tensor], source: str, last_layer: str | None = None
) -> None:
    """Loads every weight and statistic of a network, in place; the scale of its inputs stays as it is.

    Args:
        network: whose tensors have the names of the trained ones; the modules that a `Backbone` applies to
            its maps are named by their stages: `after.STAGE`.
        tensors: those of the trained network; further ones, such as those of its last layer, are ignored.
        source: of the weights, for messages.
        last_layer: name of a layer that is not loaded.

    Raises:
        DataError: a tensor is missing, has another shape or type, or contains values that are not finite.
    """
    own = network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, InputScaling):
            for key in module.state_dict():
                own.pop(f"{name}.{key}")
    names = {name: _by_stage(network, name) for name in own if name.partition(".")[0] != last_layer}
    for own_name, name in names.items():
        tensor = own[own_name]
        if name not in tensors and name.endswith(COUNTER):
            continue
        if name not in tensors:
            raise DataError(f"{source}: no tensor {name}", f"shape {tuple(tensor.shape)}", FIX)
        if tensors[name].shape != tensor.shape:
            received = f"{source}: tensor {name} of shape {tuple(tensors[name].shape)}"
            raise DataError(received, f"shape {tuple(tensor.shape)}", FIX)
        if tensors[name].is_floating_point() != tensor.is_floating_point():
            raise DataError(f"{source}: tensor {name} of type {tensors[name].dtype}", str(tensor.dtype), FIX)
        if not torch.isfinite(tensors[name]).all():
            raise DataError(f"{source}: tensor {name} has values that are not finite", "numbers", FIX)
    loaded = {own_name: tensors[name] for own_name, name in names.items() if name in tensors}
    network.load_state_dict(loaded, strict=False)


def _by_stage(network: nn.Module, name: str) -> str:
    kind, _, rest = name.partition(".")
    if kind != "finish" or not isinstance(network, Backbone):
        return name
    index, _, rest = rest.partition(".")
    return f"after.{network.taps[int(index)]}.{rest}"
