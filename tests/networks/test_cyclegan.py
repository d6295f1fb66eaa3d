"""Generators from images to images."""

from __future__ import annotations

import pytest
import torch

from hibiscus.networks.cyclegan import (
    Alignment,
    ResNetGenerator,
    UNetGenerator,
    residual_blocks,
    times_halved,
)


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("kind", [UNetGenerator, ResNetGenerator])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (3, 33, 21), (1, 5, 3), (3, 64, 40)])
@pytest.mark.parametrize("kernel_size", [3, 5])
def test_any_size(kind, shape, kernel_size):
    made = kind(shape, 4, kernel_size)(torch.randn(2, *shape))
    assert made.shape == (2, *shape)
    assert made.abs().max() <= 1


def test_halvings_and_blocks():
    assert [times_halved((3, side, side), 3) for side in (3, 4, 7, 8, 16, 28, 32, 256)] == [
        0,
        0,
        1,
        1,
        2,
        3,
        3,
        3,
    ]
    assert times_halved((3, 64, 9), 3) == 1
    assert [residual_blocks((3, side, side)) for side in (32, 255, 256, 512)] == [6, 6, 9, 9]


def test_parameters_of_the_unet():
    """870,757 has Atienza's from one to three channels; here as many leave as come, and nothing stands where
    a norm undoes it.
    """
    between = 3 * 3 * 32 * (3 - 1)  # the first layer's weights for two more channels
    assert count(UNetGenerator((3, 32, 32))) == 870_757 - 2 + between - (64 + 128 + 256) - (128 + 64)


def test_parameters_of_the_resnet():
    """By hand: Zhu et al.'s 11.378 million for nine blocks of 256 filters, whose norms have no weights."""
    norms = 2 * (64 + 128 + 256 + 9 * 2 * 256 + 128 + 64)
    convolutions = (
        49 * 3 * 64
        + 9 * 64 * 128
        + 9 * 128 * 256
        + 18 * 9 * 256 * 256
        + 9 * 256 * 128
        + 9 * 128 * 64
        + 49 * 64 * 3
        + 3
    )
    assert count(ResNetGenerator((3, 256, 256), 64)) == convolutions + norms


@pytest.mark.parametrize("kind", [UNetGenerator, ResNetGenerator])
def test_a_image_is_translated_alike_whatever_is_beside_it(kind):
    net, x = kind((1, 16, 16), 4), torch.randn(3, 1, 16, 16)
    torch.testing.assert_close(net(x)[1:2], net(x[1:2]))


def test_every_map_of_the_encoder_reaches_the_decoder():
    net, maps = UNetGenerator((1, 32, 32), 4), []
    for layer in (net.stem, *net.down):
        layer.register_forward_hook(lambda layer, given, made: maps.append(made) or made.retain_grad())
    net.last.register_forward_pre_hook(lambda layer, given: maps.append(given[0]))
    net(torch.randn(2, 1, 32, 32)).square().sum().backward()
    beside = maps.pop()
    assert torch.equal(beside[:, 4:], maps[0])
    assert [m.shape[2] for m in maps] == [32, 16, 8, 4]
    assert all(m.grad.abs().sum() > 0 for m in maps)


def test_brightness_is_not_lost():
    """A dark and a bright flat image are told apart, which a norm before the first layer would prevent."""
    net = UNetGenerator((1, 16, 16), 4)
    dark, bright = (torch.full((1, 1, 16, 16), value) for value in (-0.5, 0.5))
    assert not torch.allclose(net(dark), net(bright))


@pytest.mark.parametrize("kind", [UNetGenerator, ResNetGenerator])
def test_an_untrained_one_leaves_the_image_nearly_as_it_is(kind):
    x = torch.rand(2, 1, 16, 16) * 2 - 1
    net = kind((1, 16, 16), 4)
    assert (net(x) - torch.tanh(2 * x)).abs().mean() < 0.1
    net.residual = False
    assert (net(x) - torch.tanh(2 * x)).abs().mean() > 0.3


def squares(side, top, left, count=40):
    """Images of a bright square on black, of all brightnesses."""
    x = torch.full((count, 1, 28, 28), -1.0)
    x[:, :, top : top + side, left : left + side] = torch.linspace(-1, 1, count).view(-1, 1, 1, 1)
    return x


def test_images_are_brought_to_where_the_other_domain_varies():
    own, other = squares(20, 2, 6), squares(10, 12, 8)
    alignment = Alignment(1)
    torch.testing.assert_close(
        alignment(own), own, atol=1e-5, rtol=0
    )  # unmeasured, it leaves them as they are
    alignment.fit(own, other)
    assert alignment.scale.tolist() == pytest.approx([2, 2], abs=0.02)
    torch.testing.assert_close(alignment(own), other, atol=0.15, rtol=0)  # at edges a pixel is a mean of four
    back = Alignment(1)
    back.fit(other, own)
    assert (back(alignment(own)) - own).abs().mean() < 0.06  # of a mean difference of 0.5 to the other


def test_downwards_and_across_are_told_apart():
    own, other = torch.full((40, 1, 20, 30), -1.0), torch.full((40, 1, 20, 30), -1.0)
    own[:, :, 4:16, 3:9] = other[:, :, 5:11, 12:24] = torch.linspace(-1, 1, 40).view(-1, 1, 1, 1)
    alignment = Alignment(1)
    alignment.fit(own, other)
    assert alignment.scale.tolist() == pytest.approx([2, 0.5], rel=0.03)
    assert (alignment(own) - other).abs().mean() < 0.03


def test_images_that_fill_the_frame_stay():
    generator = torch.Generator().manual_seed(0)
    own, other = (2 * torch.rand(2000, 3, 16, 12, generator=generator) - 1 for _ in range(2))
    alignment = Alignment(3)
    alignment.fit(own, other)
    assert (alignment(own) - own).abs().mean() < 0.02
    alike = torch.zeros(5, 3, 16, 12)
    alignment.fit(alike, alike)
    assert (alignment(own) - own).abs().mean() < 0.001
