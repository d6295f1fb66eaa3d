r"""Series of different lengths in one array: the steps after the end of a series are NaN.

    $n$ = the number of steps up to the last one with a value;    $x_t = 0$ for $t > n$

The values themselves say where a series ends, so that no network can take padding for data by mistake: what
is not separated here turns its outputs into NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["FlatSeries", "separate_padding"]


def separate_padding(x: Tensor) -> tuple[Tensor, Tensor]:
    """The series with zeros after their end, and their lengths.

    Shapes: (batch, steps, features), NaN after the end of a series, to the same shape and int64 (batch,),
        from 1 to the number of steps.
    """
    present = x.isfinite().all(2)
    positions = torch.arange(1, x.shape[1] + 1, device=x.device)
    return x.nan_to_num(nan=0.0), (present * positions).amax(1).clamp(min=1)


class FlatSeries(nn.Module):
    """Series with zeros after their end as vectors, for networks that take all steps at once.

    Shapes: (batch, steps, features) to (batch, steps * features).
    """

    def forward(self, x: Tensor) -> Tensor:
        """All values of each series."""
        return x.nan_to_num(nan=0.0).flatten(1)
