"""Sample quality: metrics of generated images in the data's own feature space, and baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from hibiscus.data.lazy_rows import Rows, chunks
from hibiscus.data.prepared import evenly_spaced
from hibiscus.evaluation.gaussian_pixels import gaussian_images, mean_and_std
from hibiscus.evaluation.items import Table
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.kernel_distance import kernel_distance
from hibiscus.metrics.precision_recall import diversity, manifold_metrics, novelty

__all__ = ["BASELINES", "compared_count", "sample_metrics", "sample_quality_table"]

COMPARED = 5000  # at most so many real and generated items are compared
MIN_COMPARED = 100  # a part with fewer items does not limit how many of the other parts are compared
MAX_NEIGHBOR_ITEMS = 2500  # items among which nearest neighbors are sought
MEANINGS = {
    "frechet": "distance between means and covariances; 0 if they are equal",
    "kernel_distance": "about 0 (positive or negative) if both sets have the same distribution",
    "precision": "fraction of generated images that lie among real images",
    "recall": "fraction of real images that lie among generated images",
    "density": "how many real images each is close to; about 1 for real images",
    "coverage": "fraction of real images with a generated image nearby",
    "diversity": "how different they are from each other; 0: all equal, 1: like real images",
    "novelty": "distance to the training images; 0: copies, 1: like new real images",
}


def compared_count(items: int, parts: Iterable[int], limit: int = COMPARED) -> int:
    """How many items of a part are compared with equally many generated ones.

    The Fréchet distance falls with the number of items, so values are comparable only for equal numbers. All
    parts of a run therefore use the same number, that of the smallest.

    Args:
        items: the number of items of the part.
        parts: those of all parts; parts with fewer than 100 items do not limit the others.
        limit: the largest number.
    """
    return min([limit, items, *(count for count in parts if count >= MIN_COMPARED)])


def sample_metrics(fake: np.ndarray, real: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """All metrics, from the features of generated, real and training images."""
    few_real = real[evenly_spaced(len(real), MAX_NEIGHBOR_ITEMS)]
    few_fake = fake[evenly_spaced(len(fake), MAX_NEIGHBOR_ITEMS)]
    return {
        "frechet": frechet_distance(fake, real),
        "kernel_distance": kernel_distance(fake, real),
        **manifold_metrics(few_real, few_fake),
        "diversity": diversity(real, fake),
        "novelty": novelty(few_real, few_fake, train),
    }


def _independent_pixels(train: Rows, count: int) -> np.ndarray:
    """Each pixel is sampled from a Gaussian fitted to that pixel in the training part."""
    mean, std = mean_and_std(train)
    return gaussian_images(mean, std, (count, *mean.shape), np.random.default_rng(0))


def _means_of_two(train: Rows, count: int) -> np.ndarray:
    """The mean of two random training images: nearly right in every statistic, but visibly wrong."""
    first, second = np.random.default_rng(0).integers(0, len(train), (2, count))
    images = np.empty((count, *train.shape[1:]), np.uint8)
    for place, _ in chunks(images):
        images[place] = (train[first[place]].astype(np.uint16) + train[second[place]]) // 2
    return images


def _noise(train: Rows, count: int) -> np.ndarray:
    """Like an untrained network: all pixels are standard normal, for the value range [-1, 1]."""
    return gaussian_images(127.5, 127.5, (count, *train.shape[1:]), np.random.default_rng(0))


def _mean_image(train: Rows, count: int) -> np.ndarray:
    """The mean of the training images, the same for every sample."""
    return np.repeat(mean_and_std(train)[0][None].round().astype(np.uint8), count, 0)


BASELINES: dict[str, Callable[[Rows, int], np.ndarray]] = {
    "noise images": _noise,
    "mean image": _mean_image,
    "mean image with its noise": _independent_pixels,
    "mean of two training images": _means_of_two,
}


def sample_quality_table(
    metrics: dict[str, float], floor: dict[str, float], baselines: dict[str, dict[str, float]], count: int
) -> Table:
    """The metrics of samples, of real training images and of the strongest baseline, each with its meaning.

    Args:
        metrics: of the samples.
        floor: of training images.
        baselines: by name; the strongest is the one with the smallest Fréchet distance.
        count: the number of samples, of real images and of training images that were compared.
    """
    strongest = min(baselines, key=lambda name: baselines[name]["frechet"])
    rows = [
        [
            name.replace("frechet", "Fréchet distance").replace("_", " "),
            metrics[name],
            floor[name],
            baselines[strongest][name],
            meaning,
        ]
        for name, meaning in MEANINGS.items()
    ]
    note = (
        f"Computed from {count:,} samples and {count:,} real images. The training images ({count:,} as well) "
        "show what real images achieve; a Fréchet distance depends on the number of images, so compare only "
        f"values for the same number. The strongest baseline is “{strongest}”. The features are those of a "
        "small network trained on this dataset's training part, not Inception features, so values are not "
        "comparable to published FID or KID."
    )
    columns = ["metric", "samples", "training images", strongest, "meaning"]
    return Table("Distance to real images", columns, rows, note)
