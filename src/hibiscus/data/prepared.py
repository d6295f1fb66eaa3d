"""Prepared data: the encoded fields, the parts, and the batches for training and evaluation."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from hibiscus.data.balanced_batches import BalancedBatches
from hibiscus.data.batch import Augmentation
from hibiscus.data.batches import (
    TEXTS,
    AlignedBatchBuilder,
    BatchBuilder,
    Normalize,
    PairBatchBuilder,
    as_tensor,
    iterate,
)
from hibiscus.data.bucketed_batches import BucketedBatches
from hibiscus.data.dataset import PART_NAMES, Dataset, remap_classes
from hibiscus.data.episodes import EpisodePlan, Episodes, usable_classes
from hibiscus.data.lazy_rows import LazyRows
from hibiscus.data.named_errors import named_errors
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.raw_fields import raw_field
from hibiscus.data.sources import ShuffledBatches, UnpairedBatches
from hibiscus.data.text.bags import bag_of_words
from hibiscus.errors import DataError

__all__ = ["PreparedData", "evenly_spaced", "items_at_once"]

INPUTS = ("image", "table", "array", "text")
EVALUATION_ONLY = ("factors",)  # fields that no batch contains, so that nothing is learned from them
MAX_BATCH_VALUES = 2**22  # input values of a batch without training: 512 color images of 52x52


class PreparedData:
    """A Dataset encoded by a Preparation and divided into parts.

    Args:
        dataset: the raw fields.
        preparation: what was learned from the training part.
        parts: the indices of each part.
        device: the device of the batches.
        training: the training data, if it is another dataset (when other data is evaluated).
        share: `(this process, processes)`, if several processes divide each training batch.
    """

    def __init__(
        self,
        dataset: Dataset,
        preparation: Preparation,
        parts: dict[str, np.ndarray],
        device: torch.device | None = None,
        training: PreparedData | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        self.training, self.share = training, share
        self.dataset, self.preparation, self.parts = dataset, preparation, parts
        self.device = device or torch.device("cpu")
        self.arrays: dict[str, np.ndarray] = {}
        images: dict[str, Normalize] = {}
        with named_errors(dataset.path):
            self._encode(images)
        tensors = {
            name: as_tensor(values) for name, values in self.arrays.items() if name not in EVALUATION_ONLY
        }
        self.tensors = tensors
        self._build_batch = BatchBuilder(images, self.device)

    def _encode(self, images: dict[str, Normalize]) -> None:
        """Fills `arrays` with the encoded fields, and `images` with how those of images are normalized."""
        dataset = self.dataset
        for name, prepared in self.preparation.fields.items():
            raw = raw_field(dataset, name, getattr(prepared, "column", None))
            if raw is None:
                continue
            if isinstance(prepared, ImagePreparation):
                shape = (prepared.height, prepared.width, prepared.channels)
                if raw.shape[1:] != shape:
                    received = f"{dataset.path}: images of shape {raw.shape[1:]}"
                    raise DataError(received, f"{shape}, as in training", "resize them to that shape")
                self.arrays[name] = raw
                images[name] = Normalize(prepared.mean, prepared.std, self.device)
            else:
                if name in dataset.names and dataset.names[name] != prepared.names:
                    raw = remap_classes(raw, dataset.names[name], prepared.names)
                self.arrays[name] = prepared.encode(raw)

    def source(
        self,
        part: str,
        batch_size: int,
        seed: int,
        augment: Augmentation | None = None,
        items: np.ndarray | None = None,
        balanced: bool = False,
    ) -> ShuffledBatches:
        """Endless shuffled batches of a part, or of some of its items (indices into the whole dataset).

        With `balanced`, an epoch has equally many items of each class. Batches of texts are of like length.
        """
        items = self.parts[part] if items is None else items
        about = self.tensors, items, batch_size, seed, self._build_batch, augment, self.share
        if balanced:
            return BalancedBatches(*about, labels=self.arrays["label"][items])
        lengths = tuple(name for name in TEXTS if name in self.tensors)
        return BucketedBatches(*about, lengths=lengths) if lengths else ShuffledBatches(*about)

    def with_features(self, features: np.ndarray) -> PreparedData:
        """The same items and parts, with features `(all items, dimension)` in place of their inputs."""
        other = copy.copy(self)
        kept = {name: values for name, values in self.arrays.items() if name not in INPUTS}
        other.arrays = {"array": features, **kept}
        other.tensors = {name: values for name, values in self.tensors.items() if name in kept}
        other.tensors["array"] = as_tensor(features)
        other._build_batch = BatchBuilder({}, self.device)
        return other

    def images(self, pixels: np.ndarray) -> torch.Tensor:
        """Images uint8 `(items, height, width, channels)` as the input of a network trained on this data."""
        return self._build_batch.images["image"](as_tensor(pixels))

    def pairs(self, part: str, batch_size: int, seed: int, augment: Augmentation) -> ShuffledBatches:
        """Endless shuffled batches of `image` and `transformed`, the same images after augmentation."""
        images, build_pairs = {"image": self.tensors["image"]}, PairBatchBuilder(self._build_batch)
        items = self.parts[part]
        return ShuffledBatches(images, items, batch_size, seed, build_pairs, augment, self.share)

    def aligned(
        self, part: str, batch_size: int, seed: int, augment: Augmentation | None = None
    ) -> ShuffledBatches:
        """Endless shuffled batches of `image` and `target_image`, augmented alike."""
        names = ("image", "target_image")
        builder = AlignedBatchBuilder({name: self._build_batch.images[name] for name in names})
        tensors = {name: self.tensors[name] for name in names}
        return ShuffledBatches(tensors, self.parts[part], batch_size, seed, builder, augment, self.share)

    def domains(
        self, part: str, batch_size: int, seed: int, augment: Augmentation | None = None
    ) -> UnpairedBatches:
        """Endless batches of `a` and `b`, equally many unpaired images of two domains."""
        images, normalize = self.tensors["image"], self._build_batch.images["image"]
        members = [self.of_domain(part, domain) for domain in (0, 1)]
        return UnpairedBatches(images, members, batch_size, seed, normalize, augment, self.share)

    def of_domain(self, part: str, domain: int) -> np.ndarray:
        """The items of a part that belong to domain 0 or 1, as indices into the whole dataset."""
        owner = self.owner(part)
        return owner.parts[part][owner.arrays["domain"][owner.parts[part]] == domain]

    def episodes(
        self, part: str, plan: EpisodePlan, seed: int, augment: Augmentation | None = None
    ) -> Episodes:
        """Endless episodes of a part; several processes each take the whole episode."""
        items = self.parts[part]
        where = f"{self.dataset.path}: the {PART_NAMES.get(part, part)} part"
        members = usable_classes(self.arrays["label"][items], plan, where)
        members = [items[positions] for positions in members]
        return Episodes(self.tensors["image"], members, plan, seed, self._build_batch, augment)

    def iterate(
        self, part: str, transform: Callable[[torch.Tensor], torch.Tensor] | None = None
    ) -> Iterator[Any]:
        """A part once and in order, in batches of up to 512 items; fewer if the items are large.

        Args:
            part: the name of the part.
            transform: maps images in [0, 1] to images, for test-time augmentation.
        """
        largest = max((values[0].numel() for values in self.tensors.values() if len(values)), default=1)
        batch_size = items_at_once(largest)
        return iterate(self.tensors, self.parts[part], self._build_batch, batch_size, transform)

    def collect(self, part: str, compute: Callable[[Any], Sequence[torch.Tensor]]) -> list[np.ndarray]:
        """The outputs of a function for each batch of a part, as arrays `(items, ...)`.

        Args:
            part: the name of the part.
            compute: maps a batch to tensors `(batch, ...)`.
        """
        arrays: list[np.ndarray] = []
        start = 0
        for batch in self.iterate(part):
            outputs = [output.cpu().numpy() for output in compute(batch)]
            if not arrays:
                # Allocated once: small tensors kept between the large ones of each batch fragment the memory.
                items = len(self.parts[part])
                arrays = [np.empty((items, *output.shape[1:]), output.dtype) for output in outputs]
            stop = start + len(outputs[0])
            for array, output in zip(arrays, outputs, strict=True):
                array[start:stop] = output
            start = stop
        return arrays

    def values(self, field: str, part: str) -> np.ndarray:
        """The encoded values of a field in a part, such as class numbers or uint8 images."""
        owner = self.owner(part)
        return owner.arrays[field][owner.parts[part]]

    def rows(self, field: str, part: str) -> LazyRows:
        """As `values`, but read when they are indexed: for images, masks and other large fields."""
        values, items = self.owner(part).arrays[field], self.owner(part).parts[part]
        return LazyRows(lambda chosen: values[chosen], items)

    def file_sizes(self, part: str) -> np.ndarray:
        """Height and width of the image files of a part, `(items, 2)`; as prepared if unknown."""
        owner = self.owner(part)
        size = owner.dataset.fields.get("size")
        if size is not None:
            return np.asarray(size)[owner.parts[part]]
        return np.tile(np.array(owner.arrays["image"].shape[1:3]), (len(owner.parts[part]), 1))

    def owner(self, part: str) -> PreparedData:
        """The data that contains a part; if other data is evaluated, `train` is that of the run."""
        return self.training if part == "train" and self.training is not None else self

    def flat_inputs(self, part: str, rows: np.ndarray | None = None, max_features: int = 1024) -> np.ndarray:
        """The inputs of a part as a float matrix `(items, features)` for simple baselines.

        Args:
            part: the name of the part.
            rows: the positions of items within the part; all by default.
            max_features: images are subsampled to at most this many values.
        """
        columns, owner = [], self.owner(part)
        items = owner.parts[part] if rows is None else owner.parts[part][rows]
        for name in INPUTS:
            if name not in owner.arrays:
                continue
            values, step = owner.arrays[name], 1
            if name == "image":
                while np.prod(values[:1, ::step, ::step].shape) > max_features:
                    step += 1
                values = values[
                    :, ::step, ::step
                ]  # before selecting items, so that large images are not copied
            chosen = bag_of_words(values[items]) if name == "text" else values[items].astype(np.float32)
            if name == "array" and chosen.ndim == 3:
                np.nan_to_num(chosen, copy=False, nan=0.0)  # after the end of a series
            if name == "image":
                chosen /= 255
            columns.append(chosen.reshape(len(chosen), math.prod(chosen.shape[1:])))
        return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)

    def flat_rows(self, part: str, rows: np.ndarray | None = None, max_features: int = 1024) -> LazyRows:
        """As `flat_inputs`, but computed when they are indexed."""
        positions = np.arange(len(self.owner(part).parts[part])) if rows is None else rows
        return LazyRows(lambda chosen: self.flat_inputs(part, chosen, max_features), positions)

    def subsample(self, part: str, max_items: int = 20_000) -> np.ndarray:
        """The positions of evenly spaced items within a part, few enough for memory."""
        return evenly_spaced(len(self.owner(part).parts[part]), max_items)

    def ids(self, part: str) -> list[str]:
        """The readable names of the items of a part."""
        return [self.dataset.ids[i] for i in self.parts[part]]


def items_at_once(values: int) -> int:
    """How many items of so many values are processed at a time without training: 16 to 512."""
    return min(512, max(16, MAX_BATCH_VALUES // max(1, values)))


def evenly_spaced(count: int, max_items: int) -> np.ndarray:
    """At most `max_items` evenly spaced positions among `count`, which represents all of sorted classes."""
    return np.linspace(0, count - 1, min(count, max_items)).astype(np.int64)
