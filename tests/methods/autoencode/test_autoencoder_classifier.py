"""The formulas in the docstring of `autoencoder-classifier`, computed in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.methods.autoencode.classifier import AutoencoderClassifier
from methods.autoencode.test_denoiser import corrupted
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained
from methods.vae.test_vae import given


@pytest.mark.parametrize("net", ["pool", "cnn", "mlp"])
@pytest.mark.parametrize("noise", ["none", "gaussian", "masking"])
def test_the_objective_is_its_formula(noise, net):
    levels = {"noise_std": 0.3, "noise_fraction": 0.3}
    method = made(
        AutoencoderClassifier, noise=noise, **levels, net=net, reconstruction_weight=7.0, class_weight=0.5
    )
    batch = images()
    method.train_mode(False)
    torch.manual_seed(5)
    loss, terms = method.loss(batch)
    torch.manual_seed(5)
    x = (batch.image.numpy() + 1) / 2
    noisy = x if noise == "none" else corrupted(noise, x, 0.3).astype(np.float32)
    z = method.encoder(torch.from_numpy(2 * noisy - 1))
    s = sigmoid(method.decoder(z).detach().numpy())
    logits = method.classifier(z).detach().double().numpy()
    nll = -(logits - np.log(np.exp(logits).sum(1, keepdims=True)))[np.arange(6), batch.label].mean()
    error = ((x - s) ** 2).mean()
    assert loss.item() == pytest.approx(7 * error + 0.5 * nll, rel=1e-4)
    assert terms["reconstruction"].item() == pytest.approx(error, rel=1e-4)
    assert terms["class"].item() == pytest.approx(nll, rel=1e-4)
    assert terms["accuracy"].item() == pytest.approx((logits.argmax(1) == batch.label.numpy()).mean())


def test_predictions_are_classes_latent_codes_and_reconstructions():
    method, pixels = (
        made(AutoencoderClassifier),
        np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8),
    )
    method.train_mode(False)
    data = given(pixels)
    with torch.inference_mode():
        predictions, codes = method.predict(data, "test"), method.embed(data, "test")
    assert predictions["probabilities"].shape == (6, 3)
    np.testing.assert_allclose(predictions["probabilities"].sum(1), 1, rtol=1e-5)
    assert np.array_equal(predictions["latent"], codes)
    assert codes.shape == (6, 4)
    assert predictions["image"].shape == (6, 8, 8, 1)
    assert predictions["image"].dtype == np.uint8


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"noise": "none"}, {"noise": "gaussian", "noise_std": 0.3}])
def test_it_learns_classes_and_reconstructions_from_one_code(tmp_path, options):
    evaluation = trained(tmp_path, "autoencoder-classifier", "digits", epochs=60, batch_size=32, **options)
    metrics = evaluation["metrics"]
    linear = evaluation["baselines"]["linear model and PCA of 16 components"]
    assert metrics["test/accuracy"] > linear["test/accuracy"] + 0.01
    assert metrics["test/psnr"] > linear["test/psnr"]
    assert metrics["test/loss"] < 0.8 * linear["test/loss"]
