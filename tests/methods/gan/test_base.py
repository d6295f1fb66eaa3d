"""What GANs share: learning rates of the two players, the averaged generator, and what the discriminator
sees.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.methods.gan.lsgan import LSGAN
from methods.gan_fixtures import GAMES, Images, game_of, images, made


@GAMES
def test_the_generator_has_its_own_learning_rate(kind):
    game = game_of(kind, generator_lr_factor=0.25)
    judge, generator = next(game.stages(Images())).players
    assert generator.settings.lr == 0.25 * judge.settings.lr


@GAMES
def test_samples_come_from_the_averaged_generator(kind):
    game = game_of(kind, ema_decay=0.99)
    (follower,) = next(game.stages(Images())).followers
    assert follower.decay == 0.99
    before = [p.clone() for p in game.nets["ema"].parameters()]
    with torch.no_grad():
        for p in game.nets["generator"].parameters():
            p.add_(1)
    follower.follow(90)  # 91 averages so far, so the decay is 91 / 100
    for own, old in zip(game.nets["ema"].parameters(), before, strict=True):
        torch.testing.assert_close(own, old + 1 - 0.91)
    game.train_mode(False)
    torch.manual_seed(3)
    first = game.sample(4)["image"]
    with torch.no_grad():
        for p in game.nets["generator"].parameters():
            p.zero_()
    torch.manual_seed(3)
    np.testing.assert_array_equal(game.sample(4)["image"], first)


@pytest.mark.parametrize("separately", [False, True])
def test_real_and_generated_images_are_discriminated_together_or_separately(separately):
    method, sizes = made(DCGAN), []
    method.discriminator.register_forward_pre_hook(lambda net, given: sizes.append(len(given[0])))
    real, fake = method.discriminate(images(6), separately)
    assert real.shape == fake.shape == (6, 1)
    assert sizes == ([6, 6] if separately else [12])


@pytest.mark.parametrize("kind", [DCGAN, LSGAN], ids=lambda kind: kind.name)
def test_batch_norm_has_separate_statistics_of_real_and_generated_images(kind):
    preparation = Preparation({"image": ImagePreparation(32, 32, 1, (0.5,), (0.5,))})
    method, sizes = kind(kind.Config(width=4, latent_dim=4, batch_norm=True), preparation), []
    layer = next(layer for layer in method.discriminator.modules() if isinstance(layer, nn.BatchNorm2d))
    layer.register_forward_pre_hook(lambda net, given: sizes.append(len(given[0])))
    method.discriminator_loss(Batch(image=torch.zeros(6, 1, 32, 32)))
    assert sizes == [6, 6]


def test_the_discriminators_loss_has_no_gradient_in_the_generator():
    method, batch = made(DCGAN), images()
    real, fake = method.real_and_fake(batch)
    assert not fake.requires_grad
    torch.testing.assert_close(real, batch.image)
    assert method.fake_images(batch).requires_grad
