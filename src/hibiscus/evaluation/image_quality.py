"""How near what comes out is to what should: figures of a method and of simple rivals, on the same images with the same noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.autoencode.noise import SEED, FixedBatch
from hibiscus.metrics.image_quality import ciede2000, psnr, rgb_to_lab, ssim

if TYPE_CHECKING:
    from hibiscus.methods.autoencode.base import ImageToImage

__all__ = [
    "FIGURES",
    "Maker",
    "channels_last",
    "compare",
    "evaluated_rows",
    "fixed_batch",
    "look",
    "some_images",
    "validate_restorer",
]

MEASURED, EXAMINED = 2**24, 2**26  # values of images that are looked at after an epoch, and in the end
AT_ONCE = 2**21  # values of images in memory at once
MOST_PSNR = 60.0  # dB that an image without any error counts; the rounding to 256 levels alone leaves 59

Maker = Callable[[Tensor, Tensor], Tensor]  # from what was given and the true image to a rival's answer


def channels_last(x: Tensor) -> np.ndarray:
    """Images for NumPy: `(items, height, width, channels)`, float32."""
    return x.float().permute(0, 2, 3, 1).cpu().numpy()


def _delta_e(made: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return ciede2000(rgb_to_lab(made), rgb_to_lab(truth)).mean((1, 2))


def _chroma(images: np.ndarray) -> np.ndarray:
    """How colourful each image is, by the mean distance from grey."""
    return np.linalg.norm(rgb_to_lab(images)[..., 1:], axis=-1).mean((1, 2))


FIGURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "psnr": lambda made, truth: psnr(made, truth, most=MOST_PSNR),
    "ssim": ssim,
    "delta_e": _delta_e,
    "colorfulness": lambda made, truth: _chroma(made),
    "target_colorfulness": lambda made, truth: _chroma(truth),
}


def fixed_batch(pixels: Tensor, generator: torch.Generator | None = None) -> FixedBatch:
    """Prepared images with noise that is the same at every look."""
    batch = FixedBatch(image=pixels)
    batch.generator = generator or torch.Generator().manual_seed(SEED)
    return batch


def evaluated_rows(data: PreparedData, part: str, most: int = EXAMINED) -> np.ndarray:
    """Evenly spaced images of a part, as many as `most` values allow, counted within it."""
    return data.subsample(part, max(2, most // math.prod(data.preparation["image"].shape)))


def some_images(data: PreparedData, part: str, most: int) -> Iterator[FixedBatch]:
    """The images of `examined_rows`, in batches whose noise is the same at every look."""
    generator = torch.Generator().manual_seed(SEED)
    rows = evaluated_rows(data, part, most)
    step = max(1, min(512, AT_ONCE // math.prod(data.preparation["image"].shape)))
    pixels = data.values("image", part)
    for start in range(0, len(rows), step):
        yield fixed_batch(data.images(pixels[rows[start : start + step]]), generator)


def look(model: ImageToImage, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The true images of a batch, what the network is given, its answer, and the image that it stands for."""
    x = (batch.image + 1) / 2
    given = model.spoil(x, batch)
    raw = model.raw(given)
    return x, given, raw, model.image(raw, given)


def validate_restorer(model: ImageToImage, data: PreparedData, part: str, figure: str) -> dict[str, float]:
    """The loss on a part, and one figure of what comes out: means over the images."""
    found, losses, counts = [], [], []
    for batch in some_images(data, part, MEASURED):
        x, _, raw, made = look(model, batch)
        losses.append(float(model.criterion(raw, x)))
        counts.append(len(x))
        found.append(FIGURES[figure](channels_last(made), channels_last(x)))
    return {figure: float(np.concatenate(found).mean()), "loss": float(np.average(losses, weights=counts))}


def compare(
    model: ImageToImage, data: PreparedData, part: str, baselines: Mapping[str, Maker], figures: tuple[str, ...]
) -> dict[str, dict[str, np.ndarray]]:
    """Figures of each image `(items,)`, for the method under the name "" and for each rival under its own."""
    found: dict[str, dict[str, list[np.ndarray]]] = {name: {figure: [] for figure in figures} for name in ("", *baselines)}
    for batch in some_images(data, part, EXAMINED):
        x, given, _, made = look(model, batch)
        truth = channels_last(x)
        answers = {"": made, **{name: maker(given, x) for name, maker in baselines.items()}}
        for name, answer in answers.items():
            pixels = channels_last(answer)
            for figure in figures:
                found[name][figure].append(FIGURES[figure](pixels, truth))
    return {name: {figure: np.concatenate(values) for figure, values in some.items()} for name, some in found.items()}
