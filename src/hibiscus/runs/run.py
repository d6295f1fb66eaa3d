"""A trained run: evaluation, predictions, embeddings, samples and the report, from the run folder alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.doctor.rules import advise
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import get_method
from hibiscus.progress import step
from hibiscus.runs.added_items import added_items
from hibiscus.runs.computing import computing
from hibiscus.runs.embedded_parts import PartMaps, check_embeds, part_maps
from hibiscus.runs.evaluation_record import (
    evaluation_record,
    keep_evaluation,
    kept_evaluation,
    known_history,
)
from hibiscus.runs.info import describe_run, open_run
from hibiscus.runs.inputs import Input, label_predictions, open_inputs, prepare_inputs
from hibiscus.runs.other_data import labeled_data, support_data
from hibiscus.runs.same_data import check_data, reopen_dataset
from hibiscus.runs.sampling import draw_samples
from hibiscus.runs.saved_files import saved_options, saved_preparation
from hibiscus.runs.trained_method import load_method
from hibiscus.runs.training_data import Data, open_other_data, saved_parts
from hibiscus.runs.visualization import Visualization
from hibiscus.runs.visualize_run import visualize_run
from hibiscus.training.device import choose_device

if TYPE_CHECKING:
    from torch import nn

    from hibiscus.training.method import Method

__all__ = ["Run"]


class Run:
    """A finished or interrupted run: access to its folder, networks and abilities.

    Args:
        path: the run folder, or `runs/latest`.
        device: where to compute.
        data: the data it was trained on, or its new location, if it cannot be opened again by its path.
        trust: load code that the run names, whoever wrote it.

    Raises:
        RunError: there is no run, it cannot be read, or it names code that is not trusted.

    Example:
        run = hibiscus.load("runs/latest")
        run.evaluate()["test/accuracy"]
        run.predict("cat.jpg")
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str = "auto",
        data: Data | None = None,
        trust: bool = False,
    ):
        self.folder, self.info = open_run(path, trust)
        self.path = self.folder.path
        self.device = choose_device(device)
        self._data = data
        self._methods: dict[str, Method] = {}
        self._epochs: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Run {self.path}: {describe_run(self.info)}>"

    @property
    def preparation(self) -> Preparation:
        """The preparation learned from the training part: shapes, scales, the order of the classes."""
        return saved_preparation(self.folder)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The trained networks by name, plain modules in evaluation mode."""
        return self.method().nets

    @property
    def history(self) -> list[dict[str, Any]]:
        """The line of the log for each epoch."""
        lines = self.folder.read_log(self.info.get("log_digest"))
        return [line for line in lines if line["event"] == "epoch"]

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
        is stored in the run folder and reused by later calls, as long as the data does not change.

        Args:
            data: other data to evaluate on, with labels: a path or a Dataset; or the data of the run at
                another location.
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
        other = None if data is None else self.open_like_training(data)
        if other is not None and other.fingerprint == self.info["data"]["fingerprint"]:
            self._data, other = other, None  # the data of the run, at another location
        if other is None and not again:
            kept = kept_evaluation(self.folder, self.info, checkpoint, self._epoch, self._dataset)
            if kept is not None:
                return kept
        prepared = self._prepared()
        part = "test" if "test" in prepared.parts else "val"
        if other is not None:
            prepared, part = labeled_data(other, get_method(self.info["method"]), prepared), "test"
        method = self.method(checkpoint)
        doing = step(f"evaluating the {part} part, with baselines")
        with doing, self.computing(method, "to evaluate", prepared):
            evaluation = method.evaluate(prepared, part)
            evaluation.report_items += added_items(method, prepared, part, evaluation)
        result = evaluation_record(evaluation, method.selection_metric, prepared, part)
        result |= {"checkpoint": checkpoint, "epoch": self._epoch(checkpoint)}
        if other is not None:
            result |= {"other": True, "notes": other.notes}
            result["skipped"] = [bad.reason for bad in other.skipped]
        else:
            history = known_history(lambda: self.history)
            result["advice"] = advise({**self.info, "path": str(self.path)}, history, result)
            keep_evaluation(self.folder, result, evaluation.report_items)
        return result

    def _dataset(self) -> Dataset:
        """The data of the run, opened once."""
        _, options = saved_options(self.folder, self.info)
        self._data = reopen_dataset(self.path, self.info, options, self._data)
        return self._data

    def _prepared(self) -> PreparedData:
        """The prepared data of the run, with its parts; the labels may have been corrected since."""
        dataset = self._dataset()
        check_data(dataset, self.path, self.info, labels_may_change=True)
        return PreparedData(dataset, self.preparation, saved_parts(dataset, self.folder), self.device)

    def _epoch(self, checkpoint: str) -> int:
        """The epoch in which a checkpoint was saved, as recorded in the file."""
        self.method(checkpoint)
        return self._epochs[checkpoint]

    def open_like_training(self, data: Data) -> Dataset:
        """Opens data with the options of this run; images are resized as in training."""
        return open_other_data(data, self.info["data_options"], self.preparation)

    def predict(
        self, inputs: Input | Sequence[Input], checkpoint: str = "best", support: Dataset | str | None = None
    ) -> dict[str, Any]:
        """Predictions for new inputs.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths; or what `prepare` returned.
            checkpoint: `best` or `last`.
            support: for a few-shot method, data with one folder of examples for each class.

        Returns:
            `id` (list), and for a classifier `label` (list), `probability` (items,), `probabilities` (items,
            classes) and `classes`; for a regressor `value` (items, columns); otherwise what the method's own
            `predict` returns. `skipped` lists the inputs that could not be read.
        """
        data = inputs if isinstance(inputs, PreparedData) else self.prepare(inputs, support)
        method = self.method(checkpoint)
        with self.computing(method, "to predict", data):
            predictions = method.predict(data, "inputs")
        named = {"label", "target"} & method.needs  # classes, or columns of numbers
        return label_predictions(data.dataset, predictions, self.preparation if named else Preparation({}))

    def embed(self, inputs: Input | Sequence[Input], checkpoint: str = "best") -> dict[str, Any]:
        """Embeddings of new inputs: latent codes of an autoencoder, or the inputs of a network's last layer.

        Args:
            inputs: an image, a folder, a table, an array, or a list of paths.
            checkpoint: `best` or `last`.

        Returns:
            `id` (list) and `code` float32 `(items, dimension)`; `skipped` lists the unreadable inputs.

        Raises:
            UsageError: the method does not embed.
        """
        method, data = check_embeds(self.method(checkpoint)), self.prepare(inputs)
        with self.computing(method, "to embed", data):
            return label_predictions(data.dataset, {"code": method.embed(data, "inputs")}, Preparation({}))

    def embedding_maps(
        self, part: str | None = None, checkpoint: str = "best", inputs: Input | Sequence[Input] | None = None
    ) -> PartMaps:
        """Maps of the embeddings of a part of the run's data, and of inputs among them; see `part_maps`."""
        method, data = check_embeds(self.method(checkpoint)), self._prepared()
        own = None if inputs is None else self.prepare(inputs)
        with self.computing(method, "to embed", data):
            return part_maps(method, data, part, own)

    def visualize(
        self,
        inputs: Input | Sequence[Input] | None = None,
        kinds: Sequence[str] | None = None,
        **options: Any,
    ) -> Visualization:
        """Explanations of predictions, and the activations and filters of layers.

        Args:
            inputs: images, or the rows of a table, as for `predict`; None for `filters` alone.
            kinds: of `runs.visualize_run.KINDS`; by default all that the run allows.
            **options: those of `runs.visualize_run.visualize_run`, such as `out`, a new folder for drawings.
        """
        return visualize_run(self, inputs, kinds, **options)

    def prepare(self, inputs: Input | Sequence[Input], support: Dataset | str | None = None) -> PreparedData:
        """New inputs as the networks take them; `iterate("inputs")` returns batches, such as 4-D images."""
        examples = None
        if support is not None:
            dataset = self.open_like_training(support)
            examples = support_data(dataset, self.info, self.preparation, self.device)
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
            `image` uint8 `(count, height, width, channels)`, or `array` float32 `(count, ...)` for rows of
            numbers and series, and an array for each condition.

        Raises:
            UsageError: the method does not sample, or has no such condition.
        """
        method, start = self.method(checkpoint), self.info["config"]["seed"] if seed is None else seed
        with self.computing(method, "to sample"):
            return draw_samples(method, count, start, interpolate, conditions)

    def computing(
        self, method: Method, work: str, data: PreparedData | None = None, gradients: bool = False
    ) -> contextlib.AbstractContextManager[None]:
        """The context in which the networks of this run compute; see `computing`."""
        return computing(self.path, method, self.info["config"]["seed"], work, data, gradients)

    def report(self) -> Path:
        """Writes `report.html` and returns its path."""
        from hibiscus.report import write_report

        return write_report(self.path)
