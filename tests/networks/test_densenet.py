import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.densenet import Bottleneck


def test_parameters_are_the_paper_s():
    """Huang et al. 2016, table 2: DenseNet-BC (L = 100, k = 12) has 0.8 million."""
    count = count_parameters(build_network("densenet-bc-100-12", (3, 32, 32), 10))
    assert count == 769_162
    assert round(count / 1e6, 1) == 0.8
    assert count_parameters(build_network("densenet-bc-40-12", (3, 32, 32), 10)) == 176_122


@pytest.mark.slow
@pytest.mark.parametrize(("name", "millions"), [("densenet-bc-250-24", 15.3), ("densenet-bc-190-40", 25.6)])
def test_parameters_of_the_large_ones(name, millions):
    assert round(count_parameters(build_network(name, (3, 32, 32), 10)) / 1e6, 1) == millions


def test_depth_counts_layers_with_weights():
    network = build_network("densenet-bc-40-12", (3, 32, 32), 10)
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules()) == 40


def test_bottleneck_keeps_its_input_and_adds_growth():
    block = Bottleneck(10, 4, 0.0)
    x = torch.randn(2, 10, 5, 5)
    out = block(x)
    assert out.shape == (2, 14, 5, 5)
    assert torch.equal(out[:, :10], x)
    assert block.conv1.out_channels == 16


def test_transitions_halve_maps_and_filters():
    network = build_network("densenet-bc-22-12", (3, 32, 32), 10)
    x, shapes = torch.zeros(1, 3, 32, 32), []
    with torch.no_grad():
        for layer in network.eval():
            x = layer(x)
            if isinstance(layer, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
                shapes.append(tuple(x.shape[1:]))
    # 24 + 3*12 = 60 -> 30; 30 + 36 = 66 -> 33; 33 + 36 = 69, no transition after the last block
    assert shapes == [(30, 16, 16), (33, 8, 8), (69, 1, 1)]


def test_dropout_after_each_convolution_but_the_first():
    network = build_network("densenet-bc-10-12", (1, 8, 8), 2, dropout=0.2)
    assert sum(isinstance(layer, nn.Dropout) for layer in network) == 2
    assert all(layer.dropout == 0.2 for layer in network if isinstance(layer, Bottleneck))
    x = torch.randn(4, 1, 8, 8)
    network.eval()
    assert torch.equal(network(x), network(x))
