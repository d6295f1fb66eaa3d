"""Layers that keep the gradient's layout: the same numbers as PyTorch's own, laid out as their maps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from hibiscus.networks.memory_format import AveragePool, Flatten, same_layout
from hibiscus.networks.registry import build_network


def gradient_of(layer, x):
    """The layer's output, its gradient as the layer before receives it, and the gradient at x."""
    x = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    between = x * 1
    met = []
    between.register_hook(lambda gradient: met.append(gradient))
    y = layer(between)
    (y * torch.arange(y.numel()).view_as(y)).sum().backward()
    return y, met[0], x.grad


PAIRS = [(Flatten(), nn.Flatten()), *((AveragePool(side), nn.AdaptiveAvgPool2d(side)) for side in (1, 2))]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("last", [False, True])
def test_numbers_equal_and_the_gradient_lies_as_the_map(pair, last):
    x = torch.randn(3, 4, 5, 6)
    x = x.contiguous(memory_format=torch.channels_last) if last else x
    (ours, layout, first), (native, _, second) = (gradient_of(layer, x) for layer in pair)
    assert torch.equal(ours, native)
    assert torch.equal(first, second)
    assert layout.is_contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def test_what_is_no_map_is_handed_on():
    row = torch.randn(2, 3, requires_grad=True)
    assert same_layout(row) is row
    still = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    assert same_layout(still) is still, "nothing to do where no gradient is asked"


def test_a_gradient_of_the_gradient_is_right():
    x = (
        torch.randn(2, 3, 2, 2, dtype=torch.float64)
        .contiguous(memory_format=torch.channels_last)
        .requires_grad_()
    )
    assert torch.autograd.gradgradcheck(lambda x: same_layout(x).pow(3).flatten(1), x)


@pytest.mark.parametrize("name", ["cnn", "conv4", "resnet20", "resnet20-v2", "vgg11", "densenet-bc-40-12"])
def test_no_rectifier_meets_two_layouts(name):
    network = build_network(name, (3, 32, 32), 10).to(memory_format=torch.channels_last).train()
    met = []

    def watch(path, y):
        y.register_hook(lambda gradient: met.append((path, y, gradient)))

    for path, layer in network.named_modules():
        if isinstance(layer, nn.ReLU):
            layer.register_forward_hook(lambda _, __, y, path=path: watch(path, y))
    network(torch.rand(2, 3, 32, 32).contiguous(memory_format=torch.channels_last)).square().sum().backward()
    assert met
    for path, y, gradient in met:
        assert gradient.is_contiguous(memory_format=torch.channels_last) or not y.is_contiguous(
            memory_format=torch.channels_last
        ), path
