"""The discriminator of patches."""

from __future__ import annotations

import pytest
import torch

from hibiscus.networks.patchgan import PatchDiscriminator


@pytest.mark.parametrize(
    ("shape", "patches"),
    [((1, 8, 8), (2, 2)), ((3, 32, 32), (2, 2)), ((3, 33, 21), (5, 3)), ((3, 128, 128), (8, 8))],
)
def test_a_number_for_each_patch_or_image(shape, patches):
    x = torch.randn(2, *shape)
    assert PatchDiscriminator(shape, 4)(x).shape == (2, 1, *patches)
    assert PatchDiscriminator(shape, 4, 5)(x).shape == (2, 1, *patches)
    assert PatchDiscriminator(shape, 4, whole=True)(x).shape == (2, 1)


def test_parameters():
    """390,721 has Atienza's for images of 32 pixels in colour."""
    assert sum(p.numel() for p in PatchDiscriminator((3, 32, 32)).parameters()) == 390_721


def test_a_patch_sees_its_own_place_only():
    net = PatchDiscriminator((1, 128, 128), 4)
    x = torch.randn(1, 1, 128, 128, requires_grad=True)
    net(x)[0, 0, 0, 0].backward()
    assert x.grad[..., :40, :40].abs().sum() > 0
    assert x.grad[..., 64:, 64:].abs().sum() == 0
