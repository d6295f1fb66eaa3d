r"""CycleGAN: unpaired image-to-image translation between two domains, in both directions, with cycle consistency.

    generator_loss     = adversarial + cycle_weight cycle + identity_weight cycle_weight identity
    adversarial        = mean (D_b(to_b(a)) - 1)**2 + mean (D_a(to_a(b)) - 1)**2
    cycle              = mean |to_a(to_b(a)) - a| + mean |to_b(to_a(b)) - b|
    identity           = mean |to_b(b) - b| + mean |to_a(a) - a|
    discriminator_loss = mean (D_b(b) - 1)**2 / 2 + mean D_b(to_b(a))**2 / 2  + the same with a and b exchanged

Each discriminator learns to distinguish the real images of its domain from translated ones, and each
translator to fool it. The cycle loss ties the translation to its input: translating it back must reproduce
the original.

Use it where paired images do not exist: a thousand images of each domain or more, `trainA/ trainB/` in a
folder, a folder of two folders, or `photos/ target_domain=paintings/`. Sizes and channels are brought to the
larger of the two. What most often goes wrong is a translation to a realistic image with other content:
neither the Fréchet distance nor the cycle error shows it, since any invertible mapping between the domains
does well on both. Look at the galleries, and at the domain accuracies where both domains have the same
labels. `align=true` helps where objects differ in size or position; `residual=false` where the domains are
far apart (negatives), `identity_weight=0.5` where they share colors, `net=resnet` or a larger `kernel_size`
where shapes have to change.

Differences from the paper: the translators are one player, since both learn from both cycles, and take their
step first; the discriminators are another. Batches of 32 and no normalization in the discriminators; the
learning rate falls linearly from the start. The output of a translator is `tanh(2 x + F(x))`: an untrained
`tanh(F(x))` may settle on negatives, which the cycle loss does not penalize (`residual=false` restores it).
The best epoch has the lowest mean Fréchet distance to the validation part over both directions, in the
features of a small network trained on each domain without labels; labels are used for the final evaluation
only.

Reference: Zhu, Park, Isola, Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks", 2017, arXiv 1703.10593.
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
from hibiscus.evaluation import translation
from hibiscus.losses import least_squares_discriminator, least_squares_generator, mean_absolute_error
from hibiscus.methods.gan import stabilization
from hibiscus.methods.gan.image_pool import ImagePool
from hibiscus.networks.cyclegan import Alignment, ResNetGenerator, UNetGenerator
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.training.config import (
    BatchSize,
    Beta1,
    EMADecay,
    Epochs,
    LearningRate,
    ScheduleName,
    TrainingConfig,
)
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["CycleGAN"]

NETS = {"unet": UNetGenerator, "resnet": ResNetGenerator}


class Config(TrainingConfig):
    """Options of `cyclegan`; an epoch is a pass over the smaller domain."""

    epochs: Epochs = 40
    batch_size: BatchSize = 32  # images of each domain; 1 in the paper
    learning_rate: LearningRate = 5e-4  # 2e-4 in the paper, for batches of 1
    generator_lr_factor: stabilization.GeneratorLRFactor = 1.0
    beta1: Beta1 = 0.5
    schedule: ScheduleName = "linear"
    ema_decay: EMADecay = 0.0
    spectral_norm: stabilization.SpectralNorm = False
    instance_noise: stabilization.InstanceNoise = 0.0
    diff_augment: stabilization.DiffAugmentation = "none"
    real_label_value: stabilization.RealLabelValue = 1.0
    label_noise: stabilization.LabelNoise = 0.0
    net: Literal["unet", "resnet"] = Field(
        "unet",
        description="network of both translators; resnet (Zhu et al.) changes shapes more and is slower",
    )
    discriminator: Literal["patch", "whole"] = Field(
        "patch", description="whether a discriminator classifies each patch or the whole image"
    )
    width: int = Field(
        32, ge=4, description="filters of the largest maps; doubled where the size halves (64 in Zhu et al.)"
    )
    kernel_size: Literal[3, 5, 7] = Field(
        3, description="size of the convolutions; larger where shapes have to change"
    )
    residual: bool = Field(
        True, description="translators add to their input, so that they start near the identity"
    )
    align: bool = Field(
        False, description="translators first shift and scale all images, for domains framed differently"
    )
    cycle_weight: float = Field(10.0, ge=0, description="weight of the cycle loss (Zhu et al.)")
    identity_weight: float = Field(
        0.0, ge=0, description="weight of the identity loss relative to cycle_weight (0.5)"
    )
    pool_size: int = Field(
        50, ge=0, description="size of the pool of earlier translations of each domain (Zhu et al.)"
    )
    flip: bool = Field(False, description="augmentation: random horizontal flips")
    crop: int = Field(
        0, ge=0, description="augmentation: pixels of padding before a random crop of the original size"
    )


class CycleGAN(Method):
    """Two players: both translators, and both discriminators on the translations of the same round."""

    name = "cyclegan"
    title = "CycleGAN"
    family = "gan"
    summary = "unpaired image-to-image translation with cycle consistency"
    needs, uses = frozenset({"image", "domain"}), frozenset({"label"})
    signed_pixels = True
    gives_images = True
    selection_metric = SelectionMetric("frechet", higher_is_better=False)
    smoke_test = SmokeTest("digits-inverted", {"epochs": 2, "batch_size": 20, "width": 8, "pool_size": 30})
    Config = Config
    to_a: nn.Module
    to_b: nn.Module
    discriminator_a: PatchDiscriminator
    discriminator_b: PatchDiscriminator
    progress = 0.0  # fraction of the training that is done

    def networks(self) -> dict[str, nn.Module]:
        """A translator to each domain, its average, a discriminator, and a pool of translations."""
        shape, config = self.preparation["image"].shape, self.config
        networks: dict[str, nn.Module] = {}
        for domain in "ab":
            translator = NETS[config.net](shape, config.width, config.kernel_size, config.residual)
            networks[f"to_{domain}"] = (
                nn.Sequential(Alignment(shape[0]), translator) if config.align else translator
            )
            if config.ema_decay:
                networks[f"ema_to_{domain}"] = frozen_copy(networks[f"to_{domain}"])
            whole = config.discriminator == "whole"
            discriminator = PatchDiscriminator(shape, config.width, config.kernel_size, whole=whole)
            networks[f"discriminator_{domain}"] = (
                spectrally_normalized(discriminator) if config.spectral_norm else discriminator
            )
            networks[f"pool_{domain}"] = ImagePool(config.pool_size, shape)
        return networks

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the translators, then one of the discriminators."""
        if self.config.align:
            self.fit_alignments(data)
        config, betas = self.config, (self.config.beta1, 0.999)
        translators = config.player(
            "translators",
            [self.to_a, self.to_b],
            self.generator_loss,
            lr_factor=config.generator_lr_factor,
            betas=betas,
        )
        discriminators = config.player(
            "discriminators",
            [self.discriminator_a, self.discriminator_b],
            self.discriminator_loss,
            betas=betas,
            batches_per_round=0,
        )
        source = data.domains(
            "train", config.batch_size, config.seed, Augment(flip=config.flip, crop=config.crop)
        )
        followers = [
            Follower(self.nets[f"ema_{name}"], self.nets[name], config.ema_decay, warm_up=True)
            for name in ("to_a", "to_b")
            if config.ema_decay
        ]
        yield Stage([translators, discriminators], config.epochs, source, followers, self.set_progress)

    def fit_alignments(self, data: PreparedData) -> None:
        """Fits the alignment of each translator to training images of both domains."""
        for target, source in translation.OTHER.items():
            images = [
                data.images(translation.domain_images(data, "train", domain)) for domain in (source, target)
            ]
            alignment = next(self.nets[f"to_{target}"].children())
            assert isinstance(alignment, Alignment)
            alignment.fit(*images)

    def set_progress(self, progress: float) -> None:
        """Records which fraction of the training is done; instance noise depends on it."""
        self.progress = progress

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Images as the discriminators see them: with instance noise and augmentation, as the options say."""
        noise_std = self.config.instance_noise * (1 - self.progress)
        return stabilization.perturb(batch, images, noise_std, self.config.diff_augment)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversarial, cycle and, if it has a weight, identity loss; the translations are added to the batch."""
        config, to_a, to_b = self.config, self.to_a, self.to_b
        fake_a, fake_b = to_a(batch.b), to_b(batch.a)
        batch.update(fake_a=fake_a.detach(), fake_b=fake_b.detach())
        perturbed_a, perturbed_b = self.perturb(batch, fake_a, fake_b)
        adversarial_a = least_squares_generator(self.discriminator_a(perturbed_a))
        adversarial = 2 * (adversarial_a + least_squares_generator(self.discriminator_b(perturbed_b)))
        cycle = mean_absolute_error(to_a(fake_b), batch.a) + mean_absolute_error(to_b(fake_a), batch.b)
        loss = adversarial + config.cycle_weight * cycle
        terms = {"adversarial": adversarial.detach(), "cycle": cycle.detach()}
        if config.identity_weight:
            identity = mean_absolute_error(to_a(batch.a), batch.a) + mean_absolute_error(
                to_b(batch.b), batch.b
            )
            loss = loss + config.identity_weight * config.cycle_weight * identity
            terms["identity"] = identity.detach()
        return loss, terms

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Least-squares loss of both discriminators on real images and on translations of this and earlier rounds."""
        config, losses = self.config, {}
        for domain in "ab":
            discriminator, pool = self.nets[f"discriminator_{domain}"], self.nets[f"pool_{domain}"]
            assert isinstance(pool, ImagePool)
            fake = pool.exchange(batch, batch[f"fake_{domain}"])
            real, fake = discriminator(torch.cat(self.perturb(batch, batch[domain], fake))).chunk(2)
            targets = stabilization.targets(
                batch, config.real_label_value, config.label_noise, real.shape[1:]
            )
            losses[f"loss_{domain}"] = least_squares_discriminator(real, fake, *targets)
        return losses["loss_a"] + losses["loss_b"], {name: value.detach() for name, value in losses.items()}

    def translate(self, pixels: np.ndarray, target: Literal["a", "b"], data: PreparedData) -> np.ndarray:
        """Images translated to a domain, from those of the other; both uint8 `(items, height, width, channels)`."""
        batches = (data.images(pixels[start : start + 256]) for start in range(0, len(pixels), 256))
        translator = self.nets.get(f"ema_to_{target}", self.nets[f"to_{target}"])
        translated = [self.preparation["image"].decode(translator(batch)) for batch in batches]
        return np.concatenate(translated) if translated else pixels

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image`, the items translated from the first domain to the second, and `to_a`, the other direction."""
        pixels = data.values("image", part)
        return {"image": self.translate(pixels, "b", data), "to_a": self.translate(pixels, "a", data)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distances of the translations to their domain, and the cycle error."""
        return translation.validate_translation(self.translate, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Fréchet distances beside those of untranslated images, domain accuracies, and galleries of cycles."""
        return translation.evaluate_translation(self.translate, data, part)
