"""A pool of images from earlier rounds, shown again so that a discriminator does not forget them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.sharding import gather_rows, local_rows

__all__ = ["ImagePool"]


class ImagePool(nn.Module):
    """Returns about half of its input images unchanged, and swaps the others for stored ones.

    The first images fill the pool and are returned unchanged. Once it is full, each further image is with
    probability 1/2 exchanged for that in a random slot, one image after another, so an image may also be
    exchanged for one of the same batch. The stored images are buffers, so they are saved in checkpoints. All
    processes keep the same pool.

    Args:
        size: capacity, in images; with 0 every image is returned unchanged.
        shape: (channels, height, width) of an image.

    Reference: Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial
    Training", 2016, arXiv 1612.07828.
    """

    images: Tensor
    filled: Tensor

    def __init__(self, size: int, shape: tuple[int, int, int]):
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("filled", torch.zeros(size, dtype=torch.bool))

    @torch.no_grad()
    def exchange(self, batch: Batch, fake: Tensor) -> Tensor:
        """A mix of new and stored images, as many as were passed.

        Args:
            batch: the source of the random numbers.
            fake: one image for each item of the batch, `(items, channels, height, width)`.
        """
        draws, new = gather_rows(batch.uniform(2)), gather_rows(fake.detach().float())
        size = len(self.filled)
        if not size:
            return fake.detach()
        order = torch.arange(len(new), device=new.device)
        empty = torch.argsort(self.filled.int(), stable=True)  # the empty slots come first
        fills = order < size - self.filled.sum()
        slot = torch.where(fills, empty[order.clamp(max=size - 1)], (draws[:, 1] * size).long())
        stores = fills | (draws[:, 0] < 0.5)
        # The image in the slot of each item is that of the last item before it that was stored there, if any.
        earlier = (slot == slot[:, None]) & stores & (order < order[:, None])
        previous = torch.where(earlier, order, -1).amax(1)
        in_slot = torch.where(_column(previous >= 0), new[previous.clamp(min=0)], self.images[slot])
        exchanged = torch.where(_column(stores & ~fills), in_slot, new)
        last = torch.full((size,), -1, device=new.device)
        last.scatter_reduce_(0, slot, torch.where(stores, order, -1), "amax")
        self.images.copy_(torch.where(_column(last >= 0), new[last.clamp(min=0)], self.images))
        self.filled |= last >= 0
        return local_rows(exchanged)


def _column(values: Tensor) -> Tensor:
    """One value per image, for broadcasting over its pixels."""
    return values.view(-1, 1, 1, 1)
