"""Evaluation of image-to-image models and autoencoders: image quality and the latent space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baselines import principal_components
from hibiscus.evaluation.image_quality import (
    BaselineFn,
    ImageModel,
    compare_images,
    evaluated_rows,
    fixed_batch,
    reconstruct,
)
from hibiscus.evaluation.items import Gallery, ReportItem, Scatter, Table
from hibiscus.training.method import Evaluation

__all__ = [
    "AutoencoderModel",
    "evaluate_autoencoder",
    "evaluate_reconstruction",
    "fit_pca",
    "latent_space_items",
    "pca_baselines",
]

SHOWN, LARGEST_ERRORS = 10, 8  # images in the galleries
MAP_SIDE, INTERPOLATIONS, STEPS, MAX_DOTS = 15, 8, 9, 1500
MAX_PCA_VALUES = 2**25  # maximum number of training pixel values for PCA
LABELS = {
    "psnr": "PSNR in dB",
    "ssim": "SSIM",
    "delta_e": "ΔE (CIEDE2000)",
    "colorfulness": "colorfulness",
    "target_colorfulness": "colorfulness of the target",
}
LOWER_IS_BETTER = {"delta_e"}


class AutoencoderModel(ImageModel, Protocol):
    """The interface required of an image-to-image model with a latent code."""

    @property
    def device(self) -> torch.device:
        """The device of its networks."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """The image in [0, 1] of each latent code."""
        ...

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The latent code of each image of a part."""
        ...


def evaluate_reconstruction(
    model: ImageModel,
    data: PreparedData,
    part: str,
    baselines: Mapping[str, BaselineFn],
    shown: Mapping[str, BaselineFn],
    metrics: tuple[str, ...],
    note: str = "",
) -> Evaluation:
    """Image quality of a model and of baselines, example images, and the largest errors.

    Args:
        model: the method.
        data: prepared data.
        part: the part to evaluate.
        baselines: simple methods for the same task, by name.
        shown: additional images in the galleries, between target and output, by name.
        metrics: names of `IMAGE_METRICS`; the first one ranks the images by error.
        note: an additional sentence below the table.
    """
    values = compare_images(model, data, part, baselines, metrics)
    means = {
        name: {key: float(array.mean()) for key, array in arrays.items()} for name, arrays in values.items()
    }
    ranked = values[""][metrics[0]] * (-1 if metrics[0] in LOWER_IS_BETTER else 1)
    largest = evaluated_rows(data, part)[np.argsort(ranked, kind="stable")[:LARGEST_ERRORS]]
    rows = [[name or "this network", *row.values()] for name, row in means.items()]
    columns = ["", *(LABELS[key] for key in metrics)]
    typical = data.subsample(part, SHOWN)
    report_items: list[ReportItem] = [
        _gallery(model, data, part, typical, shown, "Example outputs", "Evenly spaced images, not selected."),
        Table("Image quality", columns, rows, f"Means over {len(ranked):,} images. {note}".strip()),
        _gallery(
            model,
            data,
            part,
            largest,
            shown,
            "Largest errors",
            "These images are often unlike those of the training part.",
        ),
    ]
    return Evaluation(means.pop(""), means, report_items)


def evaluate_autoencoder(model: AutoencoderModel, data: PreparedData, part: str) -> Evaluation:
    """Image quality of reconstructions compared with the mean image and PCA; the latent space."""
    baselines = pca_baselines(*fit_pca(model, data))
    pca = dict([list(baselines.items())[-1]])
    evaluation = evaluate_reconstruction(model, data, part, baselines, pca, ("psnr", "ssim"))
    evaluation.report_items[1:1] = latent_space_items(model, data, part)
    return evaluation


def _gallery(
    model: ImageModel,
    data: PreparedData,
    part: str,
    rows: np.ndarray,
    shown: Mapping[str, BaselineFn],
    title: str,
    note: str,
) -> Gallery:
    """Each target image, the additional images, and the output."""
    result = reconstruct(model, fixed_batch(data.images(data.rows("image", part)[rows])))
    between = {name: fn(result.inputs, result.target) for name, fn in shown.items()}
    columns = {"target": result.target, **between, "output": result.image}
    pixels = [model.preparation["image"].decode(2 * images - 1) for images in columns.values()]
    images = [image for group in zip(*pixels, strict=True) for image in group]
    return Gallery(title, images, list(columns) * len(rows), note, group=len(columns))


def fit_pca(model: AutoencoderModel, data: PreparedData) -> tuple[np.ndarray, np.ndarray]:
    """The flattened mean training image, and as many principal components as latent dimensions."""
    rows = evaluated_rows(data, "train", MAX_PCA_VALUES)
    train = (
        data.rows("image", "train")[rows].transpose(0, 3, 1, 2).reshape(len(rows), -1).astype(np.float32)
        / 255
    )
    return principal_components(train, min(model.config.latent_dim, *train.shape))


def pca_baselines(mean: np.ndarray, axes: np.ndarray) -> dict[str, BaselineFn]:
    """The mean image, and the reconstruction from principal components, which comes last."""
    mean_image = torch.from_numpy(mean)

    def project(inputs: Tensor, x: Tensor) -> Tensor:
        flat = inputs.flatten(1).cpu().numpy() - mean
        return torch.from_numpy((flat @ axes.T @ axes + mean).clip(0, 1)).view(x.shape).to(x.device)

    return {
        "mean image": lambda inputs, x: mean_image.to(x.device).view(1, *x.shape[1:]).expand(x.shape),
        f"PCA of {len(axes)} component{'s' if len(axes) > 1 else ''}": project,
    }


def latent_space_items(model: AutoencoderModel, data: PreparedData, part: str) -> list[ReportItem]:
    """Latent codes by class, and a map of the latent space if it is 2-D, otherwise interpolations."""
    codes, title = model.embed(data, part), "Latent codes"
    if codes.shape[1] == 2:
        return [
            _scatter(codes, data, part, ("component 1", "component 2"), title, ""),
            _latent_map(model, codes),
        ]
    items: list[ReportItem] = [_interpolations(model, codes)]
    if codes.shape[1] > 2 and len(codes) > 2:
        mean, axes = principal_components(codes, 2)
        note = f"The first two principal components of the {codes.shape[1]}-dimensional latent codes."
        labels = ("principal component 1", "principal component 2")
        items.insert(0, _scatter((codes - mean) @ axes.T, data, part, labels, title, note))
    return items


def _scatter(
    points: np.ndarray, data: PreparedData, part: str, axes: tuple[str, str], title: str, note: str
) -> Scatter:
    """Latent codes as points, colored by class for labeled data (labels are not used in training)."""
    rows = data.subsample(part, MAX_DOTS)
    groups: list[str] = []
    if "label" in data.arrays:
        names = data.preparation["label"].names
        groups = [str(names[number]) for number in data.values("label", part)[rows]]
    return Scatter(title, *axes, points[rows, 0], points[rows, 1], note=note, groups=groups)


def _latent_map(model: AutoencoderModel, codes: np.ndarray) -> Gallery:
    """Images decoded from a regular grid over the region of the latent codes."""
    low, high = np.percentile(codes, (2, 98), axis=0)
    horizontal, vertical = (np.linspace(low[i], high[i], MAP_SIDE) for i in range(2))
    grid = np.array([(x, y) for y in reversed(vertical) for x in horizontal], np.float32)
    note = (
        f"Component 1 increases to the right from {low[0]:.3g} to {high[0]:.3g}, component 2 upwards from "
        f"{low[1]:.3g} to {high[1]:.3g}. Images decoded far from any latent code of the data have no meaning."
    )
    return Gallery("Latent space map", [_decoded_grid(model, grid, MAP_SIDE)], (), note)


def _interpolations(model: AutoencoderModel, codes: np.ndarray) -> Gallery:
    """A grid; each row interpolates linearly between the latent codes of two images."""
    pairs = min(2 * INTERPOLATIONS, len(codes) // 2 * 2)
    ends = codes[np.linspace(0, len(codes) - 1, pairs).astype(int)] if len(codes) > 1 else codes.repeat(2, 0)
    first, last = ends[0::2, None], ends[1::2, None]
    t = np.linspace(0, 1, STEPS, dtype=np.float32)[None, :, None]
    between = ((1 - t) * first + t * last).reshape(-1, codes.shape[1])
    note = (
        "Each row interpolates linearly between the latent codes of two images. If the two "
        "images appear superimposed, "
        "the latent space has a gap."
    )
    return Gallery("Latent interpolations", [_decoded_grid(model, between, STEPS)], (), note)


def _decoded_grid(model: AutoencoderModel, codes: np.ndarray, columns: int) -> np.ndarray:
    images = model.decode(torch.from_numpy(codes).to(model.device))
    return image_grid(model.preparation["image"].decode(2 * images - 1), columns)
