r"""Conditional variational autoencoder: both networks are told a class, so that new images can be had of the class that one asks for.

    loss = - mean over images of  log p(x | z, c) + beta mean over images of  KL(q(z | x, c) || p(z)),    p(z) = N(0, 1)
    z = mean + std noise,    q(z | x, c) = N(mean, std**2),    mean, log std**2 = encoder(x, c),    noise from N(0, 1)

A class c is a row with a 1 at its place; the encoder gets it as one more channel of the image, by a linear layer, in the decoder it
scales and shifts the units of the first two layers. At beta = 1 the loss bounds `- log p(x | c)` from above, in nats per image; the
prior is the same for every class, so nothing is gained by writing the class into the code, and it holds what is left: slant, thickness,
style. What gets a class is then chosen freely: `hibiscus sample RUN label=cat`. Of an image without a label `predict` says under which
class it is likeliest.

Use it where images have labels and you want images of a class, the same style in every class, or likelihoods by class; samples of a
`cgan` are sharper. What most often goes wrong is that the asked class is not heard: `conditional_accuracy`, how often a classifier reads what was
asked for, is then low. A smaller code (`latent`) or a larger `beta` leaves the decoder less to go by but the class.

Departs: the usual decoder gets the class beside the code, as more numbers of it, and hears it less. In general the prior may depend on
the class too, p(z | c) (Sohn et al.); here it does not. With beta = 1 this is a conditional VAE and with another beta it is still one:
conditioning and beta are independent of each other. Likelihoods and networks are otherwise those of `vae`, which see for the pixels.
`predict` takes the bound at the mean code, and every class for as frequent as any other.

Reference: Sohn, Lee, Yan, "Learning Structured Output Representation using Deep Conditional Generative Models", NeurIPS 2015; Kingma,
Mohamed, Rezende, Welling, "Semi-supervised Learning with Deep Generative Models", 2014, arXiv 1406.5298.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import conditional
from hibiscus.evaluation import likelihood as evidence
from hibiscus.losses import gaussian_kl
from hibiscus.methods.conditions import class_conditions, latent_conditions
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["CVAE"]


class Config(VAEConfig):
    """Options of `cvae`."""


class CVAE(VAEBase):
    """One player that owns encoder and decoder, both told the class of each image."""

    name, title = "cvae", "Conditional variational autoencoder"
    needs = frozenset({"image", "label"})
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20})
    Config = Config

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.preparation["label"].names

    def told(self, batch: Batch) -> tuple[Tensor, ...]:
        """The class of each item as a row with a 1 at its place; where labels are not known, the likeliest."""
        label = batch.label if "label" in batch else self.read(batch).argmax(1)
        return (functional.one_hot(label, len(self.classes)).float(),)

    def read(self, batch: Batch) -> Tensor:
        """The bound of `log p(x | c)` of each image under each class, at the mean code, `(batch, classes)` in nats."""
        x, found = (batch.image + 1) / 2, []
        for number in range(len(self.classes)):
            told = functional.one_hot(torch.full((len(x),), number, device=x.device), len(self.classes)).float()
            mean, log_variance = self.encode(x, told)
            found.append(self.log_likelihood(x, mean, told) - gaussian_kl(mean, log_variance))
        return torch.stack(found, 1)

    def sample(
        self, count: int, label: str | int | None = None, *, interpolation: float | None = None, **codes: float
    ) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`, and the name of each one's class.

        Args:
            count: how many.
            label: the name or the number of a class, the name first where it is both; every class in turn if it is not given.
            interpolation: where the noise lies between two draws, from 0 to 1; None for a single draw.
            **codes: `code1`, `code2` ...: what this unit of every code shall be; the other units are drawn.

        Raises:
            UsageError: there is no such class or unit, or what the unit shall be is no number.
        """
        labels = class_conditions(label, count, self.classes)
        numbers = latent_conditions(codes, self.config.latent_dim, "label")
        images = self.made(count, numbers, interpolation, label=torch.from_numpy(labels))
        columns = {name: np.full(count, number) for name, number in numbers.items()}
        return {"image": images, "label": np.array(self.classes)[labels], **columns}

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The probability of each class `(items, classes)`; `latent` and `reconstruction` under the likeliest, or the known one."""
        bounds = torch.cat([self.read(batch) for batch in data.iterate(part)])
        return {"probabilities": bounds.softmax(1).cpu().numpy(), **super().predict(data, part)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Bound and likelihood given the class, beside independent pixels of each class; and whether images show what was asked."""
        evaluation = evidence.evaluate_vae(self, data, part)
        one_hot = lambda label: functional.one_hot(label, len(self.classes)).float()  # noqa: E731
        grid = conditional.conditional_grid(
            lambda batch: self.encode((batch.image + 1) / 2, *self.told(batch))[0],
            lambda codes, label: self.decode(codes, one_hot(label)),
            data,
            part,
        )
        generate = lambda label: self.made(len(label), label=label)  # noqa: E731
        return conditional.add_conditional(evaluation, generate, self.read, grid, data, part)
