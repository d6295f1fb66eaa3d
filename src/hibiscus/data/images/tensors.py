"""Conversion between images as uint8 arrays and the float tensors and matrices that networks take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hibiscus.data.images.decode import ImageArray
from hibiscus.data.images.ops import check_image
from hibiscus.errors import DataError

if TYPE_CHECKING:
    import torch

__all__ = ["add_channel", "flatten_images", "from_tensor", "to_tensor", "unflatten_images"]


def add_channel(images: np.ndarray) -> np.ndarray:
    """A grayscale batch (N, height, width) as (N, height, width, 1), as convolutions require."""
    return _check_batch(images, 3)[..., None]


def to_tensor(image: ImageArray) -> torch.Tensor:
    """One image as a batch of one: float32 (1, channels, height, width) in [0, 1]."""
    import torch

    stack = check_image(image)[:, :, None] if image.ndim == 2 else image
    return torch.from_numpy(np.ascontiguousarray(stack.transpose(2, 0, 1))[None]).float() / 255


def from_tensor(tensor: torch.Tensor) -> ImageArray:
    """([1,] channels, height, width) in [0, 1] as uint8; (height, width) for one channel."""
    values = tensor.detach().float().cpu().numpy()
    values = values[0] if values.ndim == 4 and len(values) == 1 else values
    if values.ndim != 3 or values.size == 0:
        received, expected = f"tensor of shape {tuple(tensor.shape)}", "(1, channels, height, width)"
        raise DataError(received, expected, "pass one image of the batch")
    stack = _to_bytes(values).transpose(1, 2, 0)
    return check_image(stack[:, :, 0] if stack.shape[2] == 1 else stack, "tensor as image").copy()


def flatten_images(images: np.ndarray) -> np.ndarray:
    """uint8 (N, height, width[, channels]) to float32 (N, height * width * channels) in [0, 1]: x / 255."""
    if getattr(images, "dtype", None) != np.uint8:
        dtype = getattr(images, "dtype", type(images))
        raise DataError(f"images of dtype {dtype}", "uint8", "use values from 0 to 255")
    batch = images if images.ndim == 4 else _check_batch(images, 3)
    return batch.reshape(len(batch), -1 if batch.size else 0).astype(np.float32) / 255


def unflatten_images(flat: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Inverts `flatten_images`: (N, features) to uint8 (N, *shape), shape = (height, width[, channels])."""
    if _check_batch(flat, 2).shape[1] != np.prod(shape):
        expected = f"{' x '.join(map(str, shape))} values"
        raise DataError(f"rows of {flat.shape[1]} values", expected, "pass the original shape")
    return _to_bytes(flat).reshape(len(flat), *shape)


def _check_batch(array: Any, ndim: int) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.ndim != ndim:
        axes = "(N, features)" if ndim == 2 else "(N, height, width)"
        fix = f"pass a NumPy array with {ndim} dimensions"
        raise DataError(f"array of shape {np.shape(array)}", axes, fix)
    return array


def _to_bytes(values: np.ndarray) -> np.ndarray:
    if values.size and not (values.min() >= 0 and values.max() <= 1):  # also true for NaN
        received = f"values from {values.min():g} to {values.max():g}"
        raise DataError(received, "0 to 1", "clamp or rescale them first")
    return np.rint(values * 255).astype(np.uint8)
