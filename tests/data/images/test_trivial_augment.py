"""TrivialAugment: hibiscus.data.images.trivial_augment."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from hibiscus.data.images.augment import Augment
from hibiscus.data.images.trivial_augment import OPERATIONS, SMALL, WIDE, TrivialAugment, apply_operation


def smooth(height=24, width=32, count=3):
    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 4, width), indexing="ij")
    waves = [torch.sin(x * (i + 1)) * torch.cos(y + i) / 2 + 0.5 for i in range(3 * count)]
    return torch.stack(waves).view(count, 3, height, width)


def pillow_affine(images, matrices):
    """Images sampled by Pillow: output (x, y) is read from `matrix (x, y, 1)` in pixels about the center."""
    height, width = images.shape[2:]
    center = np.array([width / 2, height / 2])
    rows = []
    for image, matrix in zip((images * 255).round().byte(), matrices, strict=True):
        turn, shift = np.array(matrix)[:, :2], np.array(matrix)[:, 2]
        offset = center + shift - turn @ center
        data = (*turn[0], offset[0], *turn[1], offset[1])
        opened = Image.fromarray(image.permute(1, 2, 0).numpy())
        moved = opened.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        rows.append(torch.from_numpy(np.asarray(moved).copy()).permute(2, 0, 1).float() / 255)
    return torch.stack(rows)


def interior(found, expected):
    """Whether the pixels that both read from within the image are equal; Pillow blackens those beside it."""
    inside = (expected > 0).all(1, keepdim=True).expand_as(expected)
    assert inside.float().mean() > 0.2
    outside = torch.nn.functional.pad((~inside).float(), (2, 2, 2, 2), value=1.0)
    margin = torch.nn.functional.max_pool2d(outside, 5, 1) == 0
    assert (found - expected)[margin].abs().max() < 2.5 / 255


def test_geometric_operations_as_pillow():
    images, strength = smooth() * 0.9 + 0.05, torch.tensor([-1.0, 0.4, 1.0])
    s = strength.numpy()
    angles = np.radians(30 * s)
    turns = [[[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0]] for a in angles]
    matrices = {
        "rotate": turns,
        "shear_x": [[[1, 0.3 * v, 0], [0, 1, 0]] for v in s],
        "shear_y": [[[1, 0, 0], [0.3 * v, 1, 0]] for v in s],
        "translate_x": [[[1, 0, 10 * v], [0, 1, 0]] for v in s],
        "translate_y": [[[1, 0, 0], [0, 1, 10 * v]] for v in s],
    }
    for name, expected in matrices.items():
        interior(apply_operation(name, images, strength, SMALL), pillow_affine(images, expected))


def test_rotation_is_that_of_pillow():
    image = smooth(24, 24, 1) * 0.9 + 0.05
    opened = Image.fromarray((image[0] * 255).round().byte().permute(1, 2, 0).numpy())
    turned = np.asarray(opened.rotate(15, Image.Resampling.BILINEAR))
    expected = torch.from_numpy(turned.copy()).permute(2, 0, 1)[None].float() / 255
    interior(apply_operation("rotate", image, torch.tensor([0.5]), SMALL), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_strength_zero_changes_nothing_but_histograms(channels):
    images = (smooth()[:, :channels] * 255).round() / 255
    for name in set(OPERATIONS) - {"autocontrast", "equalize"}:
        for ranges in (SMALL, WIDE):
            same = apply_operation(name, images, torch.zeros(len(images)), ranges)
            torch.testing.assert_close(same, images, atol=1e-5, rtol=0, msg=name)


def test_ranges_at_full_strength():
    gray, one = torch.full((1, 1, 4, 4), 0.5), torch.ones(1)
    assert apply_operation("brightness", gray, one, SMALL)[0, 0, 0, 0] == pytest.approx(0.95)
    assert apply_operation("brightness", gray, -one, WIDE)[0, 0, 0, 0] == pytest.approx(0.005)
    assert apply_operation("solarize", gray, one, WIDE)[0, 0, 0, 0] == pytest.approx(127 / 255)
    assert apply_operation("posterize", gray, one, WIDE)[0, 0, 0, 0] == pytest.approx(128 / 255)
    row = torch.arange(48.0).view(1, 1, 1, 48).repeat(1, 1, 48, 1) / 48
    assert apply_operation("translate_x", row, one, WIDE)[0, 0, 0, :2].tolist() == pytest.approx(
        [32 / 48, 33 / 48]
    )


def test_every_operation_is_drawn_equally_often_and_repeatably():
    images = torch.rand(1400, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    augment = TrivialAugment(Augment())
    first, again = (augment(images, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, augment(images, torch.Generator().manual_seed(2)))
    unchanged = (first == images).flatten(1).all(1).float().mean().item()
    assert 0.05 < unchanged < 0.12  # identity, and other operations of strength 0
    assert first.min() >= 0
    assert first.max() <= 1


def test_flips_and_crops_come_first_and_the_memory_format_stays():
    images = torch.rand(8, 3, 16, 16).to(memory_format=torch.channels_last)
    before = images.clone()
    changed = TrivialAugment(Augment(flip=True, crop=2))(images, torch.Generator().manual_seed(0))
    assert changed.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, before)
    plain = Augment(flip=True, crop=2)(images, torch.Generator().manual_seed(0))
    assert ((changed == plain).flatten(1).all(1)).any()
