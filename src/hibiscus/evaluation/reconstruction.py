"""What the report shows of autoencoders: how near the images come, beside simple rivals, the images, and what a code holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import principal_components
from hibiscus.evaluation.image_quality import Maker, compare, evaluated_rows, fixed_batch, look
from hibiscus.evaluation.items import Gallery, ReportItem, Scatter, Table
from hibiscus.methods.autoencode.base import AutoencoderBase, ImageToImage
from hibiscus.methods.sampling import to_pixels
from hibiscus.training.method import Evaluation

__all__ = ["code_exhibits", "code_rivals", "components", "evaluate_images"]

SHOWN, WORST, MAP_SIDE, STEPS, WALKS, DOTS = 10, 8, 15, 9, 8, 1500
TRAIN_VALUES = 2**25  # of training images for the rivals
TITLES = {
    "psnr": "PSNR in dB",
    "ssim": "SSIM",
    "delta_e": "ΔE (CIE 2000)",
    "colorfulness": "distance from grey",
    "target_colorfulness": "of the true ones",
}
LEAST = {"delta_e"}  # figures of which less is better


def evaluate_images(
    model: ImageToImage,
    data: PreparedData,
    part: str,
    baselines: Mapping[str, Maker],
    shown: Mapping[str, Maker],
    figures: tuple[str, ...],
    note: str = "",
) -> Evaluation:
    """Figures of what comes out beside those of rivals, some images, and the worst ones.

    Args:
        model: the method.
        data: prepared data.
        part: which of its parts.
        rivals: other ways to an image, by name.
        shown: what stands beside the true image and the method's in the gallery, by name.
        figures: names in `looks.FIGURES`; the first one says which images are the worst.
        note: said below the table.
    """
    found = compare(model, data, part, baselines, figures)
    mean = {name: {figure: float(values.mean()) for figure, values in some.items()} for name, some in found.items()}
    worst = np.argsort(found[""][figures[0]] * (-1 if figures[0] in LEAST else 1), kind="stable")[:WORST]
    rows = [[name or "this network", *some.values()] for name, some in mean.items()]
    count = len(found[""][figures[0]])
    columns = ["", *(TITLES[figure] for figure in figures)]
    report_items: list[ReportItem] = [
        _gallery(model, data, part, data.subsample(part, SHOWN), shown, "In, and out", "Evenly spaced images, not chosen."),
        Table("How near the images come", columns, rows, f"Means over {count:,} images. {note}".strip()),
        _gallery(model, data, part, evaluated_rows(data, part)[worst], shown, "The worst", "Images unlike those of training, often."),
    ]
    return Evaluation(mean.pop(""), mean, report_items)


def _gallery(
    model: ImageToImage, data: PreparedData, part: str, rows: np.ndarray, shown: Mapping[str, Maker], title: str, note: str
) -> Gallery:
    """Each image as it is, what stands beside it, and what came out."""
    x, given, _, made = look(model, fixed_batch(data.images(data.values("image", part)[rows])))
    preparation = model.preparation["image"]
    several = {"true": x, **{name: maker(given, x) for name, maker in shown.items()}, "out": made}
    pixels = [to_pixels(2 * images - 1, preparation) for images in several.values()]
    images = [image for group in zip(*pixels, strict=True) for image in group]
    return Gallery(title, images, list(several) * len(rows), note)


def components(model: AutoencoderBase, data: PreparedData) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the training images, flat, and as many principal components as the code has numbers."""
    rows = evaluated_rows(data, "train", TRAIN_VALUES)
    train = data.values("image", "train")[rows].transpose(0, 3, 1, 2).reshape(len(rows), -1).astype(np.float32) / 255
    return principal_components(train, min(model.config.latent_dim, *train.shape))


def code_rivals(mean: np.ndarray, axes: np.ndarray) -> dict[str, Maker]:
    """The mean image, and the way there and back through principal components."""
    centre = torch.from_numpy(mean)

    def through(given: Tensor, x: Tensor) -> Tensor:
        flat = given.flatten(1).cpu().numpy() - mean
        return torch.from_numpy((flat @ axes.T @ axes + mean).clip(0, 1)).view(x.shape).to(x.device)

    return {
        "mean image": lambda given, x: centre.to(x.device).view(1, *x.shape[1:]).expand(x.shape),
        f"PCA of {len(axes)} component{'s' if len(axes) > 1 else ''}": through,
    }


def code_exhibits(model: AutoencoderBase, data: PreparedData, part: str) -> list[ReportItem]:
    """What the code holds: all of it where it has two numbers, else the ways between images; and codes by class."""
    codes = model.embed(data, part)
    if codes.shape[1] == 2:
        return [_plane(codes, data, part, ("number 1", "number 2"), "Codes of the images", ""), _map(model, codes)]
    found: list[ReportItem] = [_between(model, codes)]
    if codes.shape[1] > 2 and len(codes) > 2:
        mean, axes = principal_components(codes, 2)
        note = f"All {codes.shape[1]} numbers, seen from the side from which they spread most (their principal components)."
        found.insert(0, _plane((codes - mean) @ axes.T, data, part, ("component 1", "component 2"), "Codes of the images", note))
    return found


def _plane(codes: np.ndarray, data: PreparedData, part: str, axes: tuple[str, str], title: str, note: str) -> Scatter:
    """Codes as points, coloured by class where labels exist; the labels were not used in training."""
    chosen = data.subsample(part, DOTS)
    groups: list[str] = []
    if "label" in data.arrays:
        names = data.preparation["label"].names
        groups = [str(names[number]) for number in data.values("label", part)[chosen]]
    return Scatter(title, *axes, codes[chosen, 0], codes[chosen, 1], note=note, groups=groups)


def _map(model: AutoencoderBase, codes: np.ndarray) -> Gallery:
    """Images of evenly spaced codes over the part of the plane where real codes lie."""
    low, high = np.percentile(codes, (2, 98), axis=0)
    across, up = (np.linspace(low[i], high[i], MAP_SIDE) for i in range(2))
    grid = np.array([(x, y) for y in reversed(up) for x in across], np.float32)
    note = (
        f"Number 1 grows rightwards from {low[0]:.3g} to {high[0]:.3g}, number 2 upwards from {low[1]:.3g} to {high[1]:.3g}. "
        "Where no image has its code, what is drawn means nothing."
    )
    return Gallery("The whole code", [_drawn(model, grid, MAP_SIDE)], (), note)


def _between(model: AutoencoderBase, codes: np.ndarray) -> Gallery:
    """One grid: each row goes in even steps of the code from one image to another."""
    ends = codes[np.linspace(0, len(codes) - 1, min(2 * WALKS, len(codes) // 2 * 2)).astype(int)] if len(codes) > 1 else codes.repeat(2, 0)
    first, last = ends[0::2, None], ends[1::2, None]
    share = np.linspace(0, 1, STEPS, dtype=np.float32)[None, :, None]
    walks = ((1 - share) * first + share * last).reshape(-1, codes.shape[1])
    note = "Each row goes from one image to another in even steps of the code. Ghosts of both on the way: the code has gaps there."
    return Gallery("From image to image", [_drawn(model, walks, STEPS)], (), note)


def _drawn(model: AutoencoderBase, codes: np.ndarray, columns: int) -> np.ndarray:
    images = model.decode(torch.from_numpy(codes).to(model.device))
    return image_grid(to_pixels(2 * images - 1, model.preparation["image"]), columns)
