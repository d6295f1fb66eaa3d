"""Find anomalies in a time series: python examples/anomalies.py load.csv [epochs [labels.csv]]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "sales", epochs: str = "10", *labels: str) -> None:
    """Trains on the beginning of the series, and prints the steps of the file whose score is an alarm."""
    name = path if path.endswith((".csv", ".parquet")) else "sales"
    run = hb.train("anomaly", name, epochs=int(epochs), anomalies=labels[0] if labels else None)
    for metric, value in run.evaluate().items():
        print(f"{metric} {value:.3f}")
    scores = run.predict(name)
    rows = zip(scores["time"], scores["score"], scores["threshold"], scores["anomaly"], strict=True)
    for time, score, threshold, anomaly in rows:
        if anomaly:
            print(f"{time}  score {score:.2f}, threshold {threshold:.2f}")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
