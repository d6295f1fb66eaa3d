"""The evaluation of image-to-image models takes any object with a few functions; here one that returns its
input.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hibiscus.evaluation.image_quality import MAX_PSNR
from hibiscus.evaluation.reconstruction import (
    evaluate_autoencoder,
    evaluate_reconstruction,
    fit_pca,
    latent_space_items,
    pca_baselines,
)
from hibiscus.evaluation.reconstruction_classification import (
    evaluate_reconstruction_and_class,
    validate_reconstruction_and_class,
)
from methods.vae.test_vae import given


class Identity:
    """A perfect autoencoder of 4x4 images, whose latent code is the image and whose class is never right."""

    config = SimpleNamespace(latent_dim=3, seed=0, reconstruction_weight=2.0, class_weight=0.0)
    device = torch.device("cpu")
    classes = ("dark", "bright")

    def __init__(self, data):
        self.preparation, self.data = data.preparation, data

    def corrupt(self, x, batch):
        return x

    def forward(self, inputs):
        return inputs

    def to_image(self, outputs, inputs):
        return outputs

    def loss_from_outputs(self, outputs, x):
        return (outputs - x).square().mean()

    def encode(self, x):
        return x.flatten(1)

    def decode(self, z):
        return z.view(-1, 1, 4, 4)

    def logits(self, z):
        bright = z.mean(1) > 0.5
        return 50.0 * torch.stack([bright, ~bright], 1)

    def embed(self, data, part):
        return ((data.images(data.values("image", part)) + 1) / 2).flatten(1).numpy()


@pytest.fixture
def data():
    return given(np.random.default_rng(0).integers(0, 256, (60, 4, 4, 1), dtype=np.uint8))


def test_a_perfect_model_gets_the_highest_values_and_baselines_stand_beside_it(data):
    halved = {"halved": lambda inputs, x: inputs / 2}
    evaluation = evaluate_reconstruction(
        Identity(data), data, "test", halved, halved, ("psnr", "ssim"), "A note."
    )
    assert evaluation.metrics == {"psnr": MAX_PSNR, "ssim": pytest.approx(1)}
    x = data.values("image", "test") / 255
    expected = (-10 * np.log10(((x / 2) ** 2).mean((1, 2, 3)))).mean()
    assert evaluation.baselines["halved"]["psnr"] == pytest.approx(expected, abs=0.01)
    examples, table, largest = evaluation.report_items
    assert [item.title for item in evaluation.report_items] == [
        "Example outputs",
        "Image quality",
        "Largest errors",
    ]
    assert table.note == "Means over 30 images. A note."
    assert list(examples.captions[:3]) == ["target", "halved", "output"]
    assert len(largest.images) == 3 * 8


def test_pca_is_fitted_to_the_training_part(data):
    mean, axes = fit_pca(Identity(data), data)
    np.testing.assert_allclose(mean, data.values("image", "train").reshape(30, -1).mean(0) / 255, rtol=1e-5)
    assert axes.shape == (3, 16)
    baselines = pca_baselines(mean, axes)
    assert list(baselines) == ["mean image", "PCA of 3 components"]
    x = torch.from_numpy(mean).float().view(1, 1, 4, 4).expand(2, 1, 4, 4)
    for baseline in baselines.values():
        torch.testing.assert_close(baseline(x, x), x)


def test_the_latent_space_is_shown_as_a_scatter_plot_and_interpolations(data):
    evaluation = evaluate_autoencoder(Identity(data), data, "test")
    titles = [item.title for item in evaluation.report_items]
    assert titles == [
        "Example outputs",
        "Latent codes",
        "Latent interpolations",
        "Image quality",
        "Largest errors",
    ]
    model = Identity(data)
    model.embed = lambda data, part: np.random.default_rng(1).random((30, 2), np.float32)
    model.decode = lambda z: torch.zeros(len(z), 1, 4, 4)
    assert [item.title for item in latent_space_items(model, data, "test")] == [
        "Latent codes",
        "Latent space map",
    ]


def test_classification_and_reconstruction_are_evaluated_on_the_same_images(data):
    bright = (data.dataset.fields["image"].mean((1, 2, 3)) > 127.5).astype(np.int64)
    labels = {part: bright[rows] for part, rows in data.parts.items()}
    values = data.values
    data.values = lambda field, part: labels[part] if field == "label" else values(field, part)
    metrics = validate_reconstruction_and_class(Identity(data), data, "test")
    assert metrics == {"accuracy": 0.0, "psnr": MAX_PSNR, "loss": 0.0}
    evaluation = evaluate_reconstruction_and_class(Identity(data), data, "test")
    assert evaluation.metrics["accuracy"] == 0
    assert evaluation.metrics["psnr"] == MAX_PSNR
    assert list(evaluation.baselines) == [
        "linear model and PCA of 3 components",
        "linear model on PCA of 3 components",
    ]
    assert evaluation.baselines["linear model and PCA of 3 components"]["accuracy"] > 0.5
    assert evaluation.report_items[0].title == "Confusion matrix"
