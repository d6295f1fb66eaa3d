"""The formulas in the docstring of `wgan-gp`, computed in NumPy; five critic batches to one of the
generator.
"""

from __future__ import annotations

import pytest
import torch

from hibiscus.methods.gan.wgan_gp import WGANGP
from methods.gan_fixtures import images, made, slope_penalty
from methods.learning import learns_every_class


def test_the_objective_is_its_formula():
    game, batch = made(WGANGP, gradient_penalty_weight=3.0), images()
    critic = game.nets["critic"]
    torch.manual_seed(5)
    loss, terms = game.critic_loss(batch)
    torch.manual_seed(5)
    fake, mix = game.nets["generator"](torch.randn(6, 8)).detach(), torch.rand(6, 1, 1, 1)
    distance = (critic(batch.image).mean() - critic(fake).mean()).item()
    penalty = slope_penalty(critic, batch.image.numpy(), fake.numpy(), mix.numpy())
    assert terms["distance"].item() == pytest.approx(distance, rel=1e-4, abs=1e-6)
    assert terms["penalty"].item() == pytest.approx(penalty, rel=1e-3)
    assert loss.item() == pytest.approx(-distance + 3 * penalty, rel=1e-3)
    torch.manual_seed(5)
    assert game.generator_loss(batch)[0].item() == pytest.approx(
        -critic(fake).mean().item(), rel=1e-3, abs=1e-5
    )


def test_the_critic_takes_five_batches_to_one():
    class Images:
        def source(self, *given):
            self.batches_per_epoch = 60
            return self

    stage = next(made(WGANGP).stages(Images()))
    assert [player.batches_per_round for player in stage.players] == [5, 0]
    assert stage.rounds_per_epoch == 12


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "wgan-gp", epochs=100, width=32)
