"""The formulas in the docstring of `vae`, computed in NumPy; ELBO and likelihood of a model where they are
known.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.elbo import elbo_metrics, encode_part, independent_pixels, pixel_kind, sampled_nll
from hibiscus.methods.vae.vae import VAE
from hibiscus.sharding import Shard, sharded
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained

LIKELIHOODS = ("bernoulli", "gaussian")


def vae(**options):
    return made(VAE, **{"likelihood": "bernoulli", "net": "mlp", **options})


def given(pixels):
    ids = [str(i) for i in range(len(pixels))]
    dataset = Dataset("random", "random", {"image": pixels}, ids, content_keys(pixels))
    channels = pixels.shape[3]
    image = ImagePreparation(*pixels.shape[1:3], channels, (0.5,) * channels, (0.5,) * channels)
    half = len(pixels) // 2
    parts = {"train": np.arange(half), "test": np.arange(half, len(pixels))}
    return PreparedData(dataset, Preparation({"image": image}), parts)


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_objective_is_its_formula(likelihood, net):
    method, batch, beta = vae(likelihood=likelihood, net=net, beta=3.0), images(), 3.0
    if likelihood == "gaussian":
        torch.nn.init.normal_(method.decoder.get_parameter("noise"), 0, 0.1)
    torch.manual_seed(5)
    loss, terms = method.loss(batch)
    torch.manual_seed(5)
    uniform, noise = torch.rand(6, 1, 8, 8).numpy(), torch.randn(6, 4).double().numpy()
    share = (batch.image.numpy() + 1) / 2
    x = (uniform < share).astype(np.float32) if likelihood == "bernoulli" else (255 * share + uniform) / 256
    mean, log_variance = np.split(
        method.encoder(torch.from_numpy(2 * x - 1)).detach().double().numpy(), 2, axis=1
    )
    z = mean + np.exp(log_variance / 2) * noise
    s = sigmoid(method.decoder(torch.from_numpy(z).float()).detach().numpy())
    if likelihood == "bernoulli":
        log_x = (x * np.log(s) + (1 - x) * np.log(1 - s)).sum((1, 2, 3))
    else:
        sigma = np.sqrt(32.0**2 * np.exp(20 * method.decoder.get_parameter("noise").detach().numpy()) + 1)
        log_x = -(((256 * x - 256 * s) / sigma) ** 2 / 2 + np.log(sigma) + np.log(2 * np.pi) / 2).sum(
            (1, 2, 3)
        )
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1)
    assert loss.item() == pytest.approx(-log_x.mean() + beta * kl.mean(), rel=1e-4)
    assert terms["kl"].item() == pytest.approx(kl.mean(), rel=1e-4)
    assert terms["reconstruction"].item() == pytest.approx(-log_x.mean(), rel=1e-4)


def test_pixels_are_binarized_anew_with_their_intensity_as_probability():
    method = vae()
    batch = Batch(image=torch.tensor([-1.0, -0.5, 0.0, 1.0]).view(1, 1, 2, 2).expand(20_000, 1, 2, 2))
    x = method.binarize_or_dequantize(batch)
    assert set(x.unique().tolist()) == {0, 1}
    np.testing.assert_allclose(x.mean(0).flatten(), [0, 0.25, 0.5, 1], atol=0.015)
    assert not torch.equal(x, method.binarize_or_dequantize(batch))


def test_levels_are_dequantized_by_uniform_noise():
    levels = torch.tensor([0.0, 7.0, 255.0]).view(1, 1, 1, 3).expand(5000, 1, 1, 3)
    noise = (
        256 * vae(likelihood="gaussian").binarize_or_dequantize(Batch(image=levels / 255 * 2 - 1)) - levels
    )
    assert noise.min() >= -1e-4
    assert noise.max() <= 1 + 1e-4
    assert noise.mean().item() == pytest.approx(0.5, abs=0.01)


def test_the_noise_of_a_constant_pixel_has_a_minimum():
    method = vae(likelihood="gaussian")
    noise = method.decoder.get_parameter("noise")
    assert noise.shape == (1, 8, 8)
    torch.nn.init.constant_(noise, -9.0)
    assert method.log_sigma().abs().max() < 1e-6


def test_the_shards_of_a_batch_get_the_noise_of_the_whole_batch():
    method, whole = vae(), images(6)
    torch.manual_seed(3)
    x = method.binarize_or_dequantize(whole)
    for first in (0, 2, 4):
        part = Batch(image=whole.image[first : first + 2])
        torch.manual_seed(3)
        with sharded(Shard(first, 2, 6, 3)):
            assert torch.equal(method.binarize_or_dequantize(part), x[first : first + 2])


def test_the_weight_of_kl_grows_to_beta():
    method, batch = vae(beta=2.0, kl_warmup_fraction=0.5), images()
    weights = []
    for progress in (0.0, 0.25, 0.5, 1.0):
        method.set_progress(progress)
        loss, terms = method.loss(batch)
        weights.append((loss.item() - terms["reconstruction"].item()) / terms["kl"].item())
    np.testing.assert_allclose(weights, [0, 1, 2, 2], atol=1e-3)
    assert vae(kl_warmup_fraction=0.0).progress == 1


def test_likelihood_and_networks_follow_from_the_images():
    resolved = {}
    for shape in ((28, 28, 1), (32, 32, 3), (64, 64, 1)):
        preparation = Preparation({"image": ImagePreparation(*shape, (0.5,) * shape[2], (0.5,) * shape[2])})
        config = VAE.resolve(VAE.Config(), preparation)
        resolved[shape] = (config.likelihood, config.net)
    assert list(resolved.values()) == [("bernoulli", "mlp"), ("gaussian", "cnn"), ("bernoulli", "cnn")]
    assert VAE.choose_selection_metric(VAE.Config()).name == "neg_elbo"
    assert VAE.choose_selection_metric(VAE.Config(beta=4)).name == "loss"


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_samples_and_reconstructions_have_the_size_of_the_data(likelihood):
    method, pixels = (
        vae(likelihood=likelihood, net="cnn"),
        np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1), dtype=np.uint8),
    )
    method.train_mode(False)
    assert method.sample(5)["image"].shape == (5, 8, 8, 1)
    with torch.inference_mode():
        predictions, codes = method.predict(given(pixels), "test"), method.embed(given(pixels), "test")
    np.testing.assert_array_equal(codes, predictions["latent"])
    assert codes.dtype == np.float32
    assert VAE.abilities() == ["predict", "sample", "embed"]
    assert predictions["latent"].shape == (6, 4)
    assert predictions["reconstruction"].shape == (6, 8, 8, 1)
    assert predictions["reconstruction"].dtype == np.uint8


class Linear:
    """A model of one pixel whose likelihood is known: x = 2 z + noise of deviation 1, and a q that is not the
    posterior.
    """

    config = VAE.Config(importance_samples=4000)
    preparation = Preparation({"image": ImagePreparation(1, 1, 1, (0.5,), (0.5,))})
    classes = ()

    def condition(self, batch):
        return ()

    def binarize_or_dequantize(self, batch):
        return batch.image * 3

    def encode(self, x):
        x = x.flatten(1)
        return 0.3 * x, torch.full_like(x, math.log(0.3))

    def log_likelihood(self, x, z):
        return torch.from_numpy(norm.logpdf(x.flatten(1).numpy(), 2 * z.numpy(), 1)[:, 0])


def test_nll_and_elbo_of_a_model_with_known_likelihood():
    pixels = np.random.default_rng(0).integers(0, 256, (4000, 1, 1, 1), dtype=np.uint8)
    data, model = given(pixels), Linear()
    x = 3 * (2 * (data.values("image", "test").ravel() / 255) - 1)
    truth = -norm.logpdf(x, 0, math.sqrt(5))
    torch.manual_seed(0)
    nll = sampled_nll(model, data, "test")
    np.testing.assert_allclose(nll, truth[data.subsample("test", 1000)], atol=0.1)
    posterior = 0.5 * (
        math.log(0.2 / 0.3) + (0.3 + (0.1 * x) ** 2) / 0.2 - 1
    )  # KL(q || posterior N(0.4 x, 0.2))
    metrics = elbo_metrics(encode_part(model, data, "test"), beta=1.0)
    assert metrics["neg_elbo"] == pytest.approx((truth + posterior).mean(), abs=0.1)
    assert metrics["loss"] == metrics["neg_elbo"]


def test_independent_pixels_are_their_formula():
    pixels = np.random.default_rng(0).integers(0, 256, (600, 2, 3, 1), dtype=np.uint8)
    data = given(pixels)
    train, test = (data.values("image", part).astype(float) for part in ("train", "test"))
    share = (train.sum(0) / 255 + 0.5) / (len(train) + 1)
    expected = -(test / 255 * np.log(share) + (1 - test / 255) * np.log(1 - share)).sum((1, 2, 3)).mean()
    assert independent_pixels(data, "test", "bernoulli") == pytest.approx(expected)
    noisy = test + np.random.default_rng(1).random((200, *test.shape))
    expected = -norm.logpdf(noisy, train.mean(0) + 0.5, train.std(0)).sum((2, 3, 4)).mean()
    assert independent_pixels(data, "test", "gaussian") == pytest.approx(expected, rel=1e-3)


def test_the_metric_name_says_what_the_likelihood_is_of():
    gray = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), dtype=np.uint8)
    assert pixel_kind(given(gray), "test", "bernoulli") == "dynamic"
    assert pixel_kind(given(np.where(gray > 99, 255, 0).astype(np.uint8)), "test", "bernoulli") == "static"
    assert pixel_kind(given(gray), "test", "gaussian") == "8bit"


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_report_shows_a_map_of_a_two_dimensional_latent_space(likelihood):
    method = vae(likelihood=likelihood, latent_dim=2)
    method.train_mode(False)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
    with torch.inference_mode():
        evaluation = method.evaluate(given(pixels), "test")
    titles = [report_item.title for report_item in evaluation.report_items]
    assert "Latent space map" in titles
    assert "Posterior means" in titles
    assert sum(name.startswith("nll_") and name.endswith("_20is") for name in evaluation.metrics) == 1
    assert evaluation.baselines["independent pixels"].keys() <= evaluation.metrics.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "metric", "most", "share"),
    [
        ({}, "nll_dynamic_500is", 23.4, 0.87),
        ({"likelihood": "gaussian", "latent_dim": 2, "learning_rate": 3e-3}, "nll_8bit_500is", 300, 0.96),
    ],
)
def test_it_learns_a_likelihood_of_digits(tmp_path, options, metric, most, share):
    """In nats per image; the bound lies above the importance-sampled estimate."""
    evaluation = trained(tmp_path, "vae", "digits", **options)
    metrics, pixels = evaluation["metrics"], evaluation["baselines"]["independent pixels"]
    assert metrics[f"test/{metric}"] <= most
    assert metrics[f"test/{metric}"] < metrics["test/neg_elbo"]
    assert metrics["test/neg_elbo"] < share * pixels["test/neg_elbo"]
    assert metrics["test/active_units"] >= 2
