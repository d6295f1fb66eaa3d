"""Networks: plain `torch.nn.Module`s, independent of training and built by name.

Methods only call `build_network("resnet20", (3, 32, 32), 10)`. The modules `mlp`, `cnn`, `conv4`, `ynetwork`,
`recurrent`, `vgg`, `resnet`, `imagenet_resnet` and `densenet` contain one family each, `layers` contains
shared layers, and `regularizers` contains penalties and constraints for any network.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hibiscus.networks.registry import build_network, list_networks

if TYPE_CHECKING:
    from hibiscus.networks.layers import activation, count_parameters, initialize
    from hibiscus.networks.regularizers import WeightPenalty, constrain

__all__ = [
    "WeightPenalty",
    "activation",
    "build_network",
    "constrain",
    "count_parameters",
    "initialize",
    "list_networks",
]

_LAZY = {
    "WeightPenalty": "regularizers",
    "activation": "layers",
    "constrain": "regularizers",
    "count_parameters": "layers",
    "initialize": "layers",
}


def __getattr__(name: str) -> Any:
    """Imports modules that require torch on first use, so that importing this package is fast."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
