r"""A check of attribution maps: with random weights, a map must be another one.

    weights of the last layers <- shuffled, from the last layer to the first;    correlation(map, map now)

A map that stays alike although the network has forgotten what it learned shows the image, not the network;
edge detectors are such. Only positions count on which the score of one of the two networks depends: the
place of a detection is the same for both. The values of each tensor are shuffled, so that their distribution
is preserved.

Reference: Adebayo et al., "Sanity Checks for Saliency Maps", 2018, arXiv 1810.03292 (cascading
    randomization).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

MIN_POSITIONS = 4  # with fewer, a correlation says nothing

__all__ = ["cascading_randomization", "check_randomized", "rank_correlation"]


def cascading_randomization(
    network: nn.Module, seed: int = 0, steps: int = 5
) -> Iterator[tuple[float, nn.Module]]:
    """Copies of a network in which more and more of the last layers have random weights.

    Args:
        network: stays as it is.
        seed: of the random numbers.
        steps: number of copies, the last of which has random weights throughout.

    Yields:
        The fraction of layers with random weights, and the copy, which the next step changes.
    """
    changed = copy.deepcopy(network)
    layers = [layer for layer in changed.modules() if list(layer.parameters(recurse=False))][::-1]
    generator, done = torch.Generator().manual_seed(seed), 0
    steps = max(1, min(steps, len(layers)))
    for step in range(1, steps + 1):
        while done < round(step * len(layers) / steps):
            for parameter in layers[done].parameters(recurse=False):
                order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
                parameter.data = parameter.data.flatten()[order].view_as(parameter.data)
            done += 1
        yield done / max(1, len(layers)), changed


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's rank correlation of the absolute values of two maps of equal shape; 0 if one is constant.

    Positions that are not a number in both maps are left out, unless fewer than four others remain; in one
    map, such a position counts as 0.
    """
    kept = ~(first.isnan() & second.isnan())
    kept = kept if int(kept.sum()) >= MIN_POSITIONS else torch.ones_like(kept)
    both = [values.detach().nan_to_num(0)[kept].abs() for values in (first, second)]
    ranks = [_ranks(values.flatten().double().cpu().numpy()) for values in both]
    centered = [values - values.mean() for values in ranks]
    norm = float(np.sqrt((centered[0] ** 2).sum() * (centered[1] ** 2).sum()))
    return float((centered[0] * centered[1]).sum() / norm) if norm else 0.0


def check_randomized(
    network: nn.Module, heatmap: Callable[[nn.Module], Tensor], steps: int = 5
) -> list[tuple[float, float]]:
    """The rank correlations of a map with those of the randomized networks.

    Args:
        network: the trained network.
        heatmap: computes the map with a network like this one; not a number where the score does not depend
            on the position, since the place of a detection is the same for every network.
        steps: of `cascading_randomization`.

    Returns:
        Pairs of the fraction of layers with random weights and the correlation.
    """
    trained = heatmap(network)
    return [
        (fraction, rank_correlation(trained, heatmap(randomized)))
        for fraction, randomized in cascading_randomization(network, steps=steps)
    ]


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[inverse]
