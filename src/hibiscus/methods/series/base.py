"""What the methods of the family share: windows of the series, and the length of their inputs."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.grid import series_grid
from hibiscus.data.series.preparation import SeriesPreparation
from hibiscus.data.series.series_windows import Windows
from hibiscus.training.method import Method

__all__ = ["Calendar", "InputLength", "SeriesMethod"]

InputLength = Annotated[
    int | None,
    Field(
        ge=1, le=100_000, description="steps before a forecast that the network sees; default: by the data"
    ),
]
Calendar = Annotated[
    bool, Field(description="also give the network the phases of the day, the week and the year")
]


class SeriesMethod(Method):
    """A method on windows of time series."""

    family = "series"
    needs: ClassVar[frozenset[str]] = frozenset({"series"})

    @property
    def learned(self) -> SeriesPreparation:
        """What was learned of the series."""
        return self.preparation["series"]

    def windows(self, data: PreparedData) -> Windows:
        """The windows of some data, with inputs of `input_length` steps."""
        config = self.config
        grid = series_grid(data)
        return Windows(grid, config.input_length, self.learned.horizon, data.device, config.calendar)
