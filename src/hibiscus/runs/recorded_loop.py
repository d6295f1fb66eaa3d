"""The training loop of a run: its callbacks, and its final status in `run.json`."""

from __future__ import annotations

import contextlib
import time

from hibiscus.errors import InterruptedRunError, RunError
from hibiscus.runs.folder import RunFolder
from hibiscus.training.callbacks import (
    BestCheckpoint,
    Callback,
    EarlyStopping,
    LogFile,
    ReduceLROnPlateau,
)
from hibiscus.training.distributed import is_main_process
from hibiscus.training.loop import Loop
from hibiscus.training.loop_progress import Progress
from hibiscus.training.method import Method
from hibiscus.training.sample_grids import SampleGrids

__all__ = ["build_callbacks", "run_loop"]


def build_callbacks(
    method: Method, best: BestCheckpoint, folder: RunFolder, quiet: bool
) -> dict[str, Callback]:
    """The callbacks for the options of a method, by name; those that write run in the main process only."""
    config, metric = method.config, method.selection_metric
    callbacks: dict[str, Callback] = {}
    if config.reduce_lr_patience:
        callbacks["plateau"] = ReduceLROnPlateau(metric, config.reduce_lr_patience, config.reduce_lr_factor)
    if config.early_stopping_patience:
        callbacks["early_stopping"] = EarlyStopping(metric, config.early_stopping_patience)
    if is_main_process():
        callbacks = {"best": best, **callbacks, "log": LogFile(folder.log)}
        if "sample" in method.abilities() and "image" in method.preparation:
            callbacks["grids"] = SampleGrids(folder.samples)
        if not quiet:
            callbacks["progress"] = Progress()
    return callbacks


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
    status, reason = "failed", None
    try:
        progress = loop.callbacks.get("progress")
        with progress.following(loop) if isinstance(progress, Progress) else contextlib.nullcontext():
            loop.run()
        status = "done"
    except InterruptedRunError as error:
        status = "interrupted"
        error.fix = f"hibiscus resume {folder.path}"
        raise
    except BaseException as error:
        reason = str(error) or type(error).__name__
        raise
    finally:
        changes = {
            "status": status,
            "error": reason,
            "best": {"epoch": best.epoch, "value": best.best} if best.best is not None else None,
            "stop_reason": loop.stop_reason,
            "epochs_done": loop.epoch,
        }
        try:
            folder.update(seconds=round(seconds_before + time.monotonic() - start, 3), **changes)
        except RunError:  # the disk is full: report the first error, not this one
            if status == "done":
                raise
