"""Explains a run with inputs, maps embeddings, and writes the drawings: `Run.visualize`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from hibiscus.errors import UsageError
from hibiscus.runs.visualization import (
    DEFAULT_LIMIT,
    INPUT_KINDS,
    KINDS,
    Visualization,
    check_kinds,
    visualize,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hibiscus.data.preparation import Preparation
    from hibiscus.data.prepared import PreparedData
    from hibiscus.runs.embedded_parts import PartMaps
    from hibiscus.training.method import Method

__all__ = ["KINDS", "visualize_run"]


class TrainedRun(Protocol):
    """What `visualize_run` needs of a `Run`."""

    path: Path

    @property
    def preparation(self) -> Preparation:
        """What was learned from the training part."""
        ...

    def method(self, checkpoint: str) -> Method:
        """The method with trained weights."""
        ...

    def prepare(self, inputs: Any, support: Any = None) -> PreparedData:
        """New inputs as the networks take them."""
        ...

    def embedding_maps(self, part: str | None, checkpoint: str, inputs: Any) -> PartMaps:
        """Maps of the embeddings of a part of the run's data, and of inputs among them."""
        ...

    def computing(
        self, method: Method, work: str, data: PreparedData, gradients: bool
    ) -> AbstractContextManager[None]:
        """The context in which the networks compute."""
        ...


def visualize_run(
    run: TrainedRun,
    inputs: Any = None,
    kinds: Sequence[str] | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    class_name: str | None = None,
    layer: str | None = None,
    limit: int = DEFAULT_LIMIT,
    checkpoint: str = "best",
    support: Any = None,
    part: str | None = None,
) -> Visualization:
    """Explanations of predictions, the activations and filters of layers, and maps of embeddings.

    Args:
        run: a trained run.
        inputs: images, or the rows of a table, as for `Run.predict`; None for `filters` and `embedding`.
        kinds: of `KINDS`; by default all that the run allows but `embedding`, which opens the run's data.
        out: a new folder for the drawings and a page of them; by default nothing is written.
        class_name: the class, label or target to explain; by default what is predicted.
        layer: the layer for activations, filters and Grad-CAM; by default the deepest.
        limit: the largest number of images.
        checkpoint: `best` or `last`.
        support: for a few-shot method, data with one folder of examples for each class.
        part: of the run's data, for `embedding`; by default the test part, or the validation part.

    Raises:
        UsageError: an unknown kind, class or part, or a kind that this run does not have.
        ConfigError: an unknown layer.
        DataError: the inputs cannot be read, or the folder cannot be written.
    """
    chosen = check_kinds(kinds)
    if part is not None and "embedding" not in (chosen or ()):
        raise UsageError(f"--part {part} without a map of embeddings", "--kind embedding", "leave --part out")
    others = None if chosen is None else [kind for kind in chosen if kind in INPUT_KINDS]
    shown = Visualization([])
    if others != []:
        data = run.prepare(_or_blank(inputs, others, run.preparation), support)
        method = run.method(checkpoint)
        with run.computing(method, "to explain", data, gradients=True):
            shown = visualize(method, data, others, class_name, layer, limit)
    if chosen is not None and "embedding" in chosen:
        shown.embedding = run.embedding_maps(part, checkpoint, inputs)
    if out is not None:
        from hibiscus.runs.visualization_files import write_visualization

        shown.files = write_visualization(shown, Path(out), run.path.name)
    return shown


def _or_blank(inputs: Any, kinds: Sequence[str] | None, preparation: Preparation) -> Any:
    """The inputs; for filters alone, which need none, a gray image instead of None.

    Raises:
        UsageError: no inputs for another kind.
    """
    if inputs is not None:
        return inputs
    alone = "filters,embedding" if "image" in preparation else "embedding"
    if kinds is None or list(kinds) != ["filters"] or "image" not in preparation:
        raise UsageError("no inputs", "images or the rows of a table", f"name them, or --kind {alone}")
    image = preparation["image"]
    return np.full((1, image.height, image.width, image.channels), 128, np.uint8)
