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
        ({"name": "own", "output_stride": 8}, "for efficientnet-lite0 or resnet"),
        ({"name": "resnet", "output_stride": 2}, "at least 4"),
        ({"name": "efficientnet-lite0", "strides": (1, 8)}, "at least 2"),
        ({"name": "efficientnet-lite0", "output_stride": 1}, "at least 2"),
        ({"name": "efficientnet-lite0", "depth": 20}, "no such options"),
        ({"name": "own", "width": 0.01}, "width=0.01"), ({"name": "own", "image_shape": (3, 4, 4)}, "8x8"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, message):
    with pytest.raises(ConfigError) as caught:
        build_backbone(**{"image_shape": (3, 64, 64), **options})
    assert message in str(caught.value)


def test_efficientnet_has_taps_after_its_groups_of_blocks():
    network = build_backbone("efficientnet-lite0", (1, 65, 96), strides=(2, 8, 16, 32)).eval()
    assert network.channels == (16, 40, 112, 320)
    assert network.strides == (2, 8, 16, 32)
    maps = network(torch.rand(2, 1, 65, 96))
    assert [tuple(each.shape[1:]) for each in maps] == [(16, 33, 48), (40, 9, 12), (112, 5, 6), (320, 3, 3)]
    assert len(build_backbone("efficientnet-lite0", (3, 64, 64), strides=(4,)).stages) == 3


def test_the_last_map_is_that_of_a_classifier():
    classifier = build_network("efficientnet-lite0", (3, 64, 64), 5).eval()
    network = build_backbone("efficientnet-lite0", (3, 64, 64), strides=None).eval()
    assert (network.channels, network.strides) == ((1280,), (32,))
    network.load_state_dict(classifier.state_dict(), strict=False)
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(network(x)[0], classifier.stages(x))
    assert build_backbone("vgg", (3, 64, 64), strides=None, **LIGHT["vgg"]).strides == (16,)


def test_efficientnet_with_an_output_stride_sees_the_same_at_every_second_place():
    """Sides of 4n+1 pixels are padded alike at both ends, so the maps have a common center."""
    plain, dilated = (
        build_backbone("efficientnet-lite0", (3, 65, 65), strides=(8, 16), output_stride=each).eval()
        for each in (None, 8)
    )
    assert dilated.strides == (8, 8)
    dilated.load_state_dict(plain.state_dict())
    x = torch.rand(1, 3, 65, 65)
    torch.testing.assert_close(dilated(x)[1][..., ::2, ::2], plain(x)[1], atol=1e-4, rtol=1e-4)


def test_frozen_stages_keep_their_weights_and_statistics():
    network = build_backbone("own", (3, 16, 16), strides=(2, 4, 8))
    network.freeze(2)
    network.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for each in network(torch.rand(4, 3, 16, 16)):
        each.requires_grad and each.sum().backward()
    trained = {
        name.split(".")[1] for name, parameter in network.named_parameters() if parameter.requires_grad
    }
    changed = {
        name.split(".")[1]
        for name, tensor in network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert trained == changed == {"2"}
    network.freeze(0)
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(stage.training for stage in network.stages)
