"""The formulas in the docstring of `wgan`, computed in NumPy; the critic's weights are clipped after each of
its steps.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.methods.gan.wgan import WGAN
from methods.gan_fixtures import images, made
from methods.learning import learns_every_class


class Images:
    batches_per_epoch = 60

    def source(self, *given):
        return self


def test_the_objective_is_its_formula():
    game, batch = made(WGAN), images()
    critic = game.nets["critic"]
    torch.manual_seed(5)
    loss, terms = game.critic_loss(batch)
    torch.manual_seed(5)
    fake = game.nets["generator"](torch.randn(6, 8)).detach()
    real_value, fake_value = (critic(x).detach().double().numpy() for x in (batch.image, fake))
    assert loss.item() == pytest.approx(fake_value.mean() - real_value.mean(), rel=1e-4, abs=1e-6)
    assert terms["distance"].item() == -loss.item()
    torch.manual_seed(5)
    assert game.generator_loss(batch)[0].item() == pytest.approx(-fake_value.mean(), rel=1e-3, abs=1e-5)
    before = {name: weight.detach().numpy().copy() for name, weight in critic.named_parameters()}
    game.clip_critic()
    for name, weight in critic.named_parameters():
        np.testing.assert_array_equal(
            weight.detach().numpy(), np.minimum(np.maximum(before[name], np.float32(-0.01)), np.float32(0.01))
        )


def test_every_step_of_the_critic_ends_with_the_clipping():
    game = made(WGAN, weight_clip=0.02)
    critic, generator = next(game.stages(Images())).players
    assert max(p.abs().max().item() for p in game.nets["critic"].parameters()) > 0.02
    critic.set_lr(0)
    critic.step(images(), torch.enable_grad)
    assert max(p.abs().max().item() for p in game.nets["critic"].parameters()) == pytest.approx(0.02)
    assert generator.after_step is None


def test_the_critic_takes_five_batches_to_one_without_momentum():
    game = made(WGAN)
    stage = next(game.stages(Images()))
    assert [player.batches_per_round for player in stage.players] == [5, 0]
    assert stage.rounds_per_epoch == 12
    assert all((player.settings.name, player.settings.momentum) == ("rmsprop", 0) for player in stage.players)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_critic_has_the_norms_that_are_asked_for(batch_norm):
    preparation = Preparation({"image": ImagePreparation(28, 28, 1, (0.5,), (0.5,))})
    critic = WGAN(WGAN.Config(width=4, batch_norm=batch_norm), preparation).nets["critic"]
    assert (
        sum(isinstance(layer, nn.BatchNorm2d) for layer in critic.modules()) == batch_norm
    )  # two layers, the first without


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "wgan", epochs=100, width=32, learning_rate=1e-3)
