"""Networks that answer for each pixel: shapes, parameters, and what reaches where."""

from __future__ import annotations

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.resnet import BottleneckBlock
from hibiscus.networks.segmentation import FCN, PSPNet, Trunk


@pytest.mark.parametrize("shape", [(3, 48, 64), (1, 37, 51), (3, 33, 90)])
@pytest.mark.parametrize("kind", [FCN, PSPNet])
def test_scores_for_each_pixel_of_any_size(kind, shape):
    network = kind(shape, 5, width=4, blocks=1, filters=8)
    x = torch.randn(1, *shape)
    scores = network(x)  # a batch of one, in training
    for one in scores if isinstance(scores, tuple) else (scores,):
        assert one.shape == (1, 5, *shape[1:])
    network.eval()
    assert network(x).shape == (1, 5, *shape[1:])


@pytest.mark.parametrize("kind", [FCN, PSPNet])
def test_the_gradient_reaches_every_parameter(kind):
    network = kind((3, 48, 48), 3, width=4, blocks=1, filters=8)
    scores = network(torch.randn(2, 3, 48, 48))
    sum(one.square().sum() for one in (scores if isinstance(scores, tuple) else (scores,))).backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters()
    )


def test_the_trunk_halves_and_dilates_as_told():
    trunk = Trunk(3, 8, (2, 1, 1), (2, 2, 2, 1), (1, 1, 2), maps=3)
    maps = trunk(torch.randn(2, 3, 64, 48))
    assert [tuple(one.shape[1:]) for one in maps] == [(32, 16, 12), (64, 8, 6), (128, 8, 6)]
    assert trunk.channels == [32, 64, 128]
    dilated = [block.conv2.dilation for block in trunk.modules() if isinstance(block, BottleneckBlock)]
    assert dilated == [(1, 1), (1, 1), (1, 1), (2, 2)]


def test_an_fcn_sees_the_whole_image_through_its_coarsest_level():
    torch.manual_seed(0)  # few filters: with some weights none of them lets anything through
    network = FCN((1, 64, 64), 2, width=4, blocks=1, levels=4, filters=16).eval()
    x = torch.randn(1, 1, 64, 64, requires_grad=True)
    network(x)[0, 0, 0, 0].backward()
    assert x.grad is not None
    assert (x.grad[0, 0, :, 40:] != 0).any()


def test_more_levels_or_smaller_images_than_it_bears_are_refused():
    with pytest.raises(ConfigError, match="levels=3"):
        FCN((3, 32, 32), 2, levels=4)
    with pytest.raises(ConfigError, match="8 pixels"):
        PSPNet((3, 6, 32), 2)
