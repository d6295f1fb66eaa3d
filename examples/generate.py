"""Generate images of a class with a conditional GAN: python examples/generate.py photos/ [epochs]."""

from __future__ import annotations

import sys
from pathlib import Path

import hibiscus as hb


def main(path: str = "digits", epochs: str = "30") -> None:
    """Trains a conditional GAN, prints the Fréchet distance of its samples beside the baselines, and samples
    one class.
    """
    run = hb.train("cgan", path, epochs=int(epochs), width=32)
    result = run.evaluation()
    print(f"Fréchet distance {result['metrics']['test/frechet']:.2f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/frechet']:.2f}")

    first = run.preparation["label"].names[0]
    samples = run.sample(16, label=first)
    print(f"16 samples of class {first}: {samples['image'].shape} {samples['image'].dtype}")
    print(Path(run.report()))


if __name__ == "__main__":
    main(*sys.argv[1:])
