r"""Pix2pix: paired image-to-image translation by a U-Net and a conditional patch discriminator.

    discriminator_loss = (- mean log D(x, y) - mean log(1 - D(x, G(x)))) / 2
    generator_loss     = - mean log D(x, G(x)) + l1_weight mean |G(x) - y|,        D = sigmoid(logit)

x is the input image and y its target; D sees both, one above the other as channels, and classifies each patch
(PatchGAN). The L1 loss makes the output right on average, and alone would make it blurred; the adversarial
loss makes it sharp. Skip connections pass details of the input to the layers of the same size.

Use it if there is a target for each input: label maps to photos, edges to objects, day to night, with
`pairs=masks,photos` for two folders of aligned images, or `pairs=left` if each file shows both. A few hundred
pairs are enough. What most often goes wrong is that the images of a pair are not aligned: the output is then
blurred whatever the options are. If details look implausible, raise `epochs`; if the output ignores the
input, raise `l1_weight`. `l1_weight` alone (`adversarial_weight=0`) is the baseline of the paper.

Differences from the paper: batches of 4 instead of 1; the output is a function of the input, since the
authors found that the generator ignores the noise of dropout (`dropout` acts in the discriminator); the U-Net
and the discriminator have fewer layers for small images. The best epoch has the lowest L1 error on the
validation part, which favors blurred images: compare the last checkpoint as well.

Reference: Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional Adversarial Networks", 2016,
arXiv 1611.07004.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.images.augment import Augment
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import paired_translation
from hibiscus.losses import discriminator_cross_entropy, mean_absolute_error, nonsaturating_generator
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan import stabilization
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.networks.unet import build_unet
from hibiscus.training import config as training
from hibiscus.training.ema import ema_followers, ema_or, with_ema
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Pix2pix"]


class Config(options.TranslationConfig):
    """Options of `pix2pix`."""

    epochs: training.Epochs = 50
    batch_size: training.BatchSize = 4
    learning_rate: training.LearningRate = 2e-4
    l1_weight: float = Field(100.0, ge=0, description="weight of the L1 loss (100 in Isola et al.)")
    adversarial_weight: float = Field(1.0, ge=0, description="weight of the adversarial loss")
    width: int = Field(32, ge=4, description="filters of the largest maps (64 in Isola et al.)")
    depth: int | None = Field(None, ge=0, description="halvings in the U-Net; by default down to 8 pixels")
    norm: Literal["batch", "instance", "none"] = Field("instance", description="normalization in the U-Net")
    flip: bool = Field(False, description="augmentation: flip both images horizontally at random")
    crop: int = Field(0, ge=0, description="augmentation: padding in pixels before a random crop of both")


class Pix2pix(Method):
    """Two players: a discriminator of pairs of images, then a generator on the same batch."""

    name = "pix2pix"
    title = "Pix2pix"
    family = "gan"
    summary = "paired image-to-image translation"
    needs = frozenset({"image", "target_image"})
    signed_pixels = gives_images = True
    selection_metric = SelectionMetric("l1_error")
    smoke_test = SmokeTest("digits-edges", {"epochs": 2, "batch_size": 20, "width": 8})
    Config = Config
    generator: nn.Module
    discriminator: PatchDiscriminator

    def networks(self) -> dict[str, nn.Module]:
        """The U-Net and the discriminator of pairs."""
        config = self.config
        shape, target = self.preparation["image"].shape, self.preparation["target_image"].shape
        generator = build_unet(shape, target[0], config.width, config.depth, config.norm, "normal")
        pair = (shape[0] + target[0], *shape[1:])
        discriminator = PatchDiscriminator(pair, config.width, whole=config.discriminator == "whole")
        stabilization.regularize_opponent(discriminator, config.spectral_norm, config.dropout)
        networks = {"generator": generator, "discriminator": discriminator}
        return with_ema(networks, "generator", config.ema_decay)

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the discriminator, then a step of the generator."""
        config, betas = self.config, (self.config.beta1, 0.999)
        first = config.player("discriminator", self.discriminator, self.discriminator_loss, betas=betas)
        second = config.player(
            "generator",
            self.generator,
            self.generator_loss,
            lr_factor=config.generator_lr_factor,
            betas=betas,
            batches_per_round=0,
        )
        augment = Augment(flip=config.flip, crop=config.crop)
        source = data.aligned("train", config.batch_size, config.seed, augment)
        followers = ema_followers(self.nets, "generator", config.ema_decay)
        yield Stage([first, second], config.epochs, source, followers)

    def translate(self, image: Tensor, generator: nn.Module | None = None) -> Tensor:
        """The output in [-1, 1] for each input image, by default of the generator being trained."""
        return torch.tanh((generator or self.generator)(image).float())

    def discriminate(self, image: Tensor, target: Tensor) -> Tensor:
        """The logits of each patch for pairs of an input and a target or an output."""
        return self.discriminator(torch.cat([image, target], 1))

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Half the cross-entropy of real versus generated pairs, and the accuracy."""
        with torch.no_grad():  # saves memory: no gradient flows to the generator
            fake = self.translate(batch.image)
        both = self.discriminate(batch.image.repeat(2, 1, 1, 1), torch.cat([batch.target_image, fake]))
        real_logits, fake_logits = both.chunk(2)
        values, shape = (self.config.real_label_value, self.config.label_noise), real_logits.shape[1:]
        targets = stabilization.targets(batch, *values, shape)
        loss = discriminator_cross_entropy(real_logits, fake_logits, *targets) / 2
        return loss, {"accuracy": stabilization.discriminator_accuracy(real_logits, fake_logits)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversarial loss and the weighted L1 loss."""
        fake = self.translate(batch.image)
        adversarial = nonsaturating_generator(self.discriminate(batch.image, fake))
        error = mean_absolute_error(fake, batch.target_image)
        loss = self.config.adversarial_weight * adversarial + self.config.l1_weight * error
        return loss, {"adversarial": adversarial.detach(), "l1": error.detach()}

    def outputs(self, data: PreparedData, part: str) -> Iterator[np.ndarray]:
        """Batches of output images, uint8 `(items, height, width, channels)`."""
        generator, decode = ema_or(self.nets, "generator"), self.preparation["target_image"].decode
        for batch in data.iterate(part):
            yield decode(self.translate(batch.image, generator))

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image`: the output for each input image, uint8 `(items, height, width, channels)`."""
        return {"image": np.concatenate(list(self.outputs(data, part)))}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The mean L1 error, PSNR and SSIM of the outputs."""
        return paired_translation.paired_metrics(self.outputs(data, part), data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Image quality compared with simple maps, examples, and the largest errors."""
        return paired_translation.evaluate_pairs(self.outputs(data, part), data, part)
