r"""StackedGAN: inverts a classifier; one generator maps classes to features, another maps features to images.

    encoder_loss       = - mean log p(label | e),                       e = features(x)
    discriminator_loss = - mean log D1(e) - mean log(1 - D1(f)) + w1 mean (Q1(f) - z1)^2
                         - mean log D0(x) - mean log(1 - D0(g)) + w0 mean (Q0(g) - z0)^2
    generator_loss     = - mean log D1(f) - c1 mean log p(c | f) + w1 mean (Q1(f) - z1)^2
                         - mean log D0(g) + c0 mean (features(g) - h)^2 + w0 mean (Q0(g) - z0)^2
    f = G1(c, z1),    g = G0(h, z0),    c a random class,    z1, z0 uniform in [-1, 1],    D = sigmoid(logit)

The encoder, a classifier, is trained first. Each level is then a separate GAN, of features and of images.
Each generator must fool its discriminator, produce outputs from which the encoder recovers the condition (c1,
c0), and use its noise: Q, which shares all but its last layer with D, has to recover it (w1, w0). The levels
are first trained separately on real features, `h = e`, and then jointly, `h = f`. The upper noise controls
what the features encode, such as slant and shape, and the lower noise the rest, such as stroke thickness.

Use it for labeled images that can be classified accurately: `hibiscus sample RUN label=cat`. What most often
goes wrong is an undertrained encoder (see `encoder_accuracy`): raise `encoder_epochs`. If the images of a
class look alike, raise the entropy weights; if edges are ragged, lower `image_entropy_weight`.

Differences from the paper: the features of each image are normalized to mean 0 and variance 1; G1 has layer
normalization instead of batch normalization, and Q is linear instead of ending in a sigmoid; the two
cross-entropies of a discriminator are added, not averaged. In joint training the gradient of G0's loss is
scaled down before it reaches G1, as in the authors' code for CIFAR-10. The best epoch is chosen in the last
stage, as in `cgan`.

Reference: Huang, Li, Poursaeed, Hopcroft, Belongie, "Stacked Generative Adversarial Networks", 2016, arXiv
1612.04357.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import (
    cross_entropy,
    discriminator_cross_entropy,
    mean_squared_error,
    nonsaturating_generator,
)
from hibiscus.methods.gan.conditional import ConditionalGAN
from hibiscus.methods.gan.config import DiscriminatorGANConfig
from hibiscus.methods.gan.semantic_classifier import classifier_accuracy, classifier_loss
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.stackedgan import Encoder, StackedDiscriminator, StackedGenerator
from hibiscus.training.config import LatentDim
from hibiscus.training.method import Evaluation, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["StackedGAN"]

ENCODER, SEPARATE, JOINT = range(3)  # the stages
SMALL = {"encoder_epochs": 1, "epochs": 1, "batch_size": 50, "latent_dim": 8, "width": 8, "feature_dim": 16}


class Config(DiscriminatorGANConfig):
    """Options of `stackedgan`."""

    encoder_epochs: int = Field(10, ge=1, description="epochs of the encoder, before the GANs (Atienza)")
    epochs: int = Field(10, ge=1, description="epochs of separate training, and again of joint training")
    joint: bool = Field(True, description="train both levels jointly after training them separately")
    latent_dim: LatentDim = 50  # of each level (Huang et al.)
    feature_dim: int = Field(256, ge=2, description="features between class and image (Huang et al.)")
    feature_condition_weight: float = Field(1.0, ge=0, description="c1: weight of matching the class")
    image_condition_weight: float = Field(1.0, ge=0, description="c0: weight of matching the features")
    feature_entropy_weight: float = Field(1.0, ge=0, description="w1: weight of recovering the upper noise")
    image_entropy_weight: float = Field(10.0, ge=0, description="w0: weight of recovering the lower noise")
    joint_gradient_scale: float = Field(0.01, ge=0, le=1, description="factor for the gradient from G0 to G1")


class StackedGAN(ConditionalGAN):
    """A player for the encoder, then two players: the discriminators and the generators of both levels."""

    name = "stackedgan"
    title = "Stacked GAN"
    family = "gan"
    summary = "class-conditional GAN that generates features first, then the image"
    smoke_test = SmokeTest("digits", SMALL)
    Config = Config
    level = ENCODER
    encoder: Encoder
    generator: StackedGenerator
    discriminator: StackedDiscriminator

    def networks(self) -> dict[str, nn.Module]:
        """The encoder, the generators and the discriminators."""
        num_classes, config = len(self.classes), self.config
        generator = StackedGenerator(
            config.latent_dim, num_classes, config.feature_dim, self.shape, config.width
        )
        discriminator = StackedDiscriminator(config.latent_dim, config.feature_dim, self.shape, config.width)
        encoder = Encoder(self.shape, config.feature_dim, num_classes)
        return {
            "encoder": encoder,
            **self.stabilized({"generator": generator, "discriminator": discriminator}),
        }

    def grow(self, stage: int) -> None:
        """Records the stage; the networks do not change."""
        self.level = stage

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """The stages: the encoder, then the GANs separately, then both jointly."""
        config = self.config
        player = config.player("encoder", self.encoder, self.encoder_loss)
        yield Stage([player], config.encoder_epochs, data.source("train", config.batch_size, config.seed))
        count = 2 if config.joint else 1
        for index in range(count):
            stage = self.adversarial_stage(data, "discriminator", self.discriminator_loss)
            set_progress = lambda done, index=index: self.set_progress((index + done) / count)  # noqa: E731
            yield replace(stage, before_round=set_progress)

    def generate(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image of each item's class."""
        return (generator or self.generator)(self.one_hot(batch.label), self.noise(batch), self.noise(batch))

    def encoder_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the classes, and the accuracy."""
        return classifier_loss(self.encoder, batch)

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """For both levels: cross-entropy of real versus generated, and the error of the recovered noise."""
        config, conditions = self.config, self.random_labels(batch)
        z1, z0 = self.noise(batch), self.noise(batch)
        with torch.no_grad():  # saves memory: no gradient flows to the encoder and the generator
            real_feature = self.encoder.features(batch.image)
            feature = self.generator.feature(self.one_hot(conditions.label), z1)
            image = self.generator.image(feature if self.level == JOINT else real_feature, z0)
        logits, recovered_z1 = self.discriminator.feature(torch.cat([real_feature, feature]))
        images = torch.cat(self.perturb(batch, batch.image, image))
        image_logits, recovered_z0 = self.discriminator.image(images)
        feature_entropy = mean_squared_error(recovered_z1.chunk(2)[1], z1)
        image_entropy = mean_squared_error(recovered_z0.chunk(2)[1], z0)
        (real, fake), (real_image, fake_image) = logits.chunk(2), image_logits.chunk(2)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        loss = loss + discriminator_cross_entropy(real_image, fake_image, *self.targets(batch))
        loss = loss + config.feature_entropy_weight * feature_entropy
        loss = loss + config.image_entropy_weight * image_entropy
        accuracy = discriminator_accuracy(real_image, fake_image)
        return loss, {"feature_accuracy": discriminator_accuracy(real, fake), "accuracy": accuracy}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """For both levels: fooling the discriminator, matching the condition, recovering the noise."""
        config, conditions = self.config, self.random_labels(batch)
        z1, z0 = self.noise(batch), self.noise(batch)
        feature = self.generator.feature(self.one_hot(conditions.label), z1)
        logit, recovered_z1 = self.discriminator.feature(feature)
        feature_condition = cross_entropy(self.encoder.head(feature).float(), conditions.label)
        feature_entropy = mean_squared_error(recovered_z1, z1)
        lower_condition = self.lower_condition(batch, feature)
        image = self.generator.image(lower_condition, z0)
        image_logit, recovered_z0 = self.discriminator.image(self.perturb(batch, image)[0])
        image_condition = mean_squared_error(self.encoder.features(image), lower_condition)
        image_entropy = mean_squared_error(recovered_z0, z0)
        loss = nonsaturating_generator(logit) + config.feature_condition_weight * feature_condition
        loss = loss + config.feature_entropy_weight * feature_entropy
        loss = loss + nonsaturating_generator(image_logit)
        loss = loss + config.image_condition_weight * image_condition
        loss = loss + config.image_entropy_weight * image_entropy
        terms = {"feature_condition": feature_condition, "feature_entropy": feature_entropy}
        terms |= {"image_condition": image_condition, "image_entropy": image_entropy}
        return loss, {name: value.detach() for name, value in terms.items()}

    def lower_condition(self, batch: Batch, feature: Tensor) -> Tensor:
        """The condition of the lower generator: real features, or in joint training generated ones."""
        if self.level == JOINT:
            return feature.detach().lerp(feature, self.config.joint_gradient_scale)
        with torch.no_grad():  # saves memory: no gradient flows to the encoder
            return self.encoder.features(batch.image)

    def encoder_accuracy(self, data: PreparedData, part: str) -> float:
        """The fraction of a part's images that the encoder classifies correctly."""
        return classifier_accuracy(self.encoder, data, data.parts[part])

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """While the encoder is trained, its accuracy; afterwards the usual GAN metrics."""
        if self.level == ENCODER:
            return {"encoder_accuracy": self.encoder_accuracy(data, part)}
        return super().validate(data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The usual GAN evaluation, with the accuracy of the encoder."""
        evaluation = super().evaluate(data, part)
        evaluation.metrics["encoder_accuracy"] = self.encoder_accuracy(data, part)
        return evaluation
