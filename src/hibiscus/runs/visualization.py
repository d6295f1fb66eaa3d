"""Explanations of a run for given inputs: what there is for which data, and the choice of the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from hibiscus.data.prepared import PreparedData
from hibiscus.errors import UsageError, nearest
from hibiscus.evaluation.attribution.column_attributions import ColumnAttributions, explain_rows
from hibiscus.evaluation.attribution.feature_maps import MapLayer, deepest_map_layer, find_layer, spread
from hibiscus.evaluation.attribution.image_explanations import (
    FilterImages,
    Heatmap,
    ImageExplainer,
    LayerActivations,
    strongest,
)
from hibiscus.evaluation.attribution.scores import Explained
from hibiscus.evaluation.attribution.token_attributions import (
    TokenAttributions,
    explain_texts,
    possible_kinds,
)
from hibiscus.methods.explained import explained
from hibiscus.plurals import plural
from hibiscus.progress import step
from hibiscus.runs.embedded_parts import PartMaps
from hibiscus.training.method import Method

__all__ = ["DEFAULT_LIMIT", "INPUT_KINDS", "KINDS", "Visualization", "check_kinds", "visualize"]

LAYER_KINDS = ("activations", "filters", "grad-cam", "grad-cam++")  # need a network with maps
SCORE_KINDS = ("grad-cam", "grad-cam++", "integrated-gradients", "occlusion")  # need predictions
ROW_KINDS = ("integrated-gradients", "occlusion")
INPUT_KINDS = ("activations", "filters", "grad-cam", "grad-cam++", "integrated-gradients", "occlusion")
KINDS = (*INPUT_KINDS, "embedding")  # the map of embeddings needs the data of the run, see `visualize_run`
DEFAULT_LIMIT = 8  # images or texts
MAX_ROWS = 1000  # of a table
MAX_LAYERS, MAX_CHANNELS, MAX_FILTERS = 8, 64, 12


@dataclass
class Visualization:
    """Explanations of a run for some inputs.

    Args:
        ids: the inputs that are explained.
        images: those of an image run, uint8 (items, height, width, channels).
        quantity: what the amounts are: a probability, a value, a score or a fraction of pixels.
        layer: of Grad-CAM and filters, if the network has maps.
        heatmaps: attribution maps of the images.
        activations: of layers, for each image.
        filters: the images to which channels of a layer respond most.
        columns: attributions to the columns of a table.
        tokens: attributions to the tokens of texts.
        embedding: maps of the embeddings of a part of the run's data, and of the inputs.
        notes: what was left out, and why.
        files: those that were written, the page first.
    """

    ids: list[str]
    images: np.ndarray | None = None
    quantity: str = "probability"
    layer: str | None = None
    heatmaps: list[Heatmap] = field(default_factory=list)
    activations: list[LayerActivations] = field(default_factory=list)
    filters: FilterImages | None = None
    columns: list[ColumnAttributions] = field(default_factory=list)
    tokens: list[TokenAttributions] = field(default_factory=list)
    embedding: PartMaps | None = None
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def check_kinds(kinds: Sequence[str] | None) -> list[str] | None:
    """The kinds of explanations, in the order of `KINDS`.

    Raises:
        UsageError: an unknown kind.
    """
    if not kinds:
        return None
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"--kind {kind}", f"one of: {', '.join(KINDS)}", nearest(kind, KINDS))
    return [kind for kind in KINDS if kind in kinds]


def visualize(
    method: Method,
    data: PreparedData,
    kinds: Sequence[str] | None = None,
    class_name: str | None = None,
    layer: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Visualization:
    """Explains a trained method with the inputs of the part `inputs`.

    Args:
        method: in evaluation mode.
        data: prepared inputs; with the support set of a few-shot method.
        kinds: of `INPUT_KINDS`; by default all that the network and the data allow.
        class_name: the class, label or target to explain; by default those that are predicted.
        layer: for activations, filters and Grad-CAM.
        limit: the largest number of images or texts.

    Raises:
        UsageError: an unknown kind or class, or a kind that this run does not have.
        ConfigError: an unknown layer.
    """
    requested = check_kinds(kinds)
    what = explained(method, data)
    index = None if class_name is None else _index(what, class_name)
    if "image" not in data.preparation:
        return _of_rows(what, data, requested, index, layer, limit)
    explainer = ImageExplainer(what, data, "inputs")
    items = list(explainer.items(limit))
    shown = Visualization(
        data.ids("inputs")[: len(items)],
        data.rows("image", "inputs")[np.arange(len(items))],
        what.scores.quantity if what.scores else "",
    )
    if len(items) < len(data.ids("inputs")):
        shown.notes.append(f"the first {len(items)} of {len(data.ids('inputs'))} images (--limit)")
    layers = explainer.layers(items[0][1])
    maps = [one for one in layers if one.shape[1] * one.shape[2] > 1]
    chosen = _possible(method, what, maps, requested, shown.notes)
    if maps or layer is not None:
        shown.layer = (what.layer or deepest_map_layer(layers)) if layer is None else layer
        find_layer(what.network, shown.layer, maps)
    _compute(explainer, items, maps, chosen, index, layer, shown)
    return shown


def _compute(
    explainer: ImageExplainer,
    items: list[tuple[int, dict[str, torch.Tensor]]],
    maps: list[MapLayer],
    kinds: Sequence[str],
    index: int | None,
    layer: str | None,
    shown: Visualization,
) -> None:
    attributions = [kind for kind in kinds if kind in SCORE_KINDS]
    name = shown.layer or ""
    named = [one for one in maps if one.name == layer]
    with step("explaining", len(items)) as progress:
        for item, inputs in items:
            if attributions:
                shown.heatmaps += explainer.heatmaps(item, inputs, attributions, index, name)
            if "activations" in kinds:
                limit = MAX_CHANNELS if layer is None else 4 * MAX_CHANNELS
                drawn = named or spread(maps, MAX_LAYERS)
                shown.activations += explainer.activations(item, inputs, drawn, limit)
            progress.advance()
    if "filters" in kinds:
        with step("maximizing filters"):
            (own,) = [one for one in maps if one.name == name]
            means = torch.zeros(1, own.shape[0], 1, 1)
            for item, inputs in items:
                (found,) = explainer.activations(item, inputs, [own], own.shape[0])
                means[0, :, 0, 0] += torch.from_numpy(found.values.mean((1, 2)))
            shown.filters = explainer.filters(items[0][1], name, strongest(means, MAX_FILTERS))


def _possible(
    method: Method, what: Explained, maps: list[MapLayer], requested: list[str] | None, notes: list[str]
) -> list[str]:
    """The kinds to compute: those that are requested, or all that there can be.

    Raises:
        UsageError: a requested kind that the run does not have.
    """
    missing: dict[str, tuple[str, str, str]] = {}
    if what.scores is None:
        few_shot = method.name == "protonet"
        received = f"{method.name} has no scores of classes here"
        expected = "a support set" if few_shot else "a run that predicts classes or values"
        fix = "--support FOLDER" if few_shot else "--kind activations,filters"
        missing |= dict.fromkeys(SCORE_KINDS, (received, expected, fix))
    if not maps:
        received, expected = "this network has no convolutional layers", "a network with maps, as net=cnn"
        missing |= dict.fromkeys(LAYER_KINDS, (received, expected, f"--kind {','.join(ROW_KINDS)}"))
    for kind in requested or ():
        if kind in missing:
            received, expected, fix = missing[kind]
            raise UsageError(f"--kind {kind}: {received}", expected, fix)
    chosen = [kind for kind in requested or INPUT_KINDS if kind not in missing]
    if not chosen:
        raise UsageError(
            f"{method.name}: no layers or scores that can be explained", "a run of classify", "hibiscus list"
        )
    if requested is None:
        notes += [f"no {kind}: {missing[kind][0]}" for kind in INPUT_KINDS if kind in missing]
    return chosen


def _of_rows(
    what: Explained,
    data: PreparedData,
    requested: list[str] | None,
    index: int | None,
    layer: str | None,
    limit: int,
) -> Visualization:
    """Explanations of the rows of a table, or of texts."""
    texts = "text" in data.preparation
    other = [kind for kind in requested or () if kind not in ROW_KINDS]
    if other or layer is not None:
        received = f"--kind {other[0]}" if other else f"--layer {layer}"
        received += f" for a run on {'texts' if texts else 'a table'}"
        raise UsageError(received, f"one of: {', '.join(ROW_KINDS)}", f"--kind {','.join(ROW_KINDS)}")
    ids, most = data.ids("inputs"), limit if texts else MAX_ROWS
    shown = Visualization(ids[:most], quantity=what.scores.quantity if what.scores else "")
    if len(ids) > most:
        shown.notes.append(f"the first {most} of {plural(len(ids), 'text' if texts else 'row')}")
    with step("explaining"):
        if texts:
            kinds = requested or possible_kinds(what.network)
            shown.tokens = explain_texts(what, data, "inputs", kinds, index, np.arange(len(shown.ids)))
        else:
            shown.columns = explain_rows(what, data, "inputs", requested or ROW_KINDS, index, MAX_ROWS)
    return shown


def _index(what: Explained, name: str) -> int:
    """The number of a class.

    Raises:
        UsageError: there is none of this name.
    """
    names = what.scores.names if what.scores else []
    if name not in names:
        fix = nearest(name, names) if names else "leave --class out"
        raise UsageError(f"--class {name}", f"one of: {', '.join(names)[:300] or 'no classes'}", fix)
    return names.index(name)
