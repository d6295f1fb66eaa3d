"""Near-duplicate images across the parts of a run as a gallery of the report."""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.images.near_duplicates import near_duplicates
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.items import Gallery

__all__ = ["near_duplicate_gallery"]

MAX_PAIRS = 12
MAX_ITEMS = 100_000  # of larger data `hibiscus inspect` tells


def near_duplicate_gallery(data: PreparedData, part: str) -> Gallery | None:
    """Pairs of a part and another one; None if there are none, or the part is not of the run's own data."""
    if "image" not in data.arrays or data.training is not None or len(data.dataset) > MAX_ITEMS:
        return None
    pairs = [pair for pair in near_duplicates(data.arrays["image"], data.parts, data.dataset.keys)
             if part in pair.parts]  # fmt: skip
    if not pairs:
        return None
    images, captions = [], []
    for pair in pairs[:MAX_PAIRS]:
        indices = np.array([pair.first, pair.second])
        images += list(data.arrays["image"][indices])
        captions += [
            f"{PART_NAMES.get(name, name)}: {data.dataset.ids[index]}"
            for name, index in zip(pair.parts, indices, strict=True)
        ]
    copied = len(
        {index for pair in pairs for index in (pair.first, pair.second) if index in set(data.parts[part])}
    )
    name = PART_NAMES.get(part, part)
    note = (
        f"{copied} of {len(data.parts[part]):,} images of the {name} part are re-encoded, resized or cropped "
        "copies of images of another part, or nearly so. They make the results too good: remove one of each "
        "pair, or keep both in one part."
    )
    return Gallery("Near-duplicate images across parts", images, captions, note, group=2)
