"""What a classifier of series is shown with: the mean series of each class, the steps that decided, and the
series that were predicted wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hibiscus.data.arrays.series_gaps import series_lengths
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.attribution.occlusion import occlusion
from hibiscus.evaluation.attribution.scores import Explained
from hibiscus.evaluation.chart_items import Multiples, Panel, Series
from hibiscus.evaluation.items import ReportItem
from hibiscus.evaluation.series_neighbors import is_series
from hibiscus.plurals import plural
from hibiscus.progress import step

__all__ = ["mean_series", "series_items", "step_importance"]

MAX_PANELS, MAX_LINES = 12, 6  # of a group of plots, and of a plot
EXAMPLES = 3  # series of a class whose steps are covered
SEGMENTS = 10  # in which a series is divided to cover it; two overlap
MAX_POINTS = 400  # of a line


@step("drawing series")
def series_items(
    explained: Explained,
    data: PreparedData,
    part: str,
    classes: Sequence[str],
    label: NDArray[np.int64],
    predicted: NDArray[np.int64],
    confidence: NDArray[np.float64],
) -> list[ReportItem]:
    """The report items of a classifier of series; none for other data.

    Args:
        explained: the network and its scores.
        data: the prepared data.
        part: the part that is evaluated.
        classes: their names.
        label: the true class of each item, (items,).
        predicted: the class that is predicted, (items,).
        confidence: its probability, (items,).
    """
    if not is_series(data):
        return []
    owner = data.owner("train")
    raw = owner.dataset.fields["array"][owner.parts["train"]]
    means = mean_series(raw, data.values("label", "train"), len(classes))
    order = np.argsort(-confidence, kind="stable")
    right = order[predicted[order] == label[order]]
    items: list[ReportItem] = [_means(means, classes)]
    examples = [right[label[right] == k][:EXAMPLES] for k in range(len(classes))]
    if any(map(len, examples)):
        items.append(_decisive(explained, data, part, classes, examples))
    wrong = order[predicted[order] != label[order]][:MAX_PANELS]
    if len(wrong):
        items.append(
            _errors(data, part, classes, means, [(int(i), int(label[i]), int(predicted[i])) for i in wrong])
        )
    return items


def mean_series(values: np.ndarray, label: NDArray[np.int64], classes: int) -> np.ndarray:
    """The mean of the series of each class at each step; NaN where no series of the class goes on.

    Shapes: values (items, steps, features), NaN after the end of a series; label (items,); returns (classes,
        steps, features).
    """
    means = np.full((classes, *values.shape[1:]), np.nan)
    for number in range(classes):
        chosen = values[label == number].astype(np.float64)
        counts = (~np.isnan(chosen)).sum(0)
        np.divide(np.nansum(chosen, axis=0), counts, out=means[number], where=counts > 0)
    return means


def step_importance(explained: Explained, series: Tensor, index: int) -> Tensor:
    """How much a score falls while a segment around a step is covered by zeros, the mean of training.

    Args:
        explained: the network and its scores.
        series: prepared, (1, steps, features), NaN after the end.
        index: of the score.

    Shapes: returns (steps,), on the CPU.
    """
    scores, after = explained.scores, series.isnan()
    assert scores is not None
    with torch.no_grad():
        score = scores.fixed(explained.network(series), index)

    def of_copies(images: Tensor) -> Tensor:
        covered = images[:, :, 0].transpose(1, 2).masked_fill(after, torch.nan)
        return score(explained.network(covered))

    image = series.transpose(1, 2)[:, :, None]
    return occlusion(of_copies, image, max(1, series.shape[1] // SEGMENTS))[0].cpu()


def _means(means: np.ndarray, classes: Sequence[str]) -> Multiples:
    panels = [
        Panel(
            f"variable {variable + 1}" if means.shape[2] > 1 else "all classes",
            [_line(str(name), mean[:, variable]) for name, mean in zip(classes, means, strict=True)][
                :MAX_LINES
            ],
        )
        for variable in range(min(MAX_PANELS, means.shape[2]))
    ]
    note = "The mean over the training series of the class at each step, in the unit of the data."
    if means.shape[2] > MAX_PANELS or len(classes) > MAX_LINES:
        note += f" Shown are at most {MAX_LINES} classes and {MAX_PANELS} variables."
    return Multiples("Mean series by class", "value", panels, note)


def _decisive(
    explained: Explained,
    data: PreparedData,
    part: str,
    classes: Sequence[str],
    examples: Sequence[NDArray[np.int64]],
) -> Multiples:
    values, panels = data.tensors["array"], []
    explained.network.eval()
    for number, chosen in enumerate(examples[:MAX_PANELS]):
        if not len(chosen):
            continue
        rows = data.parts[part][chosen]
        series = values[rows].to(data.device)
        each = [step_importance(explained, one[None], number) for one in series]
        importance = torch.stack(each).mean(0).numpy()
        scale = np.abs(importance).max() or 1.0
        lines = [_line("importance", importance / scale)]
        if values.shape[2] == 1:
            shown = mean_series(values[rows].numpy(), np.zeros(len(rows), np.int64), 1)[0, :, 0]
            lines.append(_line("mean of these series, standardized", shown))
        panels.append(Panel(str(classes[number]), lines))
    note = (
        "How much the score of the class falls while a tenth of a series around the step is covered; 1 is "
        f"the largest fall. The mean over up to {EXAMPLES} series of the class that were predicted correctly."
    )
    return Multiples("Steps that decided, by class", "importance", panels, note)


def _errors(
    data: PreparedData,
    part: str,
    classes: Sequence[str],
    means: np.ndarray,
    wrong: Sequence[tuple[int, int, int]],
) -> Multiples:
    raw, ids, panels = data.dataset.fields["array"][data.parts[part]], data.ids(part), []
    for item, true, taken in wrong:
        series = raw[item, : series_lengths(raw[item : item + 1])[0]]
        if series.shape[1] == 1:
            lines = [
                _line("series", series[:, 0]),
                _line("mean of its class", means[true, :, 0]),
                _line("mean of the predicted class", means[taken, :, 0]),
            ]
        else:
            lines = [_line(f"variable {v + 1}", series[:, v]) for v in range(min(MAX_LINES, series.shape[1]))]
        panels.append(Panel(f"{ids[item]}: {classes[true]}, predicted {classes[taken]}", lines))
    note = f"{plural(len(wrong), 'wrong prediction')}, the most confident first, in the unit of the data."
    return Multiples("Wrong predictions", "value", panels, note)


def _line(name: str, values: np.ndarray) -> Series:
    """A line over the steps, thinned out if it is long."""
    steps = evenly_spaced(len(values), MAX_POINTS)
    steps = steps[~np.isnan(values[steps])]
    return Series(name, steps, values[steps])
