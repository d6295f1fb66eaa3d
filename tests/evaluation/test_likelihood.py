"""Evaluation of a model whose likelihood, posterior and decoded images are known."""

from __future__ import annotations

import math
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import norm

from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.evaluation.elbo import independent_pixels
from hibiscus.evaluation.likelihood import BASELINE, _active_components, evaluate_likelihood
from methods.vae.test_vae import given

COUNT, BETA = 200, 3.0


class LinearGaussian:
    """Pixel j is `x = weight z + noise` for component j of z, so that `p(x) = N(0, 1 + weight**2)`, and q is
    the exact posterior `N(weight x / (1 + weight**2), 1 / (1 + weight**2))`. Pixel j of a decoded image is
    gray level `127.5 + 42.5 z`.
    """

    classes, device = (), torch.device("cpu")

    def __init__(self, *weights, likelihood="gaussian"):
        count = len(weights)
        self.weights = torch.tensor(weights)
        self.config = SimpleNamespace(beta=BETA, importance_samples=5, likelihood=likelihood)
        self.preparation = Preparation({"image": ImagePreparation(1, count, 1, (0.5,), (0.5,))})

    def condition(self, batch):
        return ()

    def binarize_or_dequantize(self, batch):
        return (batch.image > 0).float() if self.config.likelihood == "bernoulli" else 3 * batch.image

    def encode(self, x):
        precision = 1 + self.weights**2
        mean = self.weights * x.flatten(1) / precision
        return mean, -precision.log().expand_as(mean)

    def decode(self, z):
        return z.view(len(z), 1, 1, -1) / 3

    def log_likelihood(self, x, z):
        return torch.from_numpy(norm.logpdf(x.flatten(1).numpy(), (self.weights * z).numpy(), 1).sum(1))

    def sample(self, count):
        image = np.zeros((count, 1, len(self.weights), 1), np.uint8)
        return {"image": image, "label": np.arange(count)}


def evaluated(*weights, **options):
    shape = (2 * COUNT, 1, len(weights), 1)
    data = given(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    torch.manual_seed(0)
    evaluation = evaluate_likelihood(LinearGaussian(*weights, **options), data, "test")
    return evaluation, {item.title: item for item in evaluation.report_items}, data


def signed(data):
    """The pixels of the test part in [-3, 3], as the model with a Gaussian likelihood gets them."""
    return 3 * (2 * data.values("image", "test")[:, 0, :, 0].astype(float) / 255 - 1)


def level(z):
    """The gray level of a component in a decoded image."""
    return np.clip(np.round(255 * (np.asarray(z) / 3 + 1) / 2), 0, 255)


def test_metrics_of_a_model_with_known_likelihood():
    evaluation, items, data = evaluated(2.0, 0.0, 1.0)
    weights, x = np.array([2.0, 0, 1]), signed(data)
    precision = 1 + weights**2
    mean = weights * x / precision
    truth = -norm.logpdf(x, 0, np.sqrt(precision)).sum(1)
    kl = (mean**2 + 1 / precision + np.log(precision) - 1) / 2
    torch.manual_seed(0)
    z = mean + torch.randn(COUNT, 3).numpy() / np.sqrt(precision)
    reconstruction = -norm.logpdf(x, weights * z, 1).sum(1).mean()
    expected = {
        "neg_elbo": reconstruction + kl.sum(1).mean(),
        "loss": reconstruction + BETA * kl.sum(1).mean(),
        "reconstruction": reconstruction,
        "kl": kl.sum(1).mean(),
        "nll_8bit_5is": truth.mean(),  # exact, since q is the posterior
        "active_units": 2,
    }
    assert evaluation.metrics == pytest.approx(expected, rel=1e-4)
    pixels = independent_pixels(data, "test", "gaussian")
    assert evaluation.baselines == {BASELINE: {"neg_elbo": pixels, "loss": pixels, "nll_8bit_5is": pixels}}
    rows, bits = items["Likelihood"].rows, 1 / 3 / math.log(2)
    assert [row[1] for row in rows] == pytest.approx([expected["neg_elbo"], truth.mean(), pixels], rel=1e-4)
    assert [row[2] for row in rows] == [None, pytest.approx(truth.std(ddof=1) / COUNT**0.5, rel=1e-4), None]
    assert [row[3] for row in rows] == pytest.approx([row[1] * bits for row in rows])
    assert items["Likelihood"].note.startswith("For 8-bit pixel levels.")
    table = items["Latent components"]
    assert [(row[0], row[3]) for row in table.rows] == [("1", "yes"), ("3", "yes"), ("2", "collapsed")]
    order = [0, 2, 1]  # by KL
    np.testing.assert_allclose([row[1] for row in table.rows], kl.mean(0)[order], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose([row[2] for row in table.rows], mean.var(0)[order], rtol=1e-4)
    assert table.note.startswith("2 of 3 latent components are active.")


@pytest.mark.parametrize(
    ("active", "total", "expected"),
    [
        (3, 3, "3 of 3 latent components are active."),
        (1, 3, "1 of 3 latent components is active. The other 2 equal the prior"),
        (2, 3, "2 of 3 latent components are active. The other one equals the prior"),
        (0, 3, "0 of 3 latent components are active. They equal the prior"),
        (1, 1, "The only latent component is active."),
        (0, 1, "The only latent component is not active. It equals the prior"),
    ],
)
def test_active_components_in_a_sentence(active, total, expected):
    text = _active_components(active, total)
    assert text.startswith(expected)
    assert ("ignores it" in text) == (total - active == 1)


def test_traversals_vary_one_component_in_the_order_of_kl():
    _, items, data = evaluated(2.0, 0.0, 1.0)
    (grid,) = items["Latent traversals"].images
    codes = np.tile(signed(data)[0] * [0.4, 0, 0.5], (3, 9, 1))
    for row, component in enumerate([0, 2, 1]):
        codes[row, :, component] = np.linspace(-2.5, 2.5, 9)
    shown = np.stack([grid[::3, pixel::5] for pixel in range(3)], axis=-1)  # a gap of 2 between images
    np.testing.assert_allclose(shown, level(codes), atol=1)
    assert "Components from top to bottom: 1, 3, 2." in items["Latent traversals"].note


def test_a_two_dimensional_latent_space_is_shown_as_a_map_and_a_scatter_plot():
    _, items, data = evaluated(2.0, 1.0)
    assert "Latent traversals" not in items
    (grid,) = items["Latent space map"].images
    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / 15) for i in range(15)])
    np.testing.assert_allclose(grid[::3, ::4], np.tile(level(quantiles), (15, 1)), atol=1)  # to the right
    np.testing.assert_allclose(grid[::3, 1::4], np.tile(level(quantiles), (15, 1)).T[::-1], atol=1)  # upwards
    scatter, mean = items["Posterior means"], signed(data) * [0.4, 0.5]
    np.testing.assert_allclose([scatter.x, scatter.y], mean.T, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_reconstructions_are_the_images_decoded_at_the_posterior_mean(likelihood):
    evaluation, items, data = evaluated(2.0, 0.0, 1.0, likelihood=likelihood)
    gallery, pixels = items["Reconstructions"], data.values("image", "test")
    shown = np.linspace(0, COUNT - 1, 20).astype(int)
    pixels = pixels[shown].reshape(20, 3)
    binary = pixels > 127
    x = binary if likelihood == "bernoulli" else signed(data)[shown]
    rows = {"original": pixels, "binarized": 255 * binary, "reconstruction": level(x * [0.4, 0, 0.5])}
    if likelihood == "gaussian":
        del rows["binarized"]
    assert gallery.captions == tuple(rows) * 20
    expected = np.stack(list(rows.values()), axis=1).reshape(-1, 3)
    np.testing.assert_allclose(np.stack(gallery.images)[:, 0].astype(int), expected, atol=1)
    name = {"bernoulli": "nll_dynamic_5is", "gaussian": "nll_8bit_5is"}[likelihood]
    assert name in evaluation.metrics
    assert items["Samples"].captions == tuple(str(number) for number in range(60))
