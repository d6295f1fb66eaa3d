"""The learning-rate finder: range tests of a method on data, a suggestion, and a plot."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import get_method
from hibiscus.progress import step
from hibiscus.runs.folder import make_run_folder
from hibiscus.runs.open_vectors import load_initial
from hibiscus.runs.recorded_loop import training_memory
from hibiscus.runs.training_data import Data
from hibiscus.runs.training_setup import TrainingSetup, set_up_training
from hibiscus.training.denormals import flushed_denormals
from hibiscus.training.device import choose_device, choose_precision, precision_context
from hibiscus.training.lr_range_test import range_test, smooth_losses, steepest, train_stage, valley
from hibiscus.training.method import Method

__all__ = ["find_learning_rate", "suggest"]

LOW, HIGH, STEPS = 1e-7, 10.0, 100  # as in fastai
TESTS = 2  # with different initial weights and batches; their curves are averaged
MIN_FALL = 0.03  # of the loss, below which the curve suggests nothing


@flushed_denormals()
def find_learning_rate(
    method: str, data: Data, options: Mapping[str, Any], out: Any = None, device: str = "auto"
) -> dict[str, Any]:
    """Tests learning rates from 1e-7 to 10, and writes the curve; see `hibiscus.lr_find`."""
    start, chosen_device = time.monotonic(), choose_device(device)
    setup = set_up_training(method, data, options)
    rates = np.geomspace(LOW, HIGH, STEPS).tolist()
    with training_memory(setup.config, setup.preparation), step("testing learning rates"):
        prepared = PreparedData(setup.dataset, setup.preparation, setup.parts, chosen_device)
        seeds = range(setup.config.seed, setup.config.seed + TESTS)
        tests = [_test(method, setup, prepared, seed, rates) for seed in seeds]
    curve = _average(tests)
    rates = rates[: len(curve)]
    used = setup.config.learning_rate
    suggestion, steep = suggest(rates, curve)
    run_folder = make_run_folder(f"lr-find-{method}", setup.dataset.name, out)
    run_folder.checkpoints.rmdir()  # it does not become a run
    folder = run_folder.path
    result: dict[str, Any] = {
        "method": method, "data": setup.dataset.path, "suggestion": suggestion, "steepest": steep,
        "configured": used, "rates": rates, "losses": curve, "tests": TESTS,
        "folder": str(folder), "plot": str(folder / "lr-find.png"),
        "seconds": round(time.monotonic() - start, 2),
    }  # fmt: skip
    _write(folder, result)
    return result


def suggest(rates: Sequence[float], losses: Sequence[float]) -> tuple[float | None, float | None]:
    """The learning rates of the valley and of the steepest fall of smoothed losses; None if they hardly fall.

    As in fastai, the first tenth, in which the average has seen few losses, and the last five steps, in which
    the loss diverges, are left out.
    """
    first, last = len(losses) // 10, len(losses) - 5
    kept = list(losses[first:last])
    if len(kept) < 10 or kept[0] - min(kept) < MIN_FALL * max(abs(kept[0]), 1e-12):
        return None, None
    return tuple(float(f"{rates[first + at(kept)]:.2g}") for at in (valley, steepest))  # type: ignore[return-value]


def _test(
    name: str, setup: TrainingSetup, data: PreparedData, seed: int, rates: Sequence[float]
) -> list[float]:
    """The smoothed losses of one range test with new networks."""
    torch.manual_seed(seed)
    config = setup.config.model_copy(update={"seed": seed})
    method: Method = get_method(name)(config, setup.preparation)
    load_initial(method)
    method.grow(0)
    method.to(data.device)
    stages = method.stages(data)
    stage = next(stages)
    if len(stage.players) != 1 or "environment" in method.needs:
        raise ConfigError(
            f"lr-find {name}: its losses do not show the quality of a learning rate",
            "a method with one player and fixed targets, such as classify, regress, ssd, unet or vae",
            "compare a few values: hibiscus sweep METHOD DATA learning_rate=1e-4,3e-4,1e-3",
        )
    method.train_mode()
    precision = choose_precision(config.precision, data.device, method.nets, config.batch_size)
    context = functools.partial(precision_context, data.device, precision)
    if getattr(config, "transfer", "none") == "fine-tune":  # its head has a learning rate of its own
        train_stage(stage, context)
        stage = next(stages)
        method.train_mode()
    return smooth_losses(range_test(stage, rates, context))


def _average(tests: Sequence[Sequence[float]]) -> list[float]:
    """The mean of several curves, as long as the shortest."""
    length = min(map(len, tests))
    return np.mean([test[:length] for test in tests], axis=0).tolist()


def _write(folder: Path, result: Mapping[str, Any]) -> None:
    from hibiscus.report.lr_plot import plot_learning_rates

    marks = {"suggestion": result["suggestion"], "steepest fall": result["steepest"]}
    plot = folder / "lr-find.png"
    if len(result["rates"]) > 1:
        plot_learning_rates(plot, result["rates"], result["losses"], marks | {"in use": result["configured"]})
    (folder / "lr-find.json").write_text(json.dumps(dict(result), indent=1), encoding="utf-8")
