r"""Variational autoencoder: an encoder and a decoder, trained jointly to maximize the ELBO.

    loss = - mean over images of  log p(x | z) + beta mean over images of  KL(q(z | x) || p(z))
    z = mean + std noise,    q(z | x) = N(mean, std**2),    mean, log std**2 = encoder(x)
    noise from N(0, 1),    p(z) = N(0, 1),    s = sigmoid(decoder(z))
    log p(x | z) = sum of  x log s + (1 - x) log(1 - s)                                     bernoulli
    log p(x | z) = - sum of  ((x - 256 s) / sigma)**2 / 2 + log sigma + log(2 pi) / 2       gaussian

With `likelihood=bernoulli`, x is binarized anew for every batch: each pixel is 1 with a probability equal to
its intensity. With `gaussian`, x is the pixel level from 0 to 255 plus uniform noise from [0, 1)
(dequantization), and sigma is learned for each pixel. Because the noise of z is sampled independently of the
encoder (reparameterization), gradients flow through z. At beta = 1 the loss is the negative ELBO, an upper
bound on the negative log-likelihood in nats per image; the gap is the KL divergence from q(z | x) to the true
posterior p(z | x).

Use it for a smooth latent space, for embeddings, for samples that cover all modes of the data, and if you
need a likelihood; the samples of a GAN are sharper. With `latent_dim=2` the report shows the entire latent
space. What most often goes wrong is posterior collapse: latent components with a KL near 0 carry no
information (the report counts them). A few such components do no harm; if nearly all have collapsed, try
`kl_warmup_fraction=0.3` or a smaller `beta`. To generate images of a given class, see `cvae`; for a
disentangled latent code, see `beta-vae`.

Differences from the paper: sigma is learned for each pixel instead of being fixed or predicted by the
decoder, so the balance between reconstruction and KL is learned from the data. With dequantization, the
`gaussian` ELBO is a bound on the likelihood of the 8-bit images. The learning rate follows a half-cosine
schedule.

Reference: Kingma, Welling, "Auto-Encoding Variational Bayes", 2013, arXiv 1312.6114; beta: Higgins et al.,
"beta-VAE", ICLR 2017; KL warm-up: Sonderby et al., "Ladder Variational Autoencoders", 2016, arXiv 1602.02282.
"""

from __future__ import annotations

from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.likelihood import evaluate_likelihood
from hibiscus.losses import gaussian_kl
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["VAE"]


class Config(VAEConfig):
    """Options of `vae`."""


class VAE(VAEBase):
    """An encoder and a decoder, trained together by one player on the ELBO."""

    name = "vae"
    title = "Variational autoencoder"
    family = "vae"
    summary = "variational autoencoder: latent codes, likelihoods and samples"
    smoke_test = SmokeTest(
        "digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20}
    )
    Config = Config

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative ELBO with weight beta on the KL, in nats per image, and its two terms."""
        x = self.binarize_or_dequantize(batch)
        mean, log_variance = self.encode(x)
        z = self.reparameterize(mean, log_variance, batch)
        reconstruction = -self.log_likelihood(x, z).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        negative_elbo = reconstruction + self.kl_weight * kl
        return negative_elbo, {"reconstruction": reconstruction.detach(), "kl": kl.detach()}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """ELBO and likelihood compared with independent pixels; reconstructions, samples and traversals."""
        return evaluate_likelihood(self, data, part)
