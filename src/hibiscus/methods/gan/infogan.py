r"""InfoGAN: learns interpretable codes without labels by maximizing their mutual information with the image.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z, label, codes)))
    generator_loss     = - mean log D(G(z, label, codes)) + information_loss
    information_loss   = - class_weight mean log Q(label | G(...)) - code_weight mean log Q(codes | G(...))

    z, codes uniform in [-1, 1],    label uniform in 0 .. num_classes - 1,    D = sigmoid(logit)
    Q(label | .) = softmax(class logits),    Q(codes | .) = N(mean, std**2), each code independently

`information_loss` is, up to a constant, an upper bound on the negative mutual information between the image
and its label and codes. Because its images must also be realistic, the generator learns to use them for the
variation in real images: for digits, the codes for slant and thickness, for example, and the label for the
class. The auxiliary network Q takes the discriminator's features as input and is trained with the generator,
on generated images only.

Use it to discover classes and factors of variation in unlabeled images: `hibiscus sample RUN label=3
code1=1.5`. True labels are used only for evaluation. What most often goes wrong is that a generated label
corresponds to a mixture of classes (see `cluster_accuracy`): train longer, since classes separate late, when
the images already look realistic. Raise `code_weight` if a code has no effect; lower it if image quality
degrades.

Differences from the paper: Q is trained only with the generator; in the authors' code `information_loss` also
updates the body of the discriminator, but without batch normalization the label is then soon encoded in cues
unrelated to any class. The standard deviation of Q(codes) is learned; their code fixes it at 1. The
convolutions are those of `dcgan`, and all dense layers use leaky ReLU. The best epoch is chosen as in
`dcgan`.

Reference: Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative
Adversarial Nets", 2016, arXiv 1606.03657.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import latent_codes
from hibiscus.evaluation.clustering import fit_match, validation_owner
from hibiscus.losses import (
    cross_entropy,
    discriminator_cross_entropy,
    gaussian_log_likelihood,
    nonsaturating_generator,
)
from hibiscus.methods.conditions import class_conditions, latent_conditions
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig, GeneratorLRFactor
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import AuxiliaryNetwork, FeatureDiscriminator, Generator
from hibiscus.training.config import BatchSize, LatentDim, LearningRate
from hibiscus.training.method import Evaluation

__all__ = ["InfoGAN"]


class Config(DiscriminatorGANConfig):
    """Options of `infogan`; the defaults are those of Chen et al."""

    batch_size: BatchSize = 128
    learning_rate: LearningRate = 2e-4
    generator_lr_factor: GeneratorLRFactor = 5.0
    latent_dim: LatentDim = 62
    num_classes: int = Field(10, ge=2, description="number of values of the label (10 in Chen et al.)")
    num_codes: int = Field(2, ge=1, description="number of continuous codes (2 in Chen et al. for MNIST)")
    class_weight: float = Field(
        1.0, ge=0, description="weight of the label's information loss (1 in Chen et al.)"
    )
    code_weight: float = Field(
        0.1, ge=0, description="weight of the codes' information loss (0.1 in Chen et al.)"
    )


class InfoGAN(GAN):
    """Two players: a discriminator, and a generator together with the auxiliary network Q."""

    name = "infogan"
    title = "InfoGAN"
    family = "gan"
    summary = "GAN with interpretable latent codes, learned without labels"
    Config = Config
    generator_networks = ("generator", "reader")
    reader: AuxiliaryNetwork  # Q

    def networks(self) -> dict[str, nn.Module]:
        """The generator, the discriminator, and Q, which takes the discriminator's features."""
        config = self.config
        heads = {"label": config.num_classes, "mean": config.num_codes, "log_std": config.num_codes}
        inputs, features = config.latent_dim + config.num_classes + config.num_codes, 16 * config.width
        generator = Generator(inputs, self.shape, config.width, hidden=features)
        discriminator = FeatureDiscriminator(self.shape, config.width, features)
        networks = self.stabilized({"generator": generator, "discriminator": discriminator})
        return {**networks, "reader": AuxiliaryNetwork(features, heads)}

    def random_conditions(self, batch: Batch) -> Batch:
        """A batch with only a random label and random codes for each item."""
        config = self.config
        labels = (batch.uniform() * config.num_classes).long()
        return Batch(label=labels, codes=2 * batch.uniform(config.num_codes) - 1)

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image for each label and its codes, from the batch's noise if it has any."""
        noise = batch["noise"] if "noise" in batch else self.noise(batch)
        label = functional.one_hot(batch.label, self.config.num_classes).float()
        return (generator or self.generator)(torch.cat([noise, label, batch.codes], 1))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of real versus generated images, each with separate batch statistics."""
        real, fake = (
            self.discriminator(x)[0] for x in self.real_and_fake(batch, self.random_conditions(batch))
        )
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        return loss, {"accuracy": discriminator_accuracy(real, fake)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of generated images being classified as real, plus the information loss."""
        conditions = self.random_conditions(batch)
        logit, features = self.discriminator(self.fake_images(conditions))
        loss, terms = self.information_loss(self.reader(features), conditions)
        return nonsaturating_generator(logit) + loss, terms

    def information_loss(
        self, outputs: dict[str, Tensor], conditions: Batch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted negative log-likelihood of labels and codes under Q, and its two terms, in nats."""
        label_nll = cross_entropy(outputs["label"], conditions.label)
        code_nll = -gaussian_log_likelihood(outputs["mean"], conditions.codes, outputs["log_std"]).mean()
        loss = self.config.class_weight * label_nll + self.config.code_weight * code_nll
        return loss, {"label_nll": label_nll.detach(), "code_nll": code_nll.detach()}

    def sample(
        self, count: int, label: str | int | None = None, *, interpolation: float | None = None, **codes: Any
    ) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`, with their `label` and `code1`, `code2` ...

        Args:
            count: the number of images.
            label: the number of the label; by default each in turn.
            interpolation: position between two noise vectors, from 0 to 1; None for a single vector.
            **codes: values of `code1`, `code2` ...; random in [-1, 1] if not given. Values outside this range
                extrapolate beyond training.

        Raises:
            UsageError: there is no such label or code, or its value is not a number.
        """
        labels = class_conditions(label, count, [str(number) for number in range(self.config.num_classes)])
        values = (
            2 * torch.rand(count, self.config.num_codes) - 1
        )  # all are sampled, so that fixing one does not change the others
        for name, number in latent_conditions(codes, self.config.num_codes, "label").items():
            values[:, int(name.removeprefix("code")) - 1] = number
        images = self.sample_images(count, interpolation, label=torch.from_numpy(labels), codes=values)
        columns = {f"code{index}": column for index, column in enumerate(values.numpy().T, 1)}
        return {"image": images, "label": labels, **columns}

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """Q's predictions for real images: the label as `cluster`, its `probability`, and the mean codes."""
        outputs = [self.reader(self.discriminator(batch.image)[1]) for batch in data.iterate(part)]
        probability, label = (
            torch.cat([output["label"] for output in outputs]).float().softmax(1).cpu().max(1)
        )
        means = torch.cat([output["mean"] for output in outputs]).float().cpu().numpy()
        codes = {f"code{index}": column for index, column in enumerate(means.T, 1)}
        return {"cluster": label.numpy(), "probability": probability.numpy(), **codes}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part and, for labeled data, how well the labels match the classes."""
        return latent_codes.validate_codes(self.sample, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Sample quality, the effect of each code, and traversals of each code from -2 to 2."""
        noise = self.noise(Batch(index=torch.empty(1)))

        def generate(label: Tensor, codes: Tensor) -> np.ndarray:
            return self.sample_images(
                len(label), noise=noise.expand(len(label), -1), label=label, codes=codes
            )

        predictions, features = self.predict(data, part), self.config.metric_features
        owner = validation_owner(data, part)
        match = None if owner is None else fit_match(self.predict(owner, "val")["cluster"], data)
        return latent_codes.evaluate_codes(self.sample, generate, predictions, data, part, features, match)
