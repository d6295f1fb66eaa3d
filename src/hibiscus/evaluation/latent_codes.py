"""What is asked of a generator with a label and codes of its own finding, and what the report shows of what they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import UsageError
from hibiscus.evaluation import generation as evidence
from hibiscus.evaluation.feature_network import get_feature_network
from hibiscus.evaluation.items import Gallery, Matrix, Table
from hibiscus.methods.sampling import codes_given, number_given
from hibiscus.metrics.clustering import cluster_table, clustering_metrics, match_clusters
from hibiscus.metrics.stroke_shape import stroke_shapes
from hibiscus.training.method import Evaluation

__all__ = ["asked_codes", "asked_labels", "changes_by_code", "evaluate_codes", "validate_codes"]

STEPS, FURTHEST = 9, 2.0  # images in a row as a code moves, from -FURTHEST to FURTHEST (as in figure 2 of Chen et al.)
ROWS = 20  # labels in a gallery at most

Sample = Callable[[int], dict[str, np.ndarray]]
Draw = Callable[[Tensor, Tensor], np.ndarray]  # images of labels `(count,)` and codes `(count, codes)`, all from one noise


def asked_labels(label: Any, count: int, labels: int) -> np.ndarray:
    """Numbers from 0 to `labels` - 1, `(count,)`: one for all, or every one in turn where None is given.

    Raises:
        UsageError: no such number.
    """
    if label is None:
        return np.arange(count) % labels
    number = number_given("label", label)
    if number not in range(labels):
        raise UsageError(f"label={label}: there is no such label", f"a whole number from 0 to {labels - 1}", "label=0")
    return np.full(count, int(number))


def asked_codes(values: Mapping[str, Any], count: int, codes: int) -> np.ndarray:
    """Codes float32 `(count, codes)`: those given by name, `code1` the first, the same for all; the others drawn from [-1, 1].

    Raises:
        UsageError: no such code, or it is no number.
    """
    drawn = 2 * torch.rand(count, codes).numpy() - 1  # all of them, so that what is given leaves the others as they would be
    for name, number in codes_given(values, codes, "label").items():
        drawn[:, int(name.removeprefix("code")) - 1] = number
    return drawn


def validate_codes(sample: Sample, data: PreparedData, part: str) -> dict[str, float]:
    """The Fréchet distance, and where there are classes how well the labels fit those that the judge reads in the samples."""
    made: dict[str, np.ndarray] = {}
    metrics = evidence.validate_generator(_remembered(sample, made), data, part)
    judge = get_feature_network(data)
    read = judge.look(data, made["image"])[1].argmax(1)
    return metrics | (clustering_metrics(made["label"], read) if judge.classes else {})


def evaluate_codes(sample: Sample, draw: Draw, answers: dict[str, Any], data: PreparedData, part: str, features: str = "own") -> Evaluation:
    """What is shown of every generator, and what label and codes change.

    Args:
        sample: as the method's own.
        draw: images that differ in label and codes alone.
        answers: as the method's `predict` gives them for the part.
        data: with the classes, where there are some.
        part: which.
        features: as in `examine_generator`.
    """
    made: dict[str, np.ndarray] = {}
    found = evidence.evaluate_generator(_remembered(sample, made), data, part, features)
    labels, judge = int(made["label"].max()) + 1, get_feature_network(data)
    names = [f"{number}" for number in range(labels)]
    if judge.classes:
        read = judge.look(data, made["image"])[1].argmax(1)
        found.metrics.update(clustering_metrics(made["label"], read))
        fit = clustering_metrics(answers["cluster"], data.values("label", part))
        found.metrics.update({f"real_{name}": value for name, value in fit.items()})
        table = cluster_table(made["label"], read, labels, len(judge.classes))
        names = [f"{number} ({judge.classes[shown]})" for number, shown in enumerate(table.argmax(1))]
        found.report_items.append(_shown_by(table, names, judge.classes))
    changes = changes_by_code(made)
    for validate in next(iter(changes.values())):
        found.metrics[f"{validate}_correlation"] = max(abs(row[validate]) for row in changes.values())
    found.report_items += [_changes(changes, len(made["label"])), *(_walk(draw, code, len(changes), names) for code in range(len(changes)))]
    return found


def changes_by_code(made: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """By code and measure of shape, the correlation of the two over samples, the mean of each label's images taken off; 0 for none.

    Args:
        made: `image`, `label` and the codes, as the method's `sample` gives them.
    """
    shapes = {name: _within(values, made["label"]) for name, values in stroke_shapes(made["image"]).items()}
    codes = {name: _within(values, made["label"]) for name, values in made.items() if name.startswith("code")}
    return {code: {name: _cosine(number, shape) for name, shape in shapes.items()} for code, number in codes.items()}


def _within(values: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Each value less the mean of its label's."""
    mean = np.bincount(label, values) / np.maximum(np.bincount(label), 1)
    return values - mean[label]


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length > 0 else 0.0


def _remembered(sample: Sample, made: dict[str, np.ndarray]) -> evidence.Sampler:
    """A sampler that leaves what it drew in `made`; nothing was asked that a classifier knows by name."""

    def sampler(count: int) -> dict[str, Any]:
        made.update(sample(count))
        return {"image": made["image"]}

    return sampler


def _shown_by(table: np.ndarray, names: list[str], classes: list[str]) -> Matrix:
    shares = table / table.sum(1, keepdims=True)
    order = sorted(range(len(table)), key=lambda number: match_clusters(table).get(number, len(classes)))
    note = "The share of each label's samples that a classifier reads as each class. Labels in the order of the classes that they fit best."
    return Matrix("Classes by label", [names[number] for number in order], classes, shares[order].round(2), note)


def _changes(changes: dict[str, dict[str, float]], count: int) -> Table:
    columns = list(next(iter(changes.values())))
    note = (
        f"Correlation of a code with a measure over {count} samples, within each label. Slant: pixels to the right for each one up; "
        f"thickness: of strokes, brightness as ink. Of chance alone it would be within {2 / count**0.5:.2f} nearly always."
    )
    return Table("What each code changes", ["code", *columns], [[code, *row.values()] for code, row in changes.items()], note)


def _walk(draw: Draw, code: int, codes: int, names: list[str]) -> Gallery:
    """The same noise for all: a row for each label, along which one code moves while the others are 0."""
    rows, way = min(len(names), ROWS), torch.linspace(-FURTHEST, FURTHEST, STEPS)
    moved = torch.zeros(rows * STEPS, codes)
    moved[:, code] = way.repeat(rows)
    pixels = draw(torch.arange(rows).repeat_interleave(STEPS), moved)
    caption = f"code{code + 1} from {-FURTHEST:g} to {FURTHEST:g}, left to right"
    note = f"Labels from the top: {', '.join(names[:rows])}. The same noise for all, other codes 0. Learned from were codes in [-1, 1]."
    return Gallery(f"As code{code + 1} moves", [image_grid(pixels, STEPS)], [caption], note)
