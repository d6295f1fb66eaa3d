r"""CGAN: generator and discriminator are told a class, so that afterwards pictures can be had of the class that one asks for.

    discriminator_loss = - mean log D(x, label) - mean log(1 - D(G(z, asked), asked))
    generator_loss     = - mean log D(G(z, asked), asked),        z uniform in [-1, 1],    D = sigmoid(logit)

A class is a row with a 1 at its place. The generator gets it beside its noise z; the discriminator gets it as one more channel of the
picture, by a linear layer. Real pictures x come with their own label, made ones with the class that was asked, each as often as any
other. A picture passes only if it looks real for its class, so the generator has to obey: `agreement` says how often it does.

Use it where pictures have labels and each class has some hundred of them: `hibiscus sample RUN label=cat`. What most often goes wrong
is that the label is not heard: `agreement` stays near chance while the pictures look real. More epochs help, then a smaller rate.
Within a class pictures may still look alike, as in `dcgan`.

Departs: the paper's networks are small and fully connected; these are the ones of `dcgan`, without batch norm in the discriminator.
The generator learns at half the discriminator's rate. The best epoch is chosen by the Fréchet distance to the validation part, asked
for the same classes, in the features of a small network trained on the same data.

Reference: Mirza, Osindero, "Conditional Generative Adversarial Nets", 2014, arXiv 1411.1784.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.prepared import PreparedData
from hibiscus.losses import discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan import evidence
from hibiscus.networks.dcgan import ConditionalDiscriminator, Generator
from hibiscus.training.generator import class_number, make_pictures
from hibiscus.training.method import Decides, Examination, Method, TrainingConfig, Trial
from hibiscus.training.player import Batch, Stage

__all__ = ["CGAN"]


class Config(TrainingConfig):
    """Options of `cgan`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(64, ge=1, description="pictures in a batch")
    optimiser: Literal["sgd", "rmsprop", "adam", "adamw"] = Field("adam", description="which optimiser, for both players")
    rate: float = Field(4e-4, gt=0, description="learning rate of the discriminator")
    generator_rate: float = Field(0.5, gt=0, description="learning rate of the generator, as a share of the discriminator's")
    beta1: float = Field(0.5, ge=0, lt=1, description="adam: decay of the mean gradient (Radford et al.)")
    latent: int = Field(100, ge=1, description="numbers of noise for each picture (Mirza and Osindero)")
    width: int = Field(64, ge=4, description="filters of the largest hidden maps; doubled where the side halves")


class CGAN(Method):
    """Two players: a discriminator on fresh batches with their labels, and a generator on what it is asked for."""

    name, title, family = "cgan", "Conditional GAN", "gan"
    needs = frozenset({"image", "label"})
    signed_pixels = True
    decides = Decides("frechet", higher_is_better=False)
    trial = Trial("digits", {"epochs": 2, "batch_size": 50, "latent": 8, "width": 8})
    Config = Config

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their numbers."""
        return self.preparation["label"].names

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, for pictures of the data's size and its classes."""
        shape, classes, config = self.preparation["image"].shape, len(self.classes), self.config
        return {
            "generator": Generator(config.latent + classes, shape, config.width),
            "discriminator": ConditionalDiscriminator(shape, classes, config.width),
        }

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then one of the generator with as many pictures."""
        config = self.config
        betas, slower = (config.beta1, 0.999), config.generator_rate
        players = [
            config.player("discriminator", self.nets["discriminator"], self.discriminator_loss, betas=betas),
            config.player("generator", self.nets["generator"], self.generator_loss, betas=betas, rate=slower, fresh=0),
        ]
        yield Stage(players, config.epochs, data.source("train", config.batch_size, config.seed))

    def one_hot(self, label: Tensor) -> Tensor:
        """Class numbers `(items,)` as rows with a 1 at the class."""
        return functional.one_hot(label, len(self.classes)).float()

    def ask(self, batch: Batch) -> Tensor:
        """A class for each item of a batch, drawn at random."""
        return (batch.uniform() * len(self.classes)).long()

    def make(self, batch: Batch, asked: Tensor) -> Tensor:
        """A picture of each class that is asked for."""
        noise = 2 * batch.uniform(self.config.latent) - 1
        return self.nets["generator"](torch.cat([noise, self.one_hot(asked)], 1))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of telling real pictures with their labels from made ones, and the share of both that it tells."""
        asked = self.ask(batch)
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(batch, asked)
        pictures, labels = torch.cat([batch.image, fake]), torch.cat([batch.label, asked])
        real_logit, fake_logit = self.nets["discriminator"](pictures, self.one_hot(labels)).chunk(2)
        told = ((real_logit > 0).float().mean() + (fake_logit < 0).float().mean()) / 2
        return discriminator_cross_entropy(real_logit, fake_logit), {"accuracy": told.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for a real picture of the class that was asked for."""
        asked = self.ask(batch)
        return nonsaturating_generator(self.nets["discriminator"](self.make(batch, asked), self.one_hot(asked))), {}

    def sample(self, count: int, label: str | int | None = None) -> dict[str, np.ndarray]:
        """New pictures, uint8 `(count, height, width, channels)`, and the name of each one's class.

        Args:
            count: how many.
            label: the name or the number of a class, the name first where it is both; every class in turn if it is not given.

        Raises:
            UsageError: there is no such class.
        """
        turns = np.arange(count) % len(self.classes)
        asked = turns if label is None else np.full(count, class_number(label, self.classes))
        return {"image": self.drawn(asked), "label": np.array(self.classes)[asked]}

    def drawn(self, asked: np.ndarray) -> np.ndarray:
        """A picture for each class number."""
        make, label = (lambda batch: self.make(batch, batch.label)), torch.from_numpy(asked)
        return make_pictures(make, len(asked), self.preparation["image"], self.device, label=label)

    def as_in(self, data: PreparedData, part: str) -> evidence.Sampler:
        """Makes pictures of the classes that a part's own are of, so that the two may be compared."""

        def sampler(count: int) -> dict[str, Any]:
            asked = data.values("label", part)[data.some_rows(part, count)]
            return {"image": self.drawn(asked), "asked": asked}

        return sampler

    def measure(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part, and how often a picture shows what was asked for."""
        return evidence.measure_generator(self.as_in(data, part), data, part)

    def examine(self, data: PreparedData, part: str) -> Examination:
        """Distance, agreement, classes, samples and their nearest training pictures."""
        return evidence.examine_generator(self.as_in(data, part), data, part)
