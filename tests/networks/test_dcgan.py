"""Generator and discriminator for images of any size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hibiscus.networks.dcgan import (
    ConditionalDiscriminator,
    Discriminator,
    Generator,
    HeadedDiscriminator,
    build_dcgan,
    halvings,
)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 30, 47), (3, 64, 64), (1, 5, 3)])
def test_any_size(shape):
    made = Generator(7, shape, 4)(torch.randn(2, 7))
    assert made.shape == (2, *shape)
    assert made.abs().max() <= 1
    assert Discriminator(shape, 4)(made).shape == (2, 1)


def test_halvings():
    assert [halvings(side, side) for side in (4, 8, 9, 28, 32, 64, 128)] == [1, 1, 1, 2, 2, 3, 4]


def test_parameters_of_the_28_pixel_networks():
    """By hand: 100*6272 + 2*128 + (128*64*16 + 2*64) + (64*16 + 1); and 5x5 kernels with 64 and 128 filters,
    then 49*128 + 1.
    """
    count = lambda net: sum(p.numel() for p in net.parameters())  # noqa: E731
    assert count(Generator(100, (1, 28, 28))) == 627_200 + 256 + 131_072 + 128 + 1_025
    assert count(Discriminator((1, 28, 28))) == 25 * 64 + 64 + 25 * 64 * 128 + 128 + 49 * 128 + 1


def test_batch_norm_is_off_unless_asked_and_never_first():
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in Discriminator((1, 28, 28)).modules())
    asked = [type(layer) for layer in Discriminator((1, 28, 28), batch_norm=True).body]
    assert asked.index(nn.BatchNorm2d) > asked.index(nn.LeakyReLU)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 30, 47)])
def test_a_label_is_one_more_channel(shape):
    net = ConditionalDiscriminator(shape, 3, 4)
    x, label = torch.randn(2, *shape), torch.eye(3)
    assert net(x, label[:2]).shape == (2, 1)
    plain = Discriminator((shape[0] + 1, *shape[1:]), 4)
    plain.load_state_dict(net.body.state_dict())
    plane = net.plane[0].weight.T[:2].reshape(2, 1, *shape[1:])
    torch.testing.assert_close(net(x, label[:2]), plain(torch.cat([x, plane], 1)))
    assert not torch.equal(net(x[:1], label[:1]), net(x[:1], label[1:2]))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 30, 47)])
def test_heads_are_linear_on_the_body_of_the_plain_discriminator(shape):
    net, plain = HeadedDiscriminator(shape, {"real": 1, "label": 5}, 4), Discriminator(shape, 4)
    plain.body[:-1].load_state_dict(net.body.state_dict())
    x = torch.randn(2, *shape)
    features, found = plain.body[:-1](x), net(x)
    assert list(found) == ["real", "label"]
    for name, answer in found.items():
        head = net.heads[name]
        torch.testing.assert_close(answer, features @ head.weight.T + head.bias)
    assert found["label"].shape == (2, 5)


def test_both_networks_by_name():
    networks = build_dcgan((3, 16, 24), 5, 8, batch_norm=True)
    images = networks["generator"](torch.zeros(2, 5))
    assert images.shape == (2, 3, 16, 24)
    assert networks["discriminator"](images).shape == (2, 1)
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in networks["discriminator"].modules())
