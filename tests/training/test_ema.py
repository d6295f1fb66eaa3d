from __future__ import annotations

import torch
from torch import nn

from hibiscus.training.ema import ema_followers, ema_or, with_ema


def test_an_average_is_a_frozen_copy_that_follows_its_network():
    networks = with_ema({"network": nn.Linear(2, 1, bias=False)}, "network", 0.5)
    assert ema_or(networks, "network") is networks["ema"]
    assert not any(p.requires_grad for p in networks["ema"].parameters())
    networks["ema"].weight.data.zero_()
    networks["network"].weight.data.fill_(1.0)
    (follower,) = ema_followers(networks, "network", 0.5)
    follower.follow(0)
    torch.testing.assert_close(networks["ema"].weight, torch.full((1, 2), 0.9))  # warming up: decay 1/10


def test_without_decay_there_is_no_average():
    networks = with_ema({"network": nn.Linear(2, 1)}, "network", 0.0)
    assert list(networks) == ["network"]
    assert ema_followers(networks, "network", 0.0) == []
    assert ema_or(networks, "network") is networks["network"]
