r"""InfoGAN: finds on its own what images differ in; a number and some codes, drawn at random, must be readable in what is made of them.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z, label, codes)))
    generator_loss     = - mean log D(G(z, label, codes)) + information_loss
    information_loss   = - class_weight mean log Q(label | G(z, label, codes)) - code_weight mean log Q(codes | G(z, label, codes))

    z, codes uniform in [-1, 1],    label uniform in 0 .. classes - 1,    D = sigmoid(logit)
    Q(label | .) = softmax(class logits),    Q(codes | .) = N(mean, std**2), each code by itself

`information_loss` bounds from above what an image leaves open of its label and codes, so a small one says that both are seen in it.
The generator, which must also look real, learns to spend them on what real images differ in: codes on slant and thickness of
digits, say, and the label on kinds of shapes. Q reads in the discriminator's features and learns with the generator; no real image and
no person's label has a part in it.

Use it to find kinds and directions of change in images of one sort, unlabelled: `hibiscus sample RUN label=3 code1=1.5`. Labels,
where there are some, only measure. What most often goes wrong is that a number stands for a mixture of kinds (`cluster_accuracy`):
train longer, for kinds part late, when images already look right. A code that changes nothing wants a larger `code_weight`; images
that get worse, a smaller one.

Departs: Q learns with the generator alone; the authors' code moves the discriminator's body by `information_loss` too, and where that
has no batch norm the label is soon read from signs that no kind has. The deviation of Q(codes) is learned, where their code keeps it
at 1. Convolutions are those of `dcgan`, and all dense layers have leaky ReLU. The best epoch is chosen by the Fréchet distance to the
validation part in the features of a small network trained on the same data.

Reference: Chen et al., "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets", 2016,
arXiv 1606.03657.
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
from hibiscus.evaluation import latent_codes as codes
from hibiscus.losses import cross_entropy, discriminator_cross_entropy, gaussian_log_likelihood, nonsaturating_generator
from hibiscus.methods.gan.base import LabelledGame, LabelledGameConfig
from hibiscus.networks.dcgan import FeatureDiscriminator, Generator, Reader
from hibiscus.training.method import Evaluation

__all__ = ["InfoGAN"]


class Config(LabelledGameConfig):
    """Options of `infogan`."""

    batch_size: int = Field(128, ge=1, description="images in a batch")
    learning_rate: float = Field(2e-4, gt=0, description="learning rate of the discriminator (Chen et al.)")
    generator_lr_factor: float = Field(5.0, gt=0, description="learning rate of generator and Q, as a share of rate (Chen et al.)")
    latent_dim: int = Field(62, ge=1, description="numbers of noise for each image, beside label and codes (62 in Chen et al.)")
    num_classes: int = Field(10, ge=2, description="how many kinds the label may find (10 in Chen et al.)")
    num_codes: int = Field(2, ge=1, description="how many continuous codes there are (2 in Chen et al. for MNIST)")
    class_weight: float = Field(1.0, ge=0, description="weight of reading the label (1 in Chen et al.)")
    code_weight: float = Field(0.1, ge=0, description="weight of reading the codes (0.1 in Chen et al.)")


class InfoGAN(LabelledGame):
    """Two players: a discriminator, and a generator that learns together with Q, which reads label and codes."""

    name, title = "infogan", "InfoGAN"
    Config = Config
    makers = ("generator", "reader")

    def networks(self) -> dict[str, nn.Module]:
        """The generator, the discriminator for images of the data's size, and Q, the reader of its features."""
        config = self.config
        heads = {"label": config.num_classes, "mean": config.num_codes, "log_std": config.num_codes}
        given, features = config.latent_dim + config.num_classes + config.num_codes, 16 * config.width
        generator = Generator(given, self.shape, config.width, hidden=features)
        nets = self.board(generator, discriminator=FeatureDiscriminator(self.shape, config.width, features))
        return nets | {"reader": Reader(features, heads)}

    def ask(self, batch: Batch) -> Batch:
        """As many labels and codes as the batch holds images, drawn at random; nothing else of the batch."""
        config = self.config
        asked = Batch(label=(batch.uniform() * config.num_classes).long(), codes=2 * batch.uniform(config.num_codes) - 1)
        asked.share = batch.share
        return asked

    def make(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image for each label with its codes; from the batch's noise, where it holds some."""
        noise = batch["noise"] if "noise" in batch else self.noise(batch)
        given = torch.cat([noise, functional.one_hot(batch.label, self.config.num_classes).float(), batch.codes], 1)
        return (generator or self.nets["generator"])(given)

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of telling real images from made ones, each normalised among themselves; the share that it tells."""
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(self.ask(batch))
        real_logit, fake_logit = (self.nets["discriminator"](x)[0] for x in self.shown(batch, batch.image, fake))
        loss = discriminator_cross_entropy(real_logit, fake_logit, *self.targets(batch))
        return loss, {"accuracy": self.told(real_logit, fake_logit)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for real, and what Q does not read in the images."""
        asked = self.ask(batch)
        logit, features = self.nets["discriminator"](self.shown(batch, self.make(asked))[0])
        unread, terms = self.information_loss(self.nets["reader"](features), asked)
        return nonsaturating_generator(logit) + unread, terms

    def information_loss(self, answers: dict[str, Tensor], asked: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What is not read of labels and codes, in nats and weighted; and by itself, as `label_nats` and `code_nats`."""
        label_nats = cross_entropy(answers["label"], asked.label)
        code_nats = -gaussian_log_likelihood(answers["mean"], asked.codes, answers["log_std"]).mean()
        unread = self.config.class_weight * label_nats + self.config.code_weight * code_nats
        return unread, {"label_nll": label_nats.detach(), "code_nll": code_nats.detach()}

    def sample(self, count: int, label: str | int | None = None, **values: Any) -> dict[str, np.ndarray]:
        """New images, uint8 `(count, height, width, channels)`, with the `label` and `code1`, `code2` ... of each.

        Args:
            count: how many.
            label: its number; every one in turn if it is not given.
            **values: `code1`, `code2` ...: a number; drawn from [-1, 1] if not given. Beyond that range images are stretched
                further than any that were learned from.

        Raises:
            UsageError: there is no such label or code, or it is no number.
        """
        labels = codes.asked_labels(label, count, self.config.num_classes)
        numbers = codes.asked_codes(values, count, self.config.num_codes)
        found = {"image": self.draw(count, label=torch.from_numpy(labels), codes=torch.from_numpy(numbers)), "label": labels}
        return found | {f"code{place + 1}": column for place, column in enumerate(numbers.T)}

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """What Q reads in real images: the label as `cluster`, how `probable` it is, and the mean of each code."""
        found = [self.nets["reader"](self.nets["discriminator"](batch.image)[1]) for batch in data.iterate(part)]
        probability, label = torch.cat([answers["label"] for answers in found]).float().softmax(1).cpu().max(1)
        means = torch.cat([answers["mean"] for answers in found]).float().cpu().numpy()
        named = {f"code{place + 1}": column for place, column in enumerate(means.T)}
        return {"cluster": label.numpy(), "probability": probability.numpy(), **named}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distance to a part, and how well labels fit the classes that a classifier reads, where there are some."""
        return codes.validate_codes(self.sample, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """What all generators show, what each code changes, and each label's images as a code moves from -2 to 2."""
        noise = 2 * torch.rand(1, self.config.latent_dim) - 1
        draw = lambda label, codes: self.draw(len(label), noise=noise.expand(len(label), -1), label=label, codes=codes)  # noqa: E731
        return codes.evaluate_codes(self.sample, draw, self.predict(data, part), data, part, self.config.metric_features)
