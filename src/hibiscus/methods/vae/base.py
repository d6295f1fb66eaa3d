"""What the variational autoencoders of images share: their options, what is drawn for an image, the loss, and the codes.

A method of this family adds what it is for. One that tells both networks something beside images and codes, such as a class, says
so by `classes` and `told`; to the others nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import softplus

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import elbo as bounds
from hibiscus.losses import bernoulli_log_likelihood, gaussian_kl, gaussian_log_likelihood
from hibiscus.methods.sampling import codes_given, make_images, to_pixels
from hibiscus.networks.vae import ConditionalDecoder, ConditionalEncoder, build_decoder, build_encoder
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Method, SelectionMetric
from hibiscus.training.player import Stage

__all__ = ["VAEBase", "VAEConfig"]

FIRST_SIGMA, LEAST_SIGMA = 32.0, 1.0  # levels; with less a pixel that never changed in training makes an image impossible
SIGMA_SPEED = 10.0  # how much faster than a weight the logarithm of sigma is learned; it has far to go and is easy to learn
MLP_VALUES = 1024  # values of an image up to which fully connected layers are faster and no worse


class VAEConfig(TrainingConfig):
    """Options that all of them have."""

    epochs: int = Field(200, ge=1, description="passes over the training part")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field("auto", description="of a pixel; auto: bernoulli for grey, else gaussian")
    net: Literal["auto", "mlp", "cnn"] = Field("auto", description="both networks; auto: mlp up to 1024 values an image, else cnn")
    latent_dim: int = Field(50, ge=1, description="numbers of a code; 2 to see all of it in the report")
    hidden: int = Field(512, ge=1, description="units of a hidden layer: two of them in the mlp, one in the cnn")
    filters: int = Field(32, ge=1, description="cnn: filters of the largest maps; doubled where the side halves")
    beta: float = Field(1.0, ge=0, description="weight of KL; 1 for the bound itself")
    kl_warmup_fraction: float = Field(0.0, ge=0, le=1, description="share of the training in which the weight of KL grows from 0 to beta")
    importance_samples: int = Field(500, ge=1, description="samples of the final likelihood, for at most 1000 images")


class VAEBase(Method):
    """One player that owns encoder and decoder."""

    family = "vae"
    needs = frozenset({"image"})
    signed_pixels = True
    progress = 1.0  # share of the training that is done; all of it unless a training says otherwise

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig) -> SelectionMetric:
        """The bound, and with another beta what is minimised, for which the bound would choose too early an epoch."""
        assert isinstance(config, VAEConfig)
        return SelectionMetric("neg_elbo" if config.beta == 1 else "loss", higher_is_better=False)

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The likelihood and the networks for the images, where they were left open."""
        assert isinstance(config, VAEConfig)
        shape = preparation["image"].shape
        likelihood = ("bernoulli" if shape[0] == 1 else "gaussian") if config.likelihood == "auto" else config.likelihood
        net = ("mlp" if math.prod(shape) <= MLP_VALUES else "cnn") if config.net == "auto" else config.net
        return config.model_copy(update={"likelihood": likelihood, "net": net})

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that both networks are told; none here."""
        return ()

    def told(self, batch: Batch) -> tuple[Tensor, ...]:
        """What both networks are told about the items of a batch, `(items, numbers)` each; nothing here."""
        return ()

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, with mean and log-variance of each unit, and the decoder; `gaussian` has its noise there."""
        shape, config, classes = self.preparation["image"].shape, self.config, len(self.classes)
        outputs, size = 2 * config.latent_dim, (config.hidden, config.filters)
        if classes:
            decoder: nn.Module = ConditionalDecoder(config.net, config.latent_dim, classes, shape, *size)
            encoder: nn.Module = ConditionalEncoder(config.net, shape, classes, outputs, *size)
        else:
            decoder = build_decoder(config.net, config.latent_dim, shape, *size)
            encoder = build_encoder(config.net, shape, outputs, *size)
        if config.likelihood == "gaussian":
            decoder.register_parameter("noise", nn.Parameter(torch.zeros(shape)))
        return {"encoder": encoder, "decoder": decoder}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        player = self.config.player("autoencoder", [self.nets["encoder"], self.nets["decoder"]], self.loss)
        source = data.source("train", self.config.batch_size, self.config.seed)
        yield Stage([player], self.config.epochs, source, before_round=lambda progress: setattr(self, "progress", progress))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction plus KL, in nats per image, and both apart."""
        x, told = self.draw(batch), self.told(batch)
        mean, log_variance = self.encode(x, *told)
        z = mean + (log_variance / 2).exp() * batch.normal(self.config.latent_dim)
        reconstruction = -self.log_likelihood(x, z, *told).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        weight = self.config.beta * min(1.0, self.progress / self.config.kl_warmup_fraction if self.config.kl_warmup_fraction else 1.0)
        return reconstruction + weight * kl, {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    def draw(self, batch: Batch) -> Tensor:
        """What stands for the images: values of 0 and 1 drawn by their brightness, or their levels plus noise over 256."""
        share, noise = (batch.image + 1) / 2, batch.uniform(*batch.image.shape[1:])
        return (noise < share).float() if self.config.likelihood == "bernoulli" else (255 * share + noise) / 256

    def encode(self, x: Tensor, *told: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each image's code, `(batch, latent)` each, from what was drawn for it."""
        mean, log_variance = self.nets["encoder"](2 * x - 1, *told).float().chunk(2, dim=1)
        return mean, log_variance

    def decode(self, z: Tensor, *told: Tensor) -> Tensor:
        """The expected image of each code, in [-1, 1]."""
        return 2 * self.nets["decoder"](z, *told).float().sigmoid() - 1

    def log_likelihood(self, x: Tensor, z: Tensor, *told: Tensor) -> Tensor:
        """`log p(x | z)` of each image `(batch,)`, in nats."""
        logits = self.nets["decoder"](z, *told).float()
        if self.config.likelihood == "bernoulli":
            return bernoulli_log_likelihood(logits, x)
        return gaussian_log_likelihood(256 * logits.sigmoid(), 256 * x, self.log_sigma())

    def log_sigma(self) -> Tensor:
        """The logarithm of each pixel's noise in levels `(channels, height, width)`: sigma**2 = 32**2 exp(20 noise) + 1."""
        free = math.log(FIRST_SIGMA / LEAST_SIGMA) + SIGMA_SPEED * self.nets["decoder"].get_parameter("noise")
        return softplus(2 * free) / 2 + math.log(LEAST_SIGMA)

    def made(
        self, count: int, codes: Mapping[str, float] | None = None, interpolation: float | None = None, **conditions: Tensor
    ) -> np.ndarray:
        """The expected images of codes drawn from the prior, uint8 `(count, height, width, channels)`.

        Args:
            count: how many.
            codes: what units of every code shall be, by `code1`, `code2` ..., from `codes_given`; the others are drawn.
            interpolation: where the noise lies between two draws, from 0 to 1; None for a single draw.
            **conditions: fields of the batch, `(count, ...)`.
        """

        def make(batch: Batch) -> Tensor:
            z = batch.normal(self.config.latent_dim)
            for name, number in (codes or {}).items():
                z[:, int(name.removeprefix("code")) - 1] = number
            return self.decode(z, *self.told(batch))

        return make_images(make, count, self.preparation["image"], self.device, interpolation, **conditions)

    def sample(self, count: int, *, interpolation: float | None = None, **codes: float) -> dict[str, np.ndarray]:
        """The expected images of codes drawn from the prior, uint8 `(count, height, width, channels)`.

        Args:
            count: how many.
            interpolation: where the noise lies between two draws, from 0 to 1; None for a single draw.
            **codes: `code1`, `code2` ...: what this unit of every code shall be; the other units are drawn.

        Raises:
            UsageError: there is no such unit, or what it shall be is no number.
        """
        numbers = codes_given(codes, self.config.latent_dim)
        return {"image": self.made(count, numbers, interpolation), **{name: np.full(count, number) for name, number in numbers.items()}}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The mean code of each image of a part as it is, float32 `(items, latent)`."""
        codes = [self.encode((batch.image + 1) / 2, *self.told(batch))[0] for batch in data.iterate(part)]
        return torch.cat(codes).cpu().numpy()

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`latent` float32 `(items, latent)`, the mean code of each image as it is, and its `reconstruction` uint8, an image."""
        codes, pixels = [], []
        for batch in data.iterate(part):
            told = self.told(batch)
            codes.append(self.encode((batch.image + 1) / 2, *told)[0])
            pixels.append(to_pixels(self.decode(codes[-1], *told), self.preparation["image"]))
        return {"latent": torch.cat(codes).cpu().numpy(), "reconstruction": np.concatenate(pixels)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The bound by one sample for each image, its two terms, and the loss."""
        return bounds.bound(bounds.look(self, data, part), self.config.beta)
