"""The formulas in the docstring of `denoiser`, computed in NumPy, and that it adds no noise to what it is given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.autoencode.denoiser import Denoiser, median
from methods.gan_fixtures import images, made, sigmoid
from methods.vae.test_vae import given


def spoiled(noise, x, amount, mean=0.0):
    """The noise by its formula, from the numbers that torch draws next."""
    if noise == "gaussian":
        return np.clip(x + mean + amount * torch.randn(x.shape).numpy(), 0, 1)
    place = torch.rand(len(x), 1, *x.shape[2:]).numpy()
    if noise == "masking":
        return np.where(place < amount, 0, x)
    return np.where(place < amount / 2, 1, np.where(place < amount, 0, x))


@pytest.mark.parametrize("net", ["unet", "cnn", "mlp", "pool"])
@pytest.mark.parametrize(("noise", "mean"), [("gaussian", 0.0), ("gaussian", 0.5), ("salt-and-pepper", 0.0), ("masking", 0.0)])
def test_the_objective_is_its_formula(noise, mean, net):
    method, batch = made(Denoiser, noise=noise, amount=0.4, noise_mean=mean, net=net), images()
    method.train_mode(False)
    torch.manual_seed(5)
    found, _ = method.loss(batch)
    torch.manual_seed(5)
    x = (batch.image.numpy() + 1) / 2
    noisy = spoiled(noise, x, 0.4, mean).astype(np.float32)
    s = sigmoid(method.nets["network"](torch.from_numpy(2 * noisy - 1)).detach().numpy())
    assert found.item() == pytest.approx(((x - s) ** 2).mean(), rel=1e-4)


def test_what_is_given_is_taken_to_be_noisy_and_not_spoiled_again():
    method, pixels = made(Denoiser), np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    method.train_mode(False)
    data = given(pixels)
    with torch.inference_mode():
        first, second = (method.predict(data, "test")["image"] for _ in range(2))
        x = torch.from_numpy(pixels[6:]).permute(0, 3, 1, 2) / 255
        expected = method.nets["network"](2 * x - 1).sigmoid()
    assert np.array_equal(first, second)
    assert first.dtype == np.uint8
    np.testing.assert_allclose(first, 255 * expected.permute(0, 2, 3, 1), atol=0.51)


def test_more_than_all_pixels_is_refused():
    preparation = Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.5,))})
    Denoiser.resolve(Denoiser.Config(noise="gaussian", amount=1.5), preparation)
    with pytest.raises(ConfigError, match="masking"):
        Denoiser.resolve(Denoiser.Config(noise="masking", amount=1.5), preparation)


def test_the_median_filter_is_that_of_scipy():
    from scipy.ndimage import median_filter

    x = torch.rand(2, 3, 7, 9)
    expected = np.stack([[median_filter(channel, 3, mode="nearest") for channel in image] for image in x.numpy()])
    np.testing.assert_array_equal(median(x), expected)
