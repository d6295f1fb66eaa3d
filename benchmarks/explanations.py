"""How far the explanations of a detector can be trusted: `python benchmarks/explanations.py RUN DRINKS`.

RUN is a run of `ssd` on the drinks data, DRINKS its folder with `labels_test.csv` (frame, xmin, xmax, ymin,
ymax, class_id) and `images/`. For every class of every test image that is detected, the script prints the
fraction of each heatmap inside the true boxes of the class, compared with that of a uniform map; the rank
correlation with the map of random weights; and the error of the completeness of integrated gradients.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

import hibiscus
from hibiscus.evaluation.attribution.heatmap_mass import mass_inside

KINDS = ("grad-cam", "grad-cam++", "integrated-gradients", "occlusion")


def boxes_of(folder: Path) -> dict[str, dict[int, list[list[float]]]]:
    """The boxes of each class of each test image, as fractions of its sides."""
    boxes: dict[str, dict[int, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "labels_test.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            with Image.open(folder / "images" / row["frame"]) as image:
                sides = np.array([image.width, image.height] * 2)
            corners = np.array([float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax")])
            boxes[row["frame"]][int(row["class_id"])].append((corners / sides).tolist())
    return boxes


def main() -> None:
    """Prints a line for each kind of heatmap."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("drinks", type=Path)
    parser.add_argument("--images", type=int, default=51)
    options = parser.parse_args()
    run = hibiscus.load(options.run)
    names = list(run.preparation["boxes"].names)
    mass, uniform, correlation, errors = defaultdict(list), [], defaultdict(list), []
    for frame, by_class in list(boxes_of(options.drinks).items())[: options.images]:
        shown = run.visualize(options.drinks / "images" / frame, KINDS)
        for one in shown.heatmaps:
            true = by_class.get(names.index(one.name) + 1)  # class 0 of the file is the background
            if true is None or one.amount < 0.5:
                continue
            enlarged = Image.fromarray(one.values).resize((160, 120), Image.Resampling.BILINEAR)
            inside, area = mass_inside(np.array(enlarged), np.array(true))
            mass[one.kind].append(inside)
            if one.kind in ("grad-cam", "grad-cam++"):
                correlation[one.kind].append(one.checks["correlation_with_random_weights"][-1][1])
            if one.kind == "integrated-gradients":
                uniform.append(area)
                errors.append(one.checks["completeness_error"])
    print(f"{len(uniform)} detected classes of {options.images} images; uniform map: {np.mean(uniform):.1%}")
    for kind in KINDS:
        above = np.mean(np.array(mass[kind]) > uniform)
        text = f"{kind:22} {np.mean(mass[kind]):.1%} inside the true boxes, in {above:.0%} more than uniform"
        if correlation[kind]:
            text += f"; correlation with random weights {np.mean(correlation[kind]):+.2f}"
        print(text)
    print(f"completeness: median error {np.median(errors):.2%}, largest {np.max(errors):.2%}")


if __name__ == "__main__":
    main()
