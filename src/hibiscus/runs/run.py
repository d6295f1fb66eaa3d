"""A Run: everything that happens after training, from the run folder alone (and the data, to evaluate)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.doctor.rules import advise
from hibiscus.errors import ConfigError, DataError, UsageError
from hibiscus.evaluation.items import save_report_items
from hibiscus.methods.registry import get_method
from hibiscus.runs.folder import RunFolder, find_run
from hibiscus.runs.inputs import Input, label_predictions, open_inputs, prepare_inputs
from hibiscus.runs.options import build_options
from hibiscus.runs.sampling import draw_samples
from hibiscus.runs.session import Session, read_info
from hibiscus.training.checkpoint import load_checkpoint
from hibiscus.training.device import choose_device, tune_process

if TYPE_CHECKING:
    from torch import nn

    from hibiscus.training.method import Method

__all__ = ["Run"]


class Run:
    """A finished (or stopped) training: its folder, its networks, and what they can do.

    Args:
        path: the run folder, or `runs/latest`.
        device: where to compute.
        data: the data it was trained on, where it cannot be opened again by its path.

    Example:
        run = hibiscus.load("runs/latest")
        run.evaluate()["test/accuracy"]
        run.predict("cat.jpg")
    """

    def __init__(self, path: str | os.PathLike[str], device: str = "auto", data: Dataset | None = None):
        self.folder = RunFolder(find_run(path))
        self.path = self.folder.path
        self.info = read_info(self.folder)
        self.device = choose_device(device)
        self._data = data
        self._methods: dict[str, Method] = {}
        self._epochs: dict[str, int] = {}

    def __repr__(self) -> str:
        best = self.info.get("best") or {}
        name = self.info["selection_metric"]["name"]
        value = f", best val/{name} {best['value']:.4f} in epoch {best['epoch']}" if best else ""
        return f"<Run {self.path}: {self.info['method']} on {self.info['data']['name']}, {self.info['status']}{value}>"

    @property
    def preparation(self) -> Preparation:
        """What was learned from the training part: shapes, scales, the order of the classes."""
        return Preparation.from_json(self.folder.read("preparation.json"))

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The trained networks by name, plain modules in evaluation mode."""
        return self.method().nets

    @property
    def history(self) -> list[dict[str, Any]]:
        """The log's line for each epoch."""
        if not self.folder.log.exists():
            return []
        lines = [json.loads(line) for line in self.folder.log.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [line for line in lines if line["event"] == "epoch"]

    def method(self, checkpoint: str = "best") -> Method:
        """The method with the weights of a checkpoint, `best` or `last`."""
        if checkpoint not in ("best", "last"):
            raise ConfigError(f"checkpoint={checkpoint}", "best or last", "leave it out for best")
        if checkpoint not in self._methods:
            path = self.folder.checkpoints / f"{checkpoint}.safetensors"
            if checkpoint == "best" and not path.exists():
                path = self.folder.checkpoints / "last.safetensors"  # a run without validation keeps no best one
            tensors, state = load_checkpoint(path)
            tune_process()
            kind = get_method(self.info["method"])
            method = kind(build_options(kind.Config, self.info["config"]), self.preparation)
            for stage in range(state["stage"] + 1):
                method.grow(stage)
            method.load_tensors(tensors)
            self._epochs[checkpoint] = int(state["epoch"])
            method.to(self.device)
            method.train_mode(False)
            self._methods[checkpoint] = method
        return self._methods[checkpoint]

    def evaluate(self, data: Dataset | str | None = None, checkpoint: str = "best", again: bool = False) -> dict[str, float]:
        """The metrics of the test part beside baselines, computed in float32.

        Without a test part the validation part is used, and the metrics are called so. The result is kept in the run
        folder and read from there the next time.

        Args:
            data: other data to evaluate on: a path or a Dataset, with labels.
            checkpoint: `best` or `last`.
            again: compute again what is there already.

        Returns:
            Metrics by name, such as `test/accuracy`.
        """
        return self.evaluation(data, checkpoint, again)["metrics"]

    def evaluation(self, data: Dataset | str | None = None, checkpoint: str = "best", again: bool = False) -> dict[str, Any]:
        """As `evaluate`, with the baselines: `{"part", "metrics", "baselines", "decides", "checkpoint", "epoch"}`."""
        kept = self.path / "evaluation.json"
        if data is None and not again and kept.exists():
            found = self.folder.read("evaluation.json")
            if found.get("checkpoint") == checkpoint and found.get("epoch") == self._epoch(checkpoint):
                return found
        own = Session.reopened(self.path, self._data, str(self.device), quiet=True).prepared()
        prepared, part = (own, "test" if "test" in own.parts else "val") if data is None else self._other(data, own)
        method = self.method(checkpoint)
        with self._reproducibly():
            found = method.evaluate(prepared, part)
        result = {
            "format": 1,
            "part": part,
            "metrics": _named(part, found.metrics),
            "baselines": {name: _named(part, metrics) for name, metrics in found.baselines.items()},
            "selection_metric": {**dataclasses.asdict(method.selection_metric), "name": f"{part}/{method.selection_metric.name}"},
            "checkpoint": checkpoint,
            "epoch": self._epoch(checkpoint),
            "data": prepared.dataset.path,
            "items": len(prepared.parts[part]),
        }
        if data is not None:
            result["other"] = True
        else:
            result["advice"] = advise({**self.info, "path": str(self.path)}, self.history, result)
            save_report_items(found.report_items, self.path / "evaluation")
            self.folder.write("evaluation.json", result)
        return result

    def _epoch(self, checkpoint: str) -> int:
        """The epoch that a checkpoint was saved in, as the file itself says."""
        self.method(checkpoint)
        return self._epochs[checkpoint]

    def _other(self, data: Dataset | str, own: PreparedData) -> tuple[PreparedData, str]:
        """Other data seen through this run's preparation; its baselines are still fitted on this run's training part."""
        dataset = self._opened(data, own.preparation)
        needed = get_method(self.info["method"]).needs
        unlabelled = needed & {"label", "target"} and not any(name in dataset.fields for name in ("label", "target"))
        if unlabelled or any(name not in dataset.fields for name in needed & {"mask", "boxes"}):
            raise DataError(f"{dataset.path}: it holds no labels", "data with the true answers, to measure against", "hibiscus predict")
        items = dataset.parts.get("test", np.arange(len(dataset)))
        return PreparedData(dataset, own.preparation, {"test": items}, self.device, training=own), "test"

    def _opened(self, data: Dataset | str, preparation: Preparation) -> Dataset:
        """Data opened as the run's own were, images in the size of training."""
        if isinstance(data, Dataset):
            return data
        options = build_options(DataConfig, self.info["data_options"])
        size, channels = options.image_size, options.channels
        if "image" in preparation:
            image = preparation["image"]
            size, channels = (image.height, image.width), image.channels
        return open_data(data, target=options.target, image_size=size, channels=channels, max_bad_fraction=options.max_bad_fraction)

    def _support(self, given: Dataset | str) -> PreparedData:
        """Examples of new classes, as the training part of what is predicted.

        Raises:
            UsageError: the method has learned its classes, and takes no others.
            DataError: fewer than two classes.
        """
        if not get_method(self.info["method"]).parts_hold_other_classes:
            raise UsageError(f"{self.info['method']} takes no support", "a few-shot method, such as protonet", "leave support out")
        dataset = self._opened(given, self.preparation)
        if len(dataset.class_counts()) < 2:
            found = f"{dataset.path}: {len(dataset.class_counts()) or 'no'} classes"
            raise DataError(found, "one folder of examples for each of two classes or more", "sort the examples into folders")
        return PreparedData(dataset, self.preparation, {"train": np.arange(len(dataset))}, self.device)

    def predict(self, inputs: Input | Sequence[Input], checkpoint: str = "best", support: Dataset | str | None = None) -> dict[str, Any]:
        """Answers for new inputs.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths.
            checkpoint: `best` or `last`.
            support: for a few-shot method, a folder of examples for each class to choose from.

        Returns:
            `id` (list), and for a classifier `label` (list), `probability` (items,), `probabilities` (items, classes) and
            `classes`; for a regressor `value` (items, columns); for others what the method's own `predict` names.
            `skipped` names inputs that could not be read.
        """
        data, method = self._inputs(inputs, support), self.method(checkpoint)
        with self._reproducibly():
            answers = method.predict(data, "inputs")
        return label_predictions(data.dataset, answers, self.preparation if "label" in method.needs else Preparation({}))

    def embed(self, inputs: Input | Sequence[Input], checkpoint: str = "best") -> dict[str, Any]:
        """The codes of new inputs: what an autoencoder writes them as, or what a classifier's last layer sees of them.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths.
            checkpoint: `best` or `last`.

        Returns:
            `id` (list) and `code` float32 `(items, numbers)`; `skipped` names inputs that could not be read.

        Raises:
            UsageError: the method does not embed.
        """
        method = self.method(checkpoint)
        if "embed" not in method.abilities():
            raise UsageError(f"{method.name} does not embed", "a run whose method does, such as vae or classify", "hibiscus list")
        data = self._inputs(inputs)
        with self._reproducibly():
            return label_predictions(data.dataset, {"code": method.embed(data, "inputs")}, Preparation({}))

    def _inputs(self, inputs: Input | Sequence[Input], support: Dataset | str | None = None) -> PreparedData:
        examples = self._support(support) if support is not None else None
        return prepare_inputs(open_inputs(inputs, self.preparation), self.preparation, self.device, examples)

    def sample(
        self, count: int = 64, *, seed: int | None = None, checkpoint: str = "best", interpolate: int | None = None, **conditions: Any
    ) -> dict[str, Any]:
        """New items drawn from what was learned.

        A condition may be a list: each of its values in turn, on the same noise. The items come row by row, a row for each
        noise, with the last list along it; with several lists a row for each value of those before.

        Args:
            count: how many; with lists as many whole rows as that holds, at least one.
            seed: the same seed draws the same items; the run's own by default.
            checkpoint: `best` or `last`.
            interpolate: walk in so many steps along each row, from one draw of noise to another.
            **conditions: what the items shall be like, where the method can be told.

        Returns:
            `image` uint8 `(count, height, width, channels)`, and an array for each condition.

        Raises:
            UsageError: the method does not sample, or knows no such condition.
        """
        method, start = self.method(checkpoint), self.info["config"]["seed"] if seed is None else seed
        with self._reproducibly():
            return draw_samples(method, count, start, interpolate, conditions)

    @contextlib.contextmanager
    def _reproducibly(self) -> Iterator[None]:
        """Without gradients, and with the same random numbers each time."""
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda), torch.inference_mode():
            torch.manual_seed(self.info["config"]["seed"])
            yield

    def report(self) -> Path:
        """Writes `report.html` and returns its path."""
        from hibiscus.report import write_report

        return write_report(self.path)


def _named(part: str, metrics: dict[str, float]) -> dict[str, float]:
    return {f"{part}/{name}": float(value) for name, value in metrics.items()}
