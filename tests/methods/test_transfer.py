"""What `transfer=auto` chooses, and which options do not go together."""

from __future__ import annotations

import pytest

from hibiscus.errors import ConfigError, MissingExtraError
from hibiscus.methods import transfer
from hibiscus.methods.classify.objective import ClassifyConfig
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.methods.transfer import (
    build_transfer,
    choose_transfer,
    describe_transfer,
    photo_size,
    transfer_settings,
)

PHOTO, BASE = (3, 96, 96), "efficientnet-lite0"


@pytest.mark.parametrize(
    ("options", "shape", "items", "chosen"),
    [
        ({}, PHOTO, 1000, (BASE, "fine-tune")),
        ({}, PHOTO, 20_000, (BASE, "features")),
        ({}, PHOTO, 50_000, ("auto", "none")),
        ({}, (1, 96, 96), 1000, ("auto", "none")),
        ({}, (3, 96, 63), 1000, ("auto", "none")),
        ({}, None, 1000, ("auto", "none")),
        ({"net": "resnet20"}, PHOTO, 1000, ("resnet20", "none")),
        ({"transfer": "none"}, PHOTO, 1000, ("auto", "none")),
        ({"transfer": "none", "net": BASE}, PHOTO, 1000, (BASE, "none")),
        ({"transfer": "features"}, PHOTO, 1000, (BASE, "features")),
        ({"transfer": "frozen"}, (1, 28, 28), 10**6, (BASE, "frozen")),
        ({"net": BASE}, (1, 28, 28), 1000, (BASE, "fine-tune")),
    ],
)
def test_the_base_and_the_way_of_transfer(options, shape, items, chosen):
    assert choose_transfer(SupervisedConfig(**options), shape, items) == chosen


@pytest.mark.parametrize(
    ("options", "shape"), [({"transfer": "features", "net": "cnn"}, PHOTO), ({"transfer": "frozen"}, None)]
)
def test_transfer_needs_a_base_and_images(options, shape):
    with pytest.raises(ConfigError, match="a base with trained weights"):
        choose_transfer(SupervisedConfig(**options), shape, 100)


def test_without_the_weights_auto_trains_from_scratch_and_a_request_says_what_to_install(monkeypatch):
    monkeypatch.setattr(transfer, "is_installed", lambda *_: False)
    monkeypatch.setattr("hibiscus.training.pretrained.find_published", lambda _: None)
    monkeypatch.setattr("hibiscus.published_files.find_published", lambda _: None)
    assert choose_transfer(SupervisedConfig(), PHOTO, 100) == ("auto", "none")
    with pytest.raises(MissingExtraError, match=r"hibiscus\[pretrained\]"):
        choose_transfer(SupervisedConfig(transfer="features"), PHOTO, 100)


def test_given_options_are_kept_and_others_suit_the_way_of_transfer():
    settings = transfer_settings(SupervisedConfig(learning_rate=0.1, optimizer="sgd"), "features")
    assert settings == {
        "batch_size": 64,
        "epochs": 30,
        "weight_decay": 1.0,
        "optimizer": "sgd",
        "augment": "none",
        "transfer": "features",
    }


@pytest.mark.parametrize(
    ("options", "items", "expected"),
    [
        ({}, 1000, {}),
        ({}, 999, {"head_lr_factor": 0.1, "label_smoothing": 0.1, "selected_epoch": "last"}),
        ({"loss": "focal"}, 999, {"head_lr_factor": 0.1, "selected_epoch": "last"}),
        ({"head_lr_factor": 0.5, "label_smoothing": 0.0, "selected_epoch": "best"}, 999, {}),
    ],
)
def test_few_photos_are_fine_tuned_with_a_slow_head_and_smooth_labels_to_the_last_epoch(
    options, items, expected
):
    settings = transfer_settings(ClassifyConfig(**options), "fine-tune", items, single_label=True)
    names = {"head_lr_factor", "label_smoothing", "selected_epoch"}
    assert {name: settings[name] for name in names & settings.keys()} == expected


def test_numbers_and_several_labels_are_not_smoothed():
    assert "label_smoothing" not in transfer_settings(ClassifyConfig(), "fine-tune", 100)


@pytest.mark.parametrize("options", [{"augment": "light"}, {"flip": True}])
def test_cached_features_are_not_augmented(options):
    with pytest.raises(ConfigError, match="computes the features of each image once"):
        transfer_settings(SupervisedConfig(**options), "features")


@pytest.mark.parametrize(("side", "size"), [(40, 160), (120, 160), (140, 192), (160, 224), (500, 224)])
def test_photos_are_as_large_as_their_files_within_limits(side, size):
    assert photo_size(side) == size


def test_the_line_says_how_to_turn_it_off():
    assert describe_transfer(SupervisedConfig(net="cnn", transfer="none")) == ""
    assert "transfer=none" in describe_transfer(SupervisedConfig(net=BASE, transfer="frozen"))


def test_a_base_has_no_other_option_than_dropout():
    assert build_transfer(BASE, (3, 32, 32), 2, dropout=0.5).head[1].p == 0.5
    with pytest.raises(ConfigError, match=r"net\.width"):
        build_transfer(BASE, (3, 32, 32), 2, width=2)
