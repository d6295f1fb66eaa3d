"""The formulas in the docstring of `dcgan`, computed in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.methods.gan.dcgan import DCGAN
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import learns_every_class


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_objective_is_its_formula(batch_norm):
    game, batch = made(DCGAN, batch_norm=batch_norm), images()
    torch.manual_seed(5)
    loss, terms = game.discriminator_loss(batch)
    torch.manual_seed(5)
    fake = game.nets["generator"](2 * torch.rand(6, 8) - 1).detach()
    real_logit, fake_logit = (game.nets["discriminator"](x).detach().numpy() for x in (batch.image, fake))
    assert loss.item() == pytest.approx(
        -np.log(sigmoid(real_logit)).mean() - np.log(1 - sigmoid(fake_logit)).mean(), rel=1e-4
    )
    assert terms["accuracy"].item() == pytest.approx(((real_logit > 0).mean() + (fake_logit < 0).mean()) / 2)
    torch.manual_seed(5)
    assert game.generator_loss(batch)[0].item() == pytest.approx(
        -np.log(sigmoid(fake_logit)).mean(), rel=1e-4
    )


def test_noise_is_uniform_in_minus_one_to_one():
    game, seen = made(DCGAN), []
    game.nets["generator"].register_forward_pre_hook(lambda net, given: seen.append(given[0]))
    game.generate(images(500))
    assert seen[0].min() >= -1
    assert seen[0].max() <= 1
    assert seen[0].var().item() == pytest.approx(1 / 3, rel=0.1)


def test_samples_are_images_of_the_datas_size():
    game = made(DCGAN)
    game.train_mode(False)
    assert game.sample(5)["image"].shape == (5, 8, 8, 1)
    assert game.sample(5)["image"].dtype == np.uint8


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "dcgan", epochs=60, width=32)
