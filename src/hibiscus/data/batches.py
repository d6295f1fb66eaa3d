"""Batches: gathered by index from whole arrays, finished as whole tensors on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.images.augment import Augment

__all__ = ["MOVED", "BatchBuilder", "Normalize", "PairBatchBuilder", "ShuffledBatches", "as_tensor", "iterate", "mix_seed"]

MOVED = ("mask", "boxes")  # fields that tell where things are in an image, and so move with it


def as_tensor(values: np.ndarray) -> Tensor:
    """An array as a tensor on the same memory (a memory-mapped array stays on the disk)."""
    return torch.from_numpy(values if values.flags.writeable else values.copy())


class Normalize:
    r"""From uint8 images to standardised floats: `(pixels / 255 - mean) / std` for each channel.

    Args:
        mean: of each channel, in [0, 1].
        std: of each channel, in [0, 1].
        device: where batches go.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], device: torch.device):
        self.device = device
        self.scale = torch.tensor([1 / s for s in std], device=device).view(1, -1, 1, 1)
        self.pixel_scale = self.scale / 255
        self.shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=device).view(1, -1, 1, 1)

    def __call__(self, pixels: Tensor, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """uint8 `(batch, height, width, channels)` to float32 `(batch, channels, height, width)`, channels-last."""
        x = pixels.to(self.device, non_blocking=True).permute(0, 3, 1, 2).to(torch.float32)
        if augment is None:  # the division by 255 goes with the standardisation, one pass less
            return x.mul_(self.pixel_scale).add_(self.shift)  # in place: torch.addcmul with broadcasting takes three times as long
        return augment(x.mul_(1 / 255)).mul_(self.scale).add_(self.shift)


class BatchBuilder:
    """Turns gathered raw fields into the tensors that networks take: images by their `ImageFinish`, the rest as it is."""

    def __init__(self, images: Mapping[str, Normalize], device: torch.device):
        self.images, self.device = images, device

    def __call__(self, raw: dict[str, Tensor], augment: Callable[..., Any] | None = None) -> Any:
        """The batch; `augment` is for its images, and for what moves with them."""
        batch = {name: values.to(self.device, non_blocking=True) for name, values in raw.items() if name not in self.images}
        moved = next((name for name in MOVED if name in batch), None)

        def change(images: Tensor) -> Tensor:
            assert augment is not None
            assert moved is not None
            images, batch[moved] = augment(images, batch[moved])
            return images

        for name, finish in self.images.items():
            if name in raw:
                batch[name] = finish(raw[name], change if augment and moved else augment)
        return Batch(batch)


class PairBatchBuilder:
    """Turns gathered images into pairs: `image` as it is and `transformed`, the same images changed by the augmentation."""

    def __init__(self, finisher: BatchBuilder):
        self.finisher = finisher

    def __call__(self, raw: dict[str, Tensor], augment: Callable[[Tensor], Tensor] | None = None) -> Any:
        """The batch, with both fields."""
        batch = self.finisher(raw)
        batch["transformed"] = self.finisher(raw, augment)["image"]
        return batch


class ShuffledBatches:
    """Endless shuffled batches of some items: a new order each epoch, the last batch of an epoch may be short.

    The order of epoch `e` comes from (seed, e) and the augmentation of its batch `b` from (seed, e, b), so the saved
    position is two numbers and a resumed run sees exactly the batches that it would have seen.

    Args:
        fields: arrays over all items, by name.
        items: the indices that this source draws from.
        batch_size: items in a batch.
        seed: of orders and augmentation.
        finisher: from raw tensors to a batch.
        augment: for fields of images; training data only.
        share: `(this process, processes)`: of every batch, this process takes its slice.
    """

    def __init__(
        self,
        fields: Mapping[str, Tensor],
        items: np.ndarray,
        batch_size: int,
        seed: int,
        finisher: Callable[..., Any],
        augment: Augment | None = None,
        share: tuple[int, int] = (0, 1),
    ):
        self.share = share
        self.fields, self.items = dict(fields), torch.from_numpy(np.ascontiguousarray(items, np.int64))
        self.batch_size, self.seed, self.finisher, self.augment = batch_size, seed, finisher, augment
        # A last batch of one item would have no batch statistics; it joins the batch before it.
        self.joins = int(batch_size > 1 and len(items) > batch_size and len(items) % batch_size == 1)
        self.batches_per_epoch = max(1, -(-len(items) // batch_size)) - self.joins
        self.epoch, self.index = 0, 0
        self._order: Tensor | None = None

    def next(self) -> Any:
        """The next batch."""
        if self.index == self.batches_per_epoch:
            self.epoch, self.index, self._order = self.epoch + 1, 0, None
        if self._order is None:
            generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch))
            self._order = self.items[torch.randperm(len(self.items), generator=generator)]
        is_last = self.index == self.batches_per_epoch - 1
        chosen = self._order[self.index * self.batch_size : None if is_last else (self.index + 1) * self.batch_size]
        rank, count = self.share
        divided = len(chosen) >= count > 1  # a batch with fewer items than processes is given to each whole
        first, last = (rank * len(chosen) // count, (rank + 1) * len(chosen) // count) if divided else (0, len(chosen))
        raw = {name: values.index_select(0, chosen[first:last]) for name, values in self.fields.items()}
        augment = self._augment() if self.augment is not None and self.augment.active else None
        self.index += 1
        batch = self.finisher(raw, augment)
        if divided:
            batch.share = (first, len(chosen), count)
        return batch

    def _augment(self) -> Callable[..., Any]:
        generator = torch.Generator().manual_seed(mix_seed(self.seed, self.epoch, self.index, 1 + self.share[0]))
        augment = self.augment
        assert augment is not None
        return lambda images, *moved: augment(images, generator, *moved)

    def position(self) -> dict[str, Any]:
        """Epoch and batch."""
        return {"epoch": self.epoch, "index": self.index}

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        self.epoch, self.index, self._order = position["epoch"], position["index"], None


def mix_seed(*numbers: int) -> int:
    """One well-spread seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def iterate(
    fields: Mapping[str, Tensor],
    items: np.ndarray,
    finisher: Callable[..., Any],
    batch_size: int = 512,
    change: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Any]:
    """All items once, in order, their images as they are or under a change."""
    chosen = torch.from_numpy(np.ascontiguousarray(items, np.int64))
    for start in range(0, len(chosen), batch_size):
        part = chosen[start : start + batch_size]
        yield finisher({name: values.index_select(0, part) for name, values in fields.items()}, change)
