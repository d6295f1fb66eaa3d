"""Cluster images without labels by invariant information clustering: python examples/cluster.py photos/
[epochs].
"""

from __future__ import annotations

import collections
import sys

import hibiscus as hb


def main(path: str = "digits", epochs: str = "10") -> None:
    """Trains on images alone; labels, where the data have them, only measure the clusters."""
    data = hb.open(path)
    run = hb.train("iic", data, epochs=int(epochs), num_clusters=10, num_overclusters=30)
    for name, value in run.evaluate().items():
        print(f"{name} {value:.3f}")

    predictions = run.predict(data.fields["image"][:200])
    print("sizes of the clusters", collections.Counter(predictions["probabilities"].argmax(1).tolist()))
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
