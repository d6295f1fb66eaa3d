import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError, UsageError
from hibiscus.evaluation.attribution.feature_maps import (
    MapLayer,
    activations,
    deepest_map_layer,
    find_layer,
    last_map_layer,
    map_layers,
    spread,
)
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.registry import build_network


def network():
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    return nn.Sequential(
        block, nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2)
    ).eval()


IMAGE = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def layers_of(module, image=IMAGE):
    return map_layers(module, lambda: module(image))


def test_the_layers_with_maps_in_the_order_of_execution():
    found = layers_of(network())
    assert [layer.name for layer in found] == ["0.0", "0.1", "0.2", "0", "1", "2", "3"]
    assert found[0] == MapLayer("0.0", "Conv2d", (4, 8, 8))
    assert found[5].shape == (6, 2, 2)


def test_activations_are_those_of_each_layer_although_the_next_overwrites_them():
    module = network()
    found = activations(module, ["0.1", "0.2", "0"], lambda: module(IMAGE))
    with torch.no_grad():
        norm = module[0][1](module[0][0](IMAGE))
    assert torch.allclose(found["0.1"], norm)
    assert (norm < 0).any()
    assert torch.allclose(found["0.2"], norm.relu())
    assert torch.equal(found["0"], found["0.2"])
    assert not any(layer._forward_hooks for layer in module.modules())


def test_the_last_map_is_that_before_pooling_to_one_position():
    assert last_map_layer(layers_of(network())) == "2"


def test_a_network_without_maps():
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    assert layers_of(module) == []
    with pytest.raises(UsageError, match="no convolutional layers"):
        last_map_layer([])


@pytest.mark.parametrize(
    "name", ["cnn", "conv4", "resnet20", "resnet18", "densenet-bc-22-12", "vgg11", "ynetwork"]
)
def test_the_layer_for_grad_cam_has_several_positions_in_every_network(name):
    module = build_network(name, (3, 32, 32), 5).eval()
    image = torch.randn(1, 3, 32, 32)
    layers = layers_of(module, image)
    chosen = next(layer for layer in layers if layer.name == deepest_map_layer(layers))
    assert chosen.shape[1] >= 2
    assert find_layer(module, chosen.name, layers) is module.get_submodule(chosen.name)
    assert spread(layers, 5)[-1].shape == chosen.shape


def test_the_deepest_map_of_a_backbone_precedes_what_follows_it():
    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = build_backbone("own", (3, 64, 64), strides=(8, 16))
            self.head = nn.Conv2d(256, 6, 3, padding=1)

        def forward(self, x):
            maps = self.backbone(x)
            return self.head(maps[-1][:, :1].repeat(1, 256, 1, 1))

    module = Detector().eval()
    assert deepest_map_layer(layers_of(module, torch.randn(1, 3, 64, 64))).startswith("backbone.")


def test_layers_of_a_few_shapes_are_spread_over_the_depth():
    shapes = [(4, 8, 8)] * 3 + [(8, 4, 4)] * 2 + [(16, 2, 2)] * 3 + [(16, 1, 1)]
    layers = [MapLayer(str(index), "Conv2d", shape) for index, shape in enumerate(shapes)]
    assert [layer.name for layer in spread(layers, 8)] == ["2", "4", "7"]
    assert [layer.name for layer in spread(layers, 1)] == ["7"]


def test_an_unknown_layer_is_answered_with_those_that_there_are():
    module = network()
    for name in ("0.9", "5"):
        with pytest.raises(ConfigError) as caught:
            find_layer(module, name, layers_of(module))
        assert "0.0, 0.1, 0.2, 0, 1, 2, 3" in str(caught.value)
    with pytest.raises(ConfigError, match="no layer of this network"):
        activations(module, ["5"], lambda: module(IMAGE))


def test_a_compiled_network_is_read_too():
    module = network()
    expected = layers_of(module)
    module.compile(backend="eager")
    module(IMAGE)
    assert layers_of(module) == expected
