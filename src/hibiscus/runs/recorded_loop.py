"""The training loop of a run: its callbacks, and its final status in `run.json`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hibiscus.damage import damaged
from hibiscus.data.preparation import Preparation
from hibiscus.data.too_little_memory import too_little_memory
from hibiscus.errors import (
    InterruptedRunError,
    OutOfMemoryError,
    ProcessLostError,
    RunError,
    TrainingError,
)
from hibiscus.runs.announcement import count_parameters
from hibiscus.runs.folder import RunFolder
from hibiscus.training.callbacks import (
    BestCheckpoint,
    Callback,
    EarlyStopping,
    ReduceLROnPlateau,
)
from hibiscus.training.config import TrainingConfig
from hibiscus.training.distributed import is_main_process
from hibiscus.training.log_file import LogFile
from hibiscus.training.loop import Loop
from hibiscus.training.loop_progress import Progress
from hibiscus.training.method import Method
from hibiscus.training.sample_grids import SampleGrids

__all__ = [
    "build_callbacks",
    "record_start",
    "run_loop",
    "training_failed",
    "training_memory",
]


def build_callbacks(
    method: Method,
    best: BestCheckpoint,
    folder: RunFolder,
    quiet: bool,
    reduce_lr_after: Sequence[int] | None = None,
) -> dict[str, Callback]:
    """The callbacks for the options of a method, by name; those that write run in the main process only.

    Args:
        method: with its options.
        best: writes the best checkpoint.
        folder: the run folder.
        quiet: no progress on the screen.
        reduce_lr_after: epochs after which the learning rate is reduced, instead of on plateaus.
    """
    config, metric = method.config, method.selection_metric
    callbacks: dict[str, Callback] = {}
    if config.reduce_lr_patience:
        callbacks["plateau"] = ReduceLROnPlateau(
            metric,
            config.reduce_lr_patience,
            config.reduce_lr_factor,
            config.reduce_lr_min,
            config.reduce_lr_metric,
            reduce_lr_after,
        )
    if config.early_stopping_patience:
        callbacks["early_stopping"] = EarlyStopping(metric, config.early_stopping_patience)
    if is_main_process():
        callbacks = {"best": best, **callbacks, "log": LogFile(folder.log)}
        if "sample" in method.abilities() and "image" in method.preparation:
            callbacks["grids"] = SampleGrids(folder.samples)
        if not quiet:
            callbacks["progress"] = Progress()
    return callbacks


def record_start(loop: Loop, folder: RunFolder) -> dict[str, Any]:
    """Removes the log of a run that was killed before its first checkpoint, and records that it is trained.

    Returns:
        The content of `run.json`.

    Raises:
        RunError: the folder cannot be written, or the checkpoint of the epochs before is missing.
    """
    last = folder.checkpoints / "last.safetensors"
    if not last.is_file():
        if folder.read("run.json").get("epochs_done"):
            raise damaged(last, "no such file", "restore it from a backup, or train a new run")
        folder.log.unlink(missing_ok=True)
    precision = str(loop.precision).removeprefix("torch.")
    parameters = count_parameters(loop.method.nets)
    known = {"parameters": parameters, "precision": precision, "log_digest": None}
    return folder.update(status="running", error=None, **known)


def training_memory(
    config: TrainingConfig, preparation: Preparation
) -> contextlib.AbstractContextManager[None]:
    """Says what to lower if the memory is not enough for a training."""
    fix = "a smaller batch_size, smaller images (image_size), or a smaller network"
    return too_little_memory("to train", config, preparation, fix)


def training_failed(info: Mapping[str, Any]) -> bool:
    """Whether the training of a run failed for a reason that recurs, such as a loss that became NaN."""
    return info["status"] == "failed" and info.get("training_failed") is True


def run_loop(loop: Loop, best: BestCheckpoint, folder: RunFolder, seconds_before: float) -> None:
    """Runs the loop, and records the final status in `run.json`.

    Args:
        loop: ready to run.
        best: knows the best epoch.
        folder: the run folder.
        seconds_before: time spent on the run before it was resumed.

    Raises:
        InterruptedRunError: interrupted by the user; everything is saved.
        TrainingError: the training failed.
    """
    start = time.monotonic()
    status, reason, failed = "failed", None, False
    try:
        progress = loop.callbacks.get("progress")
        shown = progress.following(loop) if isinstance(progress, Progress) else contextlib.nullcontext()
        with shown, training_memory(loop.config, loop.method.preparation):
            loop.run()
        status = "done"
    except InterruptedRunError as error:
        status = "interrupted"
        error.fix = f"hibiscus resume {folder.path}"
        raise
    except BaseException as error:
        reason = str(error) or type(error).__name__
        if isinstance(error, TrainingError):
            error.received = f"{folder.path}: {error.received}"
        may_recover = isinstance(error, ProcessLostError | OutOfMemoryError)
        failed = isinstance(error, TrainingError) and not may_recover
        raise
    finally:
        changes = {
            "status": status,
            "error": reason,
            "training_failed": failed,
            "best": {"epoch": best.epoch, "value": best.best} if best.best is not None else None,
            "stop_reason": loop.stop_reason,
            "epochs_done": loop.epoch,
            "log_digest": log.digest if isinstance(log := loop.callbacks.get("log"), LogFile) else None,
        }
        try:
            folder.update(seconds=round(seconds_before + time.monotonic() - start, 3), **changes)
        except RunError:  # the disk is full: report the first error, not this one
            if status == "done":
                raise
