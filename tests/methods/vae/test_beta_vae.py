"""The formulas in the docstring of `beta-vae`, computed in NumPy; the factors of variation serve evaluation
only.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus import api
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.disentanglement import add_disentanglement, disentanglement_metrics
from hibiscus.methods.vae.beta_vae import BetaVAE
from hibiscus.runs.prepare import fit_preparation
from hibiscus.training.method import Evaluation
from methods.gan_fixtures import images, made, sigmoid


@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_the_objective_is_its_formula(beta):
    method, batch = made(BetaVAE, likelihood="bernoulli", net="mlp", beta=beta), images()
    torch.manual_seed(5)
    loss, terms = method.loss(batch)
    torch.manual_seed(5)
    uniform, noise = torch.rand(6, 1, 8, 8).numpy(), torch.randn(6, 4).double().numpy()
    x = (uniform < (batch.image.numpy() + 1) / 2).astype(np.float32)
    mean, log_variance = np.split(
        method.encoder(torch.from_numpy(2 * x - 1)).detach().double().numpy(), 2, axis=1
    )
    z = mean + np.exp(log_variance / 2) * noise
    s = sigmoid(method.decoder(torch.from_numpy(z).float()).detach().numpy())
    log_x = (x * np.log(s) + (1 - x) * np.log(1 - s)).sum((1, 2, 3))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1)
    assert loss.item() == pytest.approx(-log_x.mean() + beta * kl.mean(), rel=1e-4)
    assert terms["kl"].item() == pytest.approx(kl.mean(), rel=1e-4)


def test_the_best_epoch_is_selected_by_the_loss_unless_beta_is_1():
    assert BetaVAE.Config().beta == 4
    assert BetaVAE.choose_selection_metric(BetaVAE.Config()).name == "loss"
    assert BetaVAE.choose_selection_metric(BetaVAE.Config(beta=1)).name == "neg_elbo"


class Shapes(BetaVAE):
    """The same method on data with known factors."""

    smoke_test = type(BetaVAE.smoke_test)("shapes", BetaVAE.smoke_test.options)


def test_factors_are_used_in_evaluation_and_never_in_a_batch(tmp_path):
    bench = Bench(Shapes, tmp_path, count=600, epochs=1, hidden=8)
    assert bench.preparation["factors"].names == ("shape", "scale", "rotation", "x", "y")
    assert "factors" not in bench.data.source("train", 10, 0).next()
    assert all("factors" not in batch for batch in bench.data.iterate("test"))
    assert bench.data.values("factors", "test").shape == (len(bench.data.parts["test"]), 5)


def test_a_code_of_the_factors_themselves_beats_principal_components():
    whole = open_data("shapes")
    rows = np.random.default_rng(0).permutation(len(whole))[:2000]
    fields = {name: values[rows] for name, values in whole.fields.items()}
    dataset = Dataset("some", "some", fields, [whole.ids[row] for row in rows], whole.keys[rows])
    parts = {"train": np.arange(500), "test": np.arange(500, 2000)}
    data = PreparedData(dataset, fit_preparation(dataset, parts["train"], BetaVAE, DataConfig()), parts)
    factors = data.values("factors", "test")
    codes = np.concatenate([factors - factors.mean(0), np.full((1500, 2), 1e-3)], 1)
    evaluation = add_disentanglement(Evaluation({}, {}, []), codes, data, "test")
    assert evaluation.metrics == disentanglement_metrics(codes[:, :5], factors)
    assert min(evaluation.metrics.values()) > 0.95
    table, matrix = evaluation.report_items
    assert sorted(matrix.rows) == [
        f"component {number}" for number in range(1, 6)
    ]  # the two inactive ones are left out
    assert all(value > baseline for _, value, baseline in table.rows)


@pytest.mark.slow
def test_it_learns_latent_dimensions_that_stand_for_known_factors(tmp_path):
    """With beta > 1, x, y and scale have dimensions of their own; a plain VAE spreads each over several.

    The mean of three seeds: a single plain VAE may disentangle by chance (Locatello et al., 2019).
    """

    def mean_metrics(beta):
        options = {"epochs": 40, "hidden": 256, "importance_samples": 5, "beta": beta, "quiet": True}
        out = tmp_path / f"beta-{beta}"
        runs = [api.train("beta-vae", "shapes", out=out / f"{i}", seed=i, **options) for i in range(3)]
        return {name: np.mean([run.evaluate()[f"test/{name}"] for run in runs]) for name in names}

    names = ("mig", "factor_vae_score", "active_units")
    plain, disentangled = mean_metrics(1), mean_metrics(8)
    assert disentangled["mig"] > max(0.15, plain["mig"])
    assert disentangled["factor_vae_score"] > 0.4
    assert disentangled["active_units"] <= plain["active_units"]
