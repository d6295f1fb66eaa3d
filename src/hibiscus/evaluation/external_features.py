"""Distances in the feature space of another network: of a pretrained one, or one from a file, such as the
Inception network of the FID.

The names of the metrics end in `pretrained` for `efficientnet-lite0` (see `pretrained_features`), and in
`external` for a file. The file contains a TorchScript network that maps images uint8 `(n, 3, height, width)`
to `(n, features)`; if its `forward` has an argument `return_features`, it is set to True. NVIDIA's
`inception-2015-12-05.pt` is such a file: it resizes images itself, and published values are computed with it,
on 50,000 images. With fewer images the distance is larger, so values are comparable only for equal numbers of
images; the distance of training images is therefore reported as well, as a floor.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.lazy_rows import Rows
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, DataError
from hibiscus.evaluation.pretrained_features import check_pretrained, is_pretrained, pretrained_features
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.kernel_distance import kernel_distance
from hibiscus.progress import step

__all__ = [
    "INCEPTION",
    "MetricFeatures",
    "external_distances",
    "features_file",
    "open_features",
    "resolve_features",
    "with_resolved_features",
]

INCEPTION = "inception-2015-12-05.pt"
BATCH_SIZE = 32
Features = Callable[[Rows], np.ndarray]

MetricFeatures = Annotated[
    str,
    Field(
        description="feature network for distances: own is trained on the data; with efficientnet-lite0 "
        "(pretrained), inception or a TorchScript file, distances in its feature space are added"
    ),
]


def resolve_features(features: str, shape: tuple[int, int, int]) -> str:
    """The option with the absolute path of its file; the network is tested on two black images.

    Args:
        features: `own`, `efficientnet-lite0`, `inception` or a file.
        shape: (channels, height, width) of an image.

    Raises:
        MissingExtraError: the package with the pretrained weights is not installed.
        ConfigError: there is no such file, or images that are neither grayscale nor RGB.
        DataError: it is not a TorchScript network, or does not map images to features.
    """
    if is_pretrained(features):
        check_pretrained(features, shape[0])
        return features
    path = features_file(features)
    if path is None:
        return features
    channels, height, width = shape
    open_features(features)(np.zeros((2, height, width, channels), np.uint8))
    return features if features == "inception" else str(path.resolve())


def with_resolved_features(config: Any, preparation: Preparation) -> Any:
    """The options of a method with `metric_features` resolved, see `resolve_features`."""
    features = resolve_features(config.metric_features, preparation["image"].shape)
    return config.model_copy(update={"metric_features": features})


def features_file(features: str) -> Path | None:
    """The file that `features` refers to; None for `own`.

    Raises:
        ConfigError: there is no such file.
    """
    if features == "own":
        return None
    path = cache_folder() / INCEPTION if features == "inception" else Path(features).expanduser()
    if path.is_file():
        return path
    received = f"metric_features={features}: there is no file {path}"
    fix = (
        f"put NVIDIA's {INCEPTION} (from its StyleGAN metrics) there, since Hibiscus ships no weights; "
        "or leave metric_features out"
    )
    expected = "own, efficientnet-lite0, inception, or a TorchScript file with a feature network"
    raise ConfigError(received, expected, fix)


def open_features(features: str) -> Features:
    """Loads a network as a function that maps uint8 `(items, height, width, channels)` to features.

    Args:
        features: `efficientnet-lite0`, `inception` (its file in the cache folder) or a file.

    Raises:
        ConfigError: there is no such file.
        DataError: it is not a TorchScript network, or does not map images to features.
    """
    if is_pretrained(features):
        return functools.partial(pretrained_features, features)
    path = features_file(features)
    expected = "a TorchScript network from uint8 (n, 3, height, width) to (n, features)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            network = torch.jit.load(str(path), map_location="cpu").eval()
        arguments = {argument.name for argument in network.forward.schema.arguments}
        options = {"return_features": True} if "return_features" in arguments else {}
    except Exception as error:  # files in other formats raise various errors
        reason = str(error).splitlines()[0][:80]
        raise DataError(f"{path}: cannot be read ({reason})", expected, f"use {INCEPTION}") from error

    @torch.no_grad()
    def compute(pixels: Rows) -> np.ndarray:
        batches = []
        for start in range(0, len(pixels), BATCH_SIZE):
            images = np.ascontiguousarray(pixels[start : start + BATCH_SIZE].transpose(0, 3, 1, 2))
            try:
                batches.append(
                    network(torch.from_numpy(images).expand(-1, 3, -1, -1), **options).float().numpy()
                )
            except Exception as error:
                reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:120]
                raise DataError(
                    f"{path}: does not take images ({reason})", expected, f"use {INCEPTION}"
                ) from error
        if any(batch.ndim != 2 for batch in batches):
            received = f"{path}: outputs values of shape {batches[0].shape}"
            raise DataError(received, expected, f"use {INCEPTION}")
        return np.concatenate(batches)

    return compute


@step("computing distances in the features of another network")
def external_distances(features: str, fake: Rows, real: Rows, train: Rows) -> dict[str, float]:
    """Fréchet and kernel distance between generated and real images, and the Fréchet floor.

    Args:
        features: see `open_features`.
        fake: generated images, uint8 `(items, height, width, channels)`.
        real: images of the part.
        train: equally many images of the training part; their distance to `real` is the floor.
    """
    compute, origin = open_features(features), "pretrained" if is_pretrained(features) else "external"
    real_features, fake_features = compute(real), compute(fake)
    return {
        f"frechet_{origin}": frechet_distance(fake_features, real_features),
        f"kernel_distance_{origin}": kernel_distance(fake_features, real_features),
        f"frechet_floor_{origin}": frechet_distance(compute(train), real_features),
    }
