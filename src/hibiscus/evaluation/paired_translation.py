"""Evaluation of paired image translation: outputs compared with their targets, and with simple maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from hibiscus.data.images.ops import to_gray, to_rgb
from hibiscus.data.lazy_rows import LazyRows
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.gaussian_pixels import mean_and_std
from hibiscus.evaluation.items import Gallery, ReportItem, Table
from hibiscus.evaluation.shown_outputs import ShownOutputs
from hibiscus.metrics.image_quality import psnr, ssim
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_pairs", "image_errors", "paired_metrics"]

SHOWN, LARGEST_ERRORS = 10, 8  # images in the galleries
FITTED = 2000  # training pairs to which the color map is fitted
MAX_PSNR = 60.0  # dB for an image without any error; rounding to 256 levels alone gives 59
STEP = 256  # images at a time, for memory
LABELS = {"l1_error": "L1 error", "psnr": "PSNR in dB", "ssim": "SSIM"}
Baseline = Callable[
    [np.ndarray], np.ndarray
]  # maps inputs to outputs, uint8 (items, height, width, channels)


def image_errors(outputs: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """The metrics of each image `(items,)`, for uint8 images `(items, height, width, channels)`."""
    values: dict[str, list[np.ndarray]] = {name: [] for name in LABELS}
    for start in range(0, len(outputs), STEP):
        output, target = (x[start : start + STEP].astype(np.float32) / 255 for x in (outputs, targets))
        values["l1_error"].append(np.abs(output - target).mean((1, 2, 3)))
        values["psnr"].append(psnr(output, target, max_psnr=MAX_PSNR))
        values["ssim"].append(ssim(output, target))
    return {name: np.concatenate(arrays) for name, arrays in values.items()}


def paired_metrics(outputs: Iterable[np.ndarray], data: PreparedData, part: str) -> dict[str, float]:
    """The mean L1 error as a fraction of the full scale, PSNR and SSIM of batches of output images."""
    targets, errors, done = data.rows("target_image", part), [], 0
    for batch in outputs:
        errors.append(image_errors(batch, targets[done : done + len(batch)]))
        done += len(batch)
    return _means(errors)


def _means(errors: list[dict[str, np.ndarray]]) -> dict[str, float]:
    return {name: float(np.concatenate([values[name] for values in errors]).mean()) for name in LABELS}


def evaluate_pairs(outputs: Iterable[np.ndarray], data: PreparedData, part: str) -> Evaluation:
    """Image quality of outputs and of baselines, example images, and the largest errors.

    The baselines are the mean target image of the training part, the input itself, and the linear map of the
    colors of a pixel that fits the training part best.

    Args:
        outputs: of the model for the part, batches uint8 `(items, height, width, channels)`.
        data: with the part and the training part.
        part: its name.
    """
    inputs, targets = (data.rows(name, part) for name in ("image", "target_image"))
    simple, done = _baselines(data), 0
    errors: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in ("", *simple)}
    typical = evenly_spaced(len(inputs), SHOWN)
    shown = ShownOutputs(typical, LARGEST_ERRORS)
    for batch in outputs:
        place = slice(done, done + len(batch))
        target, done = targets[place], place.stop
        errors[""].append(image_errors(batch, target))
        for name, compute in simple.items():
            errors[name].append(image_errors(compute(inputs[place]), target))
        shown.add(batch, errors[""][-1]["l1_error"])
    baselines = {name: _means(values) for name, values in errors.items()}
    metrics = baselines.pop("")
    rows = [[name, *row.values()] for name, row in {"this network": metrics, **baselines}.items()]
    examples = (inputs, shown, targets)
    report_items: list[ReportItem] = [
        _gallery(examples, typical, "Example outputs", "Evenly spaced images, not selected."),
        Table("Image quality", ["", *LABELS.values()], rows, f"Means over {len(inputs):,} images."),
        _gallery(examples, shown.largest, "Largest errors", "Often unlike the images of the training part."),
    ]
    return Evaluation(metrics, baselines, report_items)


def _baselines(data: PreparedData) -> dict[str, Baseline]:
    rows = data.subsample("train", FITTED)
    inputs, targets = (
        LazyRows(data.rows(name, "train").__getitem__, rows) for name in ("image", "target_image")
    )
    mean = mean_and_std(targets)[0][None].round().astype(np.uint8)
    weights = _fit_colors(inputs, targets)

    def map_colors(images: np.ndarray) -> np.ndarray:
        mapped = [_with_constant(image[None]) @ weights for image in images]
        return np.concatenate(mapped).round().clip(0, 255).astype(np.uint8)

    return {
        "mean target image": lambda images: np.repeat(mean, len(images), 0),
        "copy of the input": lambda images: _with_channels(images, targets.shape[3]),
        "linear map of colors": map_colors,
    }


def _fit_colors(inputs: LazyRows, targets: LazyRows) -> np.ndarray:
    """The weights `(input channels + 1, target channels)` of the least-squares map of pixel colors."""
    channels = inputs.shape[3] + 1
    gram, product = np.zeros((channels, channels)), np.zeros((channels, targets.shape[3]))
    for image, target in ((inputs[row], targets[row]) for row in range(len(inputs))):
        pixels = _with_constant(image).reshape(-1, channels)
        gram += pixels.T @ pixels
        product += pixels.T @ target.reshape(len(pixels), -1).astype(np.float64)
    return np.linalg.lstsq(gram, product, rcond=None)[0]


def _with_constant(images: np.ndarray) -> np.ndarray:
    """Pixels as float64 with a further channel of ones."""
    return np.concatenate([images.astype(np.float64), np.ones((*images.shape[:-1], 1))], axis=-1)


def _with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Images as grayscale or color, uint8 `(items, height, width, channels)`."""
    if images.shape[3] == channels:
        return images
    convert = to_gray if channels == 1 else to_rgb
    plain = images[..., 0] if images.shape[3] == 1 else images
    return np.stack([convert(image) for image in plain]).reshape(*images.shape[:3], channels)


def _gallery(
    images: tuple[LazyRows, ShownOutputs, LazyRows], rows: np.ndarray, title: str, note: str
) -> Gallery:
    """For each row the input, the output and the target, in the channels of the target."""
    inputs, outputs, targets = images[0][rows], images[1].of(rows), images[2][rows]
    columns = (_with_channels(inputs, targets.shape[3]), outputs, targets)
    mixed = [image for group in zip(*columns, strict=True) for image in group]
    return Gallery(title, mixed, ["input", "output", "target"] * len(rows), note)
