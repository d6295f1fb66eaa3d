"""The formulas in the docstring of `cyclegan`, computed in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench, same
from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.evaluation import translation
from hibiscus.methods.gan.cyclegan import CycleGAN


def made(**options):
    image = ImagePreparation(8, 8, 1, (0.5,), (0.5,))
    torch.manual_seed(0)
    config = CycleGAN.Config(**{**CycleGAN.smoke_test.options, **options})
    classes, domains = LabelPreparation(("cat", "dog", "hen")), LabelPreparation(("A", "B"))
    return CycleGAN(config, Preparation({"image": image, "domain": domains, "label": classes}))


def images(count=6):
    rng = np.random.default_rng(0)
    return Batch(
        **{name: torch.from_numpy(rng.uniform(-1, 1, (count, 1, 8, 8)).astype(np.float32)) for name in "ab"}
    )


@pytest.mark.parametrize("net", ["unet", "resnet"])
@pytest.mark.parametrize("identity_weight", [0.0, 0.5])
def test_the_objective_is_its_formula(net, identity_weight):
    game, batch = made(net=net, identity_weight=identity_weight, cycle_weight=7.0, pool_size=0), images()
    loss, terms = game.generator_loss(batch)
    to_a, to_b, seen_a, seen_b = (
        (lambda x, net=game.nets[name]: net(x).detach())
        for name in ("to_a", "to_b", "discriminator_a", "discriminator_b")
    )
    a, b = batch.a, batch.b
    error = lambda x, y: np.abs(x.double().numpy() - y.double().numpy()).mean()  # noqa: E731
    values = lambda x: x.double().numpy()  # noqa: E731
    adversarial = ((values(seen_b(to_b(a))) - 1) ** 2).mean() + ((values(seen_a(to_a(b))) - 1) ** 2).mean()
    cycle = error(to_a(to_b(a)), a) + error(to_b(to_a(b)), b)
    identity = error(to_b(b), b) + error(to_a(a), a)
    assert loss.item() == pytest.approx(adversarial + 7 * cycle + identity_weight * 7 * identity, rel=1e-4)
    assert terms["cycle"].item() == pytest.approx(cycle, rel=1e-4)
    assert ("identity" in terms) == bool(identity_weight)
    loss, _ = game.discriminator_loss(batch)
    expected = sum(
        ((values(seen(real)) - 1) ** 2).mean() / 2 + (values(seen(fake)) ** 2).mean() / 2
        for seen, real, fake in ((seen_a, a, to_a(b)), (seen_b, b, to_b(a)))
    )
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_the_semantic_loss_is_added_in_both_directions():
    plain, with_classes = (made(pool_size=0, semantic_weight=weight) for weight in (0.0, 3.0))
    batch = images()
    loss, terms = with_classes.generator_loss(batch)
    expected = 0.0
    for original, translated in ((batch.a, batch["fake_b"]), (batch.b, batch["fake_a"])):
        classes = with_classes.classifier(original).argmax(1).numpy()
        scores = with_classes.classifier(translated).detach().double().numpy()
        log_prob = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        expected -= log_prob[np.arange(6), classes].mean()
    assert terms["semantic"].item() == pytest.approx(expected, rel=1e-4)
    assert loss.item() == pytest.approx(plain.generator_loss(images())[0].item() + 3 * expected, rel=1e-4)


def trained_with_classes(folder, resume=False, **options):
    options = {"semantic_weight": 1.0, "semantic_epochs": 1, "epochs": 1, "width": 4, **options}
    bench = Bench(CycleGAN, folder, dropout=0.2, **options)
    loop = bench.loop()
    loop.validate = False
    if resume:
        torch.manual_seed(1234)
        loop.load(folder / "checkpoints" / "last.safetensors")
        loop.stop_reason = ""
    loop.run()
    return bench, loop


def test_a_run_with_the_semantic_loss_resumes_exactly_in_both_stages(tmp_path):
    whole, _ = trained_with_classes(tmp_path / "whole")
    stopped_in = []
    for stop in (2, 4, 5, 6):
        _, loop = trained_with_classes(tmp_path / str(stop), max_rounds=stop)
        stopped_in.append(loop.stage_index)
        resumed, _ = trained_with_classes(tmp_path / str(stop), resume=True)
        assert same(whole.weights(), resumed.weights())
    assert set(stopped_in) == {0, 1}


def test_discriminators_see_earlier_translations_too():
    game = made(pool_size=6)
    seen = []
    game.nets["discriminator_a"].register_forward_pre_hook(lambda net, given: seen.append(given[0][6:]))
    for number in range(8):
        batch = images()
        batch.update(fake_a=torch.full((6, 1, 8, 8), float(number)), fake_b=batch.a)
        game.discriminator_loss(batch)
    assert (seen[0] == 0).all()
    assert (seen[-1] < 7).any()
    assert (seen[-1] == 7).any()


def test_both_directions_are_predicted(tmp_path):
    bench = Bench(CycleGAN, tmp_path, count=60)
    found = bench.method.predict(bench.data, "val")
    pixels = bench.data.values("image", "val")
    assert found["image"].shape == found["to_a"].shape == pixels.shape
    assert found["image"].dtype == np.uint8
    assert np.array_equal(found["to_a"], bench.method.translate(pixels, "a", bench.data))
    assert not np.array_equal(found["image"], found["to_a"])
    assert bench.method.translate(pixels[:0], "b", bench.data).shape == (0, 8, 8, 1)


def test_what_is_measured_of_a_perfect_translation_and_of_none(tmp_path):
    """The bundled domains are each other's negatives, so the right translation is known."""
    data = Bench(CycleGAN, tmp_path, count=1797).data
    perfect = translation.evaluate_translation(lambda pixels, to, _: 255 - pixels, data, "test")
    none = perfect.baselines["untranslated images"]
    assert perfect.metrics["cycle_error"] == none["cycle_error"] == 0
    assert perfect.metrics["frechet"] < 0.2 * none["frechet"]
    assert perfect.metrics["frechet"] == pytest.approx(perfect.metrics["frechet_floor"], rel=1)
    for to in "ab":
        assert perfect.metrics[f"domain_accuracy_{to}"] > 0.9
        assert none[f"domain_accuracy_{to}"] < 0.5
    lossy = translation.validate_translation(lambda pixels, to, _: np.full_like(pixels, 100), data, "test")
    assert lossy["cycle_error"] > 0.1
    assert lossy["frechet"] > none["frechet"] / 2


def test_no_domain_accuracy_without_labels(tmp_path):
    bench = Bench(CycleGAN, tmp_path)
    identity = lambda pixels, target, _: pixels  # noqa: E731
    assert "domain_accuracy_a" in translation.translation_metrics(identity, bench.data, "val")
    del bench.data.arrays["label"]
    metrics = translation.translation_metrics(identity, bench.data, "val")
    assert not any(name.startswith("domain_accuracy") for name in metrics)


def test_the_table_has_the_distance_and_the_accuracy_of_each_direction(tmp_path):
    data = Bench(CycleGAN, tmp_path).data
    evaluation = translation.evaluate_translation(lambda pixels, target, _: 255 - pixels, data, "val")
    table = evaluation.report_items[-1]
    labels = [
        f"{name}, to {domain}"
        for name in ("Fréchet distance", "domain accuracy")
        for domain in data.preparation["domain"].names
    ]
    assert sorted(row[0] for row in table.rows) == sorted(labels)
    assert list(table.columns) == ["", "translated", *evaluation.baselines]


def test_the_baseline_has_the_brightness_and_contrast_of_the_other_domain(tmp_path):
    data = Bench(CycleGAN, tmp_path, count=1797).data
    real, given = (
        translation.domain_images(data, "train", "b", 1000),
        translation.domain_images(data, "train", "a", 1000),
    )
    matched = translation._matched(given, data, "b")
    assert abs(matched.mean() - real.mean()) < 0.25 * abs(
        given.mean() - real.mean()
    )  # not 0, for 8 bits cut it off
    level = np.full((1, 8, 8, 1), round(given.mean()), np.uint8)
    assert translation._matched(level, data, "b").mean() == pytest.approx(real.mean(), abs=1.5)


def test_stabilization_reaches_both_players():
    game = made(
        ema_decay=0.9,
        spectral_norm=True,
        generator_lr_factor=0.5,
        real_label_value=0.9,
        label_noise=0.1,
        pool_size=0,
    )

    class Images:
        batches_per_epoch = 4

        def domains(self, *given):
            return self

    stage = next(game.stages(Images()))
    translators, discriminators = stage.players
    assert translators.settings.lr == 0.5 * discriminators.settings.lr
    assert {id(f.leader) for f in stage.followers} == {id(game.nets["to_a"]), id(game.nets["to_b"])}
    assert all(f.follower is game.nets[f"ema_to_{to}"] for f, to in zip(stage.followers, "ab", strict=True))
    for domain in "ab":
        assert any(
            hasattr(layer, "parametrizations") for layer in game.nets[f"discriminator_{domain}"].modules()
        )
    batch, seen = images(), []
    game.generator_loss(batch)
    for net in (game.nets["discriminator_a"], game.nets["discriminator_b"]):
        net.register_forward_hook(lambda net, given, out: seen.append(out.detach().double().numpy()))
    draws = []

    class Listening(Batch):
        def uniform(self, *shape):
            draws.append(super().uniform(*shape))
            return draws[-1]

    loss, _ = game.discriminator_loss(Listening(batch))
    labels = [drawn.numpy() for drawn in draws if drawn.ndim == 4]  # one for each patch
    expected = 0.0
    for values, one, zero in zip(seen, labels[::2], labels[1::2], strict=True):
        real, fake = np.split(values, 2)
        expected += ((real - (0.9 - 0.1 * one)) ** 2).mean() / 2 + ((fake - 0.1 * zero) ** 2).mean() / 2
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_discriminators_see_noisy_images():
    game, batch, seen = made(instance_noise=0.5, pool_size=0), images(200), []
    game.set_progress(0.5)
    game.nets["discriminator_a"].register_forward_pre_hook(lambda net, given: seen.append(given[0]))
    game.generator_loss(batch)
    assert (seen[0] - batch["fake_a"]).std().item() == pytest.approx(0.25, abs=0.01)
    game.discriminator_loss(batch)
    assert (seen[1][:200] - batch.a).std().item() == pytest.approx(0.25, abs=0.01)


def test_samples_are_those_of_the_average(tmp_path):
    bench = Bench(CycleGAN, tmp_path, count=120, ema_decay=0.9)
    game, pixels = bench.method, bench.data.values("image", "train")[:4]
    game.train_mode(False)
    before = game.translate(pixels, "b", bench.data)
    with torch.no_grad():
        for parameter in game.nets["to_b"].parameters():
            parameter.zero_()
    np.testing.assert_array_equal(game.translate(pixels, "b", bench.data), before)


@pytest.mark.slow
def test_it_learns_to_invert_digits_without_pairs(tmp_path):
    """The right translation is known here: 255 minus the image. No image is in both domains."""
    options = {"epochs": 30, "width": 16, "residual": False}
    run = api.train("cyclegan", "digits-inverted", out=tmp_path / "run", quiet=True, **options)
    evaluation = run.evaluation()
    metrics, baselines = evaluation["metrics"], evaluation["baselines"]
    assert metrics["test/frechet"] < 0.5 * min(baseline["test/frechet"] for baseline in baselines.values())
    assert metrics["test/cycle_error"] < 0.06
    assert metrics["test/domain_accuracy_b"] > 0.8
    assert metrics["test/domain_accuracy_a"] > 0.8
    assert baselines["untranslated images"]["test/domain_accuracy_b"] < 0.5
    images = open_data("digits").fields["image"]
    test = [int(name) for name in run.folder.read("split.json")["test"]]
    light = images[[item for item in test if item % 2 == 0]]
    translated = run.predict(light)["image"]
    error = np.abs(translated.astype(int) - (255 - light)).mean() / 255
    assert error < 0.1 < 0.5 < np.abs(light.astype(int) - (255 - light)).mean() / 255
