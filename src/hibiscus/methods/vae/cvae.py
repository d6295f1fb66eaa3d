r"""Conditional variational autoencoder: the encoder and decoder are conditioned on the class of the image.

    loss = - mean over images of  log p(x | z, c) + beta mean over images of  KL(q(z | x, c) || p(z))
    z = mean + std noise,    q(z | x, c) = N(mean, std**2),    mean, log std**2 = encoder(x, c)
    noise from N(0, 1),    p(z) = N(0, 1)

The class c is one-hot. A linear layer turns it into an additional input channel of the encoder; in the
decoder it scales and shifts the units of the first two layers. At beta = 1 the loss is an upper bound on the
negative log-likelihood of x given c, in nats per image. Since the prior is the same for every class, encoding
the class in z would only increase the KL, so z represents everything else: slant, stroke width, style.
`hibiscus sample RUN label=cat` samples a class, and `predict` returns the class under which an unlabeled
image is most likely.

Use it for labeled images if you need samples of a given class, the same style in every class, or
class-conditional likelihoods; the samples of a `cgan` are sharper. What most often goes wrong is that the
decoder ignores the class: `conditional_accuracy`, the fraction of samples that a classifier assigns to the
class they were conditioned on, is then low. A smaller `latent_dim` or a larger `beta` forces the decoder to
use the class.

Differences from the paper: decoders usually receive the class concatenated to z, which has less effect on the
image. In general the prior may depend on the class, p(z | c) (Sohn et al.); here it does not. Conditioning
and beta are independent: with beta other than 1, the model is still a conditional VAE. Otherwise, likelihoods
and networks are those of `vae`. `predict` uses the ELBO at the posterior mean and assumes equally frequent
classes.

Reference: Sohn, Lee, Yan, "Learning Structured Output Representation using Deep Conditional Generative
Models", NeurIPS 2015; Kingma, Mohamed, Rezende, Welling, "Semi-supervised Learning with Deep Generative
Models", 2014, arXiv 1406.5298.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.conditional_accuracy import add_conditional, conditional_grid
from hibiscus.evaluation.likelihood import evaluate_likelihood
from hibiscus.losses import gaussian_kl
from hibiscus.methods.conditions import class_conditions, latent_conditions
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from hibiscus.networks.vae import ConditionalDecoder, ConditionalEncoder
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["CVAE"]


class Config(VAEConfig):
    """Options of `cvae`."""


class CVAE(VAEBase):
    """An encoder and a decoder, both conditioned on the class, trained together by one player."""

    name = "cvae"
    title = "Conditional variational autoencoder"
    family = "vae"
    summary = "conditional VAE: samples and latent codes given a class"
    needs = frozenset({"image", "label"})
    smoke_test = SmokeTest(
        "digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20}
    )
    Config = Config

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.preparation["label"].names

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        """The one-hot class of each item; for unlabeled images, the most likely class."""
        label = batch.label if "label" in batch else self.class_elbo(batch).argmax(1)
        return (self.one_hot(label),)

    def one_hot(self, label: Tensor) -> Tensor:
        """Class numbers `(items,)` as one-hot vectors `(items, classes)`."""
        return one_hot(label, len(self.classes)).float()

    def networks(self) -> dict[str, nn.Module]:
        """The encoder and decoder of `vae`, both with the class as an additional input."""
        shape, config, classes = self.preparation["image"].shape, self.config, len(self.classes)
        size = (config.hidden, config.filters)
        decoder = ConditionalDecoder(config.net, config.latent_dim, classes, shape, *size)
        encoder = ConditionalEncoder(config.net, shape, classes, 2 * config.latent_dim, *size)
        return self.with_pixel_noise(encoder, decoder)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative ELBO given the class c, with weight beta on the KL, in nats per image."""
        x, (c,) = self.binarize_or_dequantize(batch), self.condition(batch)
        mean, log_variance = self.encode(x, c)
        z = self.reparameterize(mean, log_variance, batch)
        reconstruction = -self.log_likelihood(x, z, c).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        negative_elbo = reconstruction + self.kl_weight * kl
        return negative_elbo, {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    def class_elbo(self, batch: Batch) -> Tensor:
        """The ELBO of each image for each class, at the posterior mean, `(batch, classes)`, in nats."""
        x, elbos = (batch.image + 1) / 2, []
        for number in range(len(self.classes)):
            c = self.one_hot(torch.full((len(x),), number, device=x.device))
            mean, log_variance = self.encode(x, c)
            elbos.append(self.log_likelihood(x, mean, c) - gaussian_kl(mean, log_variance))
        return torch.stack(elbos, 1)

    def sample(
        self,
        count: int,
        label: str | int | None = None,
        *,
        interpolation: float | None = None,
        **codes: float,
    ) -> dict[str, np.ndarray]:
        """Samples, uint8 `(count, height, width, channels)`, and the class name of each.

        Args:
            count: number of samples.
            label: the name or number of a class, where names take precedence; by default each class in turn.
            interpolation: position between two noise vectors, from 0 to 1; None for a single vector.
            **codes: fixed values of the components `code1`, `code2` ...; the others are sampled.

        Raises:
            UsageError: there is no such class or component, or the component's value is not a number.
        """
        labels = class_conditions(label, count, self.classes)
        fixed = latent_conditions(codes, self.config.latent_dim, "label")
        images = self.decode_prior(count, fixed, interpolation, label=torch.from_numpy(labels))
        columns = {name: np.full(count, value) for name, value in fixed.items()}
        return {"image": images, "label": np.array(self.classes)[labels], **columns}

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`probabilities`, and `latent` and `reconstruction` given the true or most likely class."""
        (probabilities,) = data.collect(part, lambda batch: [self.class_elbo(batch).softmax(1)])
        return {"probabilities": probabilities, **super().predict(data, part)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Conditional ELBO, likelihood and accuracy, compared with independent pixels by class."""
        evaluation = evaluate_likelihood(self, data, part)
        grid = conditional_grid(
            lambda batch: self.encode((batch.image + 1) / 2, *self.condition(batch))[0],
            lambda codes, label: self.decode(codes, self.one_hot(label)),
            data,
            part,
        )

        def generate(label: Tensor) -> np.ndarray:
            return self.decode_prior(len(label), {}, label=label)

        return add_conditional(evaluation, generate, self.class_elbo, grid, data, part)
