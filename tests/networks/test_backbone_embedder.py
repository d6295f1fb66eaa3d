"""Embeddings from a backbone: their formula, and what is trained of a frozen one."""

from __future__ import annotations

import torch

from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.backbone_embedder import CONTRAST, BackboneEmbedder


def test_embeddings_are_scaled_means_over_positions():
    torch.manual_seed(0)
    network = BackboneEmbedder(build_backbone("own", (3, 32, 32), strides=(8,))).eval()
    images = torch.randn(4, 3, 32, 32)
    means = network.backbone(images)[-1].mean((2, 3))
    first = network(images)
    torch.testing.assert_close(first, means * CONTRAST / means.shape[1] ** 0.5)
    distance = (first[0] - first[1]).square().sum()
    torch.testing.assert_close(distance, CONTRAST**2 * (means[0] - means[1]).square().mean())
    network.shift.data += 1
    torch.testing.assert_close(network(images), first + 1)


def test_a_frozen_backbone_leaves_scale_and_shift_to_learn():
    network = BackboneEmbedder(build_backbone("own", (3, 32, 32), strides=(8,)))
    network.backbone.freeze(len(network.backbone.stages))
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert trained == {"scale", "shift"}
