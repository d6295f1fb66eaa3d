"""The formulas in the docstring of `colorizer`, computed in NumPy; the lightness of the input is kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import DataError
from hibiscus.methods.autoencode.colorizer import Colorizer
from hibiscus.metrics.image_quality import rgb_to_lab
from hibiscus.runs.inputs import open_inputs
from methods.gan_fixtures import sigmoid
from methods.learning import trained
from methods.vae.test_vae import given

PREPARATION = Preparation({"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.5,) * 3)})


def colorizer(**options):
    torch.manual_seed(0)
    method = Colorizer(Colorizer.Config(**{**Colorizer.smoke_test.options, **options}), PREPARATION)
    method.train_mode(False)
    return method


@pytest.mark.parametrize("net", ["unet", "cnn", "mlp", "pool"])
@pytest.mark.parametrize("loss", ["mae", "mse"])
@pytest.mark.parametrize("color_space", ["lab", "rgb"])
def test_the_objective_is_its_formula(color_space, loss, net):
    method = colorizer(color_space=color_space, loss=loss, net=net)
    x = np.random.default_rng(0).random((5, 8, 8, 3))
    loss_value, _ = method.loss(Batch(image=torch.from_numpy(2 * x - 1).float().permute(0, 3, 1, 2)))
    lab = rgb_to_lab(x)
    lightness = torch.from_numpy(lab[..., 0] / 50 - 1).float()[:, None]
    output = method.network(lightness).detach().permute(0, 2, 3, 1).numpy()
    error = sigmoid(output) - x if color_space == "rgb" else output - lab[..., 1:] / 100
    assert loss_value.item() == pytest.approx((np.abs(error) if loss == "mae" else error**2).mean(), rel=1e-4)


def test_the_lightness_of_the_input_is_kept():
    """Where no color is clipped: images of medium lightness and a network whose outputs are small at
    first.
    """
    method = colorizer()
    x = torch.rand(4, 3, 8, 8) * 0.2 + 0.4
    with torch.inference_mode():
        lightness = method.corrupt(x, Batch(image=x))
        image = method.to_image(method.forward(lightness).clamp(-0.1, 0.1), lightness)
    np.testing.assert_allclose(
        rgb_to_lab(image.permute(0, 2, 3, 1).numpy())[..., 0], lightness[:, 0], atol=0.01
    )


def test_grayscale_files_are_read_as_color_images(tmp_path):
    method = colorizer()
    gray = np.random.default_rng(1).integers(0, 256, (4, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "gray.npy", gray)
    opened = open_inputs(str(tmp_path / "gray.npy"), PREPARATION)
    assert opened.fields["image"].shape == (4, 8, 8, 3)
    assert np.array_equal(open_inputs(gray[..., None], PREPARATION).fields["image"], opened.fields["image"])
    with torch.inference_mode():
        images = method.predict(given(np.concatenate([opened.fields["image"]] * 2)), "test")["image"]
    assert images.shape == (4, 8, 8, 3)
    assert images.dtype == np.uint8


def test_training_starts_from_gray_images():
    method = colorizer(net="unet")
    lightness = 100 * torch.rand(4, 1, 8, 8)
    image = method.to_image(method.forward(lightness), lightness)
    assert (image.amax(1) - image.amin(1)).max() < 0.15  # between the channels of a pixel


def test_grayscale_training_images_are_refused():
    preparation = Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.5,))})
    with pytest.raises(DataError, match="color images"):
        Colorizer.resolve(Colorizer.Config(), preparation)


@pytest.mark.slow
def test_it_learns_the_colors_of_photos(tmp_path):
    evaluation = trained(tmp_path, "colorizer", "two-photos", epochs=25)
    error = evaluation["metrics"]["test/delta_e"]
    assert all(error < 0.8 * baseline["test/delta_e"] for baseline in evaluation["baselines"].values())
