r"""Integrated gradients: divides the difference of a score between an input and a baseline among the values
of the input.

    attribution_i = (x_i - b_i) mean over m of  dscore/dx_i (b + (m - 1/2) / steps (x - b)),   m = 1 .. steps

The integral along the straight path from the baseline `b` to `x` is computed by the midpoint rule. The
attributions sum to `score(x) - score(b)` (completeness), up to the error of the sum: if that exceeds the
tolerance, the number of steps is doubled.

Reference: Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", 2017, arXiv 1703.01365.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hibiscus.evaluation.attribution.map_gradient import Score

__all__ = ["IntegratedGradients", "integrated_gradients"]

SMALL = 1e-6  # score differences below this have no relative error


@dataclass(frozen=True)
class IntegratedGradients:
    """Attributions with what shows whether they are complete.

    Args:
        attributions: in the shape of the inputs.
        difference: score of each input minus score of its baseline, (items,).
        steps: points of the path at which the gradient was computed.
    """

    attributions: Tensor
    difference: Tensor
    steps: int

    @property
    def sums(self) -> Tensor:
        """The sum of the attributions of each item, (items,)."""
        return self.attributions.double().flatten(1).sum(1)

    @property
    def errors(self) -> Tensor:
        """`|sum - difference| / |difference|` of each item, (items,)."""
        difference = self.difference.double()
        return (self.sums - difference).abs() / difference.abs().clamp_min(SMALL)


def integrated_gradients(
    score: Score,
    inputs: Tensor,
    baseline: Tensor | float = 0.0,
    steps: int = 64,
    tolerance: float = 0.01,
    max_steps: int = 512,
) -> IntegratedGradients:
    """The attributions of a score to each value of the inputs.

    Args:
        score: maps inputs (items, ...) to the score of each, (items,).
        inputs: (items, ...), prepared as in training.
        baseline: where the path begins; 0 is the mean of the training part for standardized inputs.
        steps: points of the path at first.
        tolerance: relative error of the completeness from which the steps are doubled.
        max_steps: never more than these.
    """
    with torch.inference_mode(False), torch.enable_grad(), torch.compiler.set_stance("force_eager"):
        x = inputs.detach().clone()
        start = torch.zeros_like(x) + baseline
        with torch.no_grad():
            difference = score(x).double() - score(start).double()
        while True:
            total = torch.zeros_like(x)
            for step in range(steps):
                point = torch.lerp(start, x, (step + 0.5) / steps).requires_grad_()
                (gradient,) = torch.autograd.grad(score(point).sum(), point)
                total += gradient
            result = IntegratedGradients((x - start) * total / steps, difference, steps)
            if float(result.errors.max()) <= tolerance or steps >= max_steps:
                return result
            steps = min(2 * steps, max_steps)
