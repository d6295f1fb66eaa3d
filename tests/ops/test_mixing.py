"""Mixup and CutMix in NumPy: hibiscus.ops.mixing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.losses import (
    balanced_cross_entropy,
    binary_cross_entropy,
    cross_entropy,
    focal,
    multi_label_cross_entropy,
)
from hibiscus.ops.mixing import cutmix, mix_images, mixed_loss, mixup

IMAGES = torch.rand(5, 3, 8, 10, generator=torch.Generator().manual_seed(0))
PARTNER = torch.tensor([2, 3, 4, 0, 1])


def test_mixup_is_a_weighted_mean():
    mix = mixup(IMAGES, PARTNER, 0.3)
    expected = 0.3 * IMAGES.numpy() + 0.7 * IMAGES.numpy()[PARTNER.numpy()]
    np.testing.assert_allclose(mix.images, expected, atol=1e-6)
    assert mix.share == 0.3


@pytest.mark.parametrize(
    ("share", "center", "rows", "columns"),
    [
        (0.75, (0.5, 0.5), slice(2, 6), slice(3, 8)),  # half of each side
        (0.75, (0.0, 0.95), slice(0, 2), slice(7, 10)),  # cut off at the edges
        (1.0, (0.5, 0.5), slice(0, 0), slice(0, 0)),
        (0.0, (0.5, 0.5), slice(0, 8), slice(0, 10)),
    ],
)
def test_cutmix_replaces_a_box_and_counts_its_pixels(share, center, rows, columns):
    mix = cutmix(IMAGES, PARTNER, share, center)
    expected = IMAGES.clone()
    expected[:, :, rows, columns] = IMAGES[PARTNER][:, :, rows, columns]
    assert torch.equal(mix.images, expected)
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    assert mix.share == pytest.approx(1 - area / 80)


def test_the_loss_is_that_of_soft_targets():
    torch.manual_seed(0)
    mix, classes = mixup(IMAGES, PARTNER, 0.3), torch.tensor([0, 2, 1, 1, 0])
    logits, counts = torch.randn(5, 3), torch.tensor([1.0, 2.0, 7.0])
    one_hot = torch.eye(3)[classes]
    soft = 0.3 * one_hot + 0.7 * one_hot[PARTNER]
    losses = [
        lambda target: cross_entropy(logits, target, label_smoothing=0.1),
        lambda target: balanced_cross_entropy(logits, target, counts),
        lambda target: focal(logits, target, alpha=counts, gamma=2.0),
    ]
    for loss in losses:
        torch.testing.assert_close(mixed_loss(loss, classes, mix), loss(soft))
        assert torch.equal(mixed_loss(loss, classes, None), loss(classes))
    labels = (torch.rand(5, 3) < 0.5).float()
    mixed = 0.3 * labels + 0.7 * labels[PARTNER]
    expected = multi_label_cross_entropy(logits, mixed, counts)
    found = mixed_loss(lambda target: multi_label_cross_entropy(logits, target, counts), labels, mix)
    torch.testing.assert_close(found, expected)
    binary = mixed_loss(lambda target: binary_cross_entropy(logits[:, :1], target), classes % 2, mix)
    target = 0.3 * (classes % 2) + 0.7 * (classes % 2)[PARTNER]
    torch.testing.assert_close(binary, binary_cross_entropy(logits[:, :1], target))


def test_what_is_drawn():
    torch.manual_seed(0)
    draws = [mix_images(IMAGES, 0.0, 1.0) for _ in range(300)]
    for mix in draws:
        assert sorted(mix.partner.tolist()) == list(range(5))
        assert not (mix.partner == torch.arange(5)).any()
        changed = (mix.images != IMAGES).any(1).float().mean((1, 2))
        torch.testing.assert_close(changed, torch.full((5,), 1 - mix.share))
    assert {mix.partner[0].item() for mix in draws} == {1, 2, 3, 4}
    shares = np.array([mix_images(IMAGES, 1.0, 0.0).share for _ in range(500)])
    np.testing.assert_allclose(np.quantile(shares, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.07)
    sharp = np.array([mix_images(IMAGES, 0.1, 0.0).share for _ in range(500)])
    assert ((sharp < 0.1) | (sharp > 0.9)).mean() > 0.6
    both = [mix_images(IMAGES, 1.0, 1.0).images for _ in range(200)]
    boxes = sum(bool(((x == IMAGES) | (x == IMAGES.roll(-1, 0))).float().mean() > 0.3) for x in both)
    assert 60 < boxes < 140


def test_the_seed_determines_the_mix_and_one_image_stays():
    drawn = []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(mix_images(IMAGES, 0.4, 0.4))
    assert torch.equal(drawn[0].images, drawn[1].images)
    for alphas in ((1.0, 0.0), (0.0, 1.0)):
        torch.testing.assert_close(mix_images(IMAGES[:1], *alphas).images, IMAGES[:1])
