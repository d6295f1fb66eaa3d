"""The formulas in the docstring of `stackedgan`, computed in NumPy; its stages, and what is measured
in each.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus import api
from hibiscus.methods.gan.stackedgan import StackedGAN
from hibiscus.training.checkpoint import load_checkpoint
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained

WEIGHTS = {
    "feature_condition_weight": 0.7,
    "image_condition_weight": 1.3,
    "feature_entropy_weight": 2.0,
    "image_entropy_weight": 3.0,
}


def log_softmax(scores):
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def drawn(game, batch):
    """What a loss draws after `manual_seed(5)` and makes of it: class asked for, noise, features and
    images.
    """
    torch.manual_seed(5)
    asked = np.floor(torch.rand(6).numpy() * 3).astype(int)
    z1, z0 = (2 * torch.rand(6, 8) - 1 for _ in range(2))
    real = game.encoder.features(batch.image)
    feature = game.generator.feature(torch.from_numpy(np.eye(3, dtype=np.float32)[asked]), z1)
    given = feature if game.level == 2 else real
    return (
        asked,
        (z1, z0),
        real.detach(),
        feature.detach(),
        given.detach(),
        game.generator.image(given, z0).detach(),
    )


@pytest.mark.parametrize("level", [1, 2])
def test_the_objective_is_its_formula(level):
    game, batch = made(StackedGAN, **WEIGHTS), images()
    game.grow(level)
    encoder, discriminator = game.encoder, game.discriminator
    asked, noise, real, feature, given, image = drawn(game, batch)
    shown = ((real, feature), (batch.image, image))
    judged = [
        [judge(each) for each in both]
        for judge, both in zip((discriminator.feature, discriminator.image), shown, strict=True)
    ]
    entropy = [((fake[1] - z) ** 2).mean().item() for (_, fake), z in zip(judged, noise, strict=True)]
    told, fooled = 0.0, 0.0
    for (real_logit, _), (fake_logit, _) in judged:
        real_logit, fake_logit = real_logit.detach().numpy(), fake_logit.detach().numpy()
        told += -np.log(sigmoid(real_logit)).mean() - np.log(1 - sigmoid(fake_logit)).mean()
        fooled += -np.log(sigmoid(fake_logit)).mean()
    torch.manual_seed(5)
    loss = game.discriminator_loss(batch)[0].item()
    assert loss == pytest.approx(told + 2 * entropy[0] + 3 * entropy[1], rel=1e-4)
    read = log_softmax(encoder.head(feature).detach().numpy())[np.arange(6), asked].mean()
    missed = ((encoder.features(image) - given) ** 2).mean().item()
    torch.manual_seed(5)
    loss, terms = game.generator_loss(batch)
    assert loss.item() == pytest.approx(
        fooled - 0.7 * read + 1.3 * missed + 2 * entropy[0] + 3 * entropy[1], rel=1e-4
    )
    assert terms["feature_condition"].item() == pytest.approx(-read, rel=1e-4)
    assert terms["image_condition"].item() == pytest.approx(missed, rel=1e-4)
    assert [terms["feature_entropy"].item(), terms["image_entropy"].item()] == pytest.approx(
        entropy, rel=1e-4
    )


def test_the_encoder_learns_by_cross_entropy():
    game, batch = made(StackedGAN), images()
    loss, terms = game.encoder_loss(batch)
    scores, label = game.encoder(batch.image).detach().numpy(), batch.label.numpy()
    assert loss.item() == pytest.approx(-log_softmax(scores)[np.arange(6), label].mean(), rel=1e-5)
    assert terms["accuracy"].item() == pytest.approx((scores.argmax(1) == label).mean())


@pytest.mark.parametrize("through", [0.0, 0.01, 1.0])
def test_the_upper_generator_feels_a_share_of_the_lower_ones_loss_when_joined(through):
    game, batch = made(StackedGAN, joint_gradient_scale=through), images()
    feature = torch.randn(6, 16, requires_grad=True)
    game.grow(1)
    assert torch.equal(game.lower_condition(batch, feature), game.encoder.features(batch.image))
    assert not game.lower_condition(batch, feature).requires_grad
    game.grow(2)
    given = game.lower_condition(batch, feature)
    assert torch.equal(given, feature)
    slope = torch.autograd.grad(given.sum(), feature)[0]
    torch.testing.assert_close(slope, torch.full_like(slope, through))


def test_each_weight_is_that_of_its_term():
    base = made(StackedGAN)
    for name in WEIGHTS:
        changed, batch = made(StackedGAN, **{name: getattr(base.config, name) + 1}), images()
        found = []
        for game in (base, changed):
            torch.manual_seed(5)
            found.append(game.generator_loss(batch))
        assert (found[1][0] - found[0][0]).item() == pytest.approx(
            found[0][1][name.removesuffix("_weight")].item(), rel=1e-3
        ), name


def stages_of(bench):
    bench.method.grow(0)
    for index, stage in enumerate(bench.method.stages(bench.data)):
        if index:
            bench.method.grow(index)
        yield stage


def test_the_encoder_learns_first_and_then_both_levels_apart_and_joined(tmp_path):
    bench = Bench(StackedGAN, tmp_path, encoder_epochs=5, epochs=3)
    stages = list(stages_of(bench))
    assert [[player.name for player in stage.players] for stage in stages] == [["encoder"]] + 2 * [
        ["discriminator", "generator"]
    ]
    assert [stage.epochs for stage in stages] == [5, 3, 3]
    for stage, progress, share in ((stages[1], 0.5, 0.25), (stages[2], 0.0, 0.5), (stages[2], 1.0, 1.0)):
        stage.before_round(progress)
        assert bench.method.progress == pytest.approx(share)
    assert len(list(stages_of(Bench(StackedGAN, tmp_path, joint=False)))) == 2


def test_the_encoder_stays_as_it_was_learned(tmp_path):
    """In the game it neither learns nor keeps statistics."""
    whole, alone = (
        Bench(StackedGAN, tmp_path / "0").run(),
        Bench(StackedGAN, tmp_path / "1", stop_after_epochs=1).run(),
    )
    kept, learned = (bench.method.encoder.state_dict() for bench in (whole, alone))
    assert all(torch.equal(kept[name], learned[name]) for name in learned)
    image = images().image
    training = whole.method.encoder.train()(image)
    assert torch.equal(training, whole.method.encoder.eval()(image))


def test_images_are_measured_where_there_are_some(tmp_path):
    bench = Bench(StackedGAN, tmp_path)
    with torch.inference_mode():
        assert set(bench.method.validate(bench.data, "val")) == {"encoder_accuracy"}
        bench.method.grow(1)
        assert {"frechet", "conditional_accuracy"} <= set(bench.method.validate(bench.data, "val"))
        assert 0 <= bench.method.evaluate(bench.data, "val").metrics["encoder_accuracy"] <= 1


def test_the_best_epoch_is_looked_for_in_the_last_stage(tmp_path):
    Bench(StackedGAN, tmp_path, encoder_epochs=2).run()
    _, state = load_checkpoint(tmp_path / "checkpoints" / "best.safetensors")
    assert (state["stage"], state["epoch"]) == (2, 4)


def test_patience_counts_only_epochs_with_images(tmp_path):
    """And a run that ends while the encoder learns has a report all the same."""
    options = {**StackedGAN.smoke_test.options, "quiet": True}
    run = api.train(
        "stackedgan",
        "digits",
        out=tmp_path / "a",
        **{**options, "encoder_epochs": 3},
        early_stopping_patience=1,
    )
    assert [line["stage"] for line in run.history] == [0, 0, 0, 1, 2]
    run = api.train("stackedgan", "digits", out=tmp_path / "b", **options, stop_after_epochs=1)
    assert math.isfinite(run.evaluate()["test/frechet"])
    assert (run.path / "report.html").stat().st_size > 10_000


def test_a_finished_run_goes_on_with_the_levels_joined(tmp_path):
    run = api.train("stackedgan", "digits", out=tmp_path / "a", quiet=True, **StackedGAN.smoke_test.options)
    more = api.train("stackedgan", "digits", out=tmp_path / "b", quiet=True, extend=run.path, epochs=2)
    assert [line["stage"] for line in more.history] == [0, 1, 2, 2]


@pytest.mark.slow
def test_it_learns_digits_by_way_of_the_features_of_a_classifier(tmp_path):
    """As classified by a network that is not the method's own."""
    evaluation = trained(tmp_path, "stackedgan", "digits", epochs=30, width=32)
    metrics, blends = evaluation["metrics"], evaluation["baselines"]["mean of two training images"]
    assert metrics["test/encoder_accuracy"] > 0.95
    assert metrics["test/conditional_accuracy"] > 0.9
    assert blends["test/conditional_accuracy"] < 0.2
    assert metrics["test/frechet"] < 0.75 * blends["test/frechet"]
    assert metrics["test/classes_found"] == 10
