import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.layers import MapNorm
from hibiscus.networks.resnet import BottleneckBlock

NAMES = ("own", "resnet", "vgg")
STRIDES = {"own": (8, 16, 32), "resnet": (8, 16, 32), "vgg": (8, 16)}
LIGHT = {"own": {}, "resnet": {"depth": 11}, "vgg": {"width": 0.125, "depth": 11}}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 33, 70)])
def test_maps_have_the_channels_and_strides_that_are_said(name, shape):
    for strides in (STRIDES[name], (2, 4), (1, 8), (16,)):
        network = build_backbone(name, shape, strides=strides, **LIGHT[name])
        assert network.strides == strides
        maps = network(torch.rand(2, *shape))
        expected = [
            (2, count, -(-shape[1] // stride), -(-shape[2] // stride))
            for count, stride in zip(network.channels, strides, strict=True)
        ]
        assert [tuple(each.shape) for each in maps] == expected
        sum(each.sum() + each.square().sum() for each in maps).backward()
        assert all(parameter.grad is not None for parameter in network.parameters())


def test_parameters_are_those_of_the_classifiers():
    """VGG16 without its head; resnet20-v2 at width 1 without its head but with a norm for each map."""
    assert count_parameters(build_backbone("vgg", (3, 32, 32), strides=(16,))) == 14_724_042 - 5130
    classifier = build_network("resnet20-v2", (3, 32, 32), 10)
    mine = build_backbone("resnet", (3, 32, 32), strides=(1, 2, 4))
    assert mine.channels == (64, 128, 256)
    assert count_parameters(mine) == count_parameters(classifier) - 2570 + 2 * (64 + 128)
    own = build_backbone("own", (3, 32, 32), depth=1, strides=(2, 4))
    assert count_parameters(own) == (27 * 32 + 2 * 32) + (9 * 32 * 64 + 2 * 64)


def test_the_residual_backbone_is_the_classifier():
    classifier = build_network("resnet20-v2", (3, 32, 32), 10).eval()
    mine = build_backbone("resnet", (3, 32, 32), strides=(1, 2, 4)).eval()
    weights = list(classifier.state_dict().values())[:-2]
    own = [name for name in mine.state_dict() if not name.startswith(("finish.0", "finish.1"))]
    mine.load_state_dict(dict(zip(own, weights, strict=True)), strict=False)
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(mine(x)[2], classifier[:-3](x))


def test_output_stride_dilates_and_changes_no_weight():
    shape = (3, 65, 96)
    for most, strides in ((8, (4, 8, 8, 8)), (16, (4, 8, 16, 16)), (4, (4, 4, 4, 4))):
        plain, dilated = (
            build_backbone("resnet", shape, strides=(4, 8, 16, 32), output_stride=each)
            for each in (None, most)
        )
        assert plain.strides == (4, 8, 16, 32)
        assert dilated.strides == strides
        assert count_parameters(plain) == count_parameters(dilated)
        maps = dilated(torch.rand(2, *shape))
        assert [tuple(each.shape[2:]) for each in maps] == [
            (-(-65 // stride), -(-96 // stride)) for stride in strides
        ]
    blocks = [module for module in dilated.modules() if isinstance(module, BottleneckBlock)]
    assert [block.conv2.dilation[0] for block in blocks] == [1, 1, 1, 2, 2, 4, 4, 8]


def test_a_dilated_network_sees_at_every_second_place_what_the_strided_one_sees():
    shape = (1, 64, 64)
    plain, dilated = (
        build_backbone("resnet", shape, strides=(4, 8), output_stride=each).eval() for each in (None, 4)
    )
    dilated.load_state_dict(plain.state_dict())
    x = torch.rand(1, *shape)
    torch.testing.assert_close(dilated(x)[1][..., ::2, ::2], plain(x)[1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_one_image_whose_map_has_one_place_can_be_trained_on(name):
    network = build_backbone(name, (3, 16, 16), strides=(8, 16), **LIGHT[name]).train()
    maps = network(torch.rand(1, 3, 16, 16))
    assert maps[1].shape[2:] == (1, 1)
    assert all(each.isfinite().all() for each in maps)


def test_map_norm_is_batch_norm():
    one, other = MapNorm(4), nn.BatchNorm2d(4)
    x = torch.randn(3, 4, 2, 2)
    assert torch.equal(one(x), other(x))
    assert torch.equal(one.running_mean, other.running_mean)
    single = torch.randn(1, 4, 1, 1)
    assert torch.equal(one(single), other.eval()(single))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "resnt"}, "did you mean resnet"),
        ({"name": "vgg", "strides": (8, 32)}, "powers of 2 up to 16"),
        ({"name": "own", "strides": (8, 12)}, "powers of 2"),
        ({"name": "own", "strides": (16, 8)}, "increasing"),
        ({"name": "resnet", "depth": 21}, "nearest depths are 20 or 29"),
        ({"name": "vgg", "depth": 12, "width": 0.5}, "depth='12'"),
        ({"name": "own", "output_stride": 8}, "for resnet"),
        ({"name": "resnet", "output_stride": 2}, "at least 4"),
        ({"name": "own", "width": 0.01}, "width=0.01"), ({"name": "own", "image_shape": (3, 4, 4)}, "8x8"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, message):
    with pytest.raises(ConfigError) as caught:
        build_backbone(**{"image_shape": (3, 64, 64), **options})
    assert message in str(caught.value)
