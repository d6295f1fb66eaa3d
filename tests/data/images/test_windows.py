"""Padding and windows of batches, against plain indexing."""

import numpy as np
import pytest
import torch

from hibiscus.data.images.windows import (
    copy_windows,
    edges_in_window,
    memory_format,
    nest_windows,
    pad_batch,
    place_windows,
)

IMAGES = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).view(2, 3, 4, 5)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("mode", "numpy_mode"), [("zero", "constant"), ("nearest", "edge"), ("reflect", "symmetric")]
)
def test_padding_as_numpy(mode, numpy_mode, last):
    images = IMAGES.contiguous(memory_format=torch.channels_last) if last else IMAGES
    padded = pad_batch(images, (2, 3), mode, None)
    np.testing.assert_array_equal(padded, np.pad(IMAGES, ((0, 0), (0, 0), (2, 2), (3, 3)), numpy_mode))
    assert memory_format(padded) == memory_format(images)


@pytest.mark.parametrize("last", [False, True])
def test_windows_are_copied_as_by_index(last):
    images = IMAGES.contiguous(memory_format=torch.channels_last) if last else IMAGES
    index, rows, left = torch.tensor([1, 0]), torch.tensor([[0, 2], [3, 1]]), torch.tensor([1, 2])
    windows = copy_windows(images, index, rows, left, 3)
    for window, i, row, start in zip(windows, index, rows, left, strict=True):
        assert torch.equal(window, IMAGES[i][:, row, start : start + 3])


def test_nested_windows_and_boxes_in_them():
    half = torch.tensor([0.5])
    outer = place_windows(half, half, torch.tensor([1.0]), torch.tensor([0.0]))
    assert outer.tolist() == [[0.5, 0.0, 0.5, 0.5]]
    assert nest_windows(outer, outer).tolist() == [[0.75, 0.0, 0.25, 0.25]]
    boxes = torch.tensor([[[0.5, 0.25, 1.0, 0.5, 3.0]]])
    assert edges_in_window(outer, boxes).tolist() == [[[0.0, 0.5, 1.0, 1.0]]]
