"""What GANs of one generator share: rates of the two players, and the average that samples come from."""

from __future__ import annotations

import numpy as np
import torch

from methods.gan_fixtures import GAMES, Images, game_of


@GAMES
def test_the_generator_learns_at_its_share_of_the_rate(kind):
    game = game_of(kind, generator_lr_factor=0.25)
    judge, generator = next(game.stages(Images())).players
    assert generator.settings.lr == 0.25 * judge.settings.lr


@GAMES
def test_samples_come_from_the_average_where_one_is_kept(kind):
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
