"""The presets of `augment`: what `light` and `strong` change in given images, and what `auto` chooses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError

__all__ = ["AugmentPreset", "describe_augmentation", "preset_options"]

AugmentPreset = Annotated[
    Literal["auto", "none", "light", "strong"],
    Field(
        description="augmentation preset: light (crop; of photos also scale, brightness, contrast and, in "
        "color, flip), strong (of light crop and flip, then TrivialAugment), none; auto: light to classify "
        "color photos, and small images with a convolutional network"
    ),
]
MIN_SIDE, PHOTO_SIDE = 16, 64  # pixels of the shorter side: of images that auto changes, of photos
WITHOUT_CONVOLUTIONS = ("mlp", "linear", "rnn", "lstm", "gru")
OPTIONS = (
    *("crop", "translate", "flip", "vertical_flip", "rotation", "scale_range", "shear"),
    *("brightness", "contrast", "cutout"),
)
DIRECTIONS = frozenset(("left", "right", "east", "west", "clockwise", "counterclockwise"))


def preset_options(config: Any, preparation: Preparation, network: str) -> dict[str, Any]:
    """The options that the preset of `config` stands for: `augment` itself and those that were not given.

    `light` moves small images by up to a fourteenth of their shorter side (2 of 28 pixels). Photos, from 64
    pixels, are also scaled and change in brightness and contrast. Color photos are flipped, unless the names
    of the classes leave it open whether orientation matters: letters, numbers, or words such as `left`.
    `strong` moves and flips alike, and then applies one random operation of TrivialAugment.

    Args:
        config: options of a supervised method.
        preparation: what was learned from the training part.
        network: the name of the network.

    Raises:
        ConfigError: a preset for data without images.
    """
    image = preparation.fields.get("image")
    if image is None:
        if config.augment in ("light", "strong"):
            raise ConfigError(f"augment={config.augment} on data without images", "images", "leave it out")
        return {"augment": "none"}
    side, color = min(image.height, image.width), image.channels == 3
    labels = next((preparation[name] for name in ("label", "labels") if name in preparation), None)
    preset = config.augment
    if preset == "auto":
        suits = color if side >= PHOTO_SIDE else side >= MIN_SIDE
        preset = "light" if suits and labels and network not in WITHOUT_CONVOLUTIONS else "none"
    if preset == "none":
        return {"augment": "none"}
    photo = side >= PHOTO_SIDE
    options: dict[str, Any] = {"crop": round(side / 14)}
    if photo and preset == "light":
        options |= {"scale_range": 0.2, "brightness": 0.2, "contrast": 0.2}
    if photo:
        options["flip"] = color and labels is not None and not _oriented(labels.names)
    given = config.model_fields_set
    if "translate" in given:
        options.pop("crop")
    return {"augment": preset} | {name: value for name, value in options.items() if name not in given}


def _oriented(names: Iterable[str]) -> bool:
    """Whether flipped images may belong to another class or to none, as far as the names of classes tell."""
    names = [str(name).lower() for name in names]
    words = {word for name in names for word in re.split(r"[^a-z]+", name)}
    return bool(words & DIRECTIONS) or all(len(name) == 1 or name.isdigit() for name in names)


def describe_augmentation(config: Any) -> str:
    """`light: crop=2; augment=none for none`: what is changed, with its options; empty if nothing is."""
    changes = [f"{name}={_typed(getattr(config, name))}" for name in OPTIONS if getattr(config, name, 0)]
    preset = getattr(config, "augment", "none")
    if preset not in ("light", "strong"):
        return " ".join(changes)
    operations = "TrivialAugment after " if preset == "strong" else ""
    return f"{preset}: {operations}{' '.join(changes)}; augment=none turns it off"


def _typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
