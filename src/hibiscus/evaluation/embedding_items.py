"""What the report shows of the embeddings of a classifier: maps of a part, and neighbors of its errors."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence

import numpy as np

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.embedding_map import embedding_maps, nearest_rows
from hibiscus.evaluation.items import Gallery, ReportItem

__all__ = ["embedding_items"]

MAX_ITEMS = 10_000  # on a map
ERRORS, NEIGHBORS = 6, 5  # in the gallery
TRAIN_ITEMS, TRAIN_VALUES = 20_000, 2**27  # training images, and their values, among which are the nearest

Embed = Callable[[PreparedData, str], np.ndarray]


def embedding_items(
    embed: Embed,
    probabilities: np.ndarray,
    predicted: np.ndarray,
    data: PreparedData,
    part: str,
    classes: Sequence[str],
) -> list[ReportItem]:
    """Maps of the embeddings of a part, and for images the training images nearest to confident errors.

    Args:
        embed: the embeddings of a part, `(items, dimensions)`.
        probabilities: of the items of the part, `(items, classes)`.
        predicted: the class numbers predicted for them, `(items,)`.
        data: with the part, its labels, and the training part.
        part: its name.
        classes: the names of the classes.
    """
    label, embeddings = data.values("label", part), embed(data, part)
    if len(label) < 3 or embeddings.ndim != 2 or embeddings.shape[1] < 2:
        return []
    wrong, chosen = predicted != label, evenly_spaced(len(label), MAX_ITEMS)
    names = [classes[int(number)] for number in label[chosen]]
    part_name = {"val": "validation"}.get(part, part)
    what, crosses = f"items of the {part_name} part", wrong[chosen].tolist()
    items: list[ReportItem] = list(embedding_maps(embeddings[chosen], names, crosses, what))
    if "image" in data.arrays and wrong.any():
        items.append(_neighbors(embed, embeddings, probabilities, predicted, data, part, classes))
    return items


def _neighbors(
    embed: Embed,
    embeddings: np.ndarray,
    probabilities: np.ndarray,
    predicted: np.ndarray,
    data: PreparedData,
    part: str,
    classes: Sequence[str],
) -> Gallery:
    """The most confident errors, each followed by the nearest training images."""
    label, confidence = data.values("label", part), probabilities[np.arange(len(predicted)), predicted]
    wrong = np.flatnonzero(predicted != label)
    errors = wrong[np.argsort(-confidence[wrong], kind="stable")][:ERRORS]
    train, chosen = _some_training_items(data)
    nearest = nearest_rows(embeddings[errors], embed(train, "train"), NEIGHBORS)[0]
    train_label, train_ids = train.values("label", "train"), train.ids("train")
    pixels, train_pixels, ids = data.rows("image", part), train.rows("image", "train"), data.ids(part)
    images, captions = [], []
    for error, rows in zip(errors, nearest, strict=True):
        images += [pixels[int(error)], *train_pixels[rows]]
        true, guess = classes[int(label[error])], classes[int(predicted[error])]
        captions.append(f"{ids[error]}: {true}, predicted {guess} ({confidence[error]:.0%})")
        captions += [f"training: {classes[int(train_label[row])]} ({train_ids[row]})" for row in rows]
    note = (
        f"Each row: a wrong prediction, and the {nearest.shape[1]} of {chosen:,} training images whose "
        "embeddings are nearest by cosine similarity. If they have the predicted class and look like it, the "
        "item may be labeled incorrectly."
    )
    title = "Nearest training images of the most confident errors"
    return Gallery(title, images, captions, note, group=1 + nearest.shape[1])


def _some_training_items(data: PreparedData) -> tuple[PreparedData, int]:
    """The training data with so many evenly spaced items that embedding them is affordable."""
    owner = copy.copy(data.owner("train"))
    values = math.prod(owner.arrays["image"].shape[1:])
    rows = owner.subsample("train", max(1, min(TRAIN_ITEMS, TRAIN_VALUES // values)))
    owner.training, owner.parts = None, {**owner.parts, "train": owner.parts["train"][rows]}
    return owner, len(rows)
