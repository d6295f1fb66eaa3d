"""Where a table comes from, and how it becomes a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.data.tables.table_options import TableOptions

if TYPE_CHECKING:
    from hibiscus.data.dataset import Dataset
    from hibiscus.data.preparation import Preparation

__all__ = ["TableSource"]


@dataclass(frozen=True)
class TableSource:
    """Where a table comes from, and with which options it becomes a dataset.

    Args:
        path: as the user wrote it.
        target: the column to predict; without one the dataset has no `label`.
        base: the folder in which listed images are searched; None for a table in memory.
        options: of the user.
        like: the training part, whose readings (and image shape) apply to this part as well.
        trained: what a run learned; the values stay text, which its preparation reads.
        separator: between the fields of a line of the file.
        notes: on how the file was read.
        image_size: side, or `(height, width)`, of the images.
        channels: of the images, 1 or 3.
        max_bad_fraction: the largest fraction of images that may be unusable.
        white_level: of images with more than 8 bits, see `plan_reading`.
    """

    path: str
    target: str | None = None
    base: Path | None = None
    options: TableOptions = field(default_factory=TableOptions)
    like: Dataset | None = None
    trained: Preparation | None = None
    separator: str = ","
    notes: Sequence[str] = ()
    image_size: int | Sequence[int] | None = None
    channels: int | None = None
    max_bad_fraction: float = 0.05
    white_level: float | None = None
