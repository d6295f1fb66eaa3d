"""The embedding network of protonet: which one is built, its options, what of a pretrained one is trained."""

from __future__ import annotations

import pytest
import torch

from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.fewshot.embedder import build_embedder, check_embedder, embedder_player
from hibiscus.methods.fewshot.protonet import Config
from hibiscus.methods.pretrained_backbone import BASE

PREPARATION = Preparation({"image": ImagePreparation(32, 32, 3, (0.5,) * 3, (0.2,) * 3)})


def test_embeddings_of_each_network():
    images = torch.randn(2, 3, 32, 32)
    sizes = {"conv4": 256, "cnn": 7, BASE: 1280}
    for name, size in sizes.items():
        network = build_embedder(Config(net=name, embedding_dim=7), PREPARATION).eval()
        assert network(images).shape == (2, size)


@pytest.mark.parametrize("count", [0, 2])
def test_the_deepest_blocks_of_a_pretrained_network_are_trained(count):
    network = build_embedder(Config(net=BASE, unfreeze=count), PREPARATION)
    stages = [any(p.requires_grad for p in stage.parameters()) for stage in network.backbone.stages]
    assert stages == [False] * (9 - count) + [True] * count
    player = embedder_player(Config(net=BASE), network, lambda batch: (batch.image.sum(), {}))
    assert set(player.lr_factors.values()) == {0.5}
    assert network.scale not in player.lr_factors


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"net": BASE, "net_options": {"filters": 8}}, "net.filters"),
        ({"unfreeze": 1}, "net=efficientnet-lite0"),
    ],
)
def test_options_without_effect_are_refused(options, word):
    with pytest.raises(ConfigError, match=word):
        check_embedder(Config(**options))
