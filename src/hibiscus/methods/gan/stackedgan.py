r"""StackedGAN: a classifier is turned round; from a class one generator makes its features, and from features another makes an image.

    encoder_loss       = - mean log p(label | e),                       e = features(x)
    discriminator_loss = - mean log D1(e) - mean log(1 - D1(f)) + w1 mean (Q1(f) - z1)^2
                         - mean log D0(x) - mean log(1 - D0(g)) + w0 mean (Q0(g) - z0)^2
    generator_loss     = - mean log D1(f) - c1 mean log p(asked | f) + w1 mean (Q1(f) - z1)^2
                         - mean log D0(g) + c0 mean (features(g) - h)^2 + w0 mean (Q0(g) - z0)^2
    f = G1(asked, z1),    g = G0(h, z0),    z1, z0 uniform in [-1, 1],    D = sigmoid(logit)

The encoder, a classifier, learns first. Then each level is a game of its own, on features and on images. A generator must fool its
discriminator, be read by the encoder as what it was asked for, and use its noise: Q, which shares all but its last layer with D, has to
find the noise in what was made. With `h = e` the two learn apart, on real features; at last they learn joined, `h = f`. The noise of
the upper level is for what features tell (slant, shape), that of the lower one for the rest (thickness).

Use it where images have labels and a classifier tells them apart well: `hibiscus sample RUN label=cat`. What most often goes wrong is
an encoder that has learned too little (read `encoder_accuracy`): more `encoder_epochs`. If the images of a class look alike, raise the
weights of the entropy losses; if they are ragged, lower that of `image_entropy_weight`.

Departs: features have mean 0 and variance 1 for each image, so the conditional weights mean the same on any data; layer norm in G1 and
a linear Q, where the paper has batch norm and a sigmoid; a discriminator's two cross-entropies are added, not averaged. When joined, G1
feels the loss of G0 weakly (`through`), as in the authors' code for CIFAR-10. The best epoch is looked for in the last stage, by the
Fréchet distance to the validation part, asked for the same classes, in the features of another network trained on the same data.

Reference: Huang, Li, Poursaeed, Hopcroft, Belongie, "Stacked Generative Adversarial Networks", 2016, arXiv 1612.04357.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.losses import cross_entropy, discriminator_cross_entropy, mean_squared_error, nonsaturating_generator
from hibiscus.methods.gan.base import LabelledGameConfig
from hibiscus.methods.gan.conditional import AskedGame
from hibiscus.networks.stackedgan import Encoder, StackedDiscriminator, StackedGenerator
from hibiscus.training.method import Evaluation, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["StackedGAN"]


class Config(LabelledGameConfig):
    """Options of `stackedgan`."""

    encoder_epochs: int = Field(10, ge=1, description="passes over the training part for the encoder, before the game (Atienza)")
    epochs: int = Field(10, ge=1, description="passes over the training part with the levels apart, and as many with them joined")
    joint: bool = Field(True, description="whether the levels learn joined after they have learned apart (Huang et al.)")
    latent_dim: int = Field(50, ge=1, description="numbers of noise for each level of each image (Huang et al.)")
    feature_dim: int = Field(256, ge=2, description="features between class and image (Huang et al.)")
    feature_condition_weight: float = Field(1.0, ge=0, description="c1: weight of being read as the class asked for (Huang et al.)")
    image_condition_weight: float = Field(1.0, ge=0, description="c0: weight of having the features asked for (Huang et al.)")
    feature_entropy_weight: float = Field(1.0, ge=0, description="w1: weight of finding the upper noise (Atienza)")
    image_entropy_weight: float = Field(10.0, ge=0, description="w0: weight of finding the lower noise (Atienza)")
    joint_gradient_scale: float = Field(
        0.01, ge=0, le=1, description="share of the lower loss's gradient that reaches the upper generator, when joined"
    )


class StackedGAN(AskedGame):
    """A player for the encoder; then two, a discriminator and a generator, each with a network for features and one for images."""

    name, title = "stackedgan", "Stacked GAN"
    smoke_test = SmokeTest("digits", {"encoder_epochs": 1, "epochs": 1, "batch_size": 50, "latent_dim": 8, "width": 8, "feature_dim": 16})
    Config = Config
    level = 0  # the stage: 0 while the encoder learns, 1 while the levels learn apart, 2 when they are joined
    encoder: Encoder
    generator: StackedGenerator
    discriminator: StackedDiscriminator

    def networks(self) -> dict[str, nn.Module]:
        """The encoder and both players' networks, for images of the data's size and its classes."""
        classes, config = len(self.classes), self.config
        generator = StackedGenerator(config.latent_dim, classes, config.feature_dim, self.shape, config.width)
        discriminator = StackedDiscriminator(config.latent_dim, config.feature_dim, self.shape, config.width)
        return {"encoder": Encoder(self.shape, config.feature_dim, classes), **self.board(generator, discriminator=discriminator)}

    def grow(self, stage: int) -> None:
        """Takes note of the stage; the networks stay as they are."""
        self.level = stage

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """The encoder; then the game with the levels apart, and joined."""
        config = self.config
        learner = config.player("encoder", self.encoder, self.encoder_loss)
        yield Stage([learner], config.encoder_epochs, data.source("train", config.batch_size, config.seed))
        games = 2 if config.joint else 1
        for game in range(games):
            discriminator = self.player("discriminator", self.discriminator, self.discriminator_loss)
            generator = self.player("generator", self.generator, self.generator_loss, batches_per_round=0)
            stage = self.stage(data, [discriminator, generator])
            yield replace(stage, before_round=lambda progress, game=game: self.at((game + progress) / games))

    def make(self, batch: Batch, generator: nn.Module | None = None) -> Tensor:
        """An image of each class that the batch asks for."""
        return (generator or self.generator)(self.one_hot(batch.label), self.noise(batch), self.noise(batch))

    def encoder_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the labels, and the share that is read right."""
        logits = self.encoder(batch.image).float()
        return cross_entropy(logits, batch.label), {"accuracy": (logits.argmax(1) == batch.label).float().mean()}

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """At both levels: telling real from made, and finding the noise in what was made."""
        config, asked, z1, z0 = self.config, self.ask(batch), self.noise(batch), self.noise(batch)
        with torch.no_grad():  # saves the memory; the gradient would reach neither encoder nor generator anyway
            real_feature = self.encoder.features(batch.image)
            feature = self.generator.feature(self.one_hot(asked.label), z1)
            image = self.generator.image(feature if self.level == 2 else real_feature, z0)
        logits, codes = self.discriminator.feature(torch.cat([real_feature, feature]))
        pixel_logits, pixel_codes = self.discriminator.image(torch.cat(self.shown(batch, batch.image, image)))
        feature_entropy_weight = mean_squared_error(codes.chunk(2)[1], z1)
        image_entropy_weight = mean_squared_error(pixel_codes.chunk(2)[1], z0)
        (real, fake), (pixel_real, pixel_fake) = logits.chunk(2), pixel_logits.chunk(2)
        loss = discriminator_cross_entropy(real, fake, *self.targets(batch))
        loss = loss + discriminator_cross_entropy(pixel_real, pixel_fake, *self.targets(batch))
        loss = loss + config.feature_entropy_weight * feature_entropy_weight + config.image_entropy_weight * image_entropy_weight
        return loss, {"feature_accuracy": self.told(real, fake), "accuracy": self.told(pixel_real, pixel_fake)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """At both levels: being taken for real, being read as what was asked for, and the noise being found."""
        config, asked, z1, z0 = self.config, self.ask(batch), self.noise(batch), self.noise(batch)
        feature = self.generator.feature(self.one_hot(asked.label), z1)
        logit, code = self.discriminator.feature(feature)
        condition = cross_entropy(self.encoder.answer(feature).float(), asked.label)
        entropy = mean_squared_error(code, z1)
        given = self.given(batch, feature)
        image = self.generator.image(given, z0)
        pixel_logit, pixel_code = self.discriminator.image(self.shown(batch, image)[0])
        pixel_condition = mean_squared_error(self.encoder.features(image), given)
        pixel_entropy = mean_squared_error(pixel_code, z0)
        loss = nonsaturating_generator(logit) + config.feature_condition_weight * condition + config.feature_entropy_weight * entropy
        loss = loss + nonsaturating_generator(pixel_logit)
        loss = loss + config.image_condition_weight * pixel_condition + config.image_entropy_weight * pixel_entropy
        terms = {"feature_condition_weight": condition, "feature_entropy_weight": entropy}
        terms |= {"image_condition_weight": pixel_condition, "image_entropy_weight": pixel_entropy}
        return loss, {name: value.detach() for name, value in terms.items()}

    def given(self, batch: Batch, feature: Tensor) -> Tensor:
        """The features that the lower generator is given: real ones, or made ones when the levels are joined."""
        if self.level == 2:
            return feature.detach().lerp(feature, self.config.joint_gradient_scale)
        with torch.no_grad():  # saves the memory; the gradient would not reach the encoder anyway
            return self.encoder.features(batch.image)

    def encoder_accuracy(self, data: PreparedData, part: str) -> float:
        """The share of a part that the encoder reads right."""
        right = [(self.encoder(batch.image).argmax(1) == batch.label).float().cpu() for batch in data.iterate(part)]
        return float(torch.cat(right).mean())

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """What the encoder reads right while it learns, for there are no images yet; afterwards as in every game."""
        return super().validate(data, part) if self.level else {"encoder_accuracy": self.encoder_accuracy(data, part)}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """As in every game, and what the encoder reads right."""
        found = super().evaluate(data, part)
        found.metrics["encoder_accuracy"] = self.encoder_accuracy(data, part)
        return found
