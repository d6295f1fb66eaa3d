r"""CycleGAN: unpaired image-to-image translation between two domains, trained for cycle consistency.

    generator_loss     = adversarial + cycle_weight cycle + identity_weight cycle_weight identity
    adversarial        = mean (D_b(to_b(a)) - 1)**2 + mean (D_a(to_a(b)) - 1)**2
    cycle              = mean |to_a(to_b(a)) - a| + mean |to_b(to_a(b)) - b|
    identity           = mean |to_b(b) - b| + mean |to_a(a) - a|
    discriminator_loss = mean (D_b(b) - 1)**2 / 2 + mean D_b(to_b(a))**2 / 2  + the same for D_a

Each discriminator learns to distinguish real images of its domain from translated ones, and each translator
to fool it. The cycle loss ties a translation to its input, which must be recoverable from it.

Use it where paired images do not exist: a thousand images of each domain or more, `trainA/ trainB/` in a
folder, a folder of two folders, or `photos/ target_domain=paintings/`. What most often goes wrong is a
realistic translation with other content, which neither the Fréchet distance nor the cycle error shows: look
at the galleries, and at the domain accuracies where both domains have the same labels. `align=true` helps
where objects differ in size or position, `residual=false` where the domains are far apart (negatives),
`identity_weight=0.5` where they share colors, `net=resnet` or a larger `kernel_size` where shapes change.

Differences from the paper: the translators are one player and take their step first; batches of 32, no
normalization in the discriminators, and a learning rate that falls from the start. A translator outputs
`tanh(2 x + F(x))`, since `tanh(F(x))` may settle on negatives (`residual=false` restores it). The best epoch
has the lowest mean Fréchet distance to the validation part, in features of networks trained without labels.

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
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan import stabilization
from hibiscus.methods.gan.image_pool import ImagePool
from hibiscus.networks.cyclegan import Alignment, ResNetGenerator, UNetGenerator
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.training import config as training
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["CycleGAN"]

NETS = {"unet": UNetGenerator, "resnet": ResNetGenerator}


class Config(training.TrainingConfig):
    """Options of `cyclegan`; an epoch is a pass over the smaller domain."""

    epochs: training.Epochs = 40
    batch_size: training.BatchSize = 32  # images of each domain; 1 in the paper
    learning_rate: training.LearningRate = 5e-4  # 2e-4 in the paper, for batches of 1
    generator_lr_factor: options.GeneratorLRFactor = 1.0
    beta1: training.Beta1 = 0.5
    schedule: training.ScheduleName = "linear"
    ema_decay: training.EMADecay = 0.0
    spectral_norm: options.SpectralNorm = False
    instance_noise: options.InstanceNoise = 0.0
    diff_augment: options.DiffAugmentation = "none"
    real_label_value: options.RealLabelValue = 1.0
    label_noise: options.LabelNoise = 0.0
    net: Literal["unet", "resnet"] = Field("unet", description="translators; resnet alters shapes more")
    discriminator: Literal["patch", "whole"] = Field("patch", description="classify patches or whole images")
    width: int = Field(32, ge=4, description="filters of the largest maps; doubled where their size halves")
    kernel_size: Literal[3, 5, 7] = Field(3, description="kernel size; larger if shapes have to change")
    residual: bool = Field(True, description="translators add to their input and start near the identity")
    align: bool = Field(False, description="shift and scale images first, for domains framed differently")
    cycle_weight: float = Field(10.0, ge=0, description="weight of the cycle loss (Zhu et al.)")
    identity_weight: float = Field(0.0, ge=0, description="weight of the identity loss over cycle_weight")
    pool_size: int = Field(50, ge=0, description="earlier translations for each discriminator (Zhu et al.)")
    flip: bool = Field(False, description="augmentation: random horizontal flips")
    crop: int = Field(0, ge=0, description="augmentation: padding in pixels before a random crop")


class CycleGAN(Method):
    """Two players: both translators, and both discriminators on the translations of the same round."""

    name = "cyclegan"
    title = "CycleGAN"
    family = "gan"
    summary = "unpaired image-to-image translation with cycle consistency"
    needs, uses = frozenset({"image", "domain"}), frozenset({"label"})
    signed_pixels = gives_images = True
    selection_metric = SelectionMetric("frechet")
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
            network = NETS[config.net](shape, config.width, config.kernel_size, config.residual)
            translator = nn.Sequential(Alignment(shape[0]), network) if config.align else network
            averaged = {f"ema_to_{domain}": frozen_copy(translator)} if config.ema_decay else {}
            size, whole = (config.width, config.kernel_size), config.discriminator == "whole"
            discriminator = PatchDiscriminator(shape, *size, whole)
            networks |= {f"to_{domain}": translator, **averaged, f"discriminator_{domain}": discriminator}
            if config.spectral_norm:
                spectrally_normalized(discriminator)
            networks[f"pool_{domain}"] = ImagePool(config.pool_size, shape)
        return networks

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the translators, then one of the discriminators."""
        config, nets, betas = self.config, self.nets, (self.config.beta1, 0.999)
        if config.align:
            self.fit_alignments(data)
        pair, factor = [self.to_a, self.to_b], config.generator_lr_factor
        first = config.player("translators", pair, self.generator_loss, lr_factor=factor, betas=betas)
        pair, loss = [self.discriminator_a, self.discriminator_b], self.discriminator_loss
        second = config.player("discriminators", pair, loss, betas=betas, batches_per_round=0)
        averaged, decay = ("to_a", "to_b") if config.ema_decay else (), config.ema_decay
        followers = [Follower(nets[f"ema_{name}"], nets[name], decay, warm_up=True) for name in averaged]
        augment = Augment(flip=config.flip, crop=config.crop)
        source = data.domains("train", config.batch_size, config.seed, augment)
        yield Stage([first, second], config.epochs, source, followers, self.set_progress)

    def fit_alignments(self, data: PreparedData) -> None:
        """Fits the alignment of each translator to training images of both domains."""
        for target, source in translation.OTHER.items():
            pixels = [translation.domain_images(data, "train", domain) for domain in (source, target)]
            alignment = next(self.nets[f"to_{target}"].children())
            assert isinstance(alignment, Alignment)
            alignment.fit(data.images(pixels[0]), data.images(pixels[1]))

    def set_progress(self, progress: float) -> None:
        """Records which fraction of the training is done; instance noise depends on it."""
        self.progress = progress

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Images as the discriminators see them: with instance noise and augmentation, as the options say."""
        noise_std = self.config.instance_noise * (1 - self.progress)
        return stabilization.perturb(batch, images, noise_std, self.config.diff_augment)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversarial, cycle and, if weighted, identity loss; the translations are added to the batch."""
        config, to_a, to_b = self.config, self.to_a, self.to_b
        fake_a, fake_b = to_a(batch.b), to_b(batch.a)
        batch.update(fake_a=fake_a.detach(), fake_b=fake_b.detach())
        perturbed_a, perturbed_b = self.perturb(batch, fake_a, fake_b)
        fooled_a = least_squares_generator(self.discriminator_a(perturbed_a))
        adversarial = 2 * (fooled_a + least_squares_generator(self.discriminator_b(perturbed_b)))
        cycle = mean_absolute_error(to_a(fake_b), batch.a) + mean_absolute_error(to_b(fake_a), batch.b)
        loss = adversarial + config.cycle_weight * cycle
        terms = {"adversarial": adversarial.detach(), "cycle": cycle.detach()}
        if config.identity_weight:
            identity_a = mean_absolute_error(to_a(batch.a), batch.a)
            identity = identity_a + mean_absolute_error(to_b(batch.b), batch.b)
            loss = loss + config.identity_weight * config.cycle_weight * identity
            terms["identity"] = identity.detach()
        return loss, terms

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Least-squares loss on real images and on translations of this and of earlier rounds."""
        values, losses = (self.config.real_label_value, self.config.label_noise), {}
        for domain in "ab":
            discriminator, pool = self.nets[f"discriminator_{domain}"], self.nets[f"pool_{domain}"]
            assert isinstance(pool, ImagePool)
            fake = pool.exchange(batch, batch[f"fake_{domain}"])
            real, fake = discriminator(torch.cat(self.perturb(batch, batch[domain], fake))).chunk(2)
            targets = stabilization.targets(batch, *values, real.shape[1:])
            losses[f"loss_{domain}"] = least_squares_discriminator(real, fake, *targets)
        return losses["loss_a"] + losses["loss_b"], {name: value.detach() for name, value in losses.items()}

    def translate(self, pixels: np.ndarray, target: Literal["a", "b"], data: PreparedData) -> np.ndarray:
        """Images translated to a domain from the other one, uint8 `(items, height, width, channels)`."""
        batches = (data.images(pixels[start : start + 256]) for start in range(0, len(pixels), 256))
        translator = self.nets.get(f"ema_to_{target}", self.nets[f"to_{target}"])
        translated = [self.preparation["image"].decode(translator(batch)) for batch in batches]
        return np.concatenate(translated) if translated else pixels

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image`, the items translated to the second domain, and `to_a`, translated to the first."""
        pixels = data.values("image", part)
        return {"image": self.translate(pixels, "b", data), "to_a": self.translate(pixels, "a", data)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distances of the translations to their domain, and the cycle error."""
        return translation.validate_translation(self.translate, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distances and accuracies beside those of untranslated images, and galleries of cycles."""
        return translation.evaluate_translation(self.translate, data, part)
