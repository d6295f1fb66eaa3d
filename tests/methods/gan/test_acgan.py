"""The formulas in the docstring of `acgan`, computed in NumPy; the discriminator is told no class."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from hibiscus.methods.gan.acgan import ACGAN
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained


def drawn(game, count=6):
    """What a loss draws after the seed 5: made images, and which class was asked for."""
    torch.manual_seed(5)
    asked = np.floor(torch.rand(count).numpy() * 3).astype(int)
    noise = 2 * torch.rand(count, 8).numpy() - 1
    given = np.concatenate([noise, np.eye(3, dtype=np.float32)[asked]], 1)
    return game.nets["generator"](torch.from_numpy(given)).detach(), asked


def answers(game, image):
    found = game.nets["discriminator"](image)
    return found["real"].detach().numpy(), found["label"].detach().double().numpy()


def nats(logits, label):
    return -log_softmax(logits, axis=1)[np.arange(len(label)), label].mean()


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_the_objective_is_its_formula(weight):
    game, batch = made(ACGAN, class_weight=weight), images()
    with torch.no_grad():
        game.nets["discriminator"].heads["label"].weight.mul_(50)  # so that classes are told apart at all
    torch.manual_seed(5)
    loss, terms = game.discriminator_loss(batch)
    fake, asked = drawn(game)
    (real_logit, real_class), (fake_logit, fake_class) = answers(game, batch.image), answers(game, fake)
    label = batch.label.numpy()
    classes = nats(real_class, label) + nats(fake_class, asked)
    cross = -np.log(sigmoid(real_logit)).mean() - np.log(1 - sigmoid(fake_logit)).mean()
    assert loss.item() == pytest.approx(cross + weight * classes, rel=1e-4)
    assert terms["accuracy"].item() == pytest.approx(((real_logit > 0).mean() + (fake_logit < 0).mean()) / 2)
    assert terms["class_accuracy"].item() == pytest.approx((real_class.argmax(1) == label).mean())
    torch.manual_seed(5)
    loss, terms = game.generator_loss(batch)
    assert loss.item() == pytest.approx(
        -np.log(sigmoid(fake_logit)).mean() + weight * nats(fake_class, asked), rel=1e-4
    )
    assert terms["conditional_accuracy"].item() == pytest.approx((fake_class.argmax(1) == asked).mean())


def test_the_generator_is_taught_what_it_is_asked_for_by_the_classifier_alone():
    """Without the class's weight no gradient tells the generator which class was asked: the discriminator is
    not told it.
    """
    batch = images(60)
    for weight in (0.0, 1.0):
        game = made(ACGAN, class_weight=weight)
        torch.manual_seed(5)
        first = game.generator_loss(batch)[0].item()
        game.random_labels = lambda given: type(given)(given, label=torch.zeros(given.size, dtype=torch.long))
        answers = game.nets["discriminator"].heads["label"]
        with torch.no_grad():
            answers.bias[0] += 5
        torch.manual_seed(5)
        other = game.generator_loss(batch)[0].item()
        assert (abs(first - other) > 0.3) == (weight > 0)


def test_samples_are_of_the_class_that_is_asked_for():
    game = made(ACGAN)
    game.train_mode(False)
    seen = []
    game.nets["generator"].register_forward_pre_hook(
        lambda net, given: seen.append(given[0][:, -3:].argmax(1).tolist())
    )
    assert game.sample(4)["label"].tolist() == ["7", "cat", "dog", "7"]
    assert game.sample(2, label="dog")["label"].tolist() == ["dog", "dog"]
    assert seen == [[0, 1, 2, 0], [2, 2]]


@pytest.mark.slow
def test_it_learns_every_digit(tmp_path):
    evaluation = trained(tmp_path, "acgan", "digits", epochs=60, width=32, learning_rate=1e-3)
    metrics, blends = evaluation["metrics"], evaluation["baselines"]["mean of two training images"]
    assert metrics["test/frechet"] < 0.75 * blends["test/frechet"]
    assert metrics["test/classes_found"] == 10
    assert metrics["test/conditional_accuracy"] > 0.9
    assert blends["test/conditional_accuracy"] < 0.2
