"""Images to tensors and matrices and back."""

import numpy as np
import pytest
import torch
from hypothesis import given

from data.images.test_ops import GREY, IMAGES, SMOOTH, quick
from hibiscus.data.images import tensors
from hibiscus.data.images.ops import pad_to
from hibiscus.data.images.tensors import add_channel
from hibiscus.errors import DataError


@pytest.mark.parametrize("shape", [(28, 28), (8, 9, 3)])
def test_federated_flattening_is_exactly_undone(shape):
    images = np.resize(np.arange(256, dtype=np.uint8), (3, *shape))
    flat = tensors.flatten_images(images)
    assert flat.shape == (3, np.prod(shape))
    assert flat.min() == 0
    assert flat.max() == 1
    assert np.array_equal(tensors.unflatten_images(flat, shape), images)


def test_one_image_as_a_tensor():
    tensor = tensors.to_tensor(SMOOTH)
    assert tensor.shape == (1, 3, 60, 80)
    assert torch.equal(tensor[0, 1], torch.from_numpy(SMOOTH[:, :, 1].copy()) / 255)


@quick
@given(IMAGES)
def test_tensors_are_exactly_undone(image):
    back = tensors.from_tensor(tensors.to_tensor(image))
    assert np.array_equal(back, image[:, :, 0] if image.shape[2:] == (1,) else image)


def test_mnist_to_svhn_format():
    digits = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    padded = pad_to(add_channel(digits), (32, 32))
    assert padded.shape == (5, 32, 32, 1)
    assert np.array_equal(padded[:, 2:30, 2:30, 0], digits)
    assert padded.sum() == digits.sum()
    assert np.array_equal(pad_to(digits[0], (32, 32)), padded[0, :, :, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tensors.from_tensor(torch.full((1, 1, 2, 2), 2.0)), "0 to 1"),
        (lambda: tensors.from_tensor(torch.full((1, 1, 2, 2), torch.nan)), "nan"),
        (lambda: tensors.from_tensor(torch.zeros(2, 3, 4, 4)), "one image of the batch"),
        (lambda: tensors.add_channel(GREY), "(N, height, width)"),
        (lambda: tensors.unflatten_images(np.zeros((2, 5)), (2, 3)), "2 x 3 values"),
        (lambda: tensors.flatten_images(np.zeros((2, 3, 3))), "float64"),
    ],
)
def test_wrong_input_is_explained(call, message):
    with pytest.raises(DataError) as caught:
        call()
    assert message in str(caught.value)
