r"""beta-VAE: a variational autoencoder with a larger weight on the KL, for disentangled latent codes.

    loss = - mean over images of  log p(x | z) + beta mean over images of  KL(q(z | x) || p(z))
    z = mean + std noise,    q(z | x) = N(mean, std**2),    mean, log std**2 = encoder(x)
    noise from N(0, 1),    p(z) = N(0, 1)

At beta = 1 this is the plain `vae`. The KL measures how many nats the latent code carries about an image. A
larger weight keeps only the variation that affects the image most, in components that are independent as in
the prior, and makes reconstructions blurrier. The best epoch is selected by `loss`; `neg_elbo` is always the
bound on the negative log-likelihood, that is, with beta = 1. If the dataset comes with known factors of
variation, as the bundled `shapes` does, the report measures disentanglement by MIG, the FactorVAE score and
DCI. The factors are used only for evaluation, neither in training nor in selecting the epoch.

Use it to explore the factors of variation in a set of similar images: look at the latent traversals in the
report, and compare several values of beta: `hibiscus sweep beta-vae shapes beta=1,2,4,9`. What most often
goes wrong is that beta is so large that all components collapse; `kl_warmup_fraction` helps a little.
Disentanglement is not guaranteed: without inductive biases no loss can distinguish a disentangled code from a
rotated one, and results vary as much with the seed as with beta, so compare several seeds (Locatello et al.,
2018, arXiv 1811.12359).

Differences from the paper: likelihoods and networks are those of `vae`, so a suitable beta depends on the
image size and the likelihood; Adam instead of Adagrad; a half-cosine learning-rate schedule.

Reference: Higgins, Matthey, Pal, Burgess, Glorot, Botvinick, Mohamed, Lerchner, "beta-VAE: Learning Basic
Visual Concepts with a Constrained Variational Framework", ICLR 2017.
"""

from __future__ import annotations

from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.disentanglement import add_disentanglement
from hibiscus.evaluation.likelihood import evaluate_likelihood
from hibiscus.losses import gaussian_kl
from hibiscus.methods.vae.base import Beta, VAEBase, VAEConfig
from hibiscus.training.config import Epochs, LatentDim
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["BetaVAE"]


class Config(VAEConfig):
    """Options of `beta-vae`."""

    epochs: Epochs = 100
    latent_dim: LatentDim = 10  # Higgins et al.; components that are not needed collapse
    beta: Beta = 4.0  # Higgins et al. for dSprites


class BetaVAE(VAEBase):
    """An encoder and a decoder, trained by one player; known factors are used only for evaluation."""

    name = "beta-vae"
    title = "beta-VAE"
    family = "vae"
    summary = "disentangled VAE (beta > 1)"
    uses = frozenset({"factors"})
    smoke_test = SmokeTest(
        "digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20}
    )
    Config = Config

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The reconstruction term plus beta times the KL, in nats per image, and both terms."""
        x = self.binarize_or_dequantize(batch)
        mean, log_variance = self.encode(x)
        z = self.reparameterize(mean, log_variance, batch)
        terms = {
            "reconstruction": -self.log_likelihood(x, z).mean(),
            "kl": gaussian_kl(mean, log_variance).mean(),
        }
        loss = terms["reconstruction"] + self.kl_weight * terms["kl"]
        return loss, {name: term.detach() for name, term in terms.items()}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """ELBO, likelihood and latent traversals; disentanglement if the factors are known."""
        evaluation = evaluate_likelihood(self, data, part)
        if "factors" not in data.arrays:
            return evaluation
        return add_disentanglement(evaluation, self.embed(data, part), data, part)
