"""The head on a base: scaling by the training part, and what is trained."""

from __future__ import annotations

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.transfer_network import FeatureScaling, TransferNetwork, suggest_blocks

BLOCKS = 9


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = TransferNetwork(build_backbone("efficientnet-lite0", (3, 32, 32), strides=None), 4)
    torch.nn.init.normal_(network.head[2].weight)
    return network


@pytest.fixture
def image():
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def trained(network):
    return {
        name.split(".")[2] if "stages" in name else "head"
        for name, p in network.named_parameters()
        if p.requires_grad
    }


def test_features_and_images_give_the_same_outputs(network, image):
    network.eval()
    features = network.features(image)
    assert features.shape == (2, 112 + 192 + 320 + 1280)
    assert torch.equal(network(features), network(image))


def test_features_are_those_of_the_last_four_blocks(network, image):
    network.eval()
    by_depth = network.features_by_depth(image)
    assert [values.shape[1] for values in by_depth] == [32, 16, 24, 40, 80, 112, 192, 320, 1280]
    assert torch.equal(torch.cat(by_depth[5:], 1), network.features(image))


def test_first_the_head_alone_is_trained_then_the_deepest_blocks_too(network):
    network.freeze()
    assert trained(network) == {"head"}
    network.unfreeze(2)
    assert trained(network) == {"7", "8", "head"}
    assert network.trained_blocks == 2
    network.unfreeze(BLOCKS)
    assert trained(network) == {*map(str, range(BLOCKS)), "head"}


@pytest.mark.parametrize("count", [0, -1, BLOCKS + 1])
def test_there_are_only_so_many_blocks(network, count):
    with pytest.raises(ConfigError, match="1 to 9 blocks"):
        network.unfreeze(count)


def test_batch_norms_of_the_base_keep_their_statistics(network, image):
    network.unfreeze(BLOCKS)
    network.train()
    before = {name: value.clone() for name, value in network.base.named_buffers()}
    network(image).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in network.base.named_buffers())
    assert network.head.training
    network.zero_grad()


def test_deeper_blocks_have_larger_rates(network):
    factors = network.layer_lr_factors(0.5, head=0.1)
    stages = network.base.stages
    assert {factors[p] for p in stages[8].parameters()} == {0.5}
    assert {factors[p] for p in stages[6].parameters()} == {0.125}
    assert {factors[p] for p in network.head.parameters()} == {0.1}


def test_scaling_standardizes_by_what_it_was_fitted_to():
    scaling = FeatureScaling(2)
    scaling.fit(torch.tensor([[1.0, 5.0], [3.0, 5.0]]))
    assert scaling(torch.tensor([[4.0, 6.0]])).tolist() == [[2.0, 1.0]]  # mean 2, std 1; a constant keeps 1


@pytest.mark.parametrize(
    ("scores", "blocks"),
    [
        ([0.2, 0.3, 0.7, 0.9], 2),  # half of the gain, 0.55, is reached by the third
        ([0.2, 0.9, 0.9, 0.9], 3),  # deep blocks add nothing: they are specific to other images
        ([0.2, 0.3, 0.4, 0.9], 1),
        ([0.5, 0.5, 0.5, 0.5], 4),
    ],
)
def test_blocks_after_half_of_the_gain_are_trained(scores, blocks):
    assert suggest_blocks(scores) == blocks
