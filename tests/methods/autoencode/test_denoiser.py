"""The formulas in the docstring of `denoiser`, computed in NumPy, and its predictions, for which no noise is
added.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.methods.autoencode.denoiser import Denoiser, median
from hibiscus.runs.options import build_options
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import SHARED, needs_shared, trained
from methods.vae.test_vae import given


def corrupted(noise, x, level, mean=0.0):
    """The noise by its formula, from the next random numbers of torch."""
    if noise == "gaussian":
        return np.clip(x + mean + level * torch.randn(x.shape).numpy(), 0, 1)
    u = torch.rand(len(x), 1, *x.shape[2:]).numpy()
    if noise == "masking":
        return np.where(u < level, 0, x)
    return np.where(u < level / 2, 1, np.where(u < level, 0, x))


@pytest.mark.parametrize("net", ["unet", "cnn", "mlp", "pool"])
@pytest.mark.parametrize(
    ("noise", "mean"), [("gaussian", 0.0), ("gaussian", 0.5), ("salt-and-pepper", 0.0), ("masking", 0.0)]
)
def test_the_objective_is_its_formula(noise, mean, net):
    level = {"noise_std": 0.4} if noise == "gaussian" else {"noise_fraction": 0.4}
    method, batch = made(Denoiser, noise=noise, **level, noise_mean=mean, net=net), images()
    method.train_mode(False)
    torch.manual_seed(5)
    loss, _ = method.loss(batch)
    torch.manual_seed(5)
    x = (batch.image.numpy() + 1) / 2
    noisy = corrupted(noise, x, 0.4, mean).astype(np.float32)
    s = sigmoid(method.network(torch.from_numpy(2 * noisy - 1)).detach().numpy())
    assert loss.item() == pytest.approx(((x - s) ** 2).mean(), rel=1e-4)


def test_no_noise_is_added_to_inputs_of_predict():
    method, pixels = made(Denoiser), np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    method.train_mode(False)
    data = given(pixels)
    with torch.inference_mode():
        first, second = (method.predict(data, "test")["image"] for _ in range(2))
        x = torch.from_numpy(pixels[6:]).permute(0, 3, 1, 2) / 255
        expected = method.network(2 * x - 1).sigmoid()
    assert np.array_equal(first, second)
    assert first.dtype == np.uint8
    np.testing.assert_allclose(first, 255 * expected.permute(0, 2, 3, 1), atol=0.51)


def test_a_fraction_above_1_is_refused():
    assert build_options(Denoiser.Config, {"noise_std": 1.5}).noise_std == 1.5
    with pytest.raises(ConfigError, match=r"noise_fraction=1\.5"):
        build_options(Denoiser.Config, {"noise": "masking", "noise_fraction": 1.5})


@pytest.mark.parametrize(("noise", "option"), [("gaussian", "noise_std"), ("masking", "noise_fraction")])
def test_each_noise_level_acts_for_its_kind_only(noise, option):
    levels, corrupted_images = {"noise_std": 0.4, "noise_fraction": 0.4}, {}
    for changed in ("", "noise_std", "noise_fraction"):
        method, batch = (
            made(Denoiser, noise=noise, **{**levels, **({changed: 0.2} if changed else {})}),
            images(),
        )
        torch.manual_seed(5)
        corrupted_images[changed] = method.corrupt((batch.image + 1) / 2, batch)
    for changed in ("noise_std", "noise_fraction"):
        assert torch.equal(corrupted_images[""], corrupted_images[changed]) == (changed != option)


def test_the_median_filter_is_that_of_scipy():
    from scipy.ndimage import median_filter

    x = torch.rand(2, 3, 7, 9)
    expected = np.stack(
        [[median_filter(channel, 3, mode="nearest") for channel in image] for image in x.numpy()]
    )
    np.testing.assert_array_equal(median(x), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"noise": "gaussian", "noise_std": 0.5},
        {"noise": "salt-and-pepper", "noise_fraction": 0.3},
        {"noise": "masking", "noise_fraction": 0.3},
    ],
)
def test_it_learns_to_denoise_digits(tmp_path, options):
    evaluation = trained(tmp_path, "denoiser", "digits", epochs=20, batch_size=32, **options)
    psnr, baselines = evaluation["metrics"]["test/psnr"], evaluation["baselines"]
    assert psnr > baselines["noisy input"]["test/psnr"] + 4
    assert all(psnr > baseline["test/psnr"] + 1 for baseline in baselines.values())


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_to_denoise_mnist(tmp_path):
    evaluation = trained(tmp_path, "denoiser", SHARED / "mnist", epochs=2)
    noisy = evaluation["baselines"]["noisy input"]
    assert evaluation["metrics"]["test/psnr"] > noisy["test/psnr"] + 8
