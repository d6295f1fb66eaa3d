"""Embeddings of the parts of a run on maps."""

from __future__ import annotations

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.errors import UsageError
from hibiscus.evaluation.embedding_map import embedding_maps
from hibiscus.evaluation.items import Scatter
from hibiscus.training.method import Method

__all__ = ["check_embeds", "part_maps"]

MAX_ITEMS = 10_000  # on a map


def check_embeds(method: Method) -> Method:
    """The method, if it embeds.

    Raises:
        UsageError: it does not.
    """
    if "embed" not in method.abilities():
        expected = "a run of a method that does, such as vae or classify"
        raise UsageError(f"{method.name} does not embed", expected, "hibiscus list")
    return method


def part_maps(method: Method, data: PreparedData, part: str) -> list[Scatter]:
    """The maps of a part by principal components and, for 30 to 2,000 items, by t-SNE.

    They have `x`, `y`, and the classes as `groups` if the data has one label for each item.

    Args:
        method: a trained method that embeds, in evaluation mode.
        data: the prepared data of its run.
        part: the name of the part.

    Raises:
        UsageError: there is no such part.
    """
    if part not in data.parts:
        raise UsageError(f"part={part}", f"one of: {', '.join(data.parts)}", "a part of the data of the run")
    embeddings, items = method.embed(data, part), data.parts[part]
    chosen = evenly_spaced(len(items), MAX_ITEMS)
    labels = data.dataset.fields.get("label")
    names = [] if labels is None else [str(labels[item]) for item in items[chosen]]
    return embedding_maps(embeddings[chosen], names, (), f"items of the {PART_NAMES.get(part, part)} part")
