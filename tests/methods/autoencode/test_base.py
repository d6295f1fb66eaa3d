"""The base of image-to-image models and autoencoders, with networks whose outputs are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.evaluation.image_quality import SEED
from hibiscus.methods.autoencode.base import AutoencoderBase, ImageToImageConfig
from hibiscus.training.method import SelectionMetric
from methods.gan_fixtures import sigmoid
from methods.vae.test_vae import given

SIDE, LATENT = 8, 3


class Affine(AutoencoderBase):
    """An autoencoder of one linear layer on each side."""

    name = "affine"
    selection_metric = SelectionMetric("psnr")

    def networks(self):
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, LATENT))
        decoder = nn.Sequential(nn.Linear(LATENT, SIDE**2), nn.Unflatten(1, (1, SIDE, SIDE)))
        return {"encoder": encoder, "decoder": decoder}

    def evaluate(self, data, part):
        raise NotImplementedError


class Noisy(Affine):
    def corrupt(self, x, batch):
        return x + batch.normal(1, SIDE, SIDE)


def made(kind=Affine, **options):
    torch.manual_seed(0)
    preparation = Preparation({"image": ImagePreparation(SIDE, SIDE, 1, (0.5,), (0.5,))})
    return kind(ImageToImageConfig(**options), preparation)


def encoded(method, x):
    weight, bias = (tensor.detach().double().numpy() for tensor in method.encoder.parameters())
    return (2 * np.asarray(x, np.float64) - 1).reshape(len(x), -1) @ weight.T + bias


def decoded(method, z):
    """The image in [0, 1] of each latent code, `(items, height, width, channels)`."""
    weight, bias = (tensor.detach().double().numpy() for tensor in method.decoder.parameters())
    return sigmoid(z @ weight.T + bias).reshape(-1, SIDE, SIDE, 1)


def reconstructed(method, x):
    return decoded(method, encoded(method, x))


@pytest.fixture
def data():
    return given(np.random.default_rng(0).integers(0, 256, (20, SIDE, SIDE, 1), dtype=np.uint8))


def test_the_loss_compares_the_output_for_corrupted_inputs_with_the_images():
    method, x = made(Noisy), np.random.default_rng(1).random((6, 1, SIDE, SIDE)).astype(np.float32)
    torch.manual_seed(3)
    loss, terms = method.loss(Batch(image=torch.from_numpy(2 * x - 1)))
    torch.manual_seed(3)
    noise = torch.randn(6, 1, SIDE, SIDE).numpy()
    target = x.transpose(0, 2, 3, 1)
    assert loss.item() == pytest.approx(((reconstructed(method, x + noise) - target) ** 2).mean(), rel=1e-5)
    assert terms == {}
    clean, _ = made(Affine).loss(Batch(image=torch.from_numpy(2 * x - 1)))
    assert clean.item() == pytest.approx(((reconstructed(method, x) - target) ** 2).mean(), rel=1e-5)


def test_validation_averages_psnr_and_loss_with_the_same_noise_at_every_call(data):
    method = made(Noisy)
    with torch.inference_mode():
        metrics, again = method.validate(data, "test"), method.validate(data, "test")
    x = data.values("image", "test") / 255
    noise = torch.randn(10, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(SEED)).numpy()
    error = ((reconstructed(method, x + noise.transpose(0, 2, 3, 1)) - x) ** 2).mean((1, 2, 3))
    expected = {"psnr": (-10 * np.log10(error)).mean(), "loss": error.mean()}
    assert metrics == pytest.approx(expected, rel=1e-4)
    assert metrics == again


def test_embeddings_are_the_latent_codes_of_images_without_noise(data):
    method = made(Noisy)
    with torch.inference_mode():
        codes = method.embed(data, "test")
    assert codes.dtype == np.float32
    expected = encoded(method, data.values("image", "test") / 255)
    np.testing.assert_allclose(codes, expected, rtol=1e-4, atol=1e-5)


def test_latent_codes_are_decoded_to_gray_levels_in_batches():
    method, codes = made(), 3 * np.random.default_rng(2).normal(size=(300, LATENT)).astype(np.float32)
    with torch.inference_mode():
        images = method.decode_images(codes)
    assert images.dtype == np.uint8
    np.testing.assert_allclose(images, 255 * decoded(method, codes), atol=0.51)


def test_the_output_is_the_logits_of_the_image():
    method, x = made(), torch.rand(4, 1, SIDE, SIDE)
    outputs = method.forward(x)
    image = method.to_image(outputs, x)
    torch.testing.assert_close(image, method.decode(method.encode(x)))
    expected = reconstructed(method, x.numpy()).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(image.detach(), expected, rtol=1e-5)


def test_one_player_trains_all_networks(data):
    method = made(batch_size=4, epochs=7)
    (stage,) = method.stages(data)
    (player,) = stage.players
    assert stage.epochs == 7
    assert player.networks == [method.encoder, method.decoder]
    assert stage.source.batches_per_epoch == 3  # of 10 images


@pytest.mark.parametrize("net", ["unet", "cnn", "mlp", "pool"])
def test_networks_map_images_to_images_of_the_output_shape(net):
    network = ImageToImageConfig(net=net, width=4, hidden=8, latent_dim=5).build_network(1, (3, 12, 10))
    assert network(torch.zeros(2, 1, 12, 10)).shape == (2, 3, 12, 10)
    if net != "unet":
        assert network[0](torch.zeros(2, 1, 12, 10)).shape == (2, 5)


def test_depth_and_normalization_are_those_of_the_u_net():
    def norms(**options):
        network = ImageToImageConfig(width=4, **options).build_network(1, (1, 16, 16))
        return SimpleNamespace(
            size=sum(values.numel() for values in network.parameters()),
            kinds={type(module).__name__ for module in network.modules() if "Norm" in type(module).__name__},
        )

    assert norms(depth=1).size < norms(depth=2).size < norms(depth=3).size
    assert norms(norm="batch").kinds == {"BatchNorm2d"}
    assert norms(norm="none").kinds == set()
