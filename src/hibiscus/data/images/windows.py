"""Padding and cropping of batches of images, in whole pixels and preserving the memory format."""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = ["copy_windows", "edges_in_window", "memory_format", "nest_windows", "pad_batch", "place_windows"]


def memory_format(images: torch.Tensor) -> torch.memory_format:
    """The memory format of a batch; contiguous if it is both."""
    is_last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
    return torch.channels_last if is_last else torch.contiguous_format


def pad_batch(images: torch.Tensor, margin: tuple[int, int], mode: str, value: int | None) -> torch.Tensor:
    """The batch with `margin` rows above and below and columns left and right, filled with any `value`."""
    if margin == (0, 0):
        return images
    if mode == "zero" or value is not None:
        return functional.pad(images, (margin[1], margin[1], margin[0], margin[0]), value=value or 0)
    form = memory_format(images)
    for axis, width in ((2, margin[0]), (3, margin[1])):
        side = images.shape[axis]
        index = torch.arange(-width, side + width, device=images.device)
        if mode == "reflect":
            index = index.remainder(2 * side)  # period: there and back, the edge pixel twice
            index = torch.minimum(index, 2 * side - 1 - index)
        images = images.index_select(axis, index.clamp(0, side - 1))
    return images.contiguous(memory_format=form)


def copy_windows(
    images: torch.Tensor, index: torch.Tensor, rows: torch.Tensor, left: torch.Tensor, width: int
) -> torch.Tensor:
    """images[index[b], :, rows[b], left[b] : left[b] + width], in the same memory format.

    Whole rows are copied, as windows on the memory as one long line, which is several times as fast as by
    pixel.

    Args:
        images: `(any, channels, any, any)`.
        index: int64 `(batch,)`.
        rows: int64 `(batch, height)`.
        left: int64 `(batch,)`.
        width: of the result `(batch, channels, height, width)`.
    """
    last = memory_format(images) is torch.channels_last
    # (images, planes, height, width, values per pixel), in the order of memory.
    stored = images.permute(0, 2, 3, 1)[:, None] if last else images.contiguous()[..., None]
    planes, high, wide, values = stored.shape[1:]
    plane = index[:, None] * planes + torch.arange(planes, device=images.device)
    starts = (plane[:, :, None] * high + rows[:, None]) * wide + left[
        :, None, None
    ]  # (batch, planes, height)
    line = stored.reshape(-1)
    windows = line.as_strided((len(line) // values - width + 1, width * values), (values, 1))
    copied = windows.index_select(0, starts.view(-1)).view(*starts.shape, width, values)
    return copied[:, 0].permute(0, 3, 1, 2) if last else copied[..., 0]


def place_windows(
    width: torch.Tensor, height: torch.Tensor, x: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """Windows of these sizes in the whole, or around it if larger, at relative position x, y; (..., 4)."""
    return torch.stack((x * (1 - width), y * (1 - height), width, height), -1)


def nest_windows(window: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """The window of the image that corresponds to `inner` inside `window`; (batch, 4)."""
    return torch.cat((window[:, :2] + inner[:, :2] * window[:, 2:], inner[:, 2:] * window[:, 2:]), 1)


def edges_in_window(window: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """The edges of boxes (batch, rows, 4) as fractions of the window, from its upper left corner."""
    return (boxes[..., :4] - window[:, None, :2].repeat(1, 1, 2)) / window[:, None, 2:].repeat(1, 1, 2)
