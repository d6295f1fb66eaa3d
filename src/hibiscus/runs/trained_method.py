"""The method of a run with the weights of one of its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hibiscus.damage import reading
from hibiscus.data.preparation import Preparation
from hibiscus.methods.registry import get_method
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.saved_files import file_digests, saved_options
from hibiscus.training.checkpoint import check_files, load_checkpoint
from hibiscus.training.device import tune_process
from hibiscus.training.limited_networks import limited_networks
from hibiscus.training.loop_tensors import TrainedStage
from hibiscus.training.method import Method
from hibiscus.training.random_state import preserved_generators
from hibiscus.typed_values import typed_value

__all__ = ["load_method"]


@preserved_generators()
def load_method(
    folder: RunFolder, info: Mapping[str, Any], preparation: Preparation, checkpoint: str
) -> tuple[Method, int]:
    """The method, grown to the stage of the checkpoint, and the epoch in which the checkpoint was saved.

    Args:
        folder: of the run.
        info: the content of `run.json`.
        preparation: what was learned from the training part.
        checkpoint: `best`, or `last`, which is also used if there is no best one (a run without validation).

    Raises:
        RunError: the checkpoint is missing, damaged, or of a newer format; or a file that it belongs to was
            changed.
    """
    path = folder.checkpoints / f"{checkpoint}.safetensors"
    if checkpoint == "best" and not path.exists():
        path = folder.checkpoints / "last.safetensors"
    tensors, state = load_checkpoint(path)
    check_files(path, state, file_digests(folder))
    tune_process()
    config, _ = saved_options(folder, info)
    with reading(path), limited_networks(path):
        typed_value(TrainedStage, state)
        method = get_method(info["method"])(config, preparation)
        for stage in range(state["stage"] + 1):
            method.grow(stage)
        method.load_tensors(tensors)
        return method, int(state["epoch"])
