r"""Everything that is learned from data: label order, scales, means, tables. Learned from the training part only.

A Preparation is saved with the run and used unchanged for validation, test and prediction. There is no other place where
statistics of data may be learned, so nothing of the test part can leak into training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.boxes.preparation import BoxPreparation
from hibiscus.data.environments.preparation import EnvironmentPreparation
from hibiscus.data.factors import FactorPreparation
from hibiscus.data.labels import LabelNumbering, LabelPreparation, TargetPreparation
from hibiscus.data.masks.preparation import MaskPreparation
from hibiscus.data.tables.columns import missing_rows
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.errors import DataError, RunError, nearest

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "KINDS",
    "ArrayPreparation",
    "BoxPreparation",
    "EnvironmentPreparation",
    "FactorPreparation",
    "FieldPreparation",
    "ImagePreparation",
    "LabelNumbering",
    "LabelPreparation",
    "MaskPreparation",
    "Preparation",
    "TablePreparation",
    "TargetPreparation",
    "missing_rows",
]

FORMAT = 1
MAX_VALUES = 2e8  # pixels enough for a mean and deviation to four digits, read in two seconds


class FieldPreparation(Protocol):
    """What was learned for one field; `kind` names the class in the saved file."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file, with `kind` among them."""
        ...

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same again."""
        ...


@dataclass(frozen=True)
class ImagePreparation:
    r"""The size of images and the mean and deviation of each channel: prepared = (pixel / 255 - mean) / std.

    Args:
        height: in pixels.
        width: in pixels.
        channels: 1 grey, 3 colour, 4 with transparency.
        mean: of each channel over the training part, in [0, 1].
        std: of each channel over the training part, in [0, 1]; 1 where a channel never changes.
        resize: how images were brought to this size: `cover` or `squash`.
    """

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: str = "cover"
    kind: ClassVar[str] = "image"

    @classmethod
    def fit(cls, images_train: np.ndarray, limit: int = 20_000, rows: np.ndarray | None = None) -> ImagePreparation:
        r"""Learns the mean and deviation of each channel, a few images at a time (the array may be a memory map).

        Args:
            images_train: the training images; or all images, and in `rows` which of them are for training.
            limit: from more images than this (fewer if they are large), evenly spaced ones are taken.
            rows: positions of the training images, so that a memory map need not be copied to select them.

        Shapes: images_train uint8 (N, height, width, channels) or (N, height, width).

        Raises:
            DataError: no images, another type, or another number of axes.
        """
        if images_train.ndim not in (3, 4) or images_train.dtype != np.uint8 or not images_train.size:
            found = f"images of type {images_train.dtype} and shape {images_train.shape}"
            raise DataError(found, "uint8 (images, height, width, channels), none of them 0", "open them with hibiscus.open")
        rows = np.arange(len(images_train)) if rows is None else np.asarray(rows)
        if not len(rows):
            raise DataError("no training images", "at least one", "change the split")
        count, (height, width) = len(rows), images_train.shape[1:3]
        channels = images_train.shape[3] if images_train.ndim == 4 else 1
        one = height * width * channels
        chosen = rows[np.linspace(0, count - 1, min(count, limit, max(256, int(MAX_VALUES // one)))).astype(np.int64)]
        histogram = np.zeros((channels, 256), dtype=np.int64)
        step = max(1, 2**22 // one)
        for start in range(0, len(chosen), step):
            pixels = images_train[chosen[start : start + step]].reshape(-1, channels)
            for channel in range(channels):
                histogram[channel] += np.bincount(pixels[:, channel], minlength=256)
        share, levels = histogram / histogram.sum(axis=1, keepdims=True), np.arange(256) / 255
        mean = share @ levels
        std = np.sqrt(np.maximum(share @ levels**2 - mean**2, 0))
        return cls(height, width, channels, tuple(mean.tolist()), tuple(np.where(std < 1e-4, 1.0, std).tolist()))

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one image for a network: (channels, height, width)."""
        return (self.channels, self.height, self.width)

    def decode(self, values: Tensor) -> np.ndarray:
        """Images uint8 `(items, height, width, channels)` from prepared values `(items, channels, height, width)`."""
        values = values.float()
        std, mean = (values.new_tensor(numbers).view(1, -1, 1, 1) for numbers in (self.std, self.mean))
        pixels = (values * std + mean).mul(255).round().clamp(0, 255)
        return pixels.byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        size = {"height": self.height, "width": self.width, "channels": self.channels}
        return {"kind": self.kind, **size, "mean": list(self.mean), "std": list(self.std), "resize": self.resize}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ImagePreparation:
        """The same preparation again."""
        size = data["height"], data["width"], data["channels"]
        return cls(*size, tuple(data["mean"]), tuple(data["std"]), data.get("resize", "cover"))


KINDS: dict[str, type[FieldPreparation]] = {
    kind.kind: kind
    for kind in (
        ArrayPreparation,
        BoxPreparation,
        EnvironmentPreparation,
        FactorPreparation,
        ImagePreparation,
        LabelNumbering,
        LabelPreparation,
        MaskPreparation,
        TablePreparation,
        TargetPreparation,
    )
}


@dataclass(frozen=True)
class Preparation:
    r"""What was learned for each field, by the field's name; saved with the run.

    Example:
        learned = Preparation({"table": TablePreparation.fit(frame.iloc[train], roles), "label": LabelPreparation.fit(income[train])})
        features, classes = learned["table"].encode(frame), learned["label"].encode(income)
    """

    fields: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        if name not in self.fields:
            raise RunError(f"nothing was learned for the field '{name}'", "a field of the training data", nearest(name, self.fields))
        return self.fields[name]

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"format": FORMAT, "fields": {name: learned.to_json() for name, learned in self.fields.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], kinds: Mapping[str, type[FieldPreparation]] = KINDS) -> Preparation:
        r"""The same preparation again.

        Raises:
            RunError: written by a newer Hibiscus, of an unknown kind, or damaged.
        """
        expected, fix = f"a preparation of format {FORMAT}", "read it with the version of Hibiscus that wrote it"
        if not isinstance(data, Mapping) or not isinstance(data.get("format"), int) or not isinstance(data.get("fields"), Mapping):
            raise RunError("the saved preparation is damaged", expected, "train again, or take the file from a copy of the run")
        if data["format"] > FORMAT:
            raise RunError(f"the saved preparation has format {data['format']}", expected, fix)
        fields = {}
        for name, saved in data["fields"].items():
            kind = str(saved.get("kind") if isinstance(saved, Mapping) else saved)
            if kind not in kinds:
                raise RunError(f"the field '{name}' was prepared as '{kind}'", f"one of: {', '.join(sorted(kinds))}", fix)
            try:
                fields[name] = kinds[kind].from_json(saved)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                found = f"the saved preparation of '{name}' is damaged: {error!r}"
                raise RunError(found, expected, "train again, or take the file from a copy of the run") from error
        return cls(fields)
