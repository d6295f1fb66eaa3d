"""Batches: selected by index from whole arrays and converted on the device as whole tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.tokens import PADDING

__all__ = [
    "MOVED",
    "AlignedBatchBuilder",
    "BatchBuilder",
    "Normalize",
    "PairBatchBuilder",
    "as_tensor",
    "iterate",
    "mix_seed",
    "trimmed",
]

MOVED = (
    "mask",
    "boxes",
)  # fields with pixel positions, which a geometric augmentation has to transform as well
TEXTS = ("text", "target_text")  # fields of token numbers, padded at the end


def as_tensor(values: np.ndarray) -> Tensor:
    """An array as a tensor that shares its memory; a memory-mapped array stays on disk."""
    return torch.from_numpy(values if values.flags.writeable else values.copy())


class Normalize:
    r"""Converts uint8 images to standardized floats: `(pixels / 255 - mean) / std` for each channel.

    Args:
        mean: for each channel, in [0, 1].
        std: for each channel, in [0, 1].
        device: the device of the batches.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], device: torch.device):
        self.device = device
        self.scale = torch.tensor([1 / s for s in std], device=device).view(1, -1, 1, 1)
        self.pixel_scale = self.scale / 255
        self.shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=device).view(
            1, -1, 1, 1
        )

    def __call__(self, pixels: Tensor, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """uint8 `(batch, height, width, channels)` to float32 `(batch, channels, height, width)`."""
        x = pixels.to(self.device, non_blocking=True).permute(0, 3, 1, 2).to(torch.float32)
        if augment is None:  # the division by 255 is folded into the standardization, which saves one pass
            # In place: torch.addcmul with broadcasting takes three times as long.
            return x.mul_(self.pixel_scale).add_(self.shift)
        return augment(x.mul_(1 / 255)).mul_(self.scale).add_(self.shift)


class BatchBuilder:
    """Converts raw fields to the tensors that networks take.

    Images are converted by `Normalize`; texts end with the longest of the batch, as int64; other fields are
    unchanged.
    """

    def __init__(self, images: Mapping[str, Normalize], device: torch.device):
        self.images, self.device = images, device

    def __call__(self, raw: dict[str, Tensor], augment: Callable[..., Any] | None = None) -> Any:
        """The batch; `augment` applies to its images and to the masks or boxes that belong to them."""
        batch = {
            name: (trimmed(x) if name in TEXTS else x).to(self.device, non_blocking=True)
            for name, x in raw.items()
            if name not in self.images
        }
        moved = next((name for name in MOVED if name in batch), None)

        def augment_both(images: Tensor) -> Tensor:
            assert augment is not None
            assert moved is not None
            images, batch[moved] = augment(images, batch[moved])
            return images

        for name, normalize in self.images.items():
            if name in raw:
                batch[name] = normalize(raw[name], augment_both if augment and moved else augment)
        return Batch(batch)


class PairBatchBuilder:
    """Builds batches of image pairs: `image`, and `transformed`, the same images after augmentation."""

    def __init__(self, build_batch: BatchBuilder):
        self.build_batch = build_batch

    def __call__(self, raw: dict[str, Tensor], augment: Callable[[Tensor], Tensor] | None = None) -> Any:
        """The batch with both fields."""
        batch = self.build_batch(raw)
        batch["transformed"] = self.build_batch(raw, augment)["image"]
        return batch


class AlignedBatchBuilder:
    """Builds batches of `image` and `target_image`, which are augmented alike."""

    def __init__(self, images: Mapping[str, Normalize]):
        self.images = images

    def __call__(self, raw: dict[str, Tensor], augment: Callable[[Tensor], Tensor] | None = None) -> Any:
        """The batch; a geometric `augment` is applied to the channels of both images together."""
        if augment is None:
            return Batch({name: normalize(raw[name]) for name, normalize in self.images.items()})
        device = self.images["image"].device
        pixels = [raw[name].to(device).permute(0, 3, 1, 2).float() / 255 for name in self.images]
        both = augment(torch.cat(pixels, 1)).split([values.shape[1] for values in pixels], 1)
        named = zip(self.images.items(), both, strict=True)
        return Batch({name: x * normalize.scale + normalize.shift for (name, normalize), x in named})


def trimmed(tokens: Tensor) -> Tensor:
    """Token numbers (batch, steps) without the columns that hold nothing but padding, int64."""
    longest = int((tokens != PADDING).sum(1).amax()) if len(tokens) else 0
    return tokens[:, : max(1, longest)].long()


def mix_seed(*numbers: int) -> int:
    """A well-mixed seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def iterate(
    fields: Mapping[str, Tensor],
    items: np.ndarray,
    build_batch: Callable[..., Any],
    batch_size: int = 512,
    transform: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Any]:
    """Yields all items once, in order, with images unchanged or transformed."""
    chosen = torch.from_numpy(np.ascontiguousarray(items, np.int64))
    for start in range(0, len(chosen), batch_size):
        part = chosen[start : start + batch_size]
        yield build_batch({name: values.index_select(0, part) for name, values in fields.items()}, transform)
