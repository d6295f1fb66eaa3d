"""Image quality of a model's output and of baselines, on the same images with the same noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.metrics.image_quality import ciede2000, psnr, rgb_to_lab, ssim

__all__ = [
    "IMAGE_METRICS",
    "BaselineFn",
    "FixedBatch",
    "ImageModel",
    "Reconstruction",
    "channels_last",
    "compare_images",
    "evaluated_rows",
    "fixed_batch",
    "fixed_batches",
    "reconstruct",
    "validate_reconstruction",
]

SEED = 0  # seed of the noise in evaluations: the same for every run, so that metrics are comparable
VALIDATION_VALUES, EVALUATION_VALUES = 2**24, 2**26  # maximum number of pixel values to evaluate
VALUES_AT_ONCE = 2**21  # pixel values per batch
MAX_PSNR = 60.0  # dB for an image without any error; rounding to 256 levels alone gives 59

BaselineFn = Callable[[Tensor, Tensor], Tensor]  # maps the model's inputs and the target images to images


class ImageModel(Protocol):
    """The interface required of a model that maps images to images; all images are in [0, 1]."""

    config: Any
    preparation: Any

    def corrupt(self, x: Tensor, batch: Batch) -> Tensor:
        """The inputs of the model for target images x."""
        ...

    def forward(self, inputs: Tensor) -> Tensor:
        """The outputs of the model."""
        ...

    def to_image(self, outputs: Tensor, inputs: Tensor) -> Tensor:
        """Converts outputs to images."""
        ...

    def loss_from_outputs(self, outputs: Tensor, x: Tensor) -> Tensor:
        """The loss between outputs and target images; a scalar."""
        ...


class FixedBatch(Batch):
    """A batch with its own random generator, so that training and evaluation do not affect each other."""

    generator: torch.Generator

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        return draw(self.size, *shape, generator=self.generator).to(next(iter(self.values())).device)


class Reconstruction(NamedTuple):
    """The results of a model for a batch: target images, inputs, outputs, and output images."""

    target: Tensor
    inputs: Tensor
    outputs: Tensor
    image: Tensor


def channels_last(x: Tensor) -> np.ndarray:
    """Converts images to NumPy: `(items, height, width, channels)`, float32."""
    return x.float().permute(0, 2, 3, 1).cpu().numpy()


def _delta_e(image: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The mean color difference of each image."""
    return ciede2000(rgb_to_lab(image), rgb_to_lab(target)).mean((1, 2))


def _colorfulness(image: np.ndarray) -> np.ndarray:
    """The mean chroma of each image, that is, its distance from gray."""
    return np.linalg.norm(rgb_to_lab(image)[..., 1:], axis=-1).mean((1, 2))


IMAGE_METRICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "psnr": lambda image, target: psnr(image, target, max_psnr=MAX_PSNR),
    "ssim": ssim,
    "delta_e": _delta_e,
    "colorfulness": lambda image, target: _colorfulness(image),
    "target_colorfulness": lambda image, target: _colorfulness(target),
}


def fixed_batch(images: Tensor, generator: torch.Generator | None = None) -> FixedBatch:
    """Prepared images as a batch with the same noise at every call."""
    batch = FixedBatch(image=images)
    batch.generator = generator or torch.Generator().manual_seed(SEED)
    return batch


def evaluated_rows(data: PreparedData, part: str, max_values: int = EVALUATION_VALUES) -> np.ndarray:
    """The rows of evenly spaced images of a part, with at most `max_values` pixel values in total."""
    return data.subsample(part, max(2, max_values // math.prod(data.preparation["image"].shape)))


def fixed_batches(data: PreparedData, part: str, max_values: int) -> Iterator[FixedBatch]:
    """The images of `evaluated_rows` in batches, with the same noise at every call."""
    generator = torch.Generator().manual_seed(SEED)
    rows = evaluated_rows(data, part, max_values)
    step = max(1, min(512, VALUES_AT_ONCE // math.prod(data.preparation["image"].shape)))
    pixels = data.rows("image", part)
    for start in range(0, len(rows), step):
        yield fixed_batch(data.images(pixels[rows[start : start + step]]), generator)


def reconstruct(model: ImageModel, batch: Batch) -> Reconstruction:
    """Corrupts the images of a batch and applies the model."""
    x = (batch.image + 1) / 2
    inputs = model.corrupt(x, batch)
    outputs = model.forward(inputs)
    return Reconstruction(x, inputs, outputs, model.to_image(outputs, inputs))


def validate_reconstruction(
    model: ImageModel, data: PreparedData, part: str, metric: str
) -> dict[str, float]:
    """The loss and one of `IMAGE_METRICS`, averaged over a part."""
    values, losses, counts = [], [], []
    for batch in fixed_batches(data, part, VALIDATION_VALUES):
        result = reconstruct(model, batch)
        losses.append(float(model.loss_from_outputs(result.outputs, result.target)))
        counts.append(len(result.target))
        values.append(IMAGE_METRICS[metric](channels_last(result.image), channels_last(result.target)))
    return {metric: float(np.concatenate(values).mean()), "loss": float(np.average(losses, weights=counts))}


def compare_images(
    model: ImageModel,
    data: PreparedData,
    part: str,
    baselines: Mapping[str, BaselineFn],
    metrics: tuple[str, ...],
) -> dict[str, dict[str, np.ndarray]]:
    """The metrics of each image `(items,)`, for the model under the name "" and for each baseline."""
    values: dict[str, dict[str, list[np.ndarray]]] = {
        name: {key: [] for key in metrics} for name in ("", *baselines)
    }
    for batch in fixed_batches(data, part, EVALUATION_VALUES):
        result = reconstruct(model, batch)
        target = channels_last(result.target)
        images = {
            "": result.image,
            **{name: fn(result.inputs, result.target) for name, fn in baselines.items()},
        }
        for name, image in images.items():
            pixels = channels_last(image)
            for key in metrics:
                values[name][key].append(IMAGE_METRICS[key](pixels, target))
    return {
        name: {key: np.concatenate(arrays) for key, arrays in by_metric.items()}
        for name, by_metric in values.items()
    }
