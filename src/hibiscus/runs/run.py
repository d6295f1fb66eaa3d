"""A trained run: evaluation, predictions, embeddings, samples and the report, from the run folder alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.doctor.rules import advise
from hibiscus.errors import ConfigError, DataError, UsageError
from hibiscus.evaluation.items import save_report_items
from hibiscus.methods.registry import get_method
from hibiscus.progress import step
from hibiscus.runs.evaluation_record import evaluation_record
from hibiscus.runs.folder import RunFolder, find_run
from hibiscus.runs.info import read_info
from hibiscus.runs.inputs import Input, label_predictions, open_inputs, prepare_inputs
from hibiscus.runs.sampling import draw_samples
from hibiscus.runs.session import Session
from hibiscus.runs.trained_method import load_method
from hibiscus.runs.training_data import open_other_data
from hibiscus.training.device import choose_device
from hibiscus.training.random_state import preserved_random_state

if TYPE_CHECKING:
    from torch import nn

    from hibiscus.training.method import Method

__all__ = ["Run"]


class Run:
    """A finished or interrupted run: access to its folder, networks and abilities.

    Args:
        path: the run folder, or `runs/latest`.
        device: where to compute.
        data: the data it was trained on, if it cannot be opened again by its path.

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
        method, data = self.info["method"], self.info["data"]["name"]
        return f"<Run {self.path}: {method} on {data}, {self.info['status']}{value}>"

    @property
    def preparation(self) -> Preparation:
        """The preparation learned from the training part: shapes, scales, the order of the classes."""
        return Preparation.from_json(self.folder.read("preparation.json"))

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The trained networks by name, plain modules in evaluation mode."""
        return self.method().nets

    @property
    def history(self) -> list[dict[str, Any]]:
        """The line of the log for each epoch."""
        return [line for line in self.folder.read_log() if line["event"] == "epoch"]

    def method(self, checkpoint: str = "best") -> Method:
        """The method with the weights of a checkpoint, `best` or `last`."""
        if checkpoint not in ("best", "last"):
            raise ConfigError(f"checkpoint={checkpoint}", "best or last", "leave it out for best")
        if checkpoint not in self._methods:
            method, epoch = load_method(self.folder, self.info, self.preparation, checkpoint)
            method.to(self.device)
            method.train_mode(False)
            self._methods[checkpoint], self._epochs[checkpoint] = method, epoch
        return self._methods[checkpoint]

    def evaluate(
        self, data: Dataset | str | None = None, checkpoint: str = "best", again: bool = False
    ) -> dict[str, float]:
        """The metrics on the test part, computed in float32.

        Without a test part the validation part is evaluated, and the metrics are named `val/...`. The result
        is stored in the run folder and reused by later calls.

        Args:
            data: other data to evaluate on, with labels: a path or a Dataset.
            checkpoint: `best` or `last`.
            again: evaluate again even if there is a stored result.

        Returns:
            Metrics by name, such as `test/accuracy`.
        """
        return self.evaluation(data, checkpoint, again)["metrics"]

    def evaluation(
        self, data: Dataset | str | None = None, checkpoint: str = "best", again: bool = False
    ) -> dict[str, Any]:
        """As `evaluate`, but returns the whole content of `evaluation.json`.

        Returns:
            `part`, `metrics`, `baselines`, `selection_metric`, `data`, `items`, `checkpoint`, `epoch`, and
            `advice`.
        """
        if data is None and not again and (self.path / "evaluation.json").exists():
            stored = self.folder.read("evaluation.json")
            if stored.get("checkpoint") == checkpoint and stored.get("epoch") == self._epoch(checkpoint):
                return stored
        prepared = Session.resume(self.path, data=self._data, device=str(self.device)).prepared()
        part = "test" if "test" in prepared.parts else "val"
        if data is not None:
            prepared, part = self.other_data(data, prepared), "test"
        method = self.method(checkpoint)
        with step(f"evaluating the {part} part, with baselines"), self._reproducible():
            evaluation = method.evaluate(prepared, part)
        result = evaluation_record(evaluation, method.selection_metric, prepared, part)
        result |= {"checkpoint": checkpoint, "epoch": self._epoch(checkpoint)}
        if data is not None:
            result["other"] = True
        else:
            result["advice"] = advise({**self.info, "path": str(self.path)}, self.history, result)
            save_report_items(evaluation.report_items, self.path / "evaluation")
            self.folder.write("evaluation.json", result)
        return result

    def _epoch(self, checkpoint: str) -> int:
        """The epoch in which a checkpoint was saved, as recorded in the file."""
        self.method(checkpoint)
        return self._epochs[checkpoint]

    def other_data(self, data: Dataset | str, training: PreparedData) -> PreparedData:
        """Opens other data as the test part, with the preparation and training part of this run."""
        dataset = self.open_like_training(data)
        needed = get_method(self.info["method"]).needs
        no_labels = needed & {"label", "target"} and not any(
            name in dataset.fields for name in ("label", "target")
        )
        if no_labels or any(name not in dataset.fields for name in needed & {"mask", "boxes"}):
            raise DataError(
                f"{dataset.path}: it holds no labels", "data with labels, to evaluate on", "hibiscus predict"
            )
        items = dataset.parts.get("test", np.arange(len(dataset)))
        return PreparedData(dataset, training.preparation, {"test": items}, self.device, training=training)

    def open_like_training(self, data: Dataset | str) -> Dataset:
        """Opens data with the options of this run; images are resized as in training."""
        return open_other_data(data, self.info["data_options"], self.preparation)

    def _support(self, support: Dataset | str) -> PreparedData:
        """The support set of new classes, as a training part.

        Raises:
            UsageError: the method can only predict the classes of training.
            DataError: fewer than two classes.
        """
        if not get_method(self.info["method"]).parts_hold_other_classes:
            raise UsageError(
                f"{self.info['method']} takes no support",
                "a few-shot method, such as protonet",
                "leave support out",
            )
        dataset = self.open_like_training(support)
        if len(dataset.class_counts()) < 2:
            received = f"{dataset.path}: {len(dataset.class_counts()) or 'no'} classes"
            raise DataError(
                received,
                "one folder of examples for each of two or more classes",
                "sort the examples into folders",
            )
        return PreparedData(dataset, self.preparation, {"train": np.arange(len(dataset))}, self.device)

    def predict(
        self, inputs: Input | Sequence[Input], checkpoint: str = "best", support: Dataset | str | None = None
    ) -> dict[str, Any]:
        """Predictions for new inputs.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths.
            checkpoint: `best` or `last`.
            support: for a few-shot method, data with one folder of examples for each class.

        Returns:
            `id` (list), and for a classifier `label` (list), `probability` (items,), `probabilities` (items,
            classes) and `classes`; for a regressor `value` (items, columns); otherwise what the method's own
            `predict` returns. `skipped` lists the inputs that could not be read.
        """
        data, method = self._inputs(inputs, support), self.method(checkpoint)
        with self._reproducible():
            predictions = method.predict(data, "inputs")
        return label_predictions(
            data.dataset, predictions, self.preparation if "label" in method.needs else Preparation({})
        )

    def embed(self, inputs: Input | Sequence[Input], checkpoint: str = "best") -> dict[str, Any]:
        """Embeddings of new inputs: latent codes of an autoencoder, or inputs of a classifier's last layer.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths.
            checkpoint: `best` or `last`.

        Returns:
            `id` (list) and `code` float32 `(items, dimension)`; `skipped` lists the inputs that could not be
            read.

        Raises:
            UsageError: the method does not embed.
        """
        method = self.method(checkpoint)
        if "embed" not in method.abilities():
            raise UsageError(
                f"{method.name} does not embed",
                "a run of a method that does, such as vae or classify",
                "hibiscus list",
            )
        data = self._inputs(inputs)
        with self._reproducible():
            return label_predictions(data.dataset, {"code": method.embed(data, "inputs")}, Preparation({}))

    def _inputs(self, inputs: Input | Sequence[Input], support: Dataset | str | None = None) -> PreparedData:
        examples = self._support(support) if support is not None else None
        return prepare_inputs(open_inputs(inputs, self.preparation), self.preparation, self.device, examples)

    def sample(
        self,
        count: int = 64,
        *,
        seed: int | None = None,
        checkpoint: str = "best",
        interpolate: int | None = None,
        **conditions: Any,
    ) -> dict[str, Any]:
        """Samples from a generative model.

        A condition may be a list; its values are then applied in turn to the same noise. Samples are ordered
        row by row: all samples of a row share the same noise, and the last list varies along the row; with
        several lists there is a row for each combination of the other values.

        Args:
            count: the number of samples; with lists, it is rounded down to complete rows, at least one.
            seed: the same seed gives the same samples; by default the seed of the run.
            checkpoint: `best` or `last`.
            interpolate: the number of steps of an interpolation along each row, from one noise vector to
                another.
            **conditions: values of the method's conditions.

        Returns:
            `image` uint8 `(count, height, width, channels)`, and an array for each condition.

        Raises:
            UsageError: the method does not sample, or has no such condition.
        """
        method, start = self.method(checkpoint), self.info["config"]["seed"] if seed is None else seed
        with self._reproducible():
            return draw_samples(method, count, start, interpolate, conditions)

    @contextlib.contextmanager
    def _reproducible(self) -> Iterator[None]:
        """Disables gradients, and seeds the random numbers in the same way each time."""
        with preserved_random_state(self.device, self.info["config"]["seed"]), torch.inference_mode():
            yield

    def report(self) -> Path:
        """Writes `report.html` and returns its path."""
        from hibiscus.report import write_report

        return write_report(self.path)
