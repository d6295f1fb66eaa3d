"""What the tests of generative methods share: a method on a handful of images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.methods.gan.acgan import ACGAN
from hibiscus.methods.gan.cgan import CGAN
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.methods.gan.infogan import InfoGAN
from hibiscus.methods.gan.lsgan import LSGAN
from hibiscus.methods.gan.progan import ProGAN
from hibiscus.methods.gan.wgan import WGAN
from hibiscus.methods.gan.wgan_gp import WGANGP

SIDE = 8
CLASSES = ("7", "cat", "dog")


def made(kind, **options):
    label = {"label": LabelPreparation(CLASSES)} if "label" in kind.needs else {}
    preparation = Preparation({"image": ImagePreparation(SIDE, SIDE, 1, (0.5,), (0.5,)), **label})
    torch.manual_seed(0)
    return kind(kind.Config(**{**kind.smoke_test.options, **options}), preparation)


def images(count=6, seed=0):
    rng = np.random.default_rng(seed)
    image = torch.from_numpy(rng.uniform(-1, 1, (count, 1, SIDE, SIDE)).astype(np.float32))
    return Batch(image=image, label=torch.from_numpy(rng.integers(0, len(CLASSES), count)))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def slope_penalty(critic, real, fake, mix):
    """The penalty with the slope from finite differences, in float64."""
    critic = critic.double()
    between = (mix * real + (1 - mix) * fake).astype(np.float64)
    value = lambda x: critic(torch.from_numpy(x)).detach().numpy()[:, 0]  # noqa: E731
    total, step = np.zeros(len(between)), 1e-5
    for place in np.ndindex(between.shape[1:]):
        moved, back = between.copy(), between.copy()
        moved[(slice(None), *place)] += step
        back[(slice(None), *place)] -= step
        total += ((value(moved) - value(back)) / (2 * step)) ** 2
    critic.float()
    return ((np.sqrt(total) - 1) ** 2).mean()


GAMES = pytest.mark.parametrize(
    "kind", [DCGAN, LSGAN, CGAN, ACGAN, InfoGAN, WGAN, WGANGP, ProGAN], ids=lambda kind: kind.name
)


def game_of(kind, **options):
    game = made(
        kind, **options, **({"initial_size": 8} if kind is ProGAN else {})
    )  # one stage, as the others have
    game.grow(0)
    return game


class Images:
    batches_per_epoch = 60

    def source(self, *given):
        return self
