"""The ELBO and the importance-sampled likelihood of a variational autoencoder, and a baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from hibiscus import progress
from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import gaussian_kl
from hibiscus.metrics.likelihood import importance_nll

__all__ = [
    "EncodedPart",
    "LatentVariableModel",
    "elbo_metrics",
    "encode_part",
    "independent_pixels",
    "log_weights",
    "pixel_kind",
    "sampled_nll",
    "select_batch",
]

MAX_SAMPLED_ITEMS, MAX_SAMPLED_VALUES = 1000, 2**29  # limits for importance sampling: images, decoded values
ITEMS_AT_ONCE, VALUES_AT_ONCE = 16, 2**22  # limits of a batch: images, decoded values
MAX_BASELINE_ITEMS, MAX_BASELINE_VALUES = 20_000, 2**25  # limits for the baseline: images, pixel values


class LatentVariableModel(Protocol):
    """The interface that the evaluation requires of a variational autoencoder."""

    config: Any
    preparation: Any

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes on which the networks are conditioned, if any."""
        ...

    @property
    def device(self) -> torch.device:
        """The device of its networks."""
        ...

    def binarize_or_dequantize(self, batch: Batch) -> Tensor:
        """The data x in [0, 1] for the images of a batch."""
        ...

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        """The additional inputs of the networks."""
        ...

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of `q(z | x)`."""
        ...

    def decode(self, z: Tensor, *condition: Tensor) -> Tensor:
        """The expected image of each latent code."""
        ...

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        """`log p(x | z)` of each image."""
        ...

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """New images."""
        ...


@dataclass
class EncodedPart:
    """A part of the data after one pass through both networks.

    Args:
        mean: the posterior mean `(items, latent_dim)`.
        kl: the KL divergence of each latent component `(items, latent_dim)`, in nats.
        log_likelihood: `log p(x | z)` for one sample of z `(items,)`, in nats.
    """

    mean: np.ndarray
    kl: np.ndarray
    log_likelihood: np.ndarray


def encode_part(model: LatentVariableModel, data: PreparedData, part: str) -> EncodedPart:
    """Encodes every image of a part and decodes one sample of its posterior."""

    def encode(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        x, condition = model.binarize_or_dequantize(batch), model.condition(batch)
        mean, log_variance = model.encode(x, *condition)
        z = mean + (log_variance / 2).exp() * batch.normal(mean.shape[1])
        kl = gaussian_kl(mean[..., None], log_variance[..., None])
        return mean, kl, model.log_likelihood(x, z, *condition)

    return EncodedPart(*data.collect(part, encode))


def select_batch(model: LatentVariableModel, data: PreparedData, part: str, rows: np.ndarray) -> Batch:
    """The images in the given rows of a part, with their classes if the model is conditioned on them."""
    batch = Batch(image=data.images(data.rows("image", part)[rows]))
    if model.classes:
        batch["label"] = torch.from_numpy(data.values("label", part)[rows]).to(batch.image.device)
    return batch


def elbo_metrics(encoded: EncodedPart, beta: float) -> dict[str, float]:
    """The negative ELBO, its two terms and the loss: means over the part, in nats per image."""
    kl, reconstruction = float(encoded.kl.sum(1).mean()), float(-encoded.log_likelihood.mean())
    return {
        "neg_elbo": reconstruction + kl,
        "loss": reconstruction + beta * kl,
        "reconstruction": reconstruction,
        "kl": kl,
    }


def pixel_kind(data: PreparedData, part: str, likelihood: str) -> str:
    """The variable whose likelihood is computed: `dynamic` or `static` binarization, or `8bit` levels."""
    if likelihood == "gaussian":
        return "8bit"
    pixels = data.rows("image", part)[data.subsample(part, MAX_SAMPLED_ITEMS)]
    return "static" if np.isin(pixels, (0, 255)).all() else "dynamic"


def sampled_nll(model: LatentVariableModel, data: PreparedData, part: str) -> np.ndarray:
    """The importance-sampled NLL of up to 1000 images of a part (fewer if they are large), in nats."""
    samples, nll = model.config.importance_samples, []
    affordable = MAX_SAMPLED_VALUES // (samples * math.prod(model.preparation["image"].shape))
    rows = data.subsample(part, max(1, min(MAX_SAMPLED_ITEMS, affordable)))
    with progress.step("sampling the likelihood of images", len(rows)) as sampling:
        for start in range(0, len(rows), ITEMS_AT_ONCE):
            batch = select_batch(model, data, part, rows[start : start + ITEMS_AT_ONCE])
            x, condition = model.binarize_or_dequantize(batch), model.condition(batch)
            mean, log_variance = model.encode(x, *condition)
            step = max(1, VALUES_AT_ONCE // x.numel())
            counts = [min(step, samples - done) for done in range(0, samples, step)]
            weights = [
                log_weights(model, x, mean, log_variance, batch.normal(count, mean.shape[1]), *condition)
                for count in counts
            ]
            nll.append(importance_nll(torch.cat(weights).cpu().numpy()))
            sampling.advance(ITEMS_AT_ONCE)
    return np.concatenate(nll)


def log_weights(
    model: LatentVariableModel,
    x: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
    *condition: Tensor,
) -> Tensor:
    """`log p(x, z) - log q(z | x)` as `(samples, items)`, from noise `(items, samples, latent_dim)`."""
    items, samples, _ = noise.shape
    z = mean[:, None] + (log_variance / 2).exp()[:, None] * noise
    repeated = [values.repeat_interleave(samples, 0) for values in condition]
    likelihood = model.log_likelihood(x.repeat_interleave(samples, 0), z.flatten(0, 1), *repeated).view(
        items, samples
    )
    log_prior_ratio = (noise.square() - z.square()).sum(2) / 2 + log_variance.sum(
        1, keepdim=True
    ) / 2  # log(2 pi) cancels
    return (likelihood + log_prior_ratio).T


def independent_pixels(data: PreparedData, part: str, likelihood: str, by_class: bool = False) -> float:
    """The exact NLL, in nats per image, of an independent-pixel model fitted to the training part.

    Args:
        data: prepared data with images.
        part: the part to evaluate.
        likelihood: `bernoulli` or `gaussian`.
        by_class: fit the pixels of each class separately, which requires labels.
    """
    values = math.prod(data.preparation["image"].shape)
    max_items = max(2, min(MAX_BASELINE_ITEMS, MAX_BASELINE_VALUES // values))
    rows = {name: data.subsample(name, max_items) for name in ("train", part)}
    train, test = (data.rows("image", name)[rows[name]] for name in ("train", part))
    if not by_class:
        return _independent_nll(train, test, likelihood)
    train_label, test_label = (data.values("label", name)[rows[name]] for name in ("train", part))
    return sum(
        float((test_label == label).mean())
        * _independent_nll(train[train_label == label], test[test_label == label], likelihood)
        for label in np.unique(test_label)
    )


def _independent_nll(train: np.ndarray, test: np.ndarray, likelihood: str) -> float:
    count, mean, test_mean = len(train), train.mean(0), test.mean(0)
    if likelihood == "bernoulli":
        p = (count * mean / 255 + 0.5) / (count + 1)  # never 0 or 1, even for a constant pixel
        return float(-(test_mean / 255 * np.log(p) + (1 - test_mean / 255) * np.log(1 - p)).sum())
    train_variance = train.var(0)
    dequantization = 1 / 12  # variance of the uniform noise within a level
    variance = (count * train_variance + train_variance.mean()) / (count + 1) + dequantization
    error = test.var(0) + (test_mean - mean) ** 2 + dequantization
    return float((error / variance + np.log(2 * np.pi * variance)).sum() / 2)
