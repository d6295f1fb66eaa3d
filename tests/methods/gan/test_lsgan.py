"""The formulas in the docstring of `lsgan`, computed in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.methods.gan.lsgan import LSGAN
from methods.gan_fixtures import images, made
from methods.learning import learns_every_class


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_objective_is_its_formula(batch_norm):
    game, batch = made(LSGAN, batch_norm=batch_norm), images()
    torch.manual_seed(5)
    loss, terms = game.discriminator_loss(batch)
    torch.manual_seed(5)
    fake = game.nets["generator"](2 * torch.rand(6, 8) - 1).detach()
    real_value, fake_value = (
        game.nets["discriminator"](x).detach().double().numpy() for x in (batch.image, fake)
    )
    assert loss.item() == pytest.approx(
        ((real_value - 1) ** 2).mean() / 2 + (fake_value**2).mean() / 2, rel=1e-4
    )
    assert terms["accuracy"].item() == pytest.approx(
        ((real_value > 0.5).mean() + (fake_value < 0.5).mean()) / 2
    )
    torch.manual_seed(5)
    assert game.generator_loss(batch)[0].item() == pytest.approx(((fake_value - 1) ** 2).mean() / 2, rel=1e-4)


def test_the_discriminator_gives_any_number():
    """A value far above 1 counts as wrong as one as far below it: there is no sigmoid."""
    game = made(LSGAN)
    torch.nn.init.constant_(game.nets["discriminator"].body[-1].bias, 11.0)
    assert game.nets["discriminator"](images().image).min() > 5
    assert game.generator_loss(images())[0].item() == pytest.approx(50, rel=0.2)


def test_samples_are_images_of_the_datas_size():
    game = made(LSGAN)
    game.train_mode(False)
    assert game.sample(5)["image"].shape == (5, 8, 8, 1)
    assert game.sample(5)["image"].dtype == np.uint8


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "lsgan", epochs=60, width=32, learning_rate=1e-3)
