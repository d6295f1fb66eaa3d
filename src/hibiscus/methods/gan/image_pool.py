"""A pool of images from earlier rounds, shown again so that a discriminator does not forget them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.training.distributed import all_gather

__all__ = ["ImagePool"]


class ImagePool(nn.Module):
    """Returns about half of its input images unchanged, and swaps the others for stored ones.

    The stored images are buffers, so they are saved in checkpoints. The position of an image in its batch
    determines the slots that it may occupy, so that no two images compete for the same slot; if a batch is
    larger than the pool, only its first images take part. All processes keep the same pool.

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
        draws, new = all_gather(batch.uniform(2), batch.share), all_gather(fake.detach().float(), batch.share)
        count = min(len(new), len(self.filled))
        if not count:
            return fake.detach()
        slots_per_item = len(self.filled) // count
        slot = torch.arange(count, device=new.device) + (draws[:count, 1] * slots_per_item).long() * count
        was_filled, stored = self.filled[slot], self.images[slot]
        swap = draws[:count, 0] < 0.5
        exchanged = new.clone()
        exchanged[:count] = torch.where((swap & was_filled).view(-1, 1, 1, 1), stored, new[:count])
        self.images[slot] = torch.where((swap | ~was_filled).view(-1, 1, 1, 1), new[:count], stored)
        self.filled[slot] = True
        first = batch.share[0] if batch.share else 0
        return exchanged[first : first + len(fake)]
