"""Encoders and decoders for images of any size."""

from __future__ import annotations

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.vae import ConditionalDecoder, ConditionalEncoder, build_decoder, build_encoder


@pytest.mark.parametrize("kind", ["mlp", "cnn", "pool"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 30, 47), (1, 5, 3), (3, 64, 64)])
def test_any_size(kind, shape):
    numbers = build_encoder(kind, shape, 6, hidden=16, filters=4)(torch.randn(2, *shape))
    assert numbers.shape == (2, 6)
    assert build_decoder(kind, 6, shape, hidden=16, filters=4)(numbers).shape == (2, *shape)


def test_parameters_of_the_28_pixel_networks():
    """By hand: linear layers with their biases; 3x3 convolutions down to 7x7 and 4x4 transposed ones back."""
    count = lambda net: sum(p.numel() for p in net.parameters())  # noqa: E731
    shape = (1, 28, 28)
    assert count(build_encoder("mlp", shape, 100)) == 785 * 512 + 513 * 512 + 513 * 100
    assert count(build_decoder("mlp", 50, shape)) == 51 * 512 + 513 * 512 + 513 * 784
    flat = 64 * 7 * 7
    assert (
        count(build_encoder("cnn", shape, 100)) == 10 * 32 + (9 * 32 + 1) * 64 + (flat + 1) * 512 + 513 * 100
    )
    assert count(build_decoder("cnn", 50, shape)) == 51 * 512 + 513 * flat + (16 * 64 * 32 + 32) + (
        16 * 32 + 1
    )


def test_pooling_networks_are_as_they_are_said_to_be():
    """By hand for 28 pixels; norm, ReLU, convolution, pooling, and the same backwards with upsampling."""
    encoder, decoder = build_encoder("pool", (1, 28, 28), 16), build_decoder("pool", 16, (1, 28, 28))
    names = lambda net: " ".join(type(layer).__name__ for layer in net)  # noqa: E731
    assert names(encoder) == "Conv2d MaxPool2d BatchNorm2d ReLU Conv2d MaxPool2d ReLU Flatten Linear"
    block = "BatchNorm2d ReLU ConvTranspose2d Upsample"
    assert names(decoder) == f"Linear Unflatten {block} {block} BatchNorm2d ReLU ConvTranspose2d Crop"
    count = lambda net: sum(p.numel() for p in net.parameters())  # noqa: E731
    flat = 64 * 7 * 7
    assert count(encoder) == 9 * 32 + 2 * 32 + (9 * 32 + 1) * 64 + (flat + 1) * 16
    assert count(decoder) == 17 * flat + 2 * 64 + 9 * 64 * 32 + 2 * 32 + 9 * 32 * 32 + 2 * 32 + 9 * 32 + 1


def test_filters_double_up_to_256():
    widths = [
        layer.out_channels
        for layer in build_encoder("cnn", (3, 256, 256), 4, hidden=4)
        if isinstance(layer, torch.nn.Conv2d)
    ]
    assert widths == [32, 64, 128, 256, 256]


def test_another_kind_is_told():
    with pytest.raises(ConfigError, match="net="):
        build_encoder("resnet20", (1, 8, 8), 4)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_the_class_is_one_more_channel(kind):
    shape = (3, 9, 6)
    network = ConditionalEncoder(kind, shape, 4, 6, hidden=16, filters=4)
    x, seen = torch.randn(2, *shape), []
    network.body.register_forward_pre_hook(lambda net, given: seen.append(given[0]))
    assert network(x, torch.eye(4)[[0, 3]]).shape == (2, 6)
    assert torch.equal(seen[0][:, :3], x)
    plane = next(network.plane.parameters())  # one weight for each pixel and class
    assert torch.equal(seen[0][1, 3].flatten(), plane[:, 3])


def test_the_class_scales_and_shifts_the_hidden_units():
    network = ConditionalDecoder("mlp", 5, 3, (1, 4, 4), hidden=8)
    z, label = torch.randn(2, 5), torch.eye(3)[[0, 2]]
    first, second, last = [layer for layer in network.body if isinstance(layer, torch.nn.Linear)]
    x = z
    for layer, gate in zip((first, second), network.gates, strict=True):
        scale, shift = gate.weight.T[[0, 2]].chunk(2, dim=1)
        x = torch.relu((x @ layer.weight.T + layer.bias) * (1 + scale) + shift)
    torch.testing.assert_close(network(z, label), (x @ last.weight.T + last.bias).view(2, 1, 4, 4))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 30, 47)])
def test_a_convolutional_decoder_hears_the_class_too(shape):
    network, z = ConditionalDecoder("cnn", 5, 3, shape, hidden=8, filters=4), torch.randn(2, 5)
    answers = [network(z, torch.eye(3)[[number, number]]) for number in (0, 1)]
    assert answers[0].shape == (2, *shape)
    assert not torch.allclose(*answers)
