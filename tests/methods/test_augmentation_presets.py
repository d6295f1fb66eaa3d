"""The presets of augmentation: hibiscus.methods.augmentation_presets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.augment import Augment
from hibiscus.data.images.trivial_augment import TrivialAugment
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.data.targets import TargetPreparation
from hibiscus.errors import ConfigError
from hibiscus.methods.augmentation_presets import describe_augmentation, preset_options
from hibiscus.methods.segment.base import SegmentationConfig
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.runs.announcement import describe_training

PHOTO = {"scale_range": 0.2, "brightness": 0.2, "contrast": 0.2}


def prepared(side, channels, names=("cat", "dog")):
    image = ImagePreparation(side, side + 4, channels, (0.5,) * channels, (0.5,) * channels)
    return Preparation({"image": image, "label": LabelPreparation(tuple(names))})


def chosen(preparation, network="cnn", **options):
    return preset_options(SupervisedConfig(**options), preparation, network)


@pytest.mark.parametrize(
    ("side", "channels", "expected"),
    [
        (112, 3, {"augment": "light", "crop": 8, "flip": True, **PHOTO}),
        (112, 1, {"augment": "none"}),
        (28, 1, {"augment": "light", "crop": 2}),
        (32, 3, {"augment": "light", "crop": 2}),
        (8, 1, {"augment": "none"}),
    ],
)
def test_auto_follows_size_and_color(side, channels, expected):
    assert chosen(prepared(side, channels)) == expected


def test_images_are_flipped_only_where_orientation_carries_no_class():
    for names in (("turn-left", "turn_right"), ("A", "b", "7"), ("01", "12"), ("arrow left", "stop")):
        assert not chosen(prepared(112, 3, names))["flip"], names
    for names in (("leftover", "dog"), ("a", "an"), ("daisy", "rose")):
        assert chosen(prepared(112, 3, names))["flip"], names
    assert chosen(prepared(112, 3, ("left", "right")), flip=True) == {
        "augment": "light", "crop": 8, **PHOTO,
    }  # fmt: skip
    assert "flip" not in chosen(prepared(28, 1), augment="light")


def test_explicit_options_precede_the_preset():
    assert chosen(prepared(112, 3), augment="none") == {"augment": "none"}
    explicit = chosen(prepared(112, 3), flip=False, crop=0, brightness=0.5)
    assert explicit == {"augment": "light", "scale_range": 0.2, "contrast": 0.2}
    assert "crop" not in chosen(prepared(28, 1), translate=0.1)
    gray = {"augment": "light", "crop": 8, "flip": False, **PHOTO}
    assert chosen(prepared(112, 1), augment="light") == gray


def test_strong_crops_and_flips_before_trivial_augment():
    options = chosen(prepared(112, 3), augment="strong")
    assert options == {"augment": "strong", "crop": 8, "flip": True}
    config = SupervisedConfig(**options)
    augment = config.build_augment()
    assert isinstance(augment, TrivialAugment)
    assert augment.before == Augment(crop=8, flip=True, padding_mode="reflect")
    assert (
        describe_augmentation(config)
        == "strong: TrivialAugment after crop=8 flip=true; augment=none turns it off"
    )
    assert chosen(prepared(28, 1), augment="strong") == {"augment": "strong", "crop": 2}


def test_auto_is_for_classification_with_convolutions():
    for network in ("mlp", "linear", "lstm"):
        assert chosen(prepared(28, 1), network) == {"augment": "none"}
        assert chosen(prepared(28, 1), network, augment="light") == {"augment": "light", "crop": 2}
    image = prepared(112, 3)["image"]
    regression = Preparation({"image": image, "target": TargetPreparation((0.0,), (1.0,), ("y",))})
    assert chosen(regression) == {"augment": "none"}
    assert chosen(regression, augment="light")["flip"] is False


def test_data_without_images():
    from hibiscus.data.arrays.preparation import ArrayPreparation

    vectors = Preparation({"array": ArrayPreparation((4,), (0.0,) * 4, (1.0,) * 4)})
    assert chosen(vectors, "mlp") == {"augment": "none"}
    with pytest.raises(ConfigError, match="augment=light on data without images"):
        chosen(vectors, "mlp", augment="light")


def test_the_choice_is_recorded_and_announced(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (40, 16, 16, 1), dtype=np.uint8)
    fields = {"image": images, "label": np.arange(40) % 2}
    data = Dataset("noise", "noise", fields, [str(i) for i in range(40)], content_keys(images))
    options = {"net": "cnn", "net_options": {"filters": [4]}, "epochs": 1, "evaluate": False}
    run = api.train("classify", data, out=tmp_path / "run", quiet=True, **options)
    config = run.info["config"]
    assert (config["augment"], config["crop"], config["flip"]) == ("light", 1, False)
    config = run.method("last").config
    text = describe_training(config, {"network": 5}, torch.device("cpu"), "float32", Path("runs/x"))
    assert "\n  augment: light: crop=1; augment=none turns it off\n  device:" in text


def test_description():
    assert describe_augmentation(SupervisedConfig()) == ""
    assert describe_augmentation(SupervisedConfig(flip=True, rotation=7.5)) == "flip=true rotation=7.5"
    assert describe_augmentation(SegmentationConfig()).startswith("translate=0.1 flip=true")
