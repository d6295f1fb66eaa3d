"""Shared by the variational autoencoders: options, networks, likelihoods, sampling and embeddings.

The methods of this family build their losses from these functions. A method that conditions both networks, as
`cvae` does on the class of an image, overrides `classes`, `condition` and `networks`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import softplus

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.elbo import elbo_metrics, encode_part
from hibiscus.losses import bernoulli_log_likelihood, gaussian_log_likelihood
from hibiscus.methods.conditions import latent_conditions
from hibiscus.methods.image_sampling import generate_images
from hibiscus.networks.vae import build_decoder, build_encoder
from hibiscus.training.config import Epochs, LatentDim, ScheduleName, TrainingConfig
from hibiscus.training.method import Method, SelectionMetric
from hibiscus.training.player import Stage

__all__ = ["Beta", "VAEBase", "VAEConfig"]

INITIAL_SIGMA, MIN_SIGMA = 32.0, 1.0  # gray levels; a pixel that is constant in training keeps the minimum
SIGMA_SPEED = 10.0  # multiplies the parameter of log sigma, which thus learns much faster than a weight
MAX_MLP_VALUES = 1024  # values per image up to which fully connected networks are faster and as good

Beta = Annotated[float, Field(ge=0, description="weight of the KL divergence; 1 for the ELBO")]


class VAEConfig(TrainingConfig):
    """Options of all variational autoencoders."""

    epochs: Epochs = 200
    schedule: ScheduleName = "cosine"
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field(
        "auto", description="distribution of the pixels; auto: bernoulli for grayscale, gaussian for color"
    )
    net: Literal["auto", "mlp", "cnn"] = Field("auto", description="auto: mlp up to 1024 values, else cnn")
    latent_dim: LatentDim = 50
    hidden: int = Field(512, ge=1, description="units per hidden layer: two in the mlp, one in the cnn")
    filters: int = Field(32, ge=1, description="cnn: filters of the first layer, doubled at each halving")
    beta: Beta = 1.0
    kl_warmup_fraction: float = Field(0.0, ge=0, le=1, description="KL warm-up, as a fraction of training")
    importance_samples: int = Field(500, ge=1, description="samples per image for the likelihood estimate")


class VAEBase(Method):
    """One player trains the encoder `q(z | x)` and the decoder `p(x | z)`."""

    needs = frozenset({"image"})
    signed_pixels = True
    encoder: nn.Module
    decoder: nn.Module
    progress = 1.0  # fraction of training completed; 1 outside training

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig, preparation: Any = None) -> SelectionMetric:
        """The negative ELBO, or the loss if beta is not 1: the ELBO would then select too early an epoch."""
        assert isinstance(config, VAEConfig)
        return SelectionMetric("neg_elbo" if config.beta == 1 else "loss")

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Chooses the likelihood and the networks that fit the images, where the options say `auto`."""
        assert isinstance(config, VAEConfig)
        shape = preparation["image"].shape
        suitable = {
            "likelihood": "bernoulli" if shape[0] == 1 else "gaussian",
            "net": "mlp" if math.prod(shape) <= MAX_MLP_VALUES else "cnn",
        }
        chosen = {name: value for name, value in suitable.items() if getattr(config, name) == "auto"}
        return config.model_copy(update=chosen)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes on which both networks are conditioned; none by default."""
        return ()

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        """Additional inputs of both networks, `(items, values)` each; none by default."""
        return ()

    def networks(self) -> dict[str, nn.Module]:
        """The encoder maps x to the mean and log-variance of z, the decoder maps z to pixel logits."""
        shape, config = self.preparation["image"].shape, self.config
        decoder = build_decoder(config.net, config.latent_dim, shape, config.hidden, config.filters)
        encoder = build_encoder(config.net, shape, 2 * config.latent_dim, config.hidden, config.filters)
        return self.with_pixel_noise(encoder, decoder)

    def with_pixel_noise(self, encoder: nn.Module, decoder: nn.Module) -> dict[str, nn.Module]:
        """Both networks by name; for the Gaussian likelihood the decoder has a noise level per pixel."""
        if self.config.likelihood == "gaussian":
            decoder.register_parameter("noise", nn.Parameter(torch.zeros(self.preparation["image"].shape)))
        return {"encoder": encoder, "decoder": decoder}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player."""
        player = self.config.player("autoencoder", [self.encoder, self.decoder], self.loss)
        source = data.source("train", self.config.batch_size, self.config.seed)
        yield Stage([player], self.config.epochs, source, before_round=self.set_progress)

    def set_progress(self, progress: float) -> None:
        """Records the fraction of training completed, on which the KL warm-up depends."""
        self.progress = progress

    @property
    def kl_weight(self) -> float:
        """The weight of the KL: it rises to beta over the first `kl_warmup_fraction` of training."""
        fraction = self.config.kl_warmup_fraction
        return self.config.beta * min(1.0, self.progress / fraction if fraction else 1.0)

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted negative ELBO in nats per image, and its two terms."""

    def binarize_or_dequantize(self, batch: Batch) -> Tensor:
        """The data x in [0, 1]: Bernoulli samples of the pixels, or (level + uniform noise) / 256."""
        intensity, noise = (batch.image + 1) / 2, batch.uniform(*batch.image.shape[1:])
        if self.config.likelihood == "bernoulli":
            return (noise < intensity).float()
        return (255 * intensity + noise) / 256

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of `q(z | x)`, `(batch, latent_dim)` each, for x in [0, 1]."""
        mean, log_variance = self.encoder(2 * x - 1, *condition).float().chunk(2, dim=1)
        return mean, log_variance

    def reparameterize(self, mean: Tensor, log_variance: Tensor, batch: Batch) -> Tensor:
        """A sample z of `q(z | x)` that is differentiable with respect to mean and log-variance."""
        return mean + (log_variance / 2).exp() * batch.normal(self.config.latent_dim)

    def decode(self, z: Tensor, *condition: Tensor) -> Tensor:
        """The expected image of each latent code, in [-1, 1]."""
        return 2 * self.decoder(z, *condition).float().sigmoid() - 1

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        """`log p(x | z)` of each image `(batch,)`, in nats."""
        logits = self.decoder(z, *condition).float()
        if self.config.likelihood == "bernoulli":
            return bernoulli_log_likelihood(logits, x)
        return gaussian_log_likelihood(256 * logits.sigmoid(), 256 * x, self.log_sigma())

    def log_sigma(self) -> Tensor:
        """Log standard deviation of each pixel in gray levels: `sigma**2 = 32**2 exp(20 noise) + 1`."""
        unbounded = math.log(INITIAL_SIGMA / MIN_SIGMA) + SIGMA_SPEED * self.decoder.get_parameter("noise")
        return softplus(2 * unbounded) / 2 + math.log(MIN_SIGMA)

    def decode_prior(
        self, count: int, codes: Mapping[str, float], interpolation: float | None = None, **fields: Tensor
    ) -> np.ndarray:
        """Expected images of z from the prior, with some components fixed, given fields of the batch."""

        def generate(batch: Batch) -> Tensor:
            z = batch.normal(self.config.latent_dim)
            for name, value in codes.items():
                z[:, int(name.removeprefix("code")) - 1] = value
            return self.decode(z, *self.condition(batch))

        return generate_images(
            generate, count, self.preparation["image"], self.device, interpolation, **fields
        )

    def sample(
        self, count: int, *, interpolation: float | None = None, **codes: float
    ) -> dict[str, np.ndarray]:
        """Expected images of z from the prior; `code1`, `code2` ... fix the value of a component."""
        fixed = latent_conditions(codes, self.config.latent_dim)
        columns = {name: np.full(count, value) for name, value in fixed.items()}
        return {"image": self.decode_prior(count, fixed, interpolation), **columns}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The posterior mean of each image of a part, float32 `(items, latent_dim)`."""
        encoded = data.collect(part, lambda batch: self.encode((batch.image + 1) / 2, *self.condition(batch)))
        return encoded[0]

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`latent` float32 `(items, latent_dim)`, the posterior means, and `reconstruction` uint8."""
        means, images = [], []
        for batch in data.iterate(part):
            condition = self.condition(batch)
            means.append(self.encode((batch.image + 1) / 2, *condition)[0])
            images.append(self.preparation["image"].decode(self.decode(means[-1], *condition)))
        return {"latent": torch.cat(means).cpu().numpy(), "reconstruction": np.concatenate(images)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The negative ELBO with one sample per image, its two terms, and the loss."""
        return elbo_metrics(encode_part(self, data, part), self.config.beta)
