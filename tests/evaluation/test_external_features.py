"""Distances in the features of a network from a file: a small TorchScript network in place of Inception's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hibiscus import api
from hibiscus.errors import ConfigError, DataError
from hibiscus.evaluation.external_features import INCEPTION, external_distances, features_file, open_features
from hibiscus.metrics.frechet import frechet_distance


class Means(nn.Module):
    """The mean of each channel of the left and the right half; with the switch off one logit."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        left, right = img.float().chunk(2, dim=3)
        found = torch.cat([left.mean((2, 3)), right.mean((2, 3))], 1)
        return found if return_features else found[:, :1]


class Plain(nn.Module):
    """The same without a switch."""

    def forward(self, img: Tensor) -> Tensor:
        return img.float().mean((2, 3))


class Maps(nn.Module):
    """Gives images, not features."""

    def forward(self, img: Tensor) -> Tensor:
        return img.float()


def saved(network, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network).save(str(path))
    return str(path)


def images(count, seed, channels=3, low=0):
    return np.random.default_rng(seed).integers(low, 256, (count, 6, 8, channels), np.uint8)


def test_features_are_those_of_the_file(tmp_path):
    made = images(70, 0)
    found = open_features(saved(Means(), tmp_path / "means.pt"))(made)
    expected = np.concatenate([made[:, :, :4].mean((1, 2)), made[:, :, 4:].mean((1, 2))], 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    gray = images(3, 1, channels=1)
    np.testing.assert_allclose(
        open_features(saved(Plain(), tmp_path / "plain.pt"))(gray),
        np.repeat(gray.mean((1, 2)), 3, 1),
        rtol=1e-5,
    )


def test_distances_are_taken_in_them(tmp_path):
    file = saved(Means(), tmp_path / "means.pt")
    made, real, train = images(60, 0, low=100), images(60, 1), images(60, 2)
    found = external_distances(file, made, real, train)
    look = open_features(file)
    assert found["frechet_external"] == frechet_distance(look(made), look(real))
    assert found["frechet_floor_external"] == frechet_distance(look(train), look(real))
    assert found["frechet_external"] > 10 * found["frechet_floor_external"]
    assert found["kernel_distance_external"] > 0


def test_inception_lies_in_the_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))
    with pytest.raises(ConfigError, match="metric_features=inception"):
        features_file("inception")
    saved(Means(), tmp_path / INCEPTION)
    assert features_file("inception") == tmp_path / INCEPTION
    assert features_file("own") is None


def test_files_that_are_none_are_named(tmp_path):
    with pytest.raises(ConfigError, match="there is no file") as caught:
        features_file(str(tmp_path / "inception.pt"))
    assert INCEPTION in str(caught.value)
    (tmp_path / "words.pt").write_text("words")
    with pytest.raises(DataError, match=r"words\.pt: cannot be read"):
        open_features(str(tmp_path / "words.pt"))
    with pytest.raises(DataError, match="outputs values of shape"):
        open_features(saved(Maps(), tmp_path / "maps.pt"))(images(2, 0))
    torch.manual_seed(0)
    narrow = saved(nn.Sequential(nn.Linear(5, 2)), tmp_path / "narrow.pt")
    with pytest.raises(DataError, match="does not take images"):
        open_features(narrow)(images(2, 0))


@pytest.mark.parametrize("method", ["dcgan", "progan", "infogan"])
def test_a_run_tells_both_distances(tmp_path, method):
    few = {
        "epochs": 1,
        "batch_size": 50,
        "latent_dim": 8,
        "width": 16 if method == "progan" else 8,
        "max_rounds": 2,
    }
    file = saved(Means(), tmp_path / "means.pt")
    run = api.train(method, "digits", out=tmp_path / "run", quiet=True, metric_features=file, **few)
    metrics = run.evaluate()
    assert metrics["test/frechet_external"] > metrics["test/frechet_floor_external"]
    assert "test/frechet" in metrics
    assert run.info["config"]["metric_features"] == str((tmp_path / "means.pt").resolve()), (
        "found from any folder"
    )
    with pytest.raises(DataError, match="outputs values of shape"):
        api.train(
            method,
            "digits",
            out=tmp_path / "maps",
            quiet=True,
            metric_features=saved(Maps(), tmp_path / "maps.pt"),
            **few,
        )
    assert not (tmp_path / "maps" / "checkpoints" / "last.safetensors").exists(), (
        "it is told before anything is trained"
    )
    with pytest.raises(ConfigError, match="there is no file"):
        api.train(
            method,
            "digits",
            out=tmp_path / "none",
            quiet=True,
            metric_features=str(tmp_path / "none.pt"),
            **few,
        )
