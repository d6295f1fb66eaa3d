"""The entries of the catalog of metrics: what is known of each metric, or of each pattern of names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

__all__ = ["Metric", "MetricPattern", "down", "fraction", "neutral", "relative", "up"]


@dataclass(frozen=True)
class Metric:
    """A number that describes the quality of a result.

    Args:
        name: as it is returned and stored, without the part (`macro_f1`).
        label: the name used in sentences (`macro F1`).
        unit: the unit after a value, such as `nats`.
        higher_is_better: None if neither direction is better, or if it is unknown.
        percent: whether values are fractions that are shown as percentages.
        description: what it measures, as a phrase; empty for a metric that is not in the catalog.
        limited: whether a percentage lies between 0 and 100 %, so that a value beyond is no fraction.
    """

    name: str
    label: str
    unit: str = ""
    higher_is_better: bool | None = None
    percent: bool = False
    description: str = ""
    limited: bool = True


@dataclass(frozen=True)
class MetricPattern:
    """Metrics whose names contain a class, a size or a domain.

    `{0}` in the label and the description is replaced by the first group of the pattern.
    """

    pattern: str
    metric: Metric

    def match(self, name: str) -> Metric | None:
        """The metric of that name, or None if the name does not match the pattern."""
        match = re.fullmatch(self.pattern, name)
        if match is None:
            return None
        values = [group.replace("_", " ") for group in match.groups()]
        texts = {key: getattr(self.metric, key).format(*values) for key in ("label", "description")}
        return replace(self.metric, name=name, **texts)


def fraction(name: str, label: str, description: str, higher: bool | None = True) -> Metric:
    """A fraction, shown as a percentage."""
    return Metric(name, label, "", higher, True, description)


def relative(name: str, label: str, description: str, higher: bool | None = True) -> Metric:
    """A ratio, shown as a percentage, which may be negative or above 100 %."""
    return Metric(name, label, "", higher, True, description, limited=False)


def up(name: str, label: str, description: str, unit: str = "") -> Metric:
    """A metric of which higher values are better."""
    return Metric(name, label, unit, True, False, description)


def down(name: str, label: str, description: str, unit: str = "") -> Metric:
    """A metric of which lower values are better."""
    return Metric(name, label, unit, False, False, description)


def neutral(name: str, label: str, description: str, unit: str = "") -> Metric:
    """A number without a better direction."""
    return Metric(name, label, unit, None, False, description)
