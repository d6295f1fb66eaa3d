"""The formulas in the docstring of `pix2pix`, computed in NumPy; it learns to fill edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.config import DataConfig
from hibiscus.data.images.augment import Augment
from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError
from hibiscus.methods.gan.pix2pix import Pix2pix
from hibiscus.runs.prepare import fit_preparation, prepare_parts
from methods.gan_fixtures import sigmoid
from methods.learning import trained


def made(**options):
    preparation = Preparation(
        {
            "image": ImagePreparation(8, 8, 1, (0.5,), (0.5,)),
            "target_image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.5,) * 3),
        }
    )
    torch.manual_seed(0)
    return Pix2pix(Pix2pix.Config(**{**Pix2pix.smoke_test.options, **options}), preparation)


def pairs(count=6):
    rng = np.random.default_rng(0)
    draw = lambda channels: rng.uniform(-1, 1, (count, channels, 8, 8)).astype(np.float32)  # noqa: E731
    return Batch(image=torch.from_numpy(draw(1)), target_image=torch.from_numpy(draw(3)))


@pytest.mark.parametrize("discriminator", ["patch", "whole"])
def test_the_objective_is_its_formula(discriminator):
    game, batch = made(discriminator=discriminator, l1_weight=30.0, adversarial_weight=0.7), pairs()
    fake = torch.tanh(game.generator(batch.image)).detach()
    d = lambda y: sigmoid(game.discriminator(torch.cat([batch.image, y], 1)).detach().numpy())  # noqa: E731
    real, wrong = d(batch.target_image), d(fake)
    loss, terms = game.discriminator_loss(batch)
    assert loss.item() == pytest.approx((-np.log(real).mean() - np.log(1 - wrong).mean()) / 2, rel=1e-4)
    assert terms["accuracy"].item() == pytest.approx(((real > 0.5).mean() + (wrong < 0.5).mean()) / 2)
    loss, terms = game.generator_loss(batch)
    l1 = np.abs(fake.numpy() - batch.target_image.numpy()).mean()
    assert terms["l1"].item() == pytest.approx(l1, rel=1e-4)
    assert loss.item() == pytest.approx(-0.7 * np.log(wrong).mean() + 30 * l1, rel=1e-4)


def test_the_discriminator_sees_the_input_beside_the_target():
    game, batch = made(), pairs()
    moved = Batch(image=batch.image.roll(1, 0), target_image=batch.target_image)
    one, other = (game.discriminate(x.image, x.target_image) for x in (batch, moved))
    assert not torch.allclose(one, other)


def test_both_images_of_a_pair_are_augmented_alike(tmp_path):
    rng, seen = np.random.default_rng(0), 0
    for number in range(24):
        pixels = rng.integers(0, 256, (12, 16), dtype=np.uint8)
        for name in ("a", "b"):
            (tmp_path / "d" / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / "d" / name / f"{number}.png")
    data = open_data(tmp_path / "d", pairs="a,b")
    parts = prepare_parts(data, DataConfig(), Pix2pix)
    prepared = PreparedData(data, fit_preparation(data, parts["train"], Pix2pix, DataConfig()), parts)
    plain, changed = (
        prepared.aligned("train", 8, 0, Augment(flip=flip, crop=2 * flip)) for flip in (False, True)
    )
    for _ in range(4):
        before, after = plain.next(), changed.next()
        torch.testing.assert_close(before.image, before.target_image)
        torch.testing.assert_close(after.image, after.target_image)
        seen += not torch.allclose(before.image, after.image)
    assert seen == 4


def test_other_data_is_refused_with_the_option_that_opens_pairs(tmp_path):
    with pytest.raises(DataError, match="aligned pairs of images") as error:
        api.train("pix2pix", "digits", out=tmp_path / "run", quiet=True)
    assert "pairs=INPUT,TARGET" in error.value.fix


def test_new_inputs_are_translated(tmp_path):
    options = {"evaluate": False, "epochs": 1, "max_rounds": 3, "width": 8}
    run = api.train("pix2pix", "digits-edges", out=tmp_path / "run", quiet=True, **options)
    image = open_data("digits-edges").fields["image"][:5]
    assert run.predict(image)["image"].shape == (5, 8, 8, 1)
    again = api.load(tmp_path / "run")
    np.testing.assert_array_equal(again.predict(image)["image"], run.predict(image)["image"])


def test_a_test_part_and_other_data_of_pairs_with_other_channels(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("train", "test"):
        for number in range(12):
            for folder, shape in (("edges", (8, 8)), ("photos", (8, 8, 3))):
                (tmp_path / name / folder).mkdir(parents=True, exist_ok=True)
                pixels = rng.integers(0, 256, shape, dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / name / folder / f"{number}.png")
    options = {"pairs": "edges,photos", "test_data": str(tmp_path / "test"), "max_rounds": 2, "width": 4}
    run = api.train("pix2pix", str(tmp_path / "train"), out=tmp_path / "run", quiet=True, **options)
    assert run.preparation["target_image"].channels == 3
    assert run.evaluate(data=str(tmp_path / "test")).keys() == run.evaluation()["metrics"].keys()


@pytest.mark.slow
def test_it_learns_to_fill_edges(tmp_path):
    evaluation = trained(tmp_path, "pix2pix", "digits-edges", epochs=12, batch_size=16)
    metrics, baselines = evaluation["metrics"], evaluation["baselines"]
    assert metrics["test/l1_error"] < 0.55 * min(row["test/l1_error"] for row in baselines.values())
    assert metrics["test/ssim"] > 0.85 > 0.5 > max(row["test/ssim"] for row in baselines.values())
