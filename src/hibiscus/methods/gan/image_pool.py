"""A pool of images made in earlier rounds: a discriminator that sees them too does not forget what it has learned to tell."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.training.distributed import all_gather

__all__ = ["ImagePool"]


class ImagePool(nn.Module):
    """Gives half of the images back as they are, and exchanges the other half for stored ones.

    The images are buffers, so a checkpoint keeps them. The place in a batch says which slots an image may go to, so no two meet
    in one slot; of a batch larger than the pool the first images take part. Several processes keep the same pool.

    Args:
        size: how many it holds; 0 gives every image back.
        shape: (channels, height, width) of an image.

    Reference: Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial Training", 2016, arXiv 1612.07828.
    """

    images: Tensor
    filled: Tensor

    def __init__(self, size: int, shape: tuple[int, int, int]):
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("filled", torch.zeros(size, dtype=torch.bool))

    @torch.no_grad()
    def exchange(self, batch: Batch, made: Tensor) -> Tensor:
        """New and old images, as many as were made.

        Args:
            batch: whose random numbers decide.
            made: one for each of its items, `(items, channels, height, width)`.
        """
        draws, new = all_gather(batch.uniform(2), batch.share), all_gather(made.detach().float(), batch.share)
        many = min(len(new), len(self.filled))
        if not many:
            return made.detach()
        each = len(self.filled) // many
        slot = torch.arange(many, device=new.device) + (draws[:many, 1] * each).long() * many
        had, old = self.filled[slot], self.images[slot]
        swap = draws[:many, 0] < 0.5
        given = new.clone()
        given[:many] = torch.where((swap & had).view(-1, 1, 1, 1), old, new[:many])
        self.images[slot] = torch.where((swap | ~had).view(-1, 1, 1, 1), new[:many], old)
        self.filled[slot] = True
        first = batch.share[0] if batch.share else 0
        return given[first : first + len(made)]
