"""Color changes against the formula; their draws are tested in boxes/test_augment."""

import torch

from hibiscus.data.images.color_jitter import TO_YIQ, jitter_colors


def changes(**values):
    return {name: torch.tensor([value]) for name, value in values.items()}


def test_brightness_and_contrast():
    images = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0)) / 2
    mean = images.mean((2, 3))
    result, new_mean = jitter_colors(images, mean, changes(brightness=0.2, contrast=-0.4))
    expected = 1.2 * (images.mean() + (images - images.mean()) * 0.6)
    torch.testing.assert_close(result, expected)
    torch.testing.assert_close(new_mean, expected.mean((2, 3)))


def test_saturation_and_hue_keep_the_luma():
    images = 0.4 + torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(1)) / 5
    none = changes(brightness=0.0, contrast=0.0)
    same, _ = jitter_colors(images, images.mean((2, 3)), none | changes(saturation=0.0, hue=0.0))
    torch.testing.assert_close(same, images)
    turned, _ = jitter_colors(images, images.mean((2, 3)), none | changes(saturation=0.0, hue=90.0))
    before, after = (torch.einsum("ij,bjhw->bihw", TO_YIQ, x) for x in (images, turned))
    torch.testing.assert_close(after[:, 0], before[:, 0])
    torch.testing.assert_close(after[:, 2], before[:, 1], atol=1e-4, rtol=0)
    torch.testing.assert_close(after[:, 1], -before[:, 2], atol=1e-4, rtol=0)
