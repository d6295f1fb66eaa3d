"""The formulas in the docstring of `cgan`, computed in NumPy; the conditional accuracy of its samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus.evaluation import generation
from hibiscus.methods.gan.cgan import CGAN
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import learns_every_class


def test_the_objective_is_its_formula():
    game, batch = made(CGAN), images()
    generator, discriminator = game.nets["generator"], game.nets["discriminator"]

    def drawn():
        torch.manual_seed(5)
        asked = np.floor(torch.rand(6).numpy() * 3).astype(int)
        noise = 2 * torch.rand(6, 8).numpy() - 1
        hot = torch.from_numpy(np.eye(3, dtype=np.float32)[asked])
        return generator(torch.cat([torch.from_numpy(noise), hot], 1)).detach(), hot

    torch.manual_seed(5)
    loss, terms = game.discriminator_loss(batch)
    fake, asked = drawn()
    label = torch.from_numpy(np.eye(3, dtype=np.float32)[batch.label.numpy()])
    real_logit, fake_logit = (
        discriminator(*pair).detach().numpy() for pair in ((batch.image, label), (fake, asked))
    )
    assert loss.item() == pytest.approx(
        -np.log(sigmoid(real_logit)).mean() - np.log(1 - sigmoid(fake_logit)).mean(), rel=1e-4
    )
    assert terms["accuracy"].item() == pytest.approx(((real_logit > 0).mean() + (fake_logit < 0).mean()) / 2)
    torch.manual_seed(5)
    assert game.generator_loss(batch)[0].item() == pytest.approx(
        -np.log(sigmoid(fake_logit)).mean(), rel=1e-4
    )


def test_conditional_accuracy_is_how_often_the_classifier_predicts_the_condition(tmp_path):
    data = Bench(CGAN, tmp_path, count=800).data
    asked, real = data.values("label", "train"), data.values("image", "train")

    def sampler(turn):
        return lambda count: {"image": real[:count], "condition": (asked[:count] + turn) % 10}

    assert generation.validate_generator(sampler(0), data, "train")["conditional_accuracy"] > 0.95
    found = generation.evaluate_generator(sampler(1), data, "train")
    assert found.metrics["conditional_accuracy"] < 0.05
    assert all(baseline["conditional_accuracy"] < 0.5 for baseline in found.baselines.values())
    assert found.report_items[-1].title == "Conditional accuracy by class"


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    learns_every_class(tmp_path, "cgan", conditional=True, epochs=120, width=32, learning_rate=1e-3)
