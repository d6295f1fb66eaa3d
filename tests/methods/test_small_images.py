"""The recipe for small images: hibiscus.methods.small_images."""

from __future__ import annotations

import pytest

from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.small_images import small_image_options


def prepared(side=28, channels=1, classes=10):
    image = ImagePreparation(side, side, channels, (0.5,) * channels, (0.5,) * channels)
    return Preparation({"image": image, "label": LabelPreparation(tuple("abcdefghij"[:classes]))})


def resolved(preparation, items=8000, **options):
    return Classify.resolve(Classify.Config(**options), preparation, items)


def test_small_images_take_the_recipe():
    config = resolved(prepared())
    assert (config.net, config.batch_size, config.label_smoothing) == ("cnn", 64, 0.1)
    assert (config.augment, config.crop, config.learning_rate) == ("light", 2, 4e-3)
    assert resolved(prepared(), items=50_000).batch_size == 128
    assert resolved(prepared(), items=400).batch_size == 16


@pytest.mark.parametrize(
    ("preparation", "options"),
    [(prepared(8), {}), (prepared(96), {}), (prepared(), {"net": "resnet20"}), (prepared(), {"net": "mlp"})],
)
def test_other_data_and_networks_do_not(preparation, options):
    config = resolved(preparation, **options)
    assert (config.batch_size, config.label_smoothing) == (128, 0.0)


def test_given_options_precede():
    config = resolved(prepared(), batch_size=100, label_smoothing=0.0, augment="none")
    assert (config.batch_size, config.label_smoothing, config.crop) == (100, 0.0, 0)
    assert resolved(prepared(), loss="focal").label_smoothing == 0
    assert resolved(prepared(classes=2)).label_smoothing == 0


def test_regression_has_no_classes():
    image = Preparation({"image": prepared()["image"]})
    assert small_image_options(Classify.Config(), image, "cnn", 128, 8000) == {}
