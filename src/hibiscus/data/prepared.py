"""Data made ready for a method: encoded fields, parts, and the batches that its sources and measures draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from hibiscus.data.batches import BatchBuilder, Normalize, PairBatchBuilder, ShuffledBatches, as_tensor, iterate
from hibiscus.data.dataset import Dataset, remap_classes
from hibiscus.data.episodes import EpisodePlan, Episodes, usable_classes
from hibiscus.data.images.augment import Augment
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.unpaired import DomainBatches
from hibiscus.errors import DataError

__all__ = ["PreparedData", "evenly_spaced"]

INPUTS = ("image", "table", "array")
MEASURED = ("factors",)  # fields that no batch holds, so that nothing is learned from them
WALKED_VALUES = 2**22  # input values in a batch that is only looked at: 512 images of 52x52 in colour


class PreparedData:
    """A Dataset seen through a Preparation, divided into parts.

    Args:
        dataset: the raw fields.
        preparation: what was learned from the training part.
        parts: indices by part.
        device: where batches go.
        training: where the training part is to be found, if not here (when other data is evaluated).
        share: `(this process, processes)`, where several divide each training batch.
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
        for name, prepared in preparation.fields.items():
            raw = raw_field(dataset, name)
            if raw is None:
                continue
            if isinstance(prepared, ImagePreparation):
                wanted = (prepared.height, prepared.width, prepared.channels)
                if raw.shape[1:] != wanted:
                    raise DataError(
                        f"{dataset.path}: images of shape {raw.shape[1:]}", f"{wanted}, as in training", "bring them to that shape"
                    )
                self.arrays[name] = raw
                images[name] = Normalize(prepared.mean, prepared.std, self.device)
            else:
                try:
                    if name in dataset.names and dataset.names[name] != prepared.names:
                        raw = remap_classes(raw, dataset.names[name], prepared.names)
                    self.arrays[name] = prepared.encode(raw)
                except DataError as error:
                    raise DataError(f"{dataset.path}: {error.received}", error.expected, error.fix) from None
        self.tensors = {name: as_tensor(values) for name, values in self.arrays.items() if name not in MEASURED}
        self._finisher = BatchBuilder(images, self.device)

    def source(self, part: str, batch_size: int, seed: int, augment: Augment | None = None) -> ShuffledBatches:
        """Endless shuffled batches of a part."""
        return ShuffledBatches(self.tensors, self.parts[part], batch_size, seed, self._finisher, augment, self.share)

    def images(self, pixels: np.ndarray) -> torch.Tensor:
        """Images uint8 `(items, height, width, channels)` as a network of this data takes them."""
        return self._finisher.images["image"](as_tensor(pixels))

    def pairs(self, part: str, batch_size: int, seed: int, augment: Augment) -> ShuffledBatches:
        """Endless shuffled batches of `image` and `transformed`, the same images changed at random; without any label.

        Several processes take each batch whole: what pairs are learned by is a statistic of all of them.
        """
        images = {"image": self.tensors["image"]}
        return ShuffledBatches(images, self.parts[part], batch_size, seed, PairBatchBuilder(self._finisher), augment)

    def domains(self, part: str, batch_size: int, seed: int, augment: Augment | None = None) -> DomainBatches:
        """Endless batches of `a` and `b`, as many images of each of two domains, unpaired."""
        images, finish = self.tensors["image"], self._finisher.images["image"]
        members = [self.of_domain(part, domain) for domain in (0, 1)]
        return DomainBatches(images, members, batch_size, seed, finish, augment, self.share)

    def of_domain(self, part: str, domain: int) -> np.ndarray:
        """The items of a part that are of a domain, 0 or 1, as indices into the whole data set."""
        owner = self.owner(part)
        return owner.parts[part][owner.arrays["domain"][owner.parts[part]] == domain]

    def episodes(self, part: str, plan: EpisodePlan, seed: int, augment: Augment | None = None) -> Episodes:
        """Endless episodes of a part: small classification tasks among its classes; several processes take each whole."""
        items = self.parts[part]
        members = usable_classes(self.arrays["label"][items], plan, f"{self.dataset.path}: the {part} part")
        return Episodes(self.tensors["image"], [items[places] for places in members], plan, seed, self._finisher, augment)

    def iterate(self, part: str, change: Callable[[torch.Tensor], torch.Tensor] | None = None) -> Iterator[Any]:
        """A part once, in order, in batches of up to 512 items; fewer where items are large, so that memory holds them.

        Args:
            part: which.
            change: from images in [0, 1] to others, for a look at what a random change does to an answer.
        """
        largest = max((values[0].numel() for values in self.tensors.values() if len(values)), default=1)
        batch_size = min(512, max(16, WALKED_VALUES // largest))
        return iterate(self.tensors, self.parts[part], self._finisher, batch_size, change)

    def values(self, field: str, part: str) -> np.ndarray:
        """The encoded values of a field in a part: class numbers, standardised targets, matrices, uint8 images."""
        owner = self.owner(part)
        return owner.arrays[field][owner.parts[part]]

    def file_sizes(self, part: str) -> np.ndarray:
        """The height and width in pixels of the images of a part in their files, `(items, 2)`; as prepared where not known."""
        owner = self.owner(part)
        size = owner.dataset.fields.get("size")
        if size is not None:
            return np.asarray(size)[owner.parts[part]]
        return np.tile(np.array(owner.arrays["image"].shape[1:3]), (len(owner.parts[part]), 1))

    def owner(self, part: str) -> PreparedData:
        """Where a part is: the training part of evaluated data is that of the run."""
        return self.training if part == "train" and self.training is not None else self

    def flat_inputs(self, part: str, rows: np.ndarray | None = None, most_features: int = 1024) -> np.ndarray:
        """Inputs of a part as a float matrix `(items, features)` for simple rivals; large images are shrunk.

        Args:
            part: which.
            rows: which of its items, counted within the part; all by default.
            most_features: images are thinned out to at most so many values.
        """
        columns, owner = [], self.owner(part)
        items = owner.parts[part] if rows is None else owner.parts[part][rows]
        for name in INPUTS:
            if name not in owner.arrays:
                continue
            values, step = owner.arrays[name], 1
            if name == "image":
                while np.prod(values[:1, ::step, ::step].shape) > most_features:
                    step += 1
                values = values[:, ::step, ::step]  # before the items, so that large images are not copied whole
            chosen = values[items].astype(np.float32)
            columns.append(chosen.reshape(len(chosen), -1) / (255 if name == "image" else 1))
        return np.concatenate(columns, axis=1)

    def subsample(self, part: str, most: int = 20_000) -> np.ndarray:
        """Evenly spaced items of a part, counted within it: enough for a simple rival, few enough for memory."""
        return evenly_spaced(len(self.owner(part).parts[part]), most)

    def ids(self, part: str) -> list[str]:
        """The readable names of a part's items."""
        return [self.dataset.ids[i] for i in self.parts[part]]


def evenly_spaced(count: int, most: int) -> np.ndarray:
    """Evenly spaced places among `count`, so that items in the order of their classes are all heard; all of them where there are few."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)


def raw_field(dataset: Dataset, name: str) -> Any:
    """The raw values behind a prepared field; a `target` that is a number, or two domains, may have been read as a label."""
    if name in ("target", "domain") and name not in dataset.fields:
        return dataset.fields.get("label")
    return dataset.fields.get(name)
