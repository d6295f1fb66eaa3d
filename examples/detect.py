"""Detect objects with SSD: python examples/detect.py photos/ [epochs]; boxes as Pascal VOC, COCO, YOLO or
CSV.
"""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "scenes", epochs: str = "20") -> None:
    """Trains a detector, prints its average precision beside the baselines, and the boxes it predicts on
    three images.
    """
    data = hb.open(path)
    print(data)

    run = hb.train("ssd", data, epochs=int(epochs), width=0.5)
    result = run.evaluation()
    print(f"AP50 {result['metrics']['test/map50']:.3f}")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/map50']:.3f}")

    predictions = run.predict(data.fields["image"][:3])
    for item, boxes in zip(predictions["id"], predictions["boxes"], strict=True):
        print(f"image {item}: boxes of shape {boxes.shape}")
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
