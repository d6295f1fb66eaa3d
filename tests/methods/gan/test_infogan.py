"""The formulas in the docstring of `infogan`, computed in NumPy; what it may be asked for; no label of a
person's is learned from.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from scipy.stats import norm

from contract.checks import Bench
from hibiscus.data.batch import Batch
from hibiscus.errors import UsageError
from hibiscus.methods.gan.infogan import InfoGAN
from methods.gan_fixtures import images, made, sigmoid
from methods.learning import trained


def drawn(game, count=6):
    """What a loss draws after the seed 5: made images, and with which label and codes."""
    torch.manual_seed(5)
    label = np.floor(torch.rand(count).numpy() * 4).astype(int)
    codes = 2 * torch.rand(count, 3).numpy() - 1
    noise = 2 * torch.rand(count, 8).numpy() - 1
    given = np.concatenate([noise, np.eye(4, dtype=np.float32)[label], codes], 1)
    return game.nets["generator"](torch.from_numpy(given)).detach(), label, codes


def answers(game, image):
    logit, features = game.nets["discriminator"](image)
    found = {"real": logit, **game.nets["reader"](features)}
    return {name: answer.detach().double().numpy() for name, answer in found.items()}


def unread(found, label, codes):
    """Minus the log-likelihood of label and codes under Q, each weighted."""
    label_nats = -log_softmax(found["label"], axis=1)[np.arange(len(label)), label].mean()
    code_nats = -norm(found["mean"], np.exp(found["log_std"])).logpdf(codes).sum(1).mean()
    return 0.7 * label_nats + 0.2 * code_nats, label_nats, code_nats


def game():
    found = made(InfoGAN, num_classes=4, num_codes=3, class_weight=0.7, code_weight=0.2)
    with torch.no_grad():
        for head in (found.nets["discriminator"].real, *found.nets["reader"].heads.values()):
            head.weight.mul_(20)  # so that answers differ between images
    return found


def test_the_objective_is_its_formula():
    play, batch = game(), images()
    torch.manual_seed(5)
    loss, terms = play.discriminator_loss(batch)
    fake, label, codes = drawn(play)
    real_logit, found = answers(play, batch.image)["real"], answers(play, fake)
    cross = -np.log(sigmoid(real_logit)).mean() - np.log(1 - sigmoid(found["real"])).mean()
    assert loss.item() == pytest.approx(cross, rel=1e-4)
    assert terms["accuracy"].item() == pytest.approx(
        ((real_logit > 0).mean() + (found["real"] < 0).mean()) / 2
    )
    torch.manual_seed(5)
    loss, terms = play.generator_loss(batch)
    both, label_nats, code_nats = unread(found, label, codes)
    assert loss.item() == pytest.approx(-np.log(sigmoid(found["real"])).mean() + both, rel=1e-4)
    assert terms["label_nll"].item() == pytest.approx(label_nats, rel=1e-4)
    assert terms["code_nll"].item() == pytest.approx(code_nats, rel=1e-4)


def test_no_label_of_a_person_is_learned_from():
    losses = []
    for label in (0, 2):
        play, batch = game(), images()
        batch["label"] = torch.full((6,), label)
        torch.manual_seed(5)
        losses.append((play.discriminator_loss(batch)[0].item(), play.generator_loss(batch)[0].item()))
    assert losses[0] == losses[1]
    assert InfoGAN.needs == {"image"}


def test_label_and_codes_are_drawn_evenly():
    asked = game().random_conditions(Batch(image=torch.zeros(4000, 1)))
    assert np.bincount(asked.label.numpy(), minlength=4) / 4000 == pytest.approx(np.full(4, 0.25), abs=0.03)
    assert np.histogram(asked.codes.numpy(), 4, (-1, 1))[0] / 12_000 == pytest.approx(
        np.full(4, 0.25), abs=0.03
    )


def test_samples_are_what_is_asked_for():
    play, seen = game(), []
    play.train_mode(False)
    play.nets["generator"].register_forward_pre_hook(lambda net, given: seen.append(given[0].numpy()))
    found = play.sample(5, label="2", code2=1.5)
    assert list(found) == ["image", "label", "code1", "code2", "code3"]
    assert found["image"].shape == (5, 8, 8, 1)
    np.testing.assert_array_equal(seen[-1][:, 8:12], np.eye(4)[[2] * 5])
    np.testing.assert_allclose(seen[-1][:, 12:], np.stack([found[f"code{i}"] for i in (1, 2, 3)], 1))
    assert found["code2"].tolist() == [1.5] * 5
    assert np.abs(found["code1"]).max() <= 1
    assert play.sample(5)["label"].tolist() == [0, 1, 2, 3, 0]
    for label, code in ((3, -1), (0, "0"), ("1", 2.0)):
        each = play.sample(3, label=label, code1=code)
        assert each["label"].tolist() == [int(label)] * 3
        assert each["code1"].tolist() == [float(code)] * 3


def test_what_is_given_leaves_the_rest_as_it_would_be():
    play, seen = game(), []
    play.train_mode(False)
    play.nets["generator"].register_forward_pre_hook(lambda net, given: seen.append(given[0].numpy()))
    for given in ({}, {"code1": 0.5}):
        torch.manual_seed(3)
        play.sample(4, **given)
    differs = (seen[0] != seen[1]).any(0)
    assert np.flatnonzero(differs).tolist() == [12], "noise, labels and the other codes are the same"


@pytest.mark.parametrize(
    "given",
    [
        {"label": 4},
        {"label": -1},
        {"label": "cat"},
        {"label": 0.5},
        {"code4": 0},
        {"code1": "far"},
        {"code1": [1, 2]},
        {"x": 1},
    ],
)
def test_what_there_is_not_is_told(given):
    with pytest.raises(UsageError):
        game().sample(5, **given)


def test_what_q_reads_in_real_images(tmp_path):
    bench = Bench(InfoGAN, tmp_path, count=120)
    bench.method.train_mode(False)
    with torch.inference_mode():
        found = bench.method.predict(bench.data, "train")
        image = bench.data.images(bench.data.values("image", "train"))
        expected = bench.method.nets["reader"](bench.method.nets["discriminator"](image)[1])
    assert found["cluster"].tolist() == expected["label"].argmax(1).tolist()
    np.testing.assert_allclose(found["probability"], expected["label"].softmax(1).amax(1), rtol=1e-4)
    np.testing.assert_allclose(found["code2"], expected["mean"][:, 1], atol=1e-5)


@pytest.mark.slow
def test_it_learns_categories_and_codes_without_labels(tmp_path):
    """Chance is below 0.2 for the category; a code without effect correlates by 0.12 at most with 270
    images.
    """
    options = {"epochs": 60, "width": 32, "batch_size": 32, "learning_rate": 4e-4}
    evaluation = trained(tmp_path, "infogan", "digits", **options)
    metrics, blends = evaluation["metrics"], evaluation["baselines"]["mean of two training images"]
    assert metrics["test/frechet"] < 0.5 * blends["test/frechet"]
    assert metrics["test/cluster_accuracy"] > 0.7
    assert max(metrics[f"test/{name}_correlation"] for name in ("slant", "width", "thickness")) > 0.3
