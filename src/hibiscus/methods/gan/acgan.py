r"""ACGAN: the discriminator also classifies the images, and the generator learns to produce the class it is given.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z, c)))
                         + class_weight (- mean log C(label | x) - mean log C(c | G(z, c)))
    generator_loss     = - mean log D(G(z, c)) - class_weight mean log C(c | G(z, c))

    z uniform in [-1, 1],    c a random class,    D = sigmoid(logit),    C = softmax(class logits)

D and the auxiliary classifier C are two heads on one body. The classifier learns from real images with their
labels and from generated ones with their class; the generator learns to fool D and to be classified correctly
by C.

Use it for labeled images: `hibiscus sample RUN label=cat`. What most often goes wrong is that generator and
classifier agree on cues of their own: the training's `conditional_accuracy` is near 1 while that of an
independent classifier on the validation part lags behind. More epochs help. The generator also prefers images
that are easy to classify, which costs variety within a class; a smaller `class_weight` helps.

Differences from the paper: the networks of `dcgan`, without batch normalization or dropout in the
discriminator. The generator has half the learning rate of the discriminator. The best epoch is chosen as in
`cgan`.

Reference: Odena, Olah, Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs", 2016, arXiv
1610.09585.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.losses import cross_entropy, discriminator_cross_entropy, nonsaturating_generator
from hibiscus.methods.gan.base import DiscriminatorGANConfig
from hibiscus.methods.gan.conditional import ConditionalGAN
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import Generator, HeadedDiscriminator

__all__ = ["ACGAN"]


class Config(DiscriminatorGANConfig):
    """Options of `acgan`."""

    class_weight: float = Field(
        1.0, ge=0, description="weight of the classification loss of both players (Odena et al.)"
    )


class ACGAN(ConditionalGAN):
    """Two players: a discriminator with a classifier on new batches, and a generator on random classes."""

    name = "acgan"
    title = "Auxiliary classifier GAN"
    family = "gan"
    summary = "class-conditional GAN with an auxiliary classifier"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator, and the discriminator with its two heads."""
        num_classes, config = len(self.classes), self.config
        generator = Generator(config.latent_dim + num_classes, self.shape, config.width)
        discriminator = HeadedDiscriminator(self.shape, {"real": 1, "label": num_classes}, config.width)
        return self.stabilized({"generator": generator, "discriminator": discriminator})

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of real or generated and of the classes of both; accuracy, and class accuracy on real images."""
        conditions = self.random_labels(batch)
        outputs = self.discriminator(torch.cat(self.real_and_fake(batch, conditions)))
        (real, fake), (real_class, fake_class) = outputs["real"].chunk(2), outputs["label"].chunk(2)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        class_loss = cross_entropy(real_class, batch.label) + cross_entropy(fake_class, conditions.label)
        terms = {
            "accuracy": discriminator_accuracy(real, fake),
            "class_accuracy": accuracy(real_class, batch.label),
        }
        return loss + self.config.class_weight * class_loss, terms

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of being classified as real and as the given class; how often the class is recognized."""
        conditions = self.random_labels(batch)
        outputs = self.discriminator(self.fake_images(conditions))
        class_loss = cross_entropy(outputs["label"], conditions.label)
        loss = nonsaturating_generator(outputs["real"]) + self.config.class_weight * class_loss
        return loss, {"conditional_accuracy": accuracy(outputs["label"], conditions.label)}


def accuracy(logits: Tensor, label: Tensor) -> Tensor:
    """The fraction of items whose class is recognized."""
    return (logits.argmax(1) == label).float().mean().detach()
