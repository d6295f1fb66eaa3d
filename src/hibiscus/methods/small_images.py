"""The recipe for small images, such as characters and clothes: batch size and label smoothing.

`docs/lab-notes.md` lists the results on which it rests. Augmentation is part of it, by `augment=auto`.
"""

from __future__ import annotations

from typing import Any

from hibiscus.data.preparation import Preparation
from hibiscus.methods.augmentation_presets import MIN_SIDE, PHOTO_SIDE

__all__ = ["LABEL_SMOOTHING", "small_image_options"]

LABEL_SMOOTHING = 0.1
FEW_ITEMS, BATCH_SIZE = 25_000, 64  # batches of fewer items give more steps to trainings on few items


def small_image_options(
    config: Any, preparation: Preparation, network: str, batch_size: int, items: int | None
) -> dict[str, Any]:
    """The options that were not given, for the classification of images of 16 to 63 pixels with a `cnn`.

    Args:
        config: options of a supervised method.
        preparation: what was learned from the training part.
        network: the name of the network.
        batch_size: for other data with as many items.
        items: the number of items in the training part, None if it is not known.
    """
    image, label = preparation.fields.get("image"), preparation.fields.get("label")
    if network != "cnn" or image is None or label is None:
        return {}
    if not MIN_SIDE <= min(image.height, image.width) < PHOTO_SIDE:
        return {}
    options: dict[str, Any] = {}
    if config.batch_size is None and items is not None and items < FEW_ITEMS:
        options["batch_size"] = min(batch_size, BATCH_SIZE)
    is_free = "label_smoothing" not in config.model_fields_set
    if is_free and getattr(config, "loss", "") == "cross-entropy" and label.num_classes > 2:
        options["label_smoothing"] = LABEL_SMOOTHING
    return options
