r"""Variational autoencoder: learns a code of a few numbers for each image, and makes new images from codes drawn at random.

    loss = - mean over images of  log p(x | z) + beta mean over images of  KL(q(z | x) || p(z)),    p(z) = N(0, 1)
    z = mean + std noise,    q(z | x) = N(mean, std**2),    mean, log std**2 = encoder(x),    noise from N(0, 1)

With `likelihood=bernoulli` each value of x is 1 with the probability that its pixel's brightness is, drawn anew for every batch, and
`log p(x | z) = sum of x log s + (1 - x) log(1 - s)`, `s = sigmoid(decoder(z))`. With `gaussian` x is the pixel's level of 0 to 255 plus
a uniform share of one, and `log p(x | z) = - sum of ((x - 256 s) / sigma)**2 / 2 + log sigma + log(2 pi) / 2`, a sigma learned for
each pixel. The noise stands outside the encoder, so gradients pass through z. The KL is that to the prior; at beta = 1 the loss bounds
`- log p(x)` from above, in nats per image, too high by another KL that cannot be computed, from q(z | x) to the true p(z | x).

Use it for a smooth map of images of one kind, for codes as features, for samples that miss no kind, and wherever a likelihood counts;
a GAN's samples are sharper. What most often goes wrong is posterior collapse: units whose KL is near 0 tell nothing (the report counts
them). Some are no harm; if nearly all are gone try `kl_warmup_fraction=0.3` or a smaller `beta`. For images of a class see `cvae`,
for few independent units `beta-vae`, of which this is the case beta = 1.

Departs: sigma is learned for each pixel, neither fixed nor made by the decoder, so the data weigh errors against KL and the mean image
stays the best guess; levels are made continuous by noise, so the figures of `gaussian` bound those of 8-bit images. The rate falls on
half a cosine.

Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114; beta: Higgins et al., "beta-VAE", ICLR 2017;
warm-up: Sonderby et al., "Ladder Variational Autoencoders", 2016, arXiv 1602.02282.
"""

from __future__ import annotations

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import likelihood as evidence
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["VAE"]


class Config(VAEConfig):
    """Options of `vae`."""


class VAE(VAEBase):
    """One player that owns encoder and decoder, and nothing is told to them beside images and codes."""

    name, title = "vae", "Variational autoencoder"
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20})
    Config = Config

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Bound and likelihood beside independent pixels; reconstructions, samples, and what each unit of the code does."""
        return evidence.evaluate_vae(self, data, part)
