r"""CycleGAN: learns to give images of one kind the look of another, both ways, from two heaps of images without pairs.

    generator_loss     = adversarial + cycle_weight cycle + identity_weight cycle_weight identity
    adversarial        = mean (D_b(to_b(a)) - 1)**2 + mean (D_a(to_a(b)) - 1)**2
    cycle              = mean |to_a(to_b(a)) - a| + mean |to_b(to_a(b)) - b|
    identity           = mean |to_b(b) - b| + mean |to_a(a) - a|
    discriminator_loss = mean (D_b(b) - 1)**2 / 2 + mean D_b(to_b(a))**2 / 2  + the same with a and b exchanged

Each discriminator learns to tell the real images of its domain from translated ones, each translator to be taken for real. What
keeps a translation from being any image of the other domain is the way back: there and back again must be the image that it was.

Use it where pairs of the same thing in both looks do not exist: a thousand images of each kind or more, `trainA/ trainB/` in a
folder, a folder of two folders, or `photos/ target_domain=paintings/`. Images and channels are brought to the larger of the two. What most
often goes wrong is that a translation is a good image of the other domain, and of something else: neither the distance nor the way
back shows it, as any exchange that can be undone does well by both. Read the galleries, and `conditional_accuracy` where both domains have the
same labels. `align=true` helps where one kind is framed differently, larger or to one side; `residual=false` where looks are far apart
(negatives), `identity_weight=0.5` where they share colours, `net=resnet` or a larger `kernel_size` where shapes are to change.

Departs: the translators play first, as one player, since both learn from both cycles, and the discriminators as another; batches of
32 and no norm in the discriminators; the rate falls on a line from the start. Translators answer `tanh(2 x + F(x))`: an untrained
`tanh(F(x))` may settle on negatives, which the way back undoes as well (`residual=false` gives the paper's). The epoch is chosen by
the Fréchet distance to the validation part, the mean of both directions, in the features of a small network that learned which way up
each domain's images are; no label is used for it. Labels, where both domains have the same ones, measure at the end.

Reference: Zhu, Park, Isola, Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017,
arXiv 1703.10593.
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
from hibiscus.methods.gan.image_pool import ImagePool
from hibiscus.methods.gan.stabilization import LabelledTricks, LabelledTricksConfig
from hibiscus.methods.sampling import to_pixels
from hibiscus.networks.cyclegan import Alignment, ResNetGenerator, UNetGenerator
from hibiscus.networks.layers import spectrally_normalized
from hibiscus.networks.patchgan import PatchDiscriminator
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["CycleGAN"]

NETS = {"unet": UNetGenerator, "resnet": ResNetGenerator}


class Config(LabelledTricksConfig):
    """Options of `cyclegan`."""

    epochs: int = Field(40, ge=1, description="passes over the smaller domain's training part")
    batch_size: int = Field(32, ge=1, description="images of each domain in a batch (1 in Zhu et al.)")
    learning_rate: float = Field(5e-4, gt=0, description="learning rate of the discriminators (2e-4 in Zhu et al., for batches of 1)")
    beta1: float = Field(0.5, ge=0, lt=1, description="adam: decay of the mean gradient (Zhu et al.)")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("linear", description="course of the learning rate")
    net: Literal["unet", "resnet"] = Field("unet", description="both translators; resnet (Zhu et al.) changes shapes more and is slower")
    discriminator: Literal["patch", "whole"] = Field("patch", description="whether it answers for each patch or for the whole image")
    width: int = Field(32, ge=4, description="filters of the largest maps; doubled where the side halves (64 in Zhu et al.)")
    kernel_size: Literal[3, 5, 7] = Field(3, description="side of the convolutions in pixels; larger where shapes are to change")
    residual: bool = Field(True, description="translators add to the image, and so begin near leaving it as it is")
    align: bool = Field(False, description="translators first move and scale all images alike, for domains framed differently")
    cycle_weight: float = Field(10.0, ge=0, description="weight of the way back (Zhu et al.)")
    identity_weight: float = Field(0.0, ge=0, description="weight of leaving the own domain alone, as a share of cycle_weight (0.5)")
    pool_size: int = Field(50, ge=0, description="translated images of earlier rounds that each discriminator is shown too (Zhu et al.)")
    flip: bool = Field(False, description="random changes: mirror left and right")
    crop: int = Field(0, ge=0, description="random changes: pixels of padding before a random crop of the old size")


class CycleGAN(LabelledTricks, Method):
    """Two players: both translators, and both discriminators on what the translators have just made."""

    name, title, family = "cyclegan", "CycleGAN", "gan"
    needs, uses = frozenset({"image", "domain"}), frozenset({"label"})
    signed_pixels = True
    gives_images = True
    selection_metric = SelectionMetric("frechet")
    smoke_test = SmokeTest("digits-inverted", {"epochs": 2, "batch_size": 20, "width": 8, "pool_size": 30})
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """A translator to each domain, a discriminator of each, and for each a pool of translated images."""
        shape, config = self.preparation["image"].shape, self.config
        found: dict[str, nn.Module] = {}
        for domain in "ab":
            translator = NETS[config.net](shape, config.width, config.kernel_size, config.residual)
            found[f"to_{domain}"] = nn.Sequential(Alignment(shape[0]), translator) if config.align else translator
            if config.ema_decay:
                found[f"average_to_{domain}"] = frozen_copy(found[f"to_{domain}"])
            judge = PatchDiscriminator(shape, config.width, config.kernel_size, whole=config.discriminator == "whole")
            found[f"discriminator_{domain}"] = spectrally_normalized(judge) if config.spectral_norm else judge
            found[f"pool_{domain}"] = ImagePool(config.pool_size, shape)
        return found

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage: a step of the translators, then one of the discriminators."""
        if self.config.align:
            for to, own in translation.OTHER.items():
                images = [data.images(translation.some_images(data, "train", domain)) for domain in (own, to)]
                alignment = next(self.nets[f"to_{to}"].children())
                assert isinstance(alignment, Alignment)
                alignment.fit(*images)
        config, nets, betas = self.config, self.nets, (self.config.beta1, 0.999)
        judges, pair = [nets["discriminator_a"], nets["discriminator_b"]], ("to_a", "to_b")
        players = [
            config.player("translators", [nets[to] for to in pair], self.generator_loss, lr_factor=config.generator_lr_factor, betas=betas),
            config.player("discriminators", judges, self.discriminator_loss, betas=betas, batches_per_round=0),
        ]
        followers = [Follower(nets[f"average_{to}"], nets[to], config.ema_decay, warm_up=True) for to in pair] if config.ema_decay else []
        augment = Augment(flip=config.flip, crop=config.crop)
        yield Stage(players, config.epochs, data.domains("train", config.batch_size, config.seed, augment), followers, self.at)

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Being taken for real, finding the way back, and, if asked, leaving the own domain alone; leaves what it made in the batch."""
        config, to_a, to_b = self.config, self.nets["to_a"], self.nets["to_b"]
        made_a, made_b = to_a(batch.b), to_b(batch.a)
        batch.update(made_a=made_a.detach(), made_b=made_b.detach())
        seen_a, seen_b = self.shown(batch, made_a, made_b)
        adversarial = 2 * (
            least_squares_generator(self.nets["discriminator_a"](seen_a)) + least_squares_generator(self.nets["discriminator_b"](seen_b))
        )
        cycle = mean_absolute_error(to_a(made_b), batch.a) + mean_absolute_error(to_b(made_a), batch.b)
        loss, terms = adversarial + config.cycle_weight * cycle, {"adversarial": adversarial.detach(), "cycle": cycle.detach()}
        if config.identity_weight:
            identity = mean_absolute_error(to_a(batch.a), batch.a) + mean_absolute_error(to_b(batch.b), batch.b)
            loss, terms["identity"] = loss + config.identity_weight * config.cycle_weight * identity, identity.detach()
        return loss, terms

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Squares of telling real images of both domains from those that were made for it, now or in earlier rounds."""
        losses = {}
        for domain in "ab":
            discriminator, pool = self.nets[f"discriminator_{domain}"], self.nets[f"pool_{domain}"]
            assert isinstance(pool, ImagePool)
            made = pool.exchange(batch, batch[f"made_{domain}"])
            real, fake = discriminator(torch.cat(self.shown(batch, batch[domain], made))).chunk(2)
            losses[f"loss_{domain}"] = least_squares_discriminator(real, fake, *self.targets(batch, real.shape[1:]))
        return losses["loss_a"] + losses["loss_b"], {name: value.detach() for name, value in losses.items()}

    def translate(self, pixels: np.ndarray, to: Literal["a", "b"], data: PreparedData) -> np.ndarray:
        """Images of the other domain in the look of `to`; uint8 `(items, height, width, channels)`, as those given."""
        parts = (data.images(pixels[start : start + 256]) for start in range(0, len(pixels), 256))
        translator = self.nets.get(f"average_to_{to}", self.nets[f"to_{to}"])
        made = [to_pixels(translator(part), self.preparation["image"]) for part in parts]
        return np.concatenate(made) if made else pixels

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """`image`, the items in the look of the second domain, as images of the first; `to_a`, the other way round."""
        pixels = data.values("image", part)
        return {"image": self.translate(pixels, "b", data), "to_a": self.translate(pixels, "a", data)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The Fréchet distances of translations to their domain, and how far there and back again is from the image."""
        return translation.validate_translation(self.translate, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Distances beside untranslated images, what classifiers read in translations, and images there and back."""
        return translation.evaluate_translation(self.translate, data, part)
