"""The formulas in the docstring of `gan-1d`, computed in NumPy; it learns dependent columns, and series."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

from hibiscus import api
from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, DataError
from hibiscus.methods.gan.gan_1d import GAN1D
from methods.gan_fixtures import sigmoid


def made(shape=(3,), **options):
    values = np.random.default_rng(0).normal(size=(20, *shape)).astype(np.float32)
    preparation = Preparation({"array": ArrayPreparation.fit(values)})
    torch.manual_seed(0)
    config = GAN1D.resolve(GAN1D.Config(**{**GAN1D.smoke_test.options, **options}), preparation)
    return GAN1D(config, preparation)


def items(shape=(3,), count=6):
    values = np.random.default_rng(1).normal(size=(count, *shape))
    return Batch(array=torch.from_numpy(values.astype(np.float32)))


@pytest.mark.parametrize("shape", [(3,), (20, 2)])
@pytest.mark.parametrize("loss", ["wasserstein", "cross-entropy", "least-squares"])
def test_the_objective_is_its_formula(loss, shape):
    game, batch = made(shape, loss=loss, gradient_penalty_weight=3.0), items(shape)
    torch.manual_seed(5)
    fake = game.generate(batch).detach()
    mix = torch.rand(6, *[1] * len(shape)) if loss == "wasserstein" else None
    d = lambda x: game.discriminator(x).detach().double().numpy()  # noqa: E731
    real_out, fake_out = d(batch.array), d(fake)
    if loss == "wasserstein":
        between = (mix * batch.array + (1 - mix) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(game.discriminator(between).sum(), between)
        norm = np.linalg.norm(gradient.numpy().reshape(6, -1), axis=1)
        expected = fake_out.mean() - real_out.mean() + 3 * ((norm - 1) ** 2).mean()
        generator = -fake_out.mean()
    elif loss == "cross-entropy":
        expected = -np.log(sigmoid(real_out)).mean() - np.log(1 - sigmoid(fake_out)).mean()
        generator = -np.log(sigmoid(fake_out)).mean()
    else:
        expected = ((real_out - 1) ** 2).mean() / 2 + (fake_out**2).mean() / 2
        generator = ((fake_out - 1) ** 2).mean() / 2
    torch.manual_seed(5)
    value, _ = game.discriminator_loss(batch)
    assert value.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    torch.manual_seed(5)
    value, _ = game.generator_loss(batch)
    assert value.item() == pytest.approx(generator, rel=1e-4, abs=1e-5)


def test_networks_and_steps_fit_the_data_and_the_loss():
    assert [made(shape).config.net for shape in ((3,), (20, 2), (8, 2))] == ["mlp", "conv", "mlp"]
    assert made().config.critic_steps == 2
    assert made(loss="cross-entropy").config.critic_steps == 1
    assert made(critic_steps=2).config.critic_steps == 2
    with pytest.raises(ConfigError, match="net=conv for vectors"):
        made((3,), net="conv")


def test_images_and_tables_of_categories_are_refused(tmp_path):
    with pytest.raises(DataError, match="arrays of vectors or series, or a table of numbers") as error:
        api.train("gan-1d", "digits", out=tmp_path / "a", quiet=True)
    assert "image" in error.value.received
    frame = pandas.DataFrame({"x": np.arange(60) * 1.5, "kind": ["a", "b"] * 30})
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    with pytest.raises(DataError, match="kind"):
        api.train("gan-1d", str(tmp_path / "mixed.csv"), out=tmp_path / "b", quiet=True)


def test_samples_of_a_table_are_in_its_units(tmp_path):
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame({"mass": rng.normal(1000, 20, 300), "size": rng.normal(0.01, 0.001, 300)})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    options = {"epochs": 2, "quiet": True, "evaluate": False}
    run = api.train("gan-1d", str(tmp_path / "rows.csv"), out=tmp_path / "run", **options)
    sample = run.sample(200)["array"]
    assert sample.shape == (200, 2)
    assert 900 < sample[:, 0].mean() < 1100
    assert abs(sample[:, 1]).max() < 0.1
    path = run.sample(9, interpolate=3)
    assert path["array"].shape == (9, 2)


@pytest.mark.slow
def test_it_learns_two_clusters(tmp_path):
    """Neither a normal distribution nor independent columns have two clusters."""
    rng = np.random.default_rng(0)
    cluster = rng.choice([-1, 1], (3000, 1))
    values = (cluster * [2.0, 1.0] + rng.normal(0, [0.3, 0.2], (3000, 2))).astype(np.float32)
    data = Dataset("d", "d", {"array": values}, [str(i) for i in range(3000)], content_keys(values))
    run = api.train("gan-1d", data, out=tmp_path / "run", quiet=True, epochs=60)
    evaluation = run.evaluation()
    metrics, baselines = evaluation["metrics"], evaluation["baselines"]
    best = min(row["test/sliced_wasserstein"] for row in baselines.values())
    assert metrics["test/sliced_wasserstein"] < 0.75 * best
    sample = run.sample(1000)["array"]
    assert 0.25 < (sample[:, 0] > 0).mean() < 0.75
    assert ((sample[:, 0] > 0) == (sample[:, 1] > 0)).mean() > 0.9
