"""How likely images are under a variational autoencoder: the bound, the importance-sampled figure, and a simple rival's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gaussian_kl
from hibiscus.metrics.likelihood import importance_nll

__all__ = ["Model", "Seen", "bound", "chosen", "independent_pixels", "kind_of", "log_weights", "look", "sampled_nll"]

SAMPLED_ITEMS, SAMPLED_VALUES = 1000, 2**29  # images of the importance-sampled likelihood, and pixels decoded for them at most
AT_ONCE, VALUES_AT_ONCE = 16, 2**22  # images, and pixels decoded at once
RIVAL_ITEMS, RIVAL_VALUES = 20_000, 2**25  # images and pixels for the simple rival


class Model(Protocol):
    """What is asked of the method."""

    config: Any
    preparation: Any

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that its networks are told, if they are told any."""
        ...

    @property
    def device(self) -> torch.device:
        """Where its networks are."""
        ...

    def draw(self, batch: Batch) -> Tensor:
        """What stands for the images of a batch."""
        ...

    def told(self, batch: Batch) -> tuple[Tensor, ...]:
        """What its networks are told about the items of a batch."""
        ...

    def encode(self, x: Tensor, *told: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each code."""
        ...

    def decode(self, z: Tensor, *told: Tensor) -> Tensor:
        """The expected image of each code."""
        ...

    def log_likelihood(self, x: Tensor, z: Tensor, *told: Tensor) -> Tensor:
        """`log p(x | z)` of each image."""
        ...

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New images."""
        ...


@dataclass
class Seen:
    """A part after one pass through both networks.

    Args:
        mean: of the code `(items, units)`.
        kl: of each unit `(items, units)`, nats.
        log_likelihood: log p(x | z) by one sample `(items,)`, nats.
    """

    mean: np.ndarray
    kl: np.ndarray
    log_likelihood: np.ndarray


def look(model: Model, data: PreparedData, part: str) -> Seen:
    """Encodes and decodes a part once."""
    found = []
    for batch in data.iterate(part):
        x, told = model.draw(batch), model.told(batch)
        mean, log_variance = model.encode(x, *told)
        z = mean + (log_variance / 2).exp() * batch.normal(mean.shape[1])
        found.append((mean, gaussian_kl(mean[..., None], log_variance[..., None]), model.log_likelihood(x, z, *told)))
    return Seen(*(torch.cat(values).cpu().numpy() for values in zip(*found, strict=True)))


def chosen(model: Model, data: PreparedData, part: str, rows: np.ndarray) -> Batch:
    """Some images of a part as a batch, with their classes where the networks are told them."""
    batch = Batch(image=data.images(data.values("image", part)[rows]))
    if model.classes:
        batch["label"] = torch.from_numpy(data.values("label", part)[rows]).to(batch.image.device)
    return batch


def bound(seen: Seen, beta: float) -> dict[str, float]:
    """The negative of the variational bound, its two terms and the loss, means over the part in nats per image."""
    kl, reconstruction = float(seen.kl.sum(1).mean()), float(-seen.log_likelihood.mean())
    return {"neg_elbo": reconstruction + kl, "loss": reconstruction + beta * kl, "reconstruction": reconstruction, "kl": kl}


def kind_of(data: PreparedData, part: str, likelihood: str) -> str:
    """What the likelihood is of: pixels drawn anew, pixels that were black and white already, or levels of 0 to 255."""
    if likelihood == "gaussian":
        return "8bit"
    pixels = data.values("image", part)[data.subsample(part, SAMPLED_ITEMS)]
    return "static" if np.isin(pixels, (0, 255)).all() else "dynamic"


def sampled_nll(model: Model, data: PreparedData, part: str) -> np.ndarray:
    """The importance-sampled negative log-likelihood in nats of up to 1000 images of a part; of fewer where they are large."""
    samples, found = model.config.importance_samples, []
    affordable = SAMPLED_VALUES // (samples * math.prod(model.preparation["image"].shape))
    rows = data.subsample(part, max(1, min(SAMPLED_ITEMS, affordable)))
    for start in range(0, len(rows), AT_ONCE):
        batch = chosen(model, data, part, rows[start : start + AT_ONCE])
        x, told = model.draw(batch), model.told(batch)
        mean, log_variance = model.encode(x, *told)
        step = max(1, VALUES_AT_ONCE // x.numel())
        counts = [min(step, samples - done) for done in range(0, samples, step)]
        weights = [log_weights(model, x, mean, log_variance, batch.normal(count, mean.shape[1]), *told) for count in counts]
        found.append(importance_nll(torch.cat(weights).cpu().numpy()))
    return np.concatenate(found)


def log_weights(model: Model, x: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor, *told: Tensor) -> Tensor:
    """`log p(x | z) + log p(z) - log q(z | x)` as `(samples, items)`, from noise `(items, samples, units)`."""
    items, samples, _ = noise.shape
    z = mean[:, None] + (log_variance / 2).exp()[:, None] * noise
    again = [each.repeat_interleave(samples, 0) for each in told]
    likelihood = model.log_likelihood(x.repeat_interleave(samples, 0), z.flatten(0, 1), *again).view(items, samples)
    prior_to_posterior = (noise.square() - z.square()).sum(2) / 2 + log_variance.sum(1, keepdim=True) / 2  # log(2 pi) cancels
    return (likelihood + prior_to_posterior).T


def independent_pixels(data: PreparedData, part: str, likelihood: str, by_class: bool = False) -> float:
    """Nats per image where every pixel is drawn by itself, as the training part says; exact, not sampled.

    Args:
        data: with the images.
        part: which.
        likelihood: `bernoulli` or `gaussian`.
        by_class: whether each class has its own pixels; then the class of each image must be known.
    """
    values = math.prod(data.preparation["image"].shape)
    most = max(2, min(RIVAL_ITEMS, RIVAL_VALUES // values))
    rows = {name: data.subsample(name, most) for name in ("train", part)}
    train, other = (data.values("image", name)[rows[name]] for name in ("train", part))
    if not by_class:
        return _pixels_alone(train, other, likelihood)
    of_train, of_other = (data.values("label", name)[rows[name]] for name in ("train", part))
    return sum(
        float((of_other == label).mean()) * _pixels_alone(train[of_train == label], other[of_other == label], likelihood)
        for label in np.unique(of_other)
    )


def _pixels_alone(train: np.ndarray, other: np.ndarray, likelihood: str) -> float:
    count, mean, seen = len(train), train.mean(0), other.mean(0)
    if likelihood == "bernoulli":
        share = (count * mean / 255 + 0.5) / (count + 1)  # never 0 or 1, though a pixel may not change in training
        return float(-(seen / 255 * np.log(share) + (1 - seen / 255) * np.log(1 - share)).sum())
    spread = train.var(0)
    variance = (count * spread + spread.mean()) / (count + 1) + 1 / 12  # 1 / 12 is that of the noise within a level
    error = other.var(0) + (seen - mean) ** 2 + 1 / 12
    return float((error / variance + np.log(2 * np.pi * variance)).sum() / 2)
