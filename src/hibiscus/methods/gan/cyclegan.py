r"""CycleGAN: unpaired image-to-image translation between two domains with a cycle-consistency loss.

    generator_loss     = adversarial + cycle_weight cycle + identity_weight cycle_weight identity
                         + semantic_weight semantic
    adversarial        = mean (D_b(to_b(a)) - 1)**2 + mean (D_a(to_a(b)) - 1)**2
    cycle              = mean |to_a(to_b(a)) - a| + mean |to_b(to_a(b)) - b|
    identity           = mean |to_b(b) - b| + mean |to_a(a) - a|
    semantic           = - mean log p(f(a) | to_b(a)) - mean log p(f(b) | to_a(b)),    f = argmax p
    discriminator_loss = mean (D_b(b) - 1)**2 / 2 + mean D_b(to_b(a))**2 / 2  + the same for D_a

Each discriminator learns to distinguish real images of its domain from translated ones, and each translator
learns to fool it. The cycle loss requires that an image can be recovered from its translation.

Use it if there are no paired images: at least about a thousand images per domain, in `trainA/` and `trainB/`,
in two folders of any name, or `photos/ target_domain=paintings/`. What most often goes wrong is a realistic
translation with different content, which neither the Fréchet distance nor the cycle error reveals: look at
the galleries, and at the domain accuracies if both domains have the same labels. `align=true` helps if
objects differ in size or position, `residual=false` if the domains are far apart (negatives),
`identity_weight=0.5` if they share colors, `net=resnet` or a larger `kernel_size` if shapes change.
`semantic_weight=1` (CyCADA) keeps the classes that a classifier p, first trained on the labels of domain a,
predicts. It must be mostly right about domain b too; about negatives it is wrong, and the loss does harm.

Differences from the paper: one player owns both translators and steps first; batches of 32, no normalization
in the discriminators, and a learning rate that decays from the start. A translator outputs `tanh(2 x +
F(x))`, since `tanh(F(x))` may converge to negatives (`residual=false` restores it). The best epoch has the
lowest mean Fréchet distance to the validation part, in features of networks trained without labels.

Reference: Zhu, Park, Isola, Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks", 2017, arXiv 1703.10593. Semantic loss: Hoffman et al., "CyCADA", 2017, arXiv 1711.03213.
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
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import translation
from hibiscus.evaluation.external_features import with_resolved_features
from hibiscus.losses import least_squares_discriminator, least_squares_generator, mean_absolute_error
from hibiscus.methods.gan import config as options
from hibiscus.methods.gan import semantic_classifier as semantic
from hibiscus.methods.gan import stabilization
from hibiscus.methods.gan.image_pool import ImagePool
from hibiscus.methods.gan.translation_networks import averages, domain_networks, fit_alignments
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.networks.stackedgan import Encoder
from hibiscus.training import config as training
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["CycleGAN"]


class Config(options.UnpairedTranslationConfig):
    """Options of `cyclegan`; an epoch is one pass over the smaller domain."""

    epochs: training.Epochs = 40
    batch_size: training.BatchSize = 32  # images of each domain; 1 in the paper
    learning_rate: training.LearningRate = 5e-4  # 2e-4 in the paper, for batches of 1
    instance_noise: options.InstanceNoise = 0.0
    diff_augment: options.DiffAugmentation = "none"
    net: Literal["unet", "resnet"] = Field("unet", description="translators; resnet can change shapes more")
    width: int = Field(32, ge=4, description="filters of the largest maps; doubled as the size halves")
    kernel_size: Literal[3, 5, 7] = Field(3, description="of the convolutions; larger if shapes change")
    residual: bool = Field(True, description="translators add to their input, starting near identity")
    align: bool = Field(False, description="first shift and scale images to align the domains")
    cycle_weight: float = Field(10.0, ge=0, description="weight of the cycle loss (Zhu et al.)")
    identity_weight: float = Field(0.0, ge=0, description="weight of the identity loss, times cycle_weight")
    semantic_weight: float = Field(0.0, ge=0, description="weight of the semantic loss (needs labels)")
    semantic_epochs: int = Field(10, ge=1, description="epochs of its classifier, before the translators")


class CycleGAN(Method):
    """Two players: the two translators, then the two discriminators on the translations of the same round."""

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
    classifier: Encoder
    progress = 0.0  # fraction of training completed
    classifying = False  # whether the classifier of the semantic loss is being trained

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Any:
        """Refuses the semantic loss for images without classes; tests `metric_features`."""
        semantic.check_classes(config, preparation)
        return with_resolved_features(config, preparation)

    def networks(self) -> dict[str, nn.Module]:
        """Those of each domain, and the classifier of the semantic loss."""
        shape, config = self.preparation["image"].shape, self.config
        networks = domain_networks("a", config, shape) | domain_networks("b", config, shape)
        if config.semantic_weight:
            networks["classifier"] = semantic.build(self.preparation)
        return networks

    def grow(self, stage: int) -> None:
        """Records whether the classifier is being trained; the networks do not change."""
        self.classifying = stage == 0 and self.config.semantic_weight > 0

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """The classifier, if enabled; then a step of the translators and one of the discriminators."""
        config, nets, betas = self.config, self.nets, (self.config.beta1, 0.999)
        if config.semantic_weight:
            yield semantic.classifier_stage(self.classifier, config, data)
        if config.align:
            fit_alignments(nets, data)
        pair, factor = [self.to_a, self.to_b], config.generator_lr_factor
        first = config.player("translators", pair, self.generator_loss, lr_factor=factor, betas=betas)
        pair, loss = [self.discriminator_a, self.discriminator_b], self.discriminator_loss
        second = config.player("discriminators", pair, loss, betas=betas, batches_per_round=0)
        augment = Augment(flip=config.flip, crop=config.crop)
        source = data.domains("train", config.batch_size, config.seed, augment)
        followers = averages(nets, config.ema_decay)
        yield Stage([first, second], config.epochs, source, followers, self.set_progress)

    def set_progress(self, progress: float) -> None:
        """Records the fraction of training completed, on which the instance noise depends."""
        self.progress = progress

    def perturb(self, batch: Batch, *images: Tensor) -> list[Tensor]:
        """Applies instance noise and augmentation, if enabled, before the discriminators see the images."""
        noise_std = self.config.instance_noise * (1 - self.progress)
        return stabilization.perturb(batch, images, noise_std, self.config.diff_augment)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversarial loss and the weighted others; the translations are added to the batch."""
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
        if config.semantic_weight:
            change = semantic.semantic_loss(self.classifier, (batch.a, fake_b), (batch.b, fake_a))
            loss, terms["semantic"] = loss + config.semantic_weight * change, change.detach()
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
        """Images translated to a domain from the other domain, uint8 `(items, height, width, channels)`."""
        batches = (data.images(pixels[start : start + 256]) for start in range(0, len(pixels), 256))
        translator = self.nets.get(f"ema_to_{target}", self.nets[f"to_{target}"])
        translated = [self.preparation["image"].decode(translator(batch)) for batch in batches]
        return np.concatenate(translated) if translated else pixels

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image`: the items translated to the second domain; `to_a`: translated to the first."""
        pixels = data.values("image", part)
        return {"image": self.translate(pixels, "b", data), "to_a": self.translate(pixels, "a", data)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The accuracy of the classifier while it is trained, then distances and the cycle error."""
        if self.classifying:
            return semantic.domain_accuracy(self.classifier, data, part)
        return translation.validate_translation(self.translate, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distances and accuracies compared with those of untranslated images, and galleries of cycles."""
        return translation.evaluate_translation(self.translate, data, part, self.config.metric_features)
