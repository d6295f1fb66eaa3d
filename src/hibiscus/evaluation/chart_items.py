"""Charts as report items: lines, points, bars, and small plots of the same kind side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from hibiscus.evaluation.plain_data import Number, PlainItem, expect

__all__ = ["Bars", "Curve", "Multiples", "Panel", "Scatter", "Series", "series_from_json"]


@dataclass(frozen=True)
class Series(PlainItem):
    """One line of a `Curve` or a `Panel`."""

    kind: ClassVar[str] = "series"
    name: str
    x: Sequence[Number] | NDArray
    y: Sequence[Number] | NDArray

    def _check(self) -> None:
        expect(len(self.x) == len(self.y), self.name, f"as many y as x, which are {len(self.x)}")


@dataclass(frozen=True)
class Curve(PlainItem):
    """Lines on common axes; `diagonal` adds the line y = x, on which a calibrated classifier would lie.

    `shares` sets both axes to [0, 1], so that plots can be compared.
    """

    kind: ClassVar[str] = "curve"
    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    diagonal: bool = False
    note: str = ""
    shares: bool = False


@dataclass(frozen=True)
class Scatter(PlainItem):
    """Points on common axes; `diagonal` adds the line y = x, on which exact predictions would lie.

    `groups` names the group of each point, such as its class; each group has its own color. `marked` says
    which points get a cross, such as those of wrong predictions.
    """

    kind: ClassVar[str] = "scatter"
    title: str
    x_label: str
    y_label: str
    x: Sequence[Number] | NDArray
    y: Sequence[Number] | NDArray
    diagonal: bool = False
    note: str = ""
    groups: Sequence[str] = ()
    marked: Sequence[bool] | NDArray = ()

    def _check(self) -> None:
        expect(len(self.x) == len(self.y), self.title, f"as many y as x, which are {len(self.x)}")
        for name in ("groups", "marked"):
            matching = len(getattr(self, name)) in (0, len(self.x))
            expect(matching, self.title, f"{name}: one for each of {len(self.x)} points, or none")


@dataclass(frozen=True)
class Bars(PlainItem):
    """A number with a standard deviation for each name, as horizontal bars.

    `percent` shows them as percentages.
    """

    kind: ClassVar[str] = "bars"
    title: str
    names: Sequence[str]
    values: Sequence[Number] | NDArray
    deviations: Sequence[Number] | NDArray = ()
    percent: bool = False
    note: str = ""

    def _check(self) -> None:
        count = len(self.names)
        expect(len(self.values) == count, self.title, f"{count} values")
        expect(len(self.deviations) in (0, count), self.title, f"{count} deviations, or none")


@dataclass(frozen=True)
class Panel(PlainItem):
    """One plot of `Multiples`: lines, or bars for each of `categories`, whose x are then 0, 1, 2 ..."""

    kind: ClassVar[str] = "panel"
    title: str
    series: Sequence[Series]
    categories: Sequence[str] = ()


@dataclass(frozen=True)
class Multiples(PlainItem):
    """Small plots with a common axis of values, side by side so that they can be compared."""

    kind: ClassVar[str] = "multiples"
    title: str
    y_label: str
    panels: Sequence[Panel]
    note: str = ""

    @classmethod
    def from_json(cls, options: Mapping[str, Any]) -> Multiples:
        """The item from the fields that `fields_to_json` returned."""
        panels = [
            Panel(panel["title"], series_from_json(panel["series"]), panel["categories"])
            for panel in options["panels"]
        ]
        return cls(options["title"], options["y_label"], panels, options["note"])


def series_from_json(values: Sequence[Mapping[str, Any]]) -> list[Series]:
    """The lines from the fields that `fields_to_json` returned."""
    return [Series(line["name"], line["x"], line["y"]) for line in values]
