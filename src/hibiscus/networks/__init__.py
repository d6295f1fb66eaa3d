"""Networks: plain `torch.nn.Module`s that know nothing of training, made by name.

`build_network("resnet20", (3, 32, 32), 10)` is all that a method needs. The files `mlp`, `cnn`, `conv4`, `ynetwork`, `recurrent`, `vgg`,
`resnet` and `densenet` hold one family each, `layers` what they share, `penalty` what acts on the weights of any network.
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
    """Names whose file imports torch are fetched at first use, so that importing this package stays cheap."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
