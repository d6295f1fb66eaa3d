"""The tensors of the checkpoint `last`: weights, random state, optimizers, and the position of the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor
from typing_extensions import TypedDict  # Pydantic needs this one below Python 3.12

from hibiscus.errors import TrainingError
from hibiscus.training.method import Method
from hibiscus.training.player import Stage
from hibiscus.typed_values import Count, Number

__all__ = ["Position", "TrainedStage", "collect_tensors", "not_finite_error", "restore_tensors"]

MAX_STAGES = 1000  # networks grow stage by stage up to that of a checkpoint


class TrainedStage(TypedDict):
    """The stage and the epoch in which a checkpoint was saved."""

    stage: Annotated[int, Field(strict=True, ge=0, lt=MAX_STAGES)]
    epoch: Count


class Position(TrainedStage):
    """Where a training stands, in the state of a checkpoint."""

    stage_round: Count
    round: Count
    stop_reason: str
    lr_factors: dict[str, Number]


def collect_tensors(
    method: Method, stage: Stage, position: Mapping[str, Any], device: torch.device
) -> dict[str, Tensor]:
    """All tensors that are needed to resume training exactly, by name.

    Args:
        method: holds the networks.
        stage: the current stage.
        position: of its source.
        device: the training device.
    """
    tensors = dict(method.tensors())
    tensors["random/cpu"] = torch.get_rng_state()
    if device.type == "cuda":
        tensors["random/cuda"] = torch.cuda.get_rng_state(device)
    for player in stage.players:
        tensors |= {
            f"optimizer/{player.name}/{name}": value for name, value in player.optimizer.tensors().items()
        }
    return tensors | {
        f"source/{name}": value for name, value in position.items() if isinstance(value, Tensor)
    }


def restore_tensors(
    stage: Stage, tensors: Mapping[str, Tensor], state: Mapping[str, Any], device: torch.device
) -> None:
    """Restores optimizers, source and random state; weights are loaded before the stage is built."""
    for player in stage.players:
        player.optimizer.load(_with_prefix(f"optimizer/{player.name}/", tensors))
        player.lr_factor = state["lr_factors"][player.name]
    stage.source.restore({**state["source"], **_with_prefix("source/", tensors)})
    torch.set_rng_state(tensors["random/cpu"])
    if device.type == "cuda" and "random/cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random/cuda"], device)


def not_finite_error(name: str, round_number: int, epoch: int, saved: bool) -> TrainingError:
    """The error for a loss or a weight that is not finite.

    Args:
        name: of the loss or weight.
        round_number: in which it was first not finite.
        epoch: of that round.
        saved: whether there is a checkpoint.
    """
    status = "the last good checkpoint is kept" if saved else "no checkpoint had been saved yet"
    return TrainingError(
        f"{name} is not a finite number in round {round_number} (epoch {epoch})",
        "finite losses",
        f"a smaller learning rate (learning_rate=1e-4), clip_grad_norm=1, or precision=float32; {status}",
    )


def _with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
