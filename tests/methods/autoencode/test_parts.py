"""What the image-to-image models share: noise, color conversion, and evaluation with the same noise every
time.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

import hibiscus.evaluation.image_quality as quality
from hibiscus.data.batch import Batch
from hibiscus.evaluation.color import color_baselines, lab_to_rgb, mean_chroma, rgb_to_lab
from hibiscus.methods.autoencode.classifier import AutoencoderClassifier
from hibiscus.methods.autoencode.denoiser import Denoiser
from hibiscus.methods.autoencode.noise import add_noise
from hibiscus.metrics import image_quality as reference
from hibiscus.sharding import Shard, sharded
from methods.gan_fixtures import made
from methods.vae.test_vae import given


def options(noise="gaussian", **levels):
    return AutoencoderClassifier.Config(noise=noise, **levels)


def test_gaussian_noise_has_its_mean_and_deviation_where_nothing_is_clipped():
    x = torch.full((200, 1, 20, 20), 0.5)
    noise = add_noise(x, options(noise_std=0.1, noise_mean=0.05), Batch(image=x)) - x
    assert noise.mean().item() == pytest.approx(0.05, abs=2e-3)
    assert noise.std().item() == pytest.approx(0.1, rel=0.01)


def test_noise_stays_between_black_and_white():
    x = torch.rand(20, 3, 8, 8)
    for kind in ("none", "gaussian", "salt-and-pepper", "masking"):
        noisy = add_noise(x, options(noise=kind), Batch(image=x))
        assert noisy.min() >= 0
        assert noisy.max() <= 1
        assert torch.equal(noisy, x) == (kind == "none")


@pytest.mark.parametrize("kind", ["salt-and-pepper", "masking"])
def test_a_fraction_of_the_pixels_is_replaced_in_all_channels(kind):
    x = torch.rand(100, 3, 20, 20) * 0.5 + 0.25
    noisy = add_noise(x, options(noise=kind, noise_fraction=0.3), Batch(image=x))
    replaced = noisy != x
    assert torch.equal(replaced[:, 0], replaced[:, 1])
    assert torch.equal(replaced[:, 0], replaced[:, 2])
    assert replaced.float().mean().item() == pytest.approx(0.3, abs=0.01)
    white = (noisy == 1).float().mean().item()
    assert white == pytest.approx(0.15 if kind == "salt-and-pepper" else 0, abs=0.01)


@pytest.mark.parametrize("kind", ["gaussian", "salt-and-pepper", "masking"])
def test_the_shards_of_a_batch_get_the_noise_of_the_whole_batch(kind):
    x = torch.rand(6, 1, 4, 4)
    torch.manual_seed(3)
    whole = add_noise(x, options(noise=kind), Batch(image=x))
    torch.manual_seed(3)
    with sharded(Shard(2, 2, 6, 3)):
        assert torch.equal(add_noise(x[2:4], options(noise=kind), Batch(image=x[2:4])), whole[2:4])


def test_color_conversion_equals_that_of_the_metric_and_is_invertible():
    rgb = torch.rand(3, 3, 5, 7)
    lab = rgb_to_lab(rgb)
    np.testing.assert_allclose(
        lab.permute(0, 2, 3, 1), reference.rgb_to_lab(rgb.permute(0, 2, 3, 1).numpy()), atol=2e-3
    )
    torch.testing.assert_close(lab_to_rgb(lab), rgb, atol=1e-4, rtol=0)
    assert lab_to_rgb(torch.tensor([50.0, 120, -120]).view(1, 3, 1, 1)).min() >= 0


def test_mean_chroma_is_that_of_each_lightness():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)
    table = mean_chroma(given(pixels)).numpy()
    lab = reference.rgb_to_lab(pixels[:5].reshape(-1, 3) / 255)
    level = lab[:, 0].round().astype(int)
    for lightness in range(101):
        expected = lab[level == lightness, 1:].mean(0) if (level == lightness).any() else lab[:, 1:].mean(0)
        np.testing.assert_allclose(table[lightness], expected, atol=0.05)


def test_baselines_of_colorization_keep_the_lightness():
    data = given(np.random.default_rng(0).integers(90, 160, (10, 4, 4, 3), dtype=np.uint8))
    x = (data.images(data.values("image", "test")) + 1) / 2
    lightness = rgb_to_lab(x)[:, :1]
    for baseline in color_baselines(data).values():
        torch.testing.assert_close(rgb_to_lab(baseline(lightness, x))[:, :1], lightness, atol=0.02, rtol=0)
    gray = color_baselines(data)["grayscale input"](lightness, x)
    assert (gray - gray.mean(1, keepdim=True)).abs().max() < 1e-3


def test_evaluation_is_reproducible_and_leaves_the_random_state_alone():
    method = made(Denoiser)
    method.train_mode(False)
    data = given(np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8))
    with torch.inference_mode():
        torch.manual_seed(1)
        first = method.validate(data, "test")
        after = torch.rand(1).item()
        torch.manual_seed(2)
        second = method.validate(data, "test")
        compared = quality.compare_images(
            method, data, "test", {"noisy": lambda inputs, x: inputs}, ("psnr", "ssim")
        )
    torch.manual_seed(1)
    assert after == torch.rand(1).item()
    assert first == second
    assert compared[""]["psnr"].mean() == pytest.approx(first["psnr"])
    assert compared["noisy"]["ssim"].shape == (20,)


def test_every_image_is_evaluated_whatever_the_batch_size(monkeypatch):
    method = made(Denoiser, noise="masking")
    method.train_mode(False)
    data = given(np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8))
    assert sum(batch.size for batch in quality.fixed_batches(data, "test", quality.VALIDATION_VALUES)) == 20
    assert sum(batch.size for batch in quality.fixed_batches(data, "test", 5 * 64)) == 5
    monkeypatch.setattr(quality, "VALUES_AT_ONCE", 3 * 64)
    assert [batch.size for batch in quality.fixed_batches(data, "test", quality.VALIDATION_VALUES)] == [
        3
    ] * 6 + [2]
