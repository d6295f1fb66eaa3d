"""Ensembles of networks on texts and series."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from hibiscus.data.preparation import Preparation
from hibiscus.networks.token_ensemble import TokenEnsemble

__all__ = ["build_text_ensemble"]


def build_text_ensemble(
    build: Callable[[], nn.Module],
    members: int | None,
    preparation: Preparation,
    outputs: int,
    series: bool = False,
) -> nn.Module:
    """The network, or several of them side by side if the inputs are texts, or it is one of series.

    Args:
        build: a new network.
        members: their number; one by default.
        preparation: what was learned from the training part.
        outputs: of a network.
        series: whether the network is one of series of which ensembles are trained.
    """
    if not ("text" in preparation or series) or not members or members == 1:
        return build()
    average = "values" if "target" in preparation else "probabilities"
    if (outputs == 1 and average == "probabilities") or "labels" in preparation:
        average = "probability"
    return TokenEnsemble([build() for _ in range(members)], average)
