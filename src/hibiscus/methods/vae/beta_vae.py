r"""beta-VAE: a variational autoencoder that pays more for its code, so it uses few units, where it succeeds each for one thing.

    loss = - mean over images of  log p(x | z) + beta mean over images of  KL(q(z | x) || p(z)),    p(z) = N(0, 1)
    z = mean + std noise,    q(z | x) = N(mean, std**2),    mean, log std**2 = encoder(x),    noise from N(0, 1)

At beta = 1 this is the plain `vae`. The KL counts nats that the code tells of an image: at a higher price it tells only what changes
the image most, in units that are independent of each other as the prior is, and images blur. `loss` decides which epoch is best;
`neg_elbo` is the bound of `- log p(x)` itself, beta = 1, whatever it was trained with. Where the data come with known factors, as the
bundled `shapes` do, the report measures how far units and factors stand for each other one for one (MIG, FactorVAE score, DCI). Factors
are for measuring only: training and the choice of the epoch never see them.

Use it to look for what images of one kind are made of: traverse one unit at a time in the report, and find beta by trial:
`hibiscus sweep beta-vae shapes beta=1,2,4,9`. What most often goes wrong is a beta so large that the last units collapse too; `warm_up`
helps a little. Nothing promises that units mean something to a person: without an inductive bias no loss can tell a good code from a
rotated one, and seeds differ as much as betas do, so look at several (Locatello et al., 2018, arXiv 1811.12359).

Departs: likelihoods and networks are those of `vae`, so a useful beta depends on the images' size and likelihood. Adam for Adagrad. The
rate falls on half a cosine.

Reference: Higgins, Matthey, Pal, Burgess, Glorot, Botvinick, Mohamed, Lerchner, "beta-VAE: Learning Basic Visual Concepts with a
Constrained Variational Framework", ICLR 2017.
"""

from __future__ import annotations

from pydantic import Field

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import disentanglement as factors
from hibiscus.evaluation import likelihood as evidence
from hibiscus.methods.vae.base import VAEBase, VAEConfig
from hibiscus.training.method import Evaluation, SmokeTest

__all__ = ["BetaVAE"]


class Config(VAEConfig):
    """Options of `beta-vae`."""

    epochs: int = Field(100, ge=1, description="passes over the training part")
    latent_dim: int = Field(10, ge=1, description="numbers of a code (Higgins et al.); those that are not needed collapse")
    beta: float = Field(4.0, ge=0, description="weight of KL (4 in Higgins et al. for dSprites); 1 for a plain vae")


class BetaVAE(VAEBase):
    """One player that owns encoder and decoder; known factors are for measuring only."""

    name, title = "beta-vae", "beta-VAE"
    uses = frozenset({"factors"})
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50, "hidden": 32, "latent_dim": 4, "importance_samples": 20})
    Config = Config

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Bound and likelihood, what each unit does, and where factors are known how well units stand for them."""
        found = evidence.evaluate_vae(self, data, part)
        return factors.add_factors(found, self.embed(data, part), data, part) if "factors" in data.arrays else found
