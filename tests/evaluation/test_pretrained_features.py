"""Distances in the features of the pretrained network: of photos, grayscale and small images, and in runs."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus import api
from hibiscus.data.builtin.scenes import draw_scenes
from hibiscus.errors import ConfigError, MissingExtraError
from hibiscus.evaluation import external_features, translation
from hibiscus.evaluation import pretrained_features as module
from hibiscus.evaluation.external_features import external_distances, open_features
from hibiscus.evaluation.pretrained_features import check_pretrained, is_pretrained, pretrained_features
from hibiscus.metrics.catalog import get_metric
from hibiscus.runs.code_references import NO_FILE
from hibiscus.runs.session import Session
from hibiscus.training.pretrained import PRETRAINED

NAME = "efficientnet-lite0"


def test_features_have_1280_values_for_any_size_and_gray_images_are_repeated():
    gray = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 1), np.uint8)
    features = pretrained_features(NAME, gray)
    assert features.shape == (3, 1280)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, pretrained_features(NAME, np.repeat(gray, 3, 3)))
    np.testing.assert_array_equal(features, open_features(NAME)(gray))


def test_features_of_an_image_do_not_depend_on_the_others():
    images = draw_scenes(36)[0]
    every = pretrained_features(NAME, images)
    np.testing.assert_allclose(every[35:], pretrained_features(NAME, images[35:]), atol=2e-4)


def test_distances_are_named_pretrained_and_see_a_difference():
    images = draw_scenes(36)[0]
    fake, real, train = images[:12] // 8, images[12:24], images[24:]
    metrics = external_distances(NAME, fake, real, train)
    assert set(metrics) == {"frechet_pretrained", "kernel_distance_pretrained", "frechet_floor_pretrained"}
    assert metrics["frechet_pretrained"] > 2 * metrics["frechet_floor_pretrained"]
    assert metrics["kernel_distance_pretrained"] > 0


def test_labels_say_which_features():
    assert get_metric("test/frechet_pretrained").label == "Fréchet distance, pretrained features"
    assert get_metric("frechet_floor_external").higher_is_better is None


def test_other_channels_are_refused():
    with pytest.raises(ConfigError, match="4 channels"):
        check_pretrained(NAME, 4)


def test_missing_weights_are_told_before_training(tmp_path, monkeypatch):
    def missing(name):
        raise MissingExtraError("not installed", "the package", "pip install")

    monkeypatch.setattr(module, "load_pretrained", missing)
    with pytest.raises(MissingExtraError):
        api.train("dcgan", "digits", out=tmp_path / "run", quiet=True, metric_features=NAME)
    assert not (tmp_path / "run").exists()


def test_every_pretrained_network_is_known_to_name_no_code():
    assert set(PRETRAINED) <= set(NO_FILE)
    assert all(is_pretrained(name) for name in PRETRAINED)
    assert not is_pretrained("own")


def corner_pixels(name, pixels):
    """In place of the pretrained network, which takes seconds for the images of a run."""
    return np.asarray(pixels)[:, 2:6, 2:6].reshape(len(pixels), -1).astype(np.float32)


def test_translations_are_compared_in_both_directions(tmp_path, monkeypatch):
    monkeypatch.setattr(external_features, "pretrained_features", corner_pixels)
    monkeypatch.setattr(translation, "validate_translation", lambda *_: {"frechet": 1.0})
    monkeypatch.setattr(translation, "_domain_accuracy", lambda *_: None)
    data = Session.new("cyclegan", "digits-inverted", {}, out=tmp_path / "run").prepared()
    inverted = translation.translation_metrics(lambda pixels, *_: 255 - pixels, data, "test", NAME)
    unchanged = translation.translation_metrics(lambda pixels, *_: pixels, data, "test", NAME)
    assert inverted.keys() == unchanged.keys() == {
        "frechet", "frechet_pretrained", "frechet_floor_pretrained", "kernel_distance_pretrained"
    }  # fmt: skip
    assert inverted["frechet_floor_pretrained"] == unchanged["frechet_floor_pretrained"]
    assert 3 * inverted["frechet_pretrained"] < unchanged["frechet_pretrained"]
    assert "frechet_pretrained" not in translation.translation_metrics(lambda p, *_: p, data, "test")
