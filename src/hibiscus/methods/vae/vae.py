r"""Variational autoencoder: learns a code of a few numbers for each picture, and makes new pictures from codes drawn at random.

    loss = - mean over pictures of  log p(x | z) + beta mean over pictures of  KL(q(z | x) || p(z)),    p(z) = N(0, 1)
    z = mean + std noise,    q(z | x) = N(mean, std**2),    mean, log std**2 = encoder(x),    noise from N(0, 1)

With `likelihood=bernoulli` each value of x is 1 with the probability that its pixel's brightness is, drawn anew for every batch, and
`log p(x | z) = sum of x log s + (1 - x) log(1 - s)`, `s = sigmoid(decoder(z))`. With `gaussian` x is the pixel's level of 0 to 255 plus
a uniform share of one, and `log p(x | z) = - sum of ((x - 256 s) / sigma)**2 / 2 + log sigma + log(2 pi) / 2`, a sigma learned for
each pixel. The noise stands outside the encoder, so gradients pass through z; at beta = 1 the loss bounds `- log p(x)` from above, in
nats per picture.

Use it for a smooth map of pictures of one kind, for codes as features, for samples that miss no kind, and wherever a likelihood counts;
a GAN's samples are sharper. What most often goes wrong is posterior collapse: units whose KL is near 0 tell nothing (the report counts
them). Some are no harm; if nearly all are gone try `warm_up=0.3` or a smaller `beta`. A larger `beta` (beta-VAE) gives fewer, more
independent units and blurred pictures; that they mean something to a person is not promised (Locatello et al., 2018, arXiv 1811.12359).

Departs: sigma is learned for each pixel, neither fixed nor made by the decoder, so the data weigh errors against KL and the mean picture
stays the best guess; levels are made continuous by noise, so the figures of `gaussian` bound those of 8-bit pictures. The rate falls on
half a cosine.

Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114; beta: Higgins et al., "beta-VAE", ICLR 2017;
warm-up: Sonderby et al., "Ladder Variational Autoencoders", 2016, arXiv 1602.02282.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import softplus

from hibiscus.data.prepare import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import UsageError
from hibiscus.losses import bernoulli_log_likelihood, gaussian_kl, gaussian_log_likelihood
from hibiscus.methods.vae import bounds, evidence
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.generator import as_pixels, make_pictures, number_given
from hibiscus.training.method import Decides, Examination, Method, TrainingConfig, Trial
from hibiscus.training.player import Batch, Stage

__all__ = ["VAE"]

FIRST_SIGMA, LEAST_SIGMA = 32.0, 1.0  # levels; with less a pixel that never changed in training makes a picture impossible
SIGMA_SPEED = 10.0  # how much faster than a weight the logarithm of sigma is learned; it has far to go and is easy to learn
MLP_VALUES = 1024  # values of a picture up to which fully connected layers are faster and no worse


class Config(TrainingConfig):
    """Options of `vae`."""

    epochs: int = Field(200, ge=1, description="passes over the training part")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field("auto", description="of a pixel; auto: bernoulli for grey, else gaussian")
    net: Literal["auto", "mlp", "cnn"] = Field("auto", description="both networks; auto: mlp up to 1024 values a picture, else cnn")
    latent: int = Field(50, ge=1, description="numbers of a code; 2 to see all of it in the report")
    hidden: int = Field(512, ge=1, description="units of a hidden layer: two of them in the mlp, one in the cnn")
    filters: int = Field(32, ge=1, description="cnn: filters of the largest maps; doubled where the side halves")
    beta: float = Field(1.0, ge=0, description="weight of KL; above 1 a beta-VAE")
    warm_up: float = Field(0.0, ge=0, le=1, description="share of the training in which the weight of KL grows from 0 to beta")
    importance_samples: int = Field(500, ge=1, description="samples of the final likelihood, for at most 1000 pictures")


class VAE(Method):
    """One player that owns encoder and decoder."""

    name, title, family = "vae", "Variational autoencoder", "vae"
    needs = frozenset({"image"})
    signed_pixels = True
    trial = Trial("digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent": 4, "importance_samples": 20})
    Config = Config
    progress = 1.0  # share of the training that is done; all of it unless a training says otherwise

    @classmethod
    def decided_by(cls, config: TrainingConfig) -> Decides:
        """The bound, and with another beta what is minimised, for which the bound would choose too early an epoch."""
        assert isinstance(config, Config)
        return Decides("nll_bound" if config.beta == 1 else "loss", higher_is_better=False)

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The likelihood and the networks for the pictures, where they were left open."""
        assert isinstance(config, Config)
        shape = preparation["image"].shape
        likelihood = ("bernoulli" if shape[0] == 1 else "gaussian") if config.likelihood == "auto" else config.likelihood
        net = ("mlp" if math.prod(shape) <= MLP_VALUES else "cnn") if config.net == "auto" else config.net
        return config.model_copy(update={"likelihood": likelihood, "net": net})

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, with mean and log-variance of each unit, and the decoder; `gaussian` has its noise there."""
        shape, config = self.preparation["image"].shape, self.config
        size = (config.hidden, config.filters)
        decoder = build_decoder(config.net, config.latent, shape, *size)
        if config.likelihood == "gaussian":
            decoder.register_parameter("noise", nn.Parameter(torch.zeros(shape)))
        return {"encoder": build_encoder(config.net, shape, 2 * config.latent, *size), "decoder": decoder}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        player = self.config.player("autoencoder", [self.nets["encoder"], self.nets["decoder"]], self.loss)
        source = data.source("train", self.config.batch_size, self.config.seed)
        yield Stage([player], self.config.epochs, source, before_round=lambda progress: setattr(self, "progress", progress))

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction plus KL, in nats per picture, and both apart."""
        x = self.draw(batch)
        mean, log_variance = self.encode(x)
        z = mean + (log_variance / 2).exp() * batch.normal(self.config.latent)
        reconstruction = -self.log_likelihood(x, z).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        weight = self.config.beta * min(1.0, self.progress / self.config.warm_up if self.config.warm_up else 1.0)
        return reconstruction + weight * kl, {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    def draw(self, batch: Batch) -> Tensor:
        """What stands for the pictures: values of 0 and 1 drawn by their brightness, or their levels plus noise over 256."""
        share, noise = (batch.image + 1) / 2, batch.uniform(*batch.image.shape[1:])
        return (noise < share).float() if self.config.likelihood == "bernoulli" else (255 * share + noise) / 256

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of each picture's code, `(batch, latent)` each, from what was drawn for it."""
        mean, log_variance = self.nets["encoder"](2 * x - 1).float().chunk(2, dim=1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        """The expected picture of each code, in [-1, 1]."""
        return 2 * self.nets["decoder"](z).float().sigmoid() - 1

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """`log p(x | z)` of each picture `(batch,)`, in nats."""
        logits = self.nets["decoder"](z).float()
        if self.config.likelihood == "bernoulli":
            return bernoulli_log_likelihood(logits, x)
        return gaussian_log_likelihood(256 * logits.sigmoid(), 256 * x, self.log_sigma())

    def log_sigma(self) -> Tensor:
        """The logarithm of each pixel's noise in levels `(channels, height, width)`: sigma**2 = 32**2 exp(20 noise) + 1."""
        free = math.log(FIRST_SIGMA / LEAST_SIGMA) + SIGMA_SPEED * self.nets["decoder"].get_parameter("noise")
        return softplus(2 * free) / 2 + math.log(LEAST_SIGMA)

    def sample(self, count: int, **codes: float) -> dict[str, np.ndarray]:
        """The expected pictures of codes drawn from the prior, uint8 `(count, height, width, channels)`.

        Args:
            count: how many.
            **codes: `code1`, `code2` ...: what this unit of every code shall be; the other units are drawn.

        Raises:
            UsageError: there is no such unit, or what it shall be is no number.
        """
        units = [f"code{unit}" for unit in range(1, self.config.latent + 1)]
        for name in codes:
            if name not in units:
                raise UsageError(f"{name}: {self.name} has no such condition", f"code1 to code{len(units)}, or interpolate", "code1=1.5")
        numbers = {name: number_given(name, value) for name, value in codes.items()}

        def make(batch: Batch) -> Tensor:
            z = batch.normal(len(units))
            for name, number in numbers.items():
                z[:, units.index(name)] = number
            return self.decode(z)

        image = make_pictures(make, count, self.preparation["image"], self.device)
        return {"image": image, **{name: np.full(count, number) for name, number in numbers.items()}}

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`latent` float32 `(items, latent)`, the mean code of each picture as it is, and its `reconstruction` uint8, a picture."""
        codes = torch.cat([self.encode((batch.image + 1) / 2)[0] for batch in data.walk(part)])
        pixels = [as_pixels(self.decode(some), self.preparation["image"]) for some in codes.split(256)]
        return {"latent": codes.cpu().numpy(), "reconstruction": np.concatenate(pixels)}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The mean code of each picture of a part, float32 `(items, latent)`."""
        return self.predict(data, part)["latent"]

    def measure(self, data: PreparedData, part: str) -> dict[str, float]:
        """The bound by one sample for each picture, its two terms, and the loss."""
        return bounds.bound(bounds.look(self, data, part), self.config.beta)

    def examine(self, data: PreparedData, part: str) -> Examination:
        """Bound and likelihood beside independent pixels; reconstructions, samples, and what each unit of the code does."""
        return evidence.examine_vae(self, data, part)
