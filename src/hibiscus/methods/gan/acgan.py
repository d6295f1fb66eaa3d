r"""ACGAN: the discriminator sees images alone and also says which class each shows, so the generator has to show what it is asked for.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z, asked)))
                         + class_weight (- mean log C(label | x) - mean log C(asked | G(z, asked)))
    generator_loss     = - mean log D(G(z, asked)) - class_weight mean log C(asked | G(z, asked))

    z uniform in [-1, 1],    D = sigmoid(logit),    C = softmax(class logits)

D and C are two heads on one body, an auxiliary classifier beside the discriminator. It learns the classes from real images x with
their labels and from made ones with the class that was asked; the generator learns to look real and to be read as asked. A class is a
row with a 1 at its place, which the generator gets beside its noise z.

Use it where images have labels: `hibiscus sample RUN label=cat`. What most often goes wrong is that generator and classifier agree on
signs of their own: `conditional_accuracy` is near 1 while `conditional_accuracy`, what another classifier reads, lags behind. It passes as made images come
to look real: more epochs. The generator also likes what is easily read, so within a class images may look alike; a smaller
`class_weight` helps against that.

Departs: the networks of `dcgan` without batch norm or dropout in the discriminator. The generator learns at half the discriminator's
rate. The best epoch is chosen by the Fréchet distance to the validation part, asked for the same classes, in the features of a small
network trained on the same data.

Reference: Odena, Olah, Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs", 2016, arXiv 1610.09585.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import cross_entropy, discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.base import LabelledGameConfig
from hibiscus.methods.gan.conditional import AskedGame
from hibiscus.networks.dcgan import Generator, HeadedDiscriminator

__all__ = ["ACGAN"]


class Config(LabelledGameConfig):
    """Options of `acgan`."""

    class_weight: float = Field(1.0, ge=0, description="weight of the cross-entropy of the classes in both losses (1 in Odena et al.)")


class ACGAN(AskedGame):
    """Two players: a discriminator with a classifier on fresh batches, and a generator on what it is asked for."""

    name, title = "acgan", "Auxiliary classifier GAN"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator, and the discriminator with its two heads, for images of the data's size and its classes."""
        classes, config = len(self.classes), self.config
        return self.board(
            Generator(config.latent_dim + classes, self.shape, config.width),
            discriminator=HeadedDiscriminator(self.shape, {"real": 1, "label": classes}, config.width),
        )

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of telling real from made, and of telling the classes of both; what share of each it tells."""
        asked = self.ask(batch)
        with torch.no_grad():  # saves the memory; the gradient would not reach the generator anyway
            fake = self.make(asked)
        answers = self.nets["discriminator"](torch.cat(self.shown(batch, batch.image, fake)))
        real_logit, fake_logit = answers["real"].chunk(2)
        real_class, fake_class = answers["label"].chunk(2)
        class_loss = cross_entropy(real_class, batch.label) + cross_entropy(fake_class, asked.label)
        loss = discriminator_cross_entropy(real_logit, fake_logit, *self.targets(batch)) + self.config.class_weight * class_loss
        read = (real_class.argmax(1) == batch.label).float().mean()
        return loss, {"accuracy": self.told(real_logit, fake_logit), "class_accuracy": read.detach()}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being taken for real and of being read as what was asked for; the share that is read so."""
        asked = self.ask(batch)
        answers = self.nets["discriminator"](self.shown(batch, self.make(asked))[0])
        loss = nonsaturating_generator(answers["real"]) + self.config.class_weight * cross_entropy(answers["label"], asked.label)
        return loss, {"conditional_accuracy": (answers["label"].argmax(1) == asked.label).float().mean().detach()}
