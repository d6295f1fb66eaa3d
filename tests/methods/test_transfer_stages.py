"""Each way of transfer on a few images: what is trained, what is computed once, how runs are resumed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas
import pytest
import torch

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.keys import content_keys
from hibiscus.data.text.word_pieces import load_pieces
from hibiscus.errors import MissingExtraError
from hibiscus.evaluation.items import load_report_items
from hibiscus.methods import transfer_stages
from hibiscus.networks.minilm import load_sentence_encoder
from hibiscus.training.player import Player
from hibiscus.training.pretrained import load_pretrained

SIDE, CLASSES = 32, ("blue", "green", "red")
FAST = {"batch_size": 8, "precision": "float32", "head_epochs": 3, "epochs": 1}


def photos(count=24):
    """Noise with more of one color for each class."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 128, (count, SIDE, SIDE, 3), dtype=np.uint8)
    label = np.arange(count) % 3
    images[np.arange(count), :, :, 2 - label] += 100
    names = np.array(CLASSES)[label]
    return Dataset(
        "colors",
        "colors",
        {"image": images, "label": names},
        list(map(str, range(count))),
        content_keys(images),
    )


def trained(folder, **options):
    options = {**FAST, **options}
    if options["transfer"] != "fine-tune":
        options.pop("head_epochs")
    return api.train("classify", photos(), out=folder, quiet=True, evaluate=False, **options)


def weights(run):
    return {name: value.clone() for name, value in run.method("last").network.state_dict().items()}


def base_changes(run):
    """The blocks of the base whose weights differ from the published ones."""
    published, network = load_pretrained(), run.method("last").network
    return {
        int(name.split(".")[1])
        for name, value in network.base.state_dict().items()
        if name in published and not torch.equal(value, published[name])
    }


def test_a_head_on_cached_features(tmp_path, monkeypatch):
    run = trained(tmp_path / "a", transfer="features", epochs=20, learning_rate=0.01)
    assert run.info["config"]["net"] == "efficientnet-lite0"
    assert run.info["parameters"] == {"network": 3_371_008 + 3 * 1904 + 3}  # the base and the head
    assert base_changes(run) == set()
    assert run.history[-1]["val/accuracy"] == 1.0
    predicted = run.predict(photos().fields["image"])["probabilities"].argmax(1)
    assert (predicted == np.arange(24) % 3).mean() > 0.8
    assert len(list((cache_folder() / "features").iterdir())) == 1
    computed = "hibiscus.networks.transfer_network.TransferNetwork.features"
    monkeypatch.setattr(computed, lambda *_: pytest.fail("computed again"))
    again = trained(tmp_path / "b", transfer="features", epochs=20, learning_rate=0.01)
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(run).items())


def test_a_frozen_base_on_augmented_images(tmp_path):
    run = trained(tmp_path / "run", transfer="frozen", augment="light")
    assert base_changes(run) == set()
    assert run.method("last").network.head[2].weight.any()


def test_fine_tuning_trains_the_deepest_blocks(tmp_path):
    run = trained(tmp_path / "run", transfer="fine-tune", unfreeze=2)
    assert [line["stage"] for line in run.history] == [0, 0, 0, 1]
    assert base_changes(run) == {7, 8}
    assert run.method("last").network.trained_blocks == 2


def test_the_head_has_its_own_rate_in_fine_tuning(tmp_path):
    options = {"transfer": "fine-tune", "unfreeze": 1}
    before = weights(trained(tmp_path / "head", **options, stop_after_epochs=3))["head.2.weight"]
    moved = [
        (weights(trained(tmp_path / name, **options, head_lr_factor=factor))["head.2.weight"] - before)
        .abs()
        .max()
        for name, factor in (("slow", 0.1), ("fast", 1.0))
    ]
    assert 5 < moved[1] / moved[0] < 20


def test_a_probe_of_each_depth_chooses_the_blocks_and_is_reported(tmp_path):
    run = trained(tmp_path / "run", transfer="fine-tune")
    network = run.method("last").network
    assert 1 <= network.trained_blocks <= 9
    assert network.probe_scores.max() > 0.9  # colors are easy
    run.evaluate(checkpoint="last", again=True)
    items = load_report_items(run.path / "evaluation")
    table = next(item for item in items if item.title == "Features of the base by depth")
    assert [row[2] for row in table.rows].count("yes") == network.trained_blocks


@pytest.mark.parametrize("kill", [1, 3], ids=["first stage", "second stage"])
def test_a_killed_run_ends_with_the_same_bits(tmp_path, monkeypatch, kill):
    options = {"transfer": "fine-tune", "epochs": 2, "head_epochs": 2, "checkpoint_interval": 0}
    whole = trained(tmp_path / "whole", **options)
    step, steps = Player.step, []

    def killed(player, *arguments):
        steps.append(1)
        if len(steps) > kill:
            raise KeyError("killed")
        return step(player, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Player, "step", killed)
        with pytest.raises(KeyError, match="killed"):
            trained(tmp_path / "killed", **options)
    if kill == 3:  # the features would be others now, and are not needed any more
        monkeypatch.setattr(transfer_stages, "cached_features", lambda *_: pytest.fail("computed"))
    resumed = api.resume(tmp_path / "killed", data=photos(), quiet=True, evaluate=False)
    assert [line["val/loss"] for line in whole.history] == [line["val/loss"] for line in resumed.history]
    assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(whole).items())


def test_a_run_needs_the_published_weights_only_when_it_begins(tmp_path, monkeypatch):
    run = trained(tmp_path / "run", transfer="features")
    monkeypatch.setattr("hibiscus.training.pretrained.find_published", lambda _: None)
    opened = api.load(run.path)
    assert opened.predict(photos().fields["image"])["probabilities"].shape == (24, 3)


def test_numbers_are_predicted_from_photos_too(tmp_path):
    data = photos()
    data.fields["target"] = np.linspace(0, 1, 24)
    del data.fields["label"]
    options = {"epochs": 2, "transfer": "features", "quiet": True, "evaluate": False, "precision": "float32"}
    run = api.train("regress", data, out=tmp_path / "run", **options)
    assert run.info["config"]["transfer"] == "features"
    assert np.isfinite(run.history[-1]["val/rmse"])


def test_a_head_on_cached_embeddings_of_sentences(tmp_path, monkeypatch):
    good, bad = (
        ["a wonderful film", "great fun", "I loved it"],
        ["a terrible film", "so boring", "I hated it"],
    )
    frame = pandas.DataFrame({"text": (good + bad) * 4, "mood": (["good"] * 3 + ["bad"] * 3) * 4})
    frame["text"] += [f" {number}" for number in range(24)]
    options = {"target": "mood", "net": "sentence", "epochs": 20, "batch_size": 8, "quiet": True}
    options["transfer"] = "features"
    run = api.train("classify", frame, out=tmp_path / "a", evaluate=False, **options)
    assert run.info["parameters"] == {"network": 1536 + 1}
    assert run.history[-1]["val/accuracy"] == 1.0
    load_sentence_encoder.cache_clear()  # as in a new process
    loaded = api.load(tmp_path / "a")
    assert loaded.predict(["what a great film", "a boring film"])["label"] == ["good", "bad"]
    assert run.embed(["what a great film"])["code"].shape == (1, 1536)
    assert len(list((cache_folder() / "features").iterdir())) == 1
    computed = "hibiscus.networks.sentence_network.SentenceNetwork.features"
    monkeypatch.setattr(computed, lambda *_: pytest.fail("computed again"))
    again = api.train("classify", frame, out=tmp_path / "b", evaluate=False, **options)
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(run).items())


def test_without_the_sentence_encoder_the_message_names_the_extra(tmp_path, monkeypatch):
    load_pieces.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    frame = pandas.DataFrame({"text": [f"text {number}" for number in range(20)], "mood": ["a", "b"] * 10})
    with pytest.raises(MissingExtraError) as caught:
        api.train("classify", frame, out=tmp_path / "a", target="mood", net="sentence", quiet=True)
    assert "pip install 'hibiscus[sentences]'" in caught.value.fix
