"""Semantic segmentation with a U-Net: python examples/segment.py streets/ [epochs]; streets/ holds images/
and masks/.
"""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "scenes", epochs: str = "20") -> None:
    """Trains a U-Net, prints its mean IoU beside the baselines, and predicts the masks of three images."""
    data = hb.open(path)
    print(data)

    run = hb.train("unet", data, epochs=int(epochs), width=8)
    result = run.evaluation()
    print(f"mean IoU {result['metrics']['test/miou']:.3f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/miou']:.3f}")

    predictions = run.predict(data.fields["image"][:3])
    print("masks", predictions["mask"].shape, "of", predictions["classes"])
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
