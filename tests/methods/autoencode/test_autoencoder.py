"""The formulas in the docstring of `autoencoder`, computed in NumPy; latent codes and reconstructions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import UsageError
from hibiscus.methods.autoencode.autoencoder import Autoencoder
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained
from methods.vae.test_vae import given


@pytest.mark.parametrize("net", ["cnn", "mlp", "pool"])
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_the_objective_is_its_formula(loss, net):
    method, batch = made(Autoencoder, loss=loss, net=net), images()
    method.train_mode(False)  # batch norm as a plain function of the image
    loss_value, _ = method.loss(batch)
    x = (batch.image.double().numpy() + 1) / 2
    z = method.encoder(batch.image)
    s = sigmoid(method.decoder(z).detach().numpy())
    expected = ((x - s) ** 2).mean() if loss == "mse" else -(x * np.log(s) + (1 - x) * np.log(1 - s)).mean()
    assert loss_value.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("shape", "latent"), [((28, 28, 1), 16), ((32, 32, 3), 256), ((2, 2, 1), 4)])
def test_the_default_latent_dimension_follows_from_the_channels(shape, latent):
    preparation = Preparation({"image": ImagePreparation(*shape, (0.5,) * shape[2], (0.5,) * shape[2])})
    assert Autoencoder.resolve(Autoencoder.Config(), preparation).latent_dim == latent
    assert Autoencoder.resolve(Autoencoder.Config(latent_dim=3), preparation).latent_dim == 3


def test_predictions_are_latent_codes_and_reconstructions():
    method, pixels = (
        made(Autoencoder, latent_dim=3),
        np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8),
    )
    method.train_mode(False)
    data = given(pixels)
    with torch.inference_mode():
        predictions, codes = method.predict(data, "test"), method.embed(data, "test")
        x = torch.from_numpy(pixels[6:]).permute(0, 3, 1, 2) / 255
        expected = method.to_image(method.forward(x), x)
    assert predictions["latent"].shape == (6, 3)
    assert np.array_equal(predictions["latent"], codes)
    assert predictions["image"].dtype == np.uint8
    np.testing.assert_allclose(predictions["image"], 255 * expected.permute(0, 2, 3, 1), atol=0.51)


def test_a_method_without_embeddings_says_so():
    from hibiscus.methods.gan.dcgan import DCGAN

    assert "embed" in Autoencoder.abilities()
    assert "embed" not in DCGAN.abilities()
    with pytest.raises(UsageError, match="dcgan does not embed"):
        made(DCGAN).embed(given(np.zeros((2, 8, 8, 1), np.uint8)), "test")


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_it_learns_a_code_better_than_as_many_principal_components(tmp_path, loss):
    evaluation = trained(tmp_path, "autoencoder", "digits", latent_dim=4, loss=loss, epochs=60)
    pca, mean = (evaluation["baselines"][name]["test/psnr"] for name in ("PCA of 4 components", "mean image"))
    assert evaluation["metrics"]["test/psnr"] > pca + 1
    assert pca > mean
