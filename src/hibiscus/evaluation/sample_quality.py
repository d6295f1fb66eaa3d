"""Sample quality: metrics of generated images in the features of the data's own network, and baselines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hibiscus.data.prepared import evenly_spaced
from hibiscus.evaluation.items import Table
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.kernel_distance import kernel_distance
from hibiscus.metrics.precision_recall import diversity, manifold_metrics, novelty

__all__ = ["BASELINES", "sample_metrics", "sample_quality_table"]

MAX_NEIGHBOR_ITEMS = 2500  # items among which nearest neighbors are searched
MEANINGS = {
    "frechet": "distance of means and covariances; 0 where they are equal",
    "kernel_distance": "about 0, of either sign, where both sets have the same distribution",
    "precision": "fraction of the images that lie among real ones",
    "recall": "fraction of real images that lie among them",
    "density": "how many real images each is close to; 1 as for real ones",
    "coverage": "fraction of real images that have one of them nearby",
    "diversity": "how different they are from each other; 0 all equal, 1 as real ones",
    "novelty": "distance to the training images; 0 copies, 1 as new real ones",
}


def sample_metrics(fake: np.ndarray, real: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """All metrics of generated images, from features of them, of real images and of training images."""
    few_real = real[evenly_spaced(len(real), MAX_NEIGHBOR_ITEMS)]
    few_fake = fake[evenly_spaced(len(fake), MAX_NEIGHBOR_ITEMS)]
    return {
        "frechet": frechet_distance(fake, real),
        "kernel_distance": kernel_distance(fake, real),
        **manifold_metrics(few_real, few_fake),
        "diversity": diversity(real, fake),
        "novelty": novelty(few_real, few_fake, train),
    }


def _independent_pixels(train: np.ndarray, count: int) -> np.ndarray:
    """Each pixel from a Gaussian of its own, fitted to that pixel in the training part."""
    mean, std = train.mean(0), train.std(0)
    values = mean + std * np.random.default_rng(0).standard_normal((count, *mean.shape))
    return values.round().clip(0, 255).astype(np.uint8)


def _means_of_two(train: np.ndarray, count: int) -> np.ndarray:
    """The mean of two random training images: nearly right in every statistic, obviously wrong to the eye."""
    first, second = np.random.default_rng(0).integers(0, len(train), (2, count))
    return ((train[first].astype(np.uint16) + train[second]) // 2).astype(np.uint8)


def _noise(train: np.ndarray, count: int) -> np.ndarray:
    """Like an untrained network: all pixels from one Gaussian, standard normal on the scale [-1, 1]."""
    values = np.random.default_rng(0).standard_normal((count, *train.shape[1:]))
    return (127.5 + 127.5 * values).round().clip(0, 255).astype(np.uint8)


BASELINES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "noise images": _noise,
    "mean image with its noise": _independent_pixels,
    "mean of two training images": _means_of_two,
}


def sample_quality_table(metrics: dict[str, float], floor: dict[str, float]) -> Table:
    """The metrics of samples beside those of training images, with the meaning of each."""
    rows = [
        [name.replace("frechet", "Fréchet distance").replace("_", " "), metrics[name], floor[name], meaning]
        for name, meaning in MEANINGS.items()
    ]
    note = (
        "In the features of a small network trained on this data's own training part; they are not those of "
        "Inception, so no value here is comparable to a published FID or KID. The training images show what "
        "real images achieve."
    )
    return Table("Distance to real images", ["metric", "samples", "training images", "meaning"], rows, note)
