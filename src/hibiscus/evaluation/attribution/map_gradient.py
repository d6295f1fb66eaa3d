"""The map of a layer, and the gradient of a score with respect to it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.feature_maps import watching

__all__ = ["Score", "map_gradient"]

Score = Callable[[Tensor], Tensor]  # maps inputs (items, ...) to one number for each, (items,)


def map_gradient(score: Score, layer: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    r"""The map $A$ of a layer and $\partial s / \partial A$, where the score $s$ is computed from it.

    Args:
        score: calls the network to which the layer belongs.
        layer: returns a map; of several calls, the last counts.
        images: (items, channels, height, width).

    Returns:
        Both (items, maps, rows, columns), float32. The gradient does not depend on whether the parameters
        require gradients, so that frozen copies of networks can be explained too.

    Raises:
        ConfigError: the layer is not used for the score, or returns no map.
    """
    seen: list[Tensor] = []

    def see(output: Tensor) -> Tensor:
        seen[:] = [output.detach().clone().requires_grad_()]
        return seen[0].clone()  # the next layer may overwrite its input

    with torch.inference_mode(False), torch.enable_grad():
        with watching(layer, see):
            total = score(images.detach().clone()).sum()
        gradient = None
        if seen and total.requires_grad:
            (gradient,) = torch.autograd.grad(total, seen, allow_unused=True)
    if gradient is None:
        received = f"the layer ({type(layer).__name__}) returns no map from which the score is computed"
        raise ConfigError(received, "a layer between the input and the score", "choose another: layer=NAME")
    return seen[0].detach().float(), gradient.float()
