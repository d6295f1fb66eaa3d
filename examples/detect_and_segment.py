"""Boxes and masks on a person's own annotated images, from Python: python examples/places.py photos/ [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "scenes", epochs: str = "20") -> None:
    """Trains a detector and a segmenter where the data have both, shows their figures, and merges what they say."""
    data = hb.open(path)
    print(data)
    runs = {}
    for field, method, figure in (("boxes", "ssd", "map50"), ("mask", "unet", "miou")):
        if field in data.fields:
            runs[field] = hb.train(method, data, epochs=int(epochs), width=0.5 if method == "ssd" else 8)
            result = runs[field].evaluation()
            print(f"{method} {figure} {result['metrics'][f'test/{figure}']:.3f}")
            for baseline, metrics in result["baselines"].items():
                print(f"  {baseline} {metrics[f'test/{figure}']:.3f}")
            print(runs[field].report())

    if "boxes" in runs:
        found = runs["boxes"].predict(data.fields["image"][:3])
        print("in the first three:", found["found"])
    if len(runs) == 2:
        print("both merged:", hb.panoptic(runs["boxes"].path, runs["mask"].path, path)["metrics"])


if __name__ == "__main__":
    main(*sys.argv[1:])
