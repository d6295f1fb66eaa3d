"""U-Nets for images of any size, with the parameters of the paper's."""

from __future__ import annotations

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.unet import UNet, build_unet, max_depth


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 30, 47), (3, 5, 3), (3, 2, 9), (3, 64, 64)])
def test_any_size(norm, shape):
    network = build_unet(shape, 2, width=4, norm=norm)
    assert network(torch.randn(2, *shape)).shape == (2, 2, *shape[1:])


def test_one_network_takes_images_of_another_size():
    network = build_unet((1, 28, 28), 3, width=4, norm="instance")
    assert network(torch.randn(1, 1, 45, 31)).shape == (1, 3, 45, 31)


def test_parameters_of_the_papers_network():
    """By hand for widths 64 to 1024: two 3x3 convolutions a level with biases, 2x2 transposed ones, and a 1x1
    head.
    """
    widths = [64, 128, 256, 512, 1024]
    expected, before = 0, 1
    for width in widths:
        expected += 9 * before * width + width + 9 * width * width + width
        before = width
    for width in widths[:-1]:
        expected += 4 * 2 * width * width + width + 9 * 2 * width * width + width + 9 * width * width + width
    expected += 64 * 2 + 2
    assert sum(p.numel() for p in UNet(1, 2, norm="none").parameters()) == expected


def test_edges_pass_beside_the_small_maps():
    """With nothing coming up from below, an output still sees its own pixel, and nothing that is far away."""
    network = build_unet((1, 16, 16), 1, width=4, norm="none")
    for enlarge in network.enlarge:
        torch.nn.init.zeros_(enlarge.weight)
    x = torch.randn(1, 1, 16, 16)
    moved = x.clone()
    moved[..., 3, 3] += 1
    change = (network(x) - network(moved)).abs()[0, 0]
    assert change[1:6, 1:6].max() > 0
    assert change[8:, 8:].max() == 0  # four convolutions of 3x3 see no farther than four pixels


@pytest.mark.parametrize(
    ("size", "depth"), [((28, 28), 4), ((2, 9), 0), ((3, 3), 1), ((5, 8), 2), ((64, 96), 5), ((1, 1), 0)]
)
def test_max_depth_leaves_two_pixels(size, depth):
    assert max_depth(*size) == depth
    side = min(size)
    for _ in range(depth):
        side = -(-side // 2)
    assert side >= min(2, min(size))


def test_as_deep_as_the_image_asks():
    depths = {side: len(build_unet((3, side, side), 1, width=4).up) for side in (8, 16, 28, 32, 64, 96, 256)}
    assert depths == {8: 1, 16: 1, 28: 2, 32: 2, 64: 3, 96: 4, 256: 4}


def test_too_deep_and_another_norm_are_told():
    with pytest.raises(ConfigError, match="depth=5"):
        build_unet((1, 28, 28), 1, depth=5)
    with pytest.raises(ConfigError, match="norm"):
        build_unet((1, 28, 28), 1, norm="layer")


def test_the_head_begins_with_weights_that_let_the_gradient_through():
    """With scores near nought a segmentation learns the commonest class alone for some epochs."""
    for width, outputs in ((12, 4), (64, 11)):
        weight = UNet(3, outputs, width, depth=1).head.weight
        assert weight.std().item() == pytest.approx((2 / (width + outputs)) ** 0.5, rel=0.25)
