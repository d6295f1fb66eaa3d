"""The formulas in the docstring of `progan`, computed in NumPy; growth, framing, fading."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.methods.gan.progan import ProGAN
from methods.gan_fixtures import images, made, slope_penalty
from methods.learning import learns_every_class


def test_the_objective_is_its_formula():
    game, batch = made(ProGAN, initial_size=4, drift_weight=0.5), images()
    game.grow(0)
    game.grow(1)
    game.set_progress(0.2)  # alpha 0.4
    critic = game.nets["critic"]
    small = batch.image.reshape(6, 1, 4, 2, 4, 2).mean((3, 5)).numpy()
    shown = 0.6 * small.repeat(2, 2).repeat(2, 3) + 0.4 * batch.image.numpy()
    np.testing.assert_allclose(game.real_images(batch).numpy(), shown, rtol=1e-5, atol=1e-6)
    torch.manual_seed(5)
    loss, terms = game.critic_loss(batch)
    torch.manual_seed(5)
    fake = game.nets["generator"](torch.randn(6, 8)).detach()
    value = critic(torch.from_numpy(shown.astype(np.float32))).detach().numpy()
    distance = value.mean() - critic(fake).mean().item()
    assert terms["distance"].item() == pytest.approx(distance, rel=1e-3, abs=1e-5)
    drift = 0.5 * (value**2).mean()
    assert loss.item() == pytest.approx(-distance + 10 * terms["penalty"].item() + drift, rel=1e-4)


def test_the_penalty_is_that_of_the_slope():
    game, batch = (
        made(ProGAN, initial_size=8, batch_size=1),
        images(1),
    )  # one item: the batch's deviation mixes none
    torch.manual_seed(5)
    _, terms = game.critic_loss(batch)
    torch.manual_seed(5)
    fake, mix = game.nets["generator"](torch.randn(1, 8)).detach(), torch.rand(1, 1, 1, 1)
    assert terms["penalty"].item() == pytest.approx(
        slope_penalty(game.nets["critic"], batch.image.numpy(), fake.numpy(), mix.numpy()), rel=2e-3
    )


def game_of(height, width, **options):
    preparation = Preparation({"image": ImagePreparation(height, width, 1, (0.5,), (0.5,))})
    return ProGAN(ProGAN.Config(latent_dim=4, width=16, **options), preparation)


@pytest.mark.parametrize(
    ("size", "first", "sides"),
    [
        ((28, 28), 8, [8, 16, 32]),
        ((32, 32), 8, [8, 16, 32]),
        ((8, 8), 8, [8]),
        ((33, 20), 16, [16, 32, 64]),
        ((4, 4), 8, [4]),
    ],
)
def test_sides_double_up_to_the_power_of_two_that_holds_the_images(size, first, sides):
    assert game_of(*size, initial_size=first).sizes == sides


def test_images_are_framed_and_cut_back():
    game = game_of(28, 20)
    for stage in range(3):
        game.grow(stage)
    image = torch.rand(2, 1, 28, 20)
    framed = game.real_images(Batch(image=image))
    assert framed.shape == (2, 1, 32, 32)
    torch.testing.assert_close(framed[:, :, 2:30, 6:26], image)
    game.train_mode(False)
    assert game.sample(3)["image"].shape == (3, 28, 20, 1)


def test_early_samples_are_enlarged():
    game = game_of(28, 28)
    game.train_mode(False)
    assert game.sample(2)["image"].shape == (2, 28, 28, 1)


def test_layers_that_come_later_are_normalized_too_and_not_scaled():
    game = made(ProGAN, spectral_norm=True)
    game.grow(0)
    game.grow(1)
    layers = [layer for layer in game.nets["critic"].modules() if hasattr(layer, "scale")]
    assert len(layers) >= 6
    assert all(hasattr(layer, "parametrizations") and layer.scale == 1 for layer in layers)


def test_noise_fades_over_all_stages():
    game = made(ProGAN, instance_noise=0.6)  # three stages: sides 2, 4, 8
    game.grow(0)
    game.grow(1)
    game.set_progress(0.5)
    assert game.progress == pytest.approx(0.5)
    assert game.nets["critic"].alpha == 1


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "progan", epochs=40, batch_size=32, width=32, latent_dim=32, initial_size=4)
