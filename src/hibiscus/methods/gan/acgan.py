r"""ACGAN: the discriminator also classifies images, and the generator has to produce the requested class.

    discriminator_loss = - mean log D(x) - mean log(1 - D(G(z, c)))
                         + class_weight (- mean log C(label | x) - mean log C(c | G(z, c)))
    generator_loss     = - mean log D(G(z, c)) - class_weight mean log C(c | G(z, c))

    z uniform in [-1, 1],    c a random class,    D = sigmoid(logit),    C = softmax(class logits)

D and the auxiliary classifier C are two heads on a shared body. C learns from real images with their labels
and from generated images with their classes; the generator learns to fool D and to produce images that C
classifies correctly.

Use it for labeled images: `hibiscus sample RUN label=cat`. What most often goes wrong is that the generator
and C agree on cues unrelated to the class: `conditional_accuracy` is near 1 in training, where C measures it,
but much lower in validation, where a separate classifier measures it. More epochs help. If the images of a
class all look alike, lower `class_weight`.

Differences from the paper: the networks of `dcgan`, without batch normalization or dropout in the
discriminator. The generator has half the discriminator's learning rate. The best epoch is chosen as in
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
from hibiscus.methods.gan.conditional import ConditionalGAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import Generator, HeadedDiscriminator

__all__ = ["ACGAN"]


class Config(DiscriminatorGANConfig):
    """Options of `acgan`."""

    class_weight: float = Field(1.0, ge=0, description="weight of the classification loss (1 in the paper)")


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
        """The cross-entropy of real versus generated, and of the classes of both."""
        conditions = self.random_labels(batch)
        outputs = self.discriminator(torch.cat(self.real_and_fake(batch, conditions)))
        (real, fake), (real_class, fake_class) = outputs["real"].chunk(2), outputs["label"].chunk(2)
        class_loss = cross_entropy(real_class, batch.label) + cross_entropy(fake_class, conditions.label)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        class_accuracy = (real_class.argmax(1) == batch.label).float().mean().detach()
        terms = {"accuracy": discriminator_accuracy(real, fake), "class_accuracy": class_accuracy}
        return loss + self.config.class_weight * class_loss, terms

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of being classified as real, and as the intended class."""
        conditions = self.random_labels(batch)
        outputs = self.discriminator(self.fake_images(conditions))
        class_loss = cross_entropy(outputs["label"], conditions.label)
        loss = nonsaturating_generator(outputs["real"]) + self.config.class_weight * class_loss
        conditional_accuracy = (outputs["label"].argmax(1) == conditions.label).float().mean().detach()
        return loss, {"conditional_accuracy": conditional_accuracy}
