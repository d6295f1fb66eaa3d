import pytest
import torch
from torch import nn

from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.resnet import BasicBlock, BottleneckBlock


@pytest.mark.parametrize(
    ("name", "count", "millions"),
    [
        ("resnet20", 269_722, 0.27),
        ("resnet32", 464_154, 0.46),
        ("resnet44", 658_586, 0.66),
        ("resnet56", 853_018, 0.85),
        ("resnet110", 1_727_962, 1.7),
        ("resnet164-v2", 1_703_258, 1.7),
    ],
)
def test_parameters_are_the_paper_s(name, count, millions):
    """He et al. 2015, table 6; He et al. 2016, table 4."""
    assert count_parameters(build_network(name, (3, 32, 32), 10)) == count
    assert round(count / 1e6, 2 if millions < 1 else 1) == millions


@pytest.mark.parametrize(("name", "layers"), [("resnet20", 20), ("resnet20-v2", 20), ("resnet29-v2", 29)])
def test_depth_counts_layers_with_weights(name, layers):
    network = build_network(name, (3, 32, 32), 10)
    shortcuts = sum(
        ".shortcut" in layer for layer, module in network.named_modules() if isinstance(module, nn.Conv2d)
    )
    assert (
        sum(isinstance(module, nn.Conv2d | nn.Linear) for module in network.modules()) - shortcuts == layers
    )


def test_projection_adds_weights_where_the_shape_changes():
    pad = build_network("resnet20", (3, 32, 32), 10)
    projection = build_network("resnet20", (3, 32, 32), 10, shortcut="projection")
    assert count_parameters(projection) - count_parameters(pad) == (16 * 32 + 64) + (32 * 64 + 128)


def test_projections_of_version_2():
    network = build_network("resnet20-v2", (3, 32, 32), 10)
    projections = [
        block.shortcut
        for block in network
        if isinstance(block, BottleneckBlock) and block.shortcut is not None
    ]
    assert [(layer.in_channels, layer.out_channels, layer.stride) for layer in projections] == [
        (16, 64, (1, 1)),
        (64, 128, (2, 2)),
        (128, 256, (2, 2)),
    ]


def test_pad_shortcut_is_the_identity():
    block = BasicBlock(4, 8, 2, "pad").eval()
    x = torch.randn(1, 4, 7, 7)
    out = block.shortcut(x)
    assert torch.equal(out[:, 2:6], x[:, :, ::2, ::2])
    assert out[:, :2].abs().sum() == out[:, 6:].abs().sum() == 0
    assert block(x).shape == out.shape == (1, 8, 4, 4)


@pytest.mark.parametrize("version", [1, 2])
def test_only_version_1_has_a_relu_after_the_sum(version):
    """With the residual's last layer at zero a block is ReLU(x) in version 1 and x in version 2."""
    block = BasicBlock(8, 8, 1, "pad") if version == 1 else BottleneckBlock(32, 8, 1, "pad")
    last = block.bn2 if version == 1 else block.conv3
    nn.init.zeros_(last.weight)
    x = torch.randn(2, 8 if version == 1 else 32, 5, 5)
    torch.testing.assert_close(block(x), torch.relu(x) if version == 1 else x)


def test_he_normal_weights():
    layer = build_network("resnet20", (3, 32, 32), 10)[-4].conv2
    assert layer.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.03)


def test_width_and_stem():
    assert build_network("resnet-cifar-8", (3, 32, 32), 10, width=2.0)[-1].in_features == 128
    for side, stem, kernel in [(64, "auto", 3), (65, "auto", 7), (32, "imagenet", 7), (96, "plain", 3)]:
        network = build_network("resnet-cifar-8", (3, side, side), 10, stem=stem).eval()
        assert network[0].kernel_size == (kernel, kernel)
    with torch.no_grad():
        maps = build_network("resnet-cifar-8", (3, 96, 96), 10)[:2](torch.zeros(1, 3, 96, 96))
    assert maps.shape == (1, 16, 24, 24)


def test_a_step_of_training_lowers_the_loss():
    torch.manual_seed(0)
    network = build_network("resnet-cifar-8", (1, 8, 8), 3)
    optimizer = torch.optim.SGD(network.parameters(), 0.05)
    x, y = torch.randn(32, 1, 8, 8), torch.randint(0, 3, (32,))
    losses = []
    for _ in range(20):
        losses.append(nn.functional.cross_entropy(network(x), y))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 2
