r"""Exponential moving averages of weights.

    ema <- decay ema + (1 - decay) weights,    after every round

The average is a network of the method under the name `ema`: a frozen copy that a `Follower` moves towards the network that learns.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from hibiscus.training.player import Follower, frozen_copy

__all__ = ["ema_followers", "ema_or", "with_ema"]


def with_ema(networks: Mapping[str, nn.Module], name: str, decay: float) -> dict[str, nn.Module]:
    """The networks, with an average of one of them as `ema` beside them unless the decay is 0."""
    return {**networks, "ema": frozen_copy(networks[name])} if decay else dict(networks)


def ema_followers(networks: Mapping[str, nn.Module], name: str, decay: float) -> list[Follower]:
    """The follower that moves `ema` towards a network, where there is one."""
    return [Follower(networks["ema"], networks[name], decay, warm_up=True)] if "ema" in networks else []


def ema_or(networks: Mapping[str, nn.Module], name: str) -> nn.Module:
    """The average where there is one, otherwise the network itself: what predictions and samples are made with."""
    return networks.get("ema", networks[name])
