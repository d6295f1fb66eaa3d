"""Distances in the features of a network that a person has as a file, such as the Inception whose distance is called FID.

The network is a TorchScript file that takes images uint8 `(n, 3, height, width)` and gives numbers `(n, features)`; where its forward
has a `return_features`, that is switched on. NVIDIA's `inception-2015-12-05.pt` is of this kind, brings images to its own size, and is
what published figures are measured with. Those are over 50,000 images; over fewer a distance is larger, so a figure is comparable to
one from as many only, and its floor, the same of training images, stands beside it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import Field

from hibiscus.data.images.cache import cache_folder
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, DataError
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.kernel_distance import kernel_distance
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method

__all__ = ["NAME", "GivenConfig", "MeasuredByFile", "check_features", "given_distances", "open_features"]

NAME = "inception-2015-12-05.pt"
AT_ONCE = 32
Look = Callable[[np.ndarray], np.ndarray]


class GivenConfig(TrainingConfig):
    """The option of what is measured with."""

    metric_features: str = Field(
        "own", description="distances in features of a network trained on the data; inception, or a file: in its too"
    )


class MeasuredByFile(Method):
    """A method whose options are a `GivenConfig`."""

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Any:
        """The options with a file's whole path; its network is shown two black images before anything is trained."""
        path = check_features(config.metric_features)
        if path is not None:
            channels, height, width = preparation["image"].shape
            open_features(config.metric_features)(np.zeros((2, height, width, channels), np.uint8))
            if config.metric_features != "inception":
                config = config.model_copy(update={"metric_features": str(path.resolve())})
        return super().resolve(config, preparation, items)


def check_features(features: str) -> Path | None:
    """The file of `features`; None for `own`.

    Raises:
        ConfigError: there is no such file.
    """
    if features == "own":
        return None
    path = cache_folder() / NAME if features == "inception" else Path(features).expanduser()
    if path.is_file():
        return path
    found = f"metric_features={features}: there is no file {path}"
    fix = f"put NVIDIA's {NAME} (of its StyleGAN metrics) there, for Hibiscus brings no weights along; or leave features out"
    raise ConfigError(found, "own, inception, or a TorchScript file of a network that gives features", fix)


def open_features(features: str) -> Look:
    """What a file's network sees in images: uint8 `(items, height, width, 1 or 3)` to float `(items, features)`.

    Args:
        features: `inception` (its file in the cache folder) or a file.

    Raises:
        ConfigError: no such file.
        DataError: no TorchScript network, or one that does not give features of images.
    """
    path = check_features(features)
    expected = "a TorchScript network from uint8 (n, 3, height, width) to (n, features)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            network = torch.jit.load(str(path), map_location="cpu").eval()
        switch = {"return_features": True} if "return_features" in {one.name for one in network.forward.schema.arguments} else {}
    except Exception as error:  # whatever a file of another kind makes it stumble over
        raise DataError(f"{path}: cannot be read ({str(error).splitlines()[0][:80]})", expected, f"take {NAME}") from error

    @torch.no_grad()
    def look(pixels: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, len(pixels), AT_ONCE):
            some = torch.from_numpy(np.ascontiguousarray(pixels[start : start + AT_ONCE].transpose(0, 3, 1, 2)))
            try:
                found.append(network(some.expand(-1, 3, -1, -1), **switch).float().numpy())
            except Exception as error:
                reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:120]
                raise DataError(f"{path}: does not take images ({reason})", expected, f"take {NAME}") from error
        if any(one.ndim != 2 for one in found):
            raise DataError(f"{path}: gives values of shape {found[0].shape}", expected, f"take {NAME}")
        return np.concatenate(found)

    return look


def given_distances(features: str, made: np.ndarray, real: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """Fréchet and kernel distance of made images to real ones in the features of a file, and the Fréchet distance of training images.

    Args:
        features: see `open_features`.
        made: uint8 `(items, height, width, channels)`.
        real: the same of the part.
        train: the same of the training part, as many.
    """
    look = open_features(features)
    truth, ours = look(real), look(made)
    return {
        "frechet_external": frechet_distance(ours, truth),
        "kernel_distance_external": kernel_distance(ours, truth),
        "frechet_floor_external": frechet_distance(look(train), truth),
    }
