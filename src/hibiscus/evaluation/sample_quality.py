"""How near made images are to real ones, in the features of the data's own judge, beside simple rivals that anybody could draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hibiscus.data.prepared import evenly_spaced
from hibiscus.evaluation.items import Table
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.kernel_distance import kernel_distance
from hibiscus.metrics.precision_recall import diversity, manifold_metrics, novelty

__all__ = ["BASELINES", "compared", "nearness_table"]

NEIGHBOURS = 2500  # images that neighbours are counted of
SAYS = {
    "frechet": "0 where means and spreads are alike; one figure for all",
    "kernel_distance": "about 0, on either side, where both are of one kind",
    "precision": "share of them that lies among real images",
    "recall": "share of real images that lies among them",
    "density": "how deep they lie among real images; 1 as real ones do",
    "coverage": "share of real images with one of them near by",
    "diversity": "how unlike each other; 0 all the same, 1 as real ones",
    "novelty": "how far from training images; 0 copies, 1 as new ones",
}


def compared(made: np.ndarray, truth: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """All measures of made images beside those of a part, from the features of both and of training images."""
    some, near = truth[evenly_spaced(len(truth), NEIGHBOURS)], made[evenly_spaced(len(made), NEIGHBOURS)]
    return {
        "frechet": frechet_distance(made, truth),
        "kernel_distance": kernel_distance(made, truth),
        **manifold_metrics(some, near),
        "diversity": diversity(truth, made),
        "novelty": novelty(some, near, known),
    }


def _pixel_noise(train: np.ndarray, count: int) -> np.ndarray:
    """Every pixel drawn by itself from a Gaussian with that pixel's mean and deviation."""
    mean, std = train.mean(0), train.std(0)
    drawn = mean + std * np.random.default_rng(0).standard_normal((count, *mean.shape))
    return drawn.round().clip(0, 255).astype(np.uint8)


def _blends(train: np.ndarray, count: int) -> np.ndarray:
    """The mean of two training images, drawn at random: nearly right in every statistic, and wrong to every eye."""
    first, second = np.random.default_rng(0).integers(0, len(train), (2, count))
    return ((train[first].astype(np.uint16) + train[second]) // 2).astype(np.uint8)


def _noise(train: np.ndarray, count: int) -> np.ndarray:
    """What an untrained network might draw: every pixel from one Gaussian, of deviation 1 where black is -1 and white 1."""
    drawn = np.random.default_rng(0).standard_normal((count, *train.shape[1:]))
    return (127.5 + 127.5 * drawn).round().clip(0, 255).astype(np.uint8)


BASELINES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "noise images": _noise,
    "mean image with its noise": _pixel_noise,
    "mean of two training images": _blends,
}


def nearness_table(metrics: dict[str, float], floor: dict[str, float]) -> Table:
    """The measures of samples beside the same of training images, and what each says."""
    rows = [
        [name.replace("frechet", "Fréchet distance").replace("_", " "), metrics[name], floor[name], words] for name, words in SAYS.items()
    ]
    note = (
        "In the features of a small network that learned from this data's own training part; they are not those of Inception, so no "
        "figure here is comparable to a published FID or KID. Training images show how good real ones would be."
    )
    return Table("How near to real images", ["measure", "samples", "training images", "what it says"], rows, note)
