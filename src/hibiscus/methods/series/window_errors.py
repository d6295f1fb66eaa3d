"""How badly the members of an anomaly detector explain windows of series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.methods.series.step_scores import block_of

__all__ = ["explain", "mean_error", "window_errors"]


def explain(member: nn.Module, batch: Batch, score: str) -> tuple[Tensor, Tensor, Tensor]:
    """What a member makes of the steps of each window, what they are, and whether they were observed.

    Args:
        member: a forecaster, or an autoencoder of windows.
        batch: of windows.
        score: `forecast` or `reconstruction`.

    Shapes: each (batch, horizon, targets); for a reconstruction (batch, input_length + horizon, targets).
    """
    if score == "forecast":
        outputs = member(batch.series, batch.get("future"), batch.get("static"))[..., 0].float()
        return outputs, batch.target, batch.observed
    past = batch.series[:, :, : batch.target.shape[2]]
    window = torch.cat([past, batch.target], dim=1)
    observed = torch.cat([torch.ones_like(past, dtype=torch.bool), batch.observed], dim=1)
    return member(window).float(), window, observed


def mean_error(outputs: Tensor, target: Tensor, observed: Tensor) -> Tensor:
    """The mean absolute error of each window over its observed values.

    Shapes: each (batch, steps, targets); returns (batch,).
    """
    error = (outputs - target).abs() * observed
    return error.flatten(1).sum(1) / observed.flatten(1).sum(1).clamp(min=1)


@torch.no_grad()
def window_errors(
    members: Sequence[nn.Module] | nn.ModuleList,
    batches: Iterable[Batch],
    score: str,
    horizon: int,
    blocks: np.ndarray | None,
) -> np.ndarray:
    """The mean error of the last `horizon` steps of each window.

    It is that of the mean of all members; in a block of the training part, that of the member that left it
    out.

    Args:
        members: in evaluation mode.
        batches: of windows, once and in order.
        score: as in `explain`.
        horizon: the steps whose errors count.
        blocks: of the training part, see `fold_blocks`; None for other data.

    Returns:
        float64 (windows,).
    """
    errors = [np.empty(0)]
    for batch in batches:
        explained = [explain(member, batch, score) for member in members]
        outputs, target, observed = (
            torch.stack([values[:, -horizon:] for values in parts]) for parts in zip(*explained, strict=True)
        )
        found = mean_error(outputs.mean(0), target[0], observed[0]).double().cpu().numpy()
        own = -1 if blocks is None else block_of(batch.origin.cpu().numpy(), horizon, blocks)
        if np.max(own) >= 0:
            single = [mean_error(output, target[0], observed[0]).double().cpu().numpy() for output in outputs]
            alone = np.stack(single)[np.maximum(own, 0), np.arange(len(found))]
            found = np.where(own >= 0, alone, found)
        errors.append(found)
    return np.concatenate(errors)
