"""What `inspect` says about series in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hibiscus.cli.console import number, table
from hibiscus.cli.series_relation_lines import relation_lines
from hibiscus.cli.series_summary import change_times
from hibiscus.cli.series_time_lines import time_lines
from hibiscus.plurals import plural

if TYPE_CHECKING:
    from hibiscus.runs.series_inspection import InspectedSeries, SeriesInspection
    from hibiscus.series.description import SeriesDescription

__all__ = ["MAX_VARIABLES", "series_lines"]

MAX_VARIABLES = 8  # on the screen; --json has all
MAX_LISTED = 3  # series whose times are shown
MAX_LAGS = 8  # that are listed
MAX_HORIZON = 96  # that is suggested
WHOLE = (
    "these figures are of the whole file, its last part included; training takes its default season from the "
    "step of the times"
)
CUSUM, MOSUM = 1.358, 1.202  # critical values at 5 %, of OLS-CUSUM and OLS-MOSUM with a window of 15 %
REGULAR, NOISY = 0.4, 0.8  # of the sample entropy relative to that of the values in random order


def series_lines(
    found: SeriesInspection, ids: list[str], path: str, options: Sequence[str] = ()
) -> list[str]:
    """The inspection as lines.

    Args:
        found: the inspection.
        ids: a readable name for each row of the table.
        path: as typed.
        options: of the data as typed, for the next command.
    """
    lines = []
    for index, (name, axis) in enumerate(found.axes.items()):
        if index < MAX_LISTED:
            lines += time_lines(name, axis, found.column, ids)
    rest = len(found.axes) - MAX_LISTED
    lines += [f"  ... and {plural(rest, 'more series', 'more series')} (--json lists them all)"] * (rest > 0)
    for one in found.series[:MAX_VARIABLES]:
        lines += _variable(one)
    rest = found.count - min(len(found.series), MAX_VARIABLES)
    lines += [f"... and {plural(rest, 'more variable')} (--json lists them all)"] * (rest > 0)
    lines += relation_lines(found.relations, found.pairs_left_out)
    return [*lines, *_next(found, path, options)]


def _variable(one: InspectedSeries) -> list[str]:
    known, about = one.values[np.isfinite(one.values)], one.about
    if about is None:
        return [f"{one.title}: no value"]
    missing = f"{about.missing:,} missing" if about.missing else "none missing"
    low, high, mean = (number(float(value)) for value in (known.min(), known.max(), known.mean()))
    head = f"{one.title}: {plural(about.steps, 'step')}, {missing}"
    if about.constant:
        return [f"{head}, constant ({low}) or too short to describe"]
    rows = [
        ["season", _season(about)],
        ["trend", _trend(about)],
        ["spread", _spread(about)],
        ["stationarity", _stationarity(about)],
        ["suggested", _suggested(about)],
        ["autocorrelation", _correlations(about)],
        ["changes", _changes(one, about)],
        ["forecastability", _entropy(about)],
    ]
    lines = [f"{head}, {low} to {high}, mean {mean}", table([row for row in rows if row[1]], wrap_last=True)]
    if about.used < about.steps:
        lines.append(
            f"  decomposition and tests: of the last {about.used:,} of {plural(about.steps, 'step')}"
        )
    return lines


def _season(about: SeriesDescription) -> str:
    structure = about.structure
    if not structure.seasons:
        return "none found"
    found = []
    for one in structure.seasons:
        says = f"{one.season:,} steps (strength {one.strength:.2f}, autocorrelation {one.correlation:.2f})"
        found.append(f"about {says}: a cycle whose length varies" if one.varies else says)
    return "; ".join(found)


def _trend(about: SeriesDescription) -> str:
    structure = about.structure
    if structure.trend_strength is None:
        return ""
    return (
        f"strength {structure.trend_strength:.2f}, of the season {structure.seasonal_strength:.2f} "
        f"(STL, season {structure.season})"
    )


def _spread(about: SeriesDescription) -> str:
    transform = about.structure.transform
    if transform == "none":
        return "does not grow with the level: additive" if about.structure.seasons else ""
    model = "multiplicative; " if about.structure.seasons else ""
    name = {"log": "the logarithm", "sqrt": "the square root"}[transform]
    return f"grows with the level: {model}{name} evens it out"


def _stationarity(about: SeriesDescription) -> str:
    tests = about.stationarity
    if tests is None:
        return "too few steps to test"
    trend = tests.verdict == "trend-stationary"
    adf, kpss = (tests.adf_trend, tests.kpss_trend) if trend else (tests.adf, tests.kpss)
    said = "; ".join(
        f"{test.name} {test.statistic:.2f} ({test.critical_values['5%']:.2f}) "
        f"{'rejects' if test.rejects else 'does not reject'} {hypothesis}"
        for test, hypothesis in ((adf, "a unit root"), (kpss, "stationarity"))
    )
    around = ", around a trend" if trend else ""
    shifts = about.changes is not None and about.changes.kind == "level" and len(about.changes.steps) > 0
    advice = tests.advice
    if shifts and tests.verdict == "difference-stationary":
        advice += ", unless the changes of level below explain it, which look alike to these tests"
    return f"{tests.verdict}: {advice} [{said}{around}; critical values of 5 % in parentheses]"


def _suggested(about: SeriesDescription) -> str:
    words = [f"season={about.structure.steady_season}"] if about.structure.steady_season else []
    words += [f"transform={about.structure.transform}"] if about.structure.transform != "none" else []
    words += ["difference=1"] if about.difference else []
    words += ["seasonal_difference=1"] if about.seasonal_difference else []
    return " ".join(words) or "no transform, no differences"


def _correlations(about: SeriesDescription) -> str:
    """The first lags beyond the bound, of what is left after transform and differences."""
    if len(about.correlations) < 2:
        return ""
    beyond = [
        ", ".join(map(str, lags[:MAX_LAGS])) + (" ..." if len(lags) > MAX_LAGS else "")
        if len(lags)
        else "none"
        for values in (about.correlations, about.partial)
        for lags in [np.flatnonzero(np.abs(values[1:]) > about.bound) + 1]
    ]
    steps = ["differences" * about.difference, "seasonal differences" * about.seasonal_difference]
    after = " and ".join(filter(None, steps))
    test = about.ljung_box
    noise = ""
    if test is not None and test.p_value > 0.05:
        noise = f"; white noise is not rejected (Ljung-Box, {test.lags} lags, p={test.p_value:.2f})"
    return (
        f"{f'after {after}, ' if after else ''}beyond ±{about.bound:.3f} at lags {beyond[0]}; "
        f"partial: {beyond[1]}{noise}"
    )


def _changes(one: InspectedSeries, about: SeriesDescription) -> str:
    changes = about.changes
    if changes is None:
        return ""
    what = {
        "level": "level without the season" if about.structure.steady_season else "level",
        "slope": "slope (mean of the differences)",
        "trend removed": "level around the trend",
    }[changes.kind]
    times = change_times(one)
    if not times and (changes.cusum > CUSUM or changes.mosum > MOSUM):
        return (
            f"no lasting change of the {what} by PELT, although a constant one is rejected (CUSUM "
            f"{changes.cusum:.2f}, critical {CUSUM:.2f}; MOSUM {changes.mosum:.2f}, critical {MOSUM:.2f})"
        )
    if not times:
        return f"none of the {what} (CUSUM {changes.cusum:.2f}, MOSUM {changes.mosum:.2f})"
    shown = ", ".join(times[:MAX_LAGS]) + (" ..." if len(times) > MAX_LAGS else "")
    return f"of the {what}: {shown} (PELT; CUSUM {changes.cusum:.2f}, MOSUM {changes.mosum:.2f})"


def _entropy(about: SeriesDescription) -> str:
    if about.entropy is None or about.entropy_of_noise is None:
        return "too few steps for the sample entropy (100)"
    if not np.isfinite(about.entropy) or not np.isfinite(about.entropy_of_noise):
        return "no stretches alike: the sample entropy is not defined"
    ratio = about.entropy / about.entropy_of_noise if about.entropy_of_noise else 1.0
    word = "high" if ratio < REGULAR else "moderate" if ratio < NOISY else "low"
    of = " of the differences" if about.difference else ""
    return f"{word}: sample entropy{of} {about.entropy:.2f}, in random order {about.entropy_of_noise:.2f}"


def _next(found: SeriesInspection, path: str, options: Sequence[str]) -> list[str]:
    """The command to go on with."""
    described = [one for one in found.series if one.about is not None and not one.about.constant]
    if not described:
        return []
    chosen = next((one for one in described if one.name in found.target), described[-1])
    structure = chosen.about.structure if chosen.about else None
    season, steps = structure.steady_season if structure else None, len(chosen.values)
    lengths = [one.season for one in structure.seasons if not one.varies] if structure else []
    fitting = [length for length in lengths if length <= min(MAX_HORIZON, steps // 10)]
    horizon = min(fitting, default=max(1, min(24, steps // 12)))
    words = [f"target={chosen.name}", f"horizon={horizon}"] + ([f"season={season}"] if season else [])
    words += [f"transform={structure.transform}"] if structure and structure.transform != "none" else []
    return [WHOLE, f"next: hibiscus train forecast {shlex.quote(path)} {shlex.join([*options, *words])}"]
