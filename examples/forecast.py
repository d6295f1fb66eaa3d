"""Forecast time series: python examples/forecast.py sales.csv [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "sales", epochs: str = "10") -> None:
    """Trains a network, prints its error, and forecasts the steps after the end of the file."""
    name = path if path.endswith((".csv", ".parquet")) else "sales"
    run = hb.train("forecast", name, epochs=int(epochs))
    for metric, value in run.evaluate().items():
        print(f"{metric} {value:.3f}")
    forecast = run.predict(name)
    columns = [column for column in forecast if column not in ("id", "skipped", "notes")]
    for row in zip(*(forecast[column] for column in columns), strict=True):
        print("  ".join(f"{value:.1f}" if isinstance(value, float) else str(value) for value in row))
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
