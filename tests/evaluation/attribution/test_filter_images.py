import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.feature_maps import map_layers
from hibiscus.evaluation.attribution.filter_images import before_activation, filter_images


def test_a_filter_for_one_color_gets_an_image_of_this_color():
    layer = nn.Conv2d(3, 3, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_((2 * torch.eye(3) - 1)[:, :, None, None])  # a channel minus the others
    found = filter_images(layer, layer, [0, 1, 2], (3, 16, 16), steps=60)
    assert found.shape == (3, 3, 16, 16)
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1
    assert found.mean((2, 3)).argmax(1).tolist() == [0, 1, 2]


def test_a_filter_for_vertical_edges_gets_vertical_stripes():
    layer = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.ReLU(inplace=True))
    with torch.no_grad():
        layer[0].weight.copy_(torch.tensor([[[[-1.0, 0, 1]] * 3]]))
    (found,) = filter_images(layer, layer, [0], (1, 24, 24), steps=60)
    across, down = found.diff(dim=2).abs().mean(), found.diff(dim=1).abs().mean()
    assert across > 2 * down


def test_the_response_is_higher_than_that_of_noise_and_the_variation_lower_with_a_larger_weight():
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 4, 5)

    def response(images):
        with torch.no_grad():
            return layer(images)[torch.arange(4), torch.arange(4)].mean((1, 2))

    def variation(images):
        return float(images.diff(dim=3).abs().mean())

    found = filter_images(layer, layer, range(4), (3, 20, 20), steps=60)
    noise = torch.rand(4, 3, 20, 20)
    assert (response(found) > response(noise)).all()
    smooth = filter_images(layer, layer, range(4), (3, 20, 20), steps=60, tv_weight=50)
    assert variation(smooth) < variation(found)


def test_what_follows_the_layer_is_not_computed_and_hooks_are_removed():
    layer = nn.Conv2d(1, 2, 3)

    def forward(x):
        layer(x)
        raise AssertionError("computed what follows the layer")

    with torch.inference_mode():
        found = filter_images(forward, layer, [1], (1, 12, 12), steps=3)
    assert found.shape == (1, 1, 12, 12)
    assert not layer._forward_hooks
    assert layer.weight.grad is None


def test_the_same_seed_gives_the_same_images():
    layer = nn.Conv2d(1, 2, 3)
    one, two, three = (filter_images(layer, layer, [0], (1, 9, 9), steps=4, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


def test_the_map_is_read_before_its_activation():
    block = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True))
    network = nn.Sequential(block, nn.Conv2d(4, 2, 3), nn.ReLU6(), nn.Identity())
    layers = map_layers(network, lambda: network(torch.randn(1, 1, 9, 9)))
    assert before_activation(network, "0", layers) == (block[1], True)
    assert before_activation(network, "0.1", layers) == (block[1], True)
    assert before_activation(network, "0.0", layers) == (block[0], False)
    assert before_activation(network, "1", layers) == (network[1], False)
    assert before_activation(network, "3", layers) == (network[2], True)


def test_a_channel_that_is_always_zero_after_the_activation_is_maximized_before_it():
    relu = nn.ReLU(inplace=True)
    convolution = nn.Conv2d(1, 1, 1)
    with torch.no_grad():
        convolution.weight.fill_(1)
        convolution.bias.fill_(-5)
    network = nn.Sequential(convolution, relu)
    found = filter_images(network, relu, [0], (1, 8, 8), at_input=True, steps=60)
    assert float(found.mean()) > 0.6


def test_a_channel_that_there_is_not():
    layer = nn.Conv2d(1, 2, 3)
    with pytest.raises(ConfigError, match="channel 2"):
        filter_images(layer, layer, [0, 2], (1, 9, 9), steps=2)
