"""The formula in the docstring of `protonet`; parts of different classes; new classes from a support
folder.
"""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, LabelNumbering, Preparation
from hibiscus.errors import ConfigError, DataError, UsageError
from hibiscus.methods.fewshot.protonet import Protonet
from methods.learning import SHARED, needs_shared, trained

SMALL = {
    "net_options": {"filters": 8},
    "way": 4,
    "queries": 2,
    "episodes": 3,
    "epochs": 1,
    "eval_way": 2,
    "eval_episodes": 20,
}


def method(side=(8, 8), channels=1, **options):
    preparation = Preparation(
        {
            "image": ImagePreparation(*side, channels, (0.3,) * channels, (0.3,) * channels),
            "label": LabelNumbering(),
        }
    )
    torch.manual_seed(0)
    return Protonet(
        Protonet.resolve(Protonet.Config(net_options={"filters": 8}, **options), preparation), preparation
    )


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_the_objective_is_its_formula(distance):
    way, shot, queries = 3, 2, 4
    made = method(way=way, shot=shot, queries=queries, distance=distance)
    made.train_mode(False)
    image, label = (
        torch.randn(way * (shot + queries), 1, 8, 8),
        torch.arange(way).repeat_interleave(shot + queries),
    )
    z = made.embedder(image).detach().double().numpy().reshape(way, shot + queries, -1)
    prototypes, losses = z[:, :shot].mean(1), []
    for c in range(way):
        for q in z[c, shot:]:
            if distance == "euclidean":
                scores = -((q - prototypes) ** 2).sum(1)
            else:
                scores = 10 * prototypes @ q / np.linalg.norm(prototypes, axis=1) / np.linalg.norm(q)
            losses.append(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[c])
    assert made.loss(Batch(image=image, label=label))[0].item() == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_metric_that_decides_is_named_after_its_task():
    assert method().selection_metric.name == "few_shot_5way_1shot"
    assert method(eval_way=20, eval_shot=5).selection_metric.name == "few_shot_20way_5shot"


def test_classes_are_turned_where_images_are_square_and_gray():
    assert method().config.rotate_classes
    assert not method(channels=3).config.rotate_classes
    assert not method((8, 12)).config.rotate_classes
    assert method(channels=3, rotate_classes=True).config.rotate_classes
    with pytest.raises(ConfigError, match="rotate_classes=true for images of 8x12"):
        method((8, 12), rotate_classes=True)


@pytest.fixture(scope="module")
def alphabets(tmp_path_factory):
    """Five alphabets of four characters of six gray images: noise about a pattern of each character's own."""
    folder, generator = tmp_path_factory.mktemp("data") / "alphabets", np.random.default_rng(0)
    for alphabet in ("greek", "latin", "ogham", "runes", "tagalog"):
        for character in range(4):
            pattern = generator.integers(0, 256, (8, 8))
            place = folder / alphabet / f"character{character}"
            place.mkdir(parents=True)
            for i in range(6):
                noisy = np.clip(pattern + generator.normal(0, 20, (8, 8)), 0, 255).astype(np.uint8)
                Image.fromarray(noisy).save(place / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def run(alphabets, tmp_path_factory):
    return api.train(
        "protonet", str(alphabets), out=tmp_path_factory.mktemp("run") / "run", quiet=True, **SMALL
    )


def test_no_class_and_no_alphabet_stands_in_two_parts(run):
    parts = {
        part: {item.split("/")[0] for item in items} for part, items in run.folder.read("split.json").items()
    }
    assert {part: len(names) for part, names in parts.items()} == {"train": 3, "val": 1, "test": 1}
    assert len(set.union(*parts.values())) == 5


def test_it_is_measured_on_new_classes_beside_pixels_and_chance(run):
    found = run.evaluation()
    assert found["selection_metric"]["name"] == "test/few_shot_2way_1shot"
    assert found["baselines"]["chance"]["test/few_shot_2way_1shot"] == 0.5
    assert found["baselines"]["prototypes of raw pixels"]["test/few_shot_2way_1shot"] > 0.9
    assert "test/few_shot_2way_5shot" in found["metrics"]
    assert not any("is not in the validation part" in sentence for sentence in found["advice"])


def test_other_data_may_hold_new_classes(run, alphabets):
    assert 0 <= run.evaluate(str(alphabets / "runes"))["test/few_shot_2way_1shot"] <= 1


def test_new_classes_are_told_apart_by_a_folder_of_examples(run, alphabets):
    plain = run.predict(str(alphabets / "runes"))
    assert plain["embedding"].shape == (24, 8)
    assert "label" not in plain
    found = run.predict(str(alphabets / "runes" / "character2"), support=str(alphabets / "runes"))
    assert found["classes"] == [f"character{i}" for i in range(4)]
    assert found["probabilities"].shape == (6, 4)
    np.testing.assert_allclose(found["probabilities"].sum(1), 1, rtol=1e-5)
    assert found["label"] == [found["classes"][i] for i in found["probabilities"].argmax(1)]


def test_cross_validation_holds_out_whole_alphabets(alphabets, tmp_path):
    run = api.crossval("protonet", str(alphabets), folds=2, out=tmp_path / "cv", quiet=True, **SMALL)
    for number in (1, 2):
        parts = json.loads((run.path / f"fold-{number}" / "split.json").read_text())
        held = [{item.split("/")[0] for item in items} for items in parts.values()]
        assert not held[0] & held[1]
    assert run.folder.read("crossval.json")["selection_metric"]["name"] == "few_shot_2way_1shot"


def test_wrong_support_is_told(run, alphabets, tmp_path):
    with pytest.raises(DataError, match="no classes"):
        run.predict(str(alphabets / "runes"), support=str(alphabets / "runes" / "character0"))
    other = api.train(
        "classify", "digits", net="linear", epochs=1, out=tmp_path / "other", quiet=True, evaluate=False
    )
    with pytest.raises(UsageError, match="classify takes no support"):
        other.predict("digits", support=str(alphabets / "runes"))


def test_too_few_classes_or_items_are_told(alphabets, tmp_path):
    with pytest.raises(DataError, match="the validation part: 4 classes, 4 of them with more than 1 items"):
        api.train("protonet", str(alphabets), out=tmp_path / "a", quiet=True, **{**SMALL, "eval_way": 5})
    with pytest.raises(DataError, match="the training part: 12 classes, 0 of which have at least 9 items"):
        api.train("protonet", str(alphabets), out=tmp_path / "b", quiet=True, **{**SMALL, "queries": 8})
    with pytest.raises(DataError, match="no labels"):
        api.train(
            "protonet", str(alphabets / "runes" / "character0"), out=tmp_path / "c", quiet=True, **SMALL
        )


@pytest.mark.parametrize(
    ("side", "mode", "options", "expected"),
    [(40, "L", {}, 28), (20, "L", {}, 20), (40, "RGB", {}, 40), (40, "L", {"image_size": 32}, 32)],
)
def test_large_grayscale_images_are_reduced_to_the_size_of_the_paper(tmp_path, side, mode, options, expected):
    rng = np.random.default_rng(0)
    for number in range(40):
        folder = tmp_path / "signs" / f"class{number // 4}"
        folder.mkdir(parents=True, exist_ok=True)
        shape = (side, side, 3) if mode == "RGB" else (side, side)
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8), mode).save(folder / f"{number}.png")
    options = {**SMALL, "way": 3, "test": 0, "evaluate": False, **options}
    run = api.train("protonet", str(tmp_path / "signs"), out=tmp_path / "run", quiet=True, **options)
    assert run.preparation["image"].height == expected
    assert run.info["data_options"].get("image_size") == (None if expected == side else expected)
    noted = [note for note in run.info["data"]["notes"] if "the default of protonet" in note]
    assert len(noted) == (expected == 28)


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_to_classify_new_alphabets_from_one_example(tmp_path):
    zipfile.ZipFile(SHARED / "omniglot" / "omniglot_images.zip").extractall(tmp_path)
    evaluation = trained(tmp_path, "protonet", tmp_path / "omniglot", epochs=20)
    assert evaluation["metrics"]["test/few_shot_5way_1shot"] >= 0.90
    assert evaluation["baselines"]["prototypes of raw pixels"]["test/few_shot_5way_1shot"] < 0.75
