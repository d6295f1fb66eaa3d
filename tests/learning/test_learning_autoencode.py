"""Each autoencoder learns something real to a stated threshold. Slow: one training at a time, all threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from hibiscus import api

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason=f"the real data sets are not at hand ({SHARED})"
)
pytestmark = pytest.mark.slow


def evaluated(tmp_path, method, data, **options):
    return api.train(method, str(data), out=tmp_path / "run", quiet=True, **options).evaluation()


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_a_code_beats_as_many_principal_components(tmp_path, loss):
    found = evaluated(tmp_path, "autoencoder", "digits", latent_dim=4, loss=loss, epochs=60)
    linear, mean = (found["baselines"][name]["test/psnr"] for name in ("PCA of 4 components", "mean image"))
    assert found["metrics"]["test/psnr"] > linear + 1
    assert linear > mean


@pytest.mark.parametrize("noise", ["gaussian", "salt-and-pepper", "masking"])
def test_digits_are_denoised(tmp_path, noise):
    options = {"noise": noise, "noise_std": 0.5, "noise_fraction": 0.3, "epochs": 20, "batch_size": 32}
    found = evaluated(tmp_path, "denoiser", "digits", **options)
    assert found["metrics"]["test/psnr"] > found["baselines"]["noisy input"]["test/psnr"] + 4
    assert all(
        found["metrics"]["test/psnr"] > baseline["test/psnr"] + 1 for baseline in found["baselines"].values()
    )


@pytest.mark.parametrize("noise", ["none", "gaussian"])
def test_classes_and_images_from_one_code(tmp_path, noise):
    found = evaluated(
        tmp_path, "autoencoder-classifier", "digits", noise=noise, noise_std=0.3, epochs=30, batch_size=32
    )
    assert found["metrics"]["test/accuracy"] > found["baselines"]["linear model"]["test/accuracy"] + 0.01
    assert (
        found["metrics"]["test/psnr"]
        > found["baselines"]["linear model on PCA of 16 components"]["test/psnr"]
    )


def test_photographs_get_their_colors(tmp_path):
    found = evaluated(tmp_path, "colorizer", "two-photos", epochs=25)
    assert all(
        found["metrics"]["test/delta_e"] < 0.8 * baseline["test/delta_e"]
        for baseline in found["baselines"].values()
    )


@pytest.mark.shared
@needs_shared
def test_noise_is_taken_off_mnist(tmp_path):
    found = evaluated(tmp_path, "denoiser", SHARED / "mnist", epochs=2)
    assert found["metrics"]["test/psnr"] > found["baselines"]["noisy input"]["test/psnr"] + 8
