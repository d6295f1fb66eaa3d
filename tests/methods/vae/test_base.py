"""The base of the variational autoencoders, with networks whose outputs are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import bernoulli, norm
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import UsageError
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from methods.gan_fixtures import sigmoid
from methods.vae.test_vae import given

SIDE, PIXELS, LATENT = 2, 4, 3


class Affine(nn.Module):
    """`weight @ inputs + bias` of flattened inputs; a condition is added to the inputs."""

    def __init__(self, inputs, outputs, shape):
        super().__init__()
        self.layer, self.shape = nn.Linear(inputs, outputs), shape

    def forward(self, values, *condition):
        for offset in condition:
            values = values.flatten(1) + offset
        return self.layer(values.flatten(1)).view(-1, *self.shape)


class Plain(VAEBase):
    name = "plain"

    def networks(self):
        encoder = Affine(PIXELS, 2 * LATENT, (2 * LATENT,))
        return self.with_pixel_noise(encoder, Affine(LATENT, PIXELS, (1, SIDE, SIDE)))

    def loss(self, batch):
        raise NotImplementedError

    def evaluate(self, data, part):
        raise NotImplementedError


class Shifted(Plain):
    def condition(self, batch):
        return (torch.full((batch.size, 1), 0.5),)


def plain(kind=Plain, likelihood="bernoulli", **options):
    torch.manual_seed(0)
    preparation = Preparation({"image": ImagePreparation(SIDE, SIDE, 1, (0.5,), (0.5,))})
    return kind(VAEConfig(likelihood=likelihood, latent_dim=LATENT, **options), preparation)


def affine(network, values):
    """The outputs of a network in NumPy."""
    weight, bias = (tensor.detach().double().numpy() for tensor in network.layer.parameters())
    return np.asarray(values, np.float64).reshape(len(values), -1) @ weight.T + bias


def levels(method, z):
    """The expected image of latent codes, in gray levels."""
    return 255 * sigmoid(affine(method.decoder, z)).reshape(-1, SIDE, SIDE, 1)


@pytest.fixture
def data():
    return given(np.random.default_rng(0).integers(0, 256, (16, SIDE, SIDE, 1), dtype=np.uint8))


def test_the_encoder_gets_signed_pixels_and_returns_mean_and_log_variance():
    method, x = plain(), torch.rand(5, 1, SIDE, SIDE)
    mean, log_variance = (values.detach().numpy() for values in method.encode(x))
    expected = affine(method.encoder, 2 * x.numpy() - 1)
    np.testing.assert_allclose(np.hstack([mean, log_variance]), expected, rtol=1e-4, atol=1e-6)


def test_a_sample_of_the_posterior_passes_gradients_to_mean_and_log_variance():
    method, batch = plain(), Batch(image=torch.zeros(5))
    mean, log_variance = (torch.randn(5, LATENT, requires_grad=True) for _ in range(2))
    torch.manual_seed(1)
    z = method.reparameterize(mean, log_variance, batch)
    torch.manual_seed(1)
    scaled = (log_variance / 2).exp() * torch.randn(5, LATENT)
    torch.testing.assert_close(z, mean + scaled)
    z.sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones(5, LATENT))
    torch.testing.assert_close(log_variance.grad, scaled.detach() / 2)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_log_likelihoods_match_scipy(likelihood):
    method, rng = plain(likelihood=likelihood), np.random.default_rng(1)
    z, x = rng.normal(size=(5, LATENT)), rng.random((5, PIXELS)).round(0 if likelihood == "bernoulli" else 8)
    share = sigmoid(affine(method.decoder, z))
    if likelihood == "bernoulli":
        expected = bernoulli.logpmf(x, share)
    else:
        noise = rng.normal(0, 0.2, PIXELS)
        method.decoder.noise.data = torch.from_numpy(noise).float().view(1, SIDE, SIDE)
        expected = norm.logpdf(256 * x, 256 * share, np.sqrt(32**2 * np.exp(20 * noise) + 1))
    x, z = torch.from_numpy(x).float().view(5, 1, SIDE, SIDE), torch.from_numpy(z).float()
    np.testing.assert_allclose(method.log_likelihood(x, z).detach(), expected.sum(1), rtol=1e-4)


def test_conditions_reach_both_networks(data):
    method = plain(Shifted)
    mean = affine(method.encoder, 2 * (data.values("image", "test") / 255) - 1 + 0.5)[:, :LATENT]
    with torch.inference_mode():
        predictions, codes = method.predict(data, "test"), method.embed(data, "test")
    np.testing.assert_allclose(codes, mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(predictions["latent"], codes)
    np.testing.assert_allclose(predictions["reconstruction"], levels(method, mean + 0.5), atol=0.51)


def test_samples_are_decoded_from_the_prior_with_some_components_held_fixed():
    method = plain()
    torch.manual_seed(2)
    samples = method.sample(300, code2="1.5")  # more than one batch of 256
    torch.manual_seed(2)
    z = torch.cat([torch.randn(256, LATENT), torch.randn(44, LATENT)])
    z[:, 1] = 1.5
    np.testing.assert_allclose(samples["image"], levels(method, z.numpy()), atol=0.51)
    np.testing.assert_array_equal(samples["code2"], np.full(300, 1.5))
    with pytest.raises(UsageError, match="code4"):
        method.sample(1, code4=0.0)


def test_validation_is_the_elbo_with_the_weight_beta_whatever_the_warm_up(data):
    method = plain(beta=2.0, kl_warmup_fraction=0.5)
    method.set_progress(0.1)
    torch.manual_seed(3)
    with torch.inference_mode():
        metrics = method.validate(data, "test")
    torch.manual_seed(3)
    uniform, noise = torch.rand(8, 1, SIDE, SIDE).numpy(), torch.randn(8, LATENT).numpy()
    x = uniform < data.values("image", "test").transpose(0, 3, 1, 2) / 255
    mean, log_variance = np.split(affine(method.encoder, 2.0 * x - 1), 2, axis=1)
    share = sigmoid(affine(method.decoder, mean + np.exp(log_variance / 2) * noise))
    reconstruction = -bernoulli.logpmf(x.reshape(8, -1), share).sum(1).mean()
    kl = (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1).mean() / 2
    expected = {"neg_elbo": reconstruction + kl, "loss": reconstruction + 2 * kl}
    assert metrics == pytest.approx({**expected, "reconstruction": reconstruction, "kl": kl}, rel=1e-4)
