"""Items by the part that each belongs to."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["items_by_part"]


def items_by_part(names: ArrayLike) -> dict[str, NDArray[np.intp]]:
    """The positions of the items of each part that occurs, in the order train, val, test.

    Args:
        names: of the part of each item; any other name is of no part.
    """
    names = np.asarray(names, dtype=str)
    return {part: np.flatnonzero(names == part) for part in ("train", "val", "test") if part in names}
