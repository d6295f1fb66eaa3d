r"""Exponential moving averages of weights.

    ema <- d ema + (1 - d) weights,    d = min(decay, (1 + t) / (10 + t)),    after round t of a stage

The average is one of the method's networks, named `ema`: a frozen copy that a `Follower` moves towards the
trained network. The smaller decay of the first rounds lets it forget the weights from which a stage starts.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from hibiscus.training.player import Follower, frozen_copy

__all__ = ["ema_followers", "ema_or", "with_ema"]


def with_ema(networks: Mapping[str, nn.Module], name: str, decay: float) -> dict[str, nn.Module]:
    """The networks, with the average of one of them added as `ema` unless the decay is 0."""
    return {**networks, "ema": frozen_copy(networks[name])} if decay else dict(networks)


def ema_followers(networks: Mapping[str, nn.Module], name: str, decay: float) -> list[Follower]:
    """The follower that moves `ema` towards its network, if there is an `ema`."""
    return [Follower(networks["ema"], networks[name], decay, warm_up=True)] if "ema" in networks else []


def ema_or(networks: Mapping[str, nn.Module], name: str) -> nn.Module:
    """The network for predictions and samples: the average if there is one, otherwise the network itself."""
    return networks.get("ema", networks[name])
