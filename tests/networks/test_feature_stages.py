import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.feature_stages import map_shapes, split_stages
from hibiscus.networks.segmentation import PSPNet
from hibiscus.networks.unet import build_unet
from hibiscus.networks.vae import build_encoder

SHAPE = (3, 64, 64)
NETWORKS = {  # the channels and strides of the stages
    "cnn": (lambda: build_network("cnn", (3, 32, 32), 5), [(32, 2), (64, 4)]),
    "cnn with an even kernel": (lambda: build_network("cnn", (3, 32, 32), 5, kernel=4), [(32, 2), (64, 4)]),
    "conv4": (lambda: build_network("conv4", SHAPE, 5, filters=8), [(8, 2), (8, 4), (8, 8), (8, 16)]),
    "vggf": (lambda: build_network("vggf", SHAPE, 5), [(64, 2), (128, 4), (512, 8)]),
    "resnet20": (lambda: build_network("resnet20", (3, 32, 32), 5), [(16, 1), (32, 2), (64, 4)]),
    "densenet": (lambda: build_network("densenet-bc-10-4", (3, 32, 32), 5), [(12, 1), (10, 2), (9, 4)]),
    "resnet18": (
        lambda: build_network("resnet18", SHAPE, 5),
        [(64, 4), (64, 4), (128, 8), (256, 16), (512, 32)],
    ),
    "efficientnet-lite0": (
        lambda: build_network("efficientnet-lite0", SHAPE, 5),
        [(32, 2), (16, 2), (24, 4), (40, 8), (80, 16), (112, 16), (192, 32), (320, 32), (1280, 32)],
    ),
    "backbone": (lambda: build_backbone("own", SHAPE, strides=(2, 8)), [(32, 2), (64, 4), (128, 8)]),
    "encoder": (lambda: build_encoder("pool", SHAPE, 5, filters=4), [(4, 2), (8, 4), (16, 8)]),
    "unet": (lambda: build_unet(SHAPE, 5, 4, depth=2), [(4, 1), (8, 2), (16, 4)]),
    "trunk": (lambda: PSPNet(SHAPE, 5, 4, 1).trunk, [(16, 4), (32, 8), (64, 8), (128, 8)]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_stages_of_each_network(name):
    build, expected = NETWORKS[name]
    stages, after = split_stages(build(), name)
    assert [(shape.channels, shape.stride) for shape in map_shapes(stages)] == expected
    assert len(after) == len(stages)
    x = torch.rand(2, *SHAPE)
    for stage, (channels, stride) in zip(stages, expected, strict=True):
        x = stage(x)
        assert x.shape == (2, channels, 64 // stride, 64 // stride)


def test_the_last_map_is_what_the_head_takes():
    network = build_network("resnet20-v2", (3, 32, 32), 5).eval()
    stages, _ = split_stages(network, "resnet")
    x = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(nn.Sequential(*stages)(x), network[:-3](x))


def test_maps_of_sides_rounded_down_are_irregular():
    """Pooling of cnn rounds down; the strided convolutions of a resnet round up."""
    shapes = [
        map_shapes(split_stages(build_network(name, SHAPE, 5), name)[0]) for name in ("cnn", "resnet18")
    ]
    assert [shape.is_regular for shape in shapes[0]] == [False] * 3
    assert [shape.is_regular for shape in shapes[1]] == [True] * 5


def test_shapes_change_no_weights_and_no_mode():
    network = build_network("conv4", SHAPE, 5).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    map_shapes(split_stages(network, "conv4")[0])
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(module.training for module in network.modules())


@pytest.mark.parametrize("name", ["mlp", "linear", "ynetwork", "lstm"])
def test_networks_without_a_sequence_of_maps(name):
    with pytest.raises(ConfigError, match="net=run:x has no sequence of feature maps"):
        split_stages(build_network(name, SHAPE, 5), "net=run:x")
