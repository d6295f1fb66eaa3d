"""Maps of the embeddings of a part of a run's data, and of inputs among them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.errors import UsageError
from hibiscus.evaluation.embedding_map import MAX_TSNE_ITEMS, embedding_maps
from hibiscus.plurals import plural
from hibiscus.training.method import Method

if TYPE_CHECKING:
    from hibiscus.evaluation.items import Scatter

__all__ = ["PartMaps", "check_embeds", "part_maps"]

MIN_ITEMS = 3  # on a map
MAX_INPUTS = 500  # on a map, beside the items of the part
INPUT = "input"  # the part of inputs, and their group on the maps


@dataclass(frozen=True)
class PartMaps:
    """The items on maps of embeddings.

    Args:
        ids: of the items.
        parts: the part of the run's data that each belongs to, or `input`.
        groups: the class of each item, its part if the data has no labels, or `input`.
        maps: by principal components and, for at least 30 items, by t-SNE; inputs have crosses.
    """

    ids: list[str]
    parts: list[str]
    groups: list[str]
    maps: list[Scatter]


def check_embeds(method: Method) -> Method:
    """The method, if it embeds.

    Raises:
        UsageError: it does not.
    """
    if "embed" not in method.abilities():
        expected = "a run of a method that does, such as vae or classify"
        raise UsageError(f"{method.name} does not embed", expected, "hibiscus list")
    return method


def part_maps(
    method: Method, data: PreparedData, part: str | None = None, inputs: PreparedData | None = None
) -> PartMaps:
    """The maps of up to 2,000 items, evenly spaced: those of a part, and of inputs among them.

    Args:
        method: a trained method that embeds, in evaluation mode.
        data: the prepared data of its run.
        part: the name of the part; by default the test part or, without one, the validation part.
        inputs: prepared inputs; up to 500 are shown.

    Raises:
        UsageError: there is no such part, or there are fewer than three items.
    """
    part = part or next((name for name in ("test", "val") if name in data.parts), "train")
    if part not in data.parts:
        raise UsageError(f"part={part}", f"one of: {', '.join(data.parts)}", "a part of the data of the run")
    own = None if inputs is None else _some(inputs, "inputs", MAX_INPUTS)
    own_ids = own.ids("inputs") if own else []
    shown = _some(data, part, MAX_TSNE_ITEMS - len(own_ids))
    ids, labels = shown.ids(part), shown.dataset.fields.get("label")
    groups = [part] * len(ids) if labels is None else [str(labels[item]) for item in shown.parts[part]]
    what, codes = f"items of the {PART_NAMES.get(part, part)} part", method.embed(shown, part)
    if own is not None:
        what += f" and inputs ({len(own_ids)})"
        codes = np.concatenate([codes, method.embed(own, "inputs")])
    if len(codes) < MIN_ITEMS:
        raise UsageError(f"{plural(len(codes), 'item')} on a map", f"at least {MIN_ITEMS}", "another part")
    parts, groups = [part] * len(ids) + [INPUT] * len(own_ids), groups + [INPUT] * len(own_ids)
    marked = [name == INPUT for name in parts]
    return PartMaps(
        [*ids, *own_ids], parts, groups, embedding_maps(codes, groups, marked, what, "the inputs")
    )


def _some(data: PreparedData, part: str, limit: int) -> PreparedData:
    """The data with at most so many evenly spaced items of a part."""
    chosen = copy.copy(data)
    items = data.parts[part]
    chosen.parts = {part: items[evenly_spaced(len(items), limit)]}
    return chosen
