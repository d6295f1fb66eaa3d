"""Numbers, metrics, times and names as text for the report."""

from __future__ import annotations

import math
import re
from typing import Any

from hibiscus.metrics.catalog import get_metric
from hibiscus.report.coerce import as_text

__all__ = [
    "SPACE",
    "capitalized",
    "duration",
    "metric_label",
    "metric_value",
    "plain",
    "plural",
    "setting",
    "shorten",
    "when",
]

ROUNDING = 1e-12  # below which a number is 0 apart from rounding
SPACE = "\u00a0"  # a space at which no line breaks


def metric_label(name: str, part: bool = False) -> str:
    """`test/macro_f1` as it is written in a sentence: `macro F1`, or with its part `macro F1 (test)`."""
    label = shorten(get_metric(name).label, 80)
    before = name.rsplit("/", 1)[0] if "/" in name else ""
    return f"{label} ({before})" if part and before else label


def metric_value(name: str, value: float | None, unit: bool = True) -> str:
    """A metric's value in its own unit: 98.1 %, 1.32 nats, 0.04213."""
    if value is None or math.isnan(value):
        return "–" if value is None else "not a number"
    metric = get_metric(name)
    if metric.percent and math.isfinite(value) and (not metric.limited or -0.01 <= value <= 1.01):
        digits = 2 if 0.995 <= value < 1 or 0 < value < 0.01 else 1
        return f"{100 * value:.{digits}f}{SPACE}%".replace("-", "−")
    return plain(value) + (f"{SPACE}{metric.unit}" if unit and metric.unit else "")


def plain(number: float) -> str:
    """A number with four significant digits, without needless zeros or exponents."""
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else ("∞" if number > 0 else "−∞")
    if abs(number) < ROUNDING:
        return "0"
    if number == int(number) and abs(number) < 1e6:
        text = f"{int(number):,}"
    elif abs(number) >= 1e7 or 0 < abs(number) < 1e-4:
        text = re.sub(r"e([+-])\+?0*(\d)", r"e\1\2", f"{number:.3g}").replace("e+", "e")
    elif abs(number) >= 1000:
        text = f"{number:,.0f}"
    else:
        text = f"{number:.4g}"
    return text.replace("-", "−") if number < 0 else text


def setting(value: Any) -> str:
    """A configuration value as it would be typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else shorten(as_text(value), 200)


def shorten(text: str, length: int = 28) -> str:
    """The text; if it is longer than `length`, its middle is left out."""
    words = " ".join(text.split())
    if len(words) <= length:
        return words
    tail = max(1, length // 3)
    return f"{words[: length - tail - 1]}…{words[-tail:]}"


def plural(count: float, word: str) -> str:
    """`1 image`, `1,200 images`."""
    many = f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{plain(count)} {word if count == 1 else many}"


def duration(seconds: float) -> str:
    """Seconds in readable units: 4.2 s, 12 min 5 s, 3 h 20 min."""
    if not math.isfinite(seconds) or seconds < 0:
        return "–"
    if 0 < seconds < 0.05:
        return "< 0.1 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def when(time: str) -> str:
    """`2026-11-24T03:00:00Z` as `2026-11-24 03:00 UTC`; any other text as it is."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(?:Z|\+00:00)", time)
    return f"{match[1]} {match[2]} UTC" if match else shorten(time, 40)


def capitalized(text: str) -> str:
    """The text with a capital first letter, unless its first word is spelled otherwise, such as mAP."""
    first = text.split(" ", 1)[0]
    return text if first != first.lower() else text[:1].upper() + text[1:]
