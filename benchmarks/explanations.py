"""How far heatmaps can be trusted, on the drinks data, whose objects have boxes.

    python benchmarks/explanations.py detector RUN DRINKS      # RUN of `ssd` on DRINKS
    python benchmarks/explanations.py crops DRINKS FOLDER      # one object in each crop, a folder per class
    python benchmarks/explanations.py classifier RUN FOLDER    # RUN of `classify` on FOLDER

DRINKS is the folder with `labels_train.csv`, `labels_test.csv` (frame, xmin, xmax, ymin, ymax, class_id) and
`images/`. For every class of every test image that is predicted with at least 50 %, the script compares the
fraction of each heatmap inside the true boxes with that of a uniform map. It also prints the rank correlation
with the map of random weights, and the error of the completeness of integrated gradients.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import hibiscus
from hibiscus.evaluation.attribution.heatmap_mass import mass_inside

KINDS = ("grad-cam", "grad-cam++", "integrated-gradients", "occlusion")
SIDES = ("xmin", "ymin", "xmax", "ymax")
SIDE, MIN_ZOOM, MAX_ZOOM = 128, 1.3, 2.0  # pixels of a crop; its side per longer side of the box
TRIES, MAX_OTHER = 30, 0.1  # of places for a crop; the part of any other object in it

Explained = tuple[Path, str, np.ndarray]  # an image, a class, and the boxes of the class as fractions


def boxes_of(drinks: Path, part: str) -> dict[str, list[tuple[int, np.ndarray]]]:
    """The class number and box in pixels of each object, by image."""
    boxes = defaultdict(list)
    with (drinks / f"labels_{part}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            corners = np.array([float(row[name]) for name in SIDES])
            boxes[row["frame"]].append((int(row["class_id"]), corners))
    return boxes


def class_names(drinks: Path) -> list[str]:
    """The names of the classes, the background first."""
    return [line.split(maxsplit=1)[1] for line in (drinks / "classes.txt").read_text().splitlines()]


def boxes_beside(crops: Path) -> Path:
    """The file with the boxes of crops, beside their folder, which holds images only."""
    return crops.with_name(f"{crops.name}-boxes.csv")


def write_crops(drinks: Path, folder: Path) -> None:
    """Square crops at random places around each object, in which no other is visible to more than a tenth.

    Few objects of the test images stand alone, so every eighth training image is one of the test part too.
    """
    rng, names, rows = np.random.default_rng(0), class_names(drinks), []
    for source in ("train", "test"):
        for index, (frame, objects) in enumerate(boxes_of(drinks, source).items()):
            part = "test" if index % 8 == 0 else source
            with Image.open(drinks / "images" / frame) as image:
                pixels = image.convert("RGB")
            for number, (label, box) in enumerate(objects):
                others = np.array([other for i, (_, other) in enumerate(objects) if i != number]).reshape(
                    -1, 4
                )
                place = crop_around(box, others, pixels.size, rng)
                if place is None:
                    continue
                left, top, side = place
                path = Path(part) / names[label] / f"{Path(frame).stem}-{number}.jpg"
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                pixels.crop((left, top, left + side, top + side)).resize((SIDE, SIDE)).save(folder / path)
                rows.append([path.as_posix(), *((box - [left, top, left, top]) / side)])
    with boxes_beside(folder).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    print(f"{len(rows)} crops in {folder}")


def crop_around(
    box: np.ndarray, others: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> tuple[int, int, int] | None:
    """Left, top and side of a square within the image that holds the box; None if others are always in it."""
    for _ in range(TRIES):
        side = min(int(rng.uniform(MIN_ZOOM, MAX_ZOOM) * max(box[2:] - box[:2])), *size)
        low = np.maximum(0, box[2:] - side).astype(int)
        high = np.minimum(box[:2], np.array(size) - side).astype(int)
        if (high < low).any():
            continue
        left, top = rng.integers(low, high + 1)
        width = np.minimum(left + side, others[:, 2]) - np.maximum(left, others[:, 0])
        height = np.minimum(top + side, others[:, 3]) - np.maximum(top, others[:, 1])
        areas = (others[:, 2:] - others[:, :2]).prod(1)
        if (width.clip(0) * height.clip(0) <= MAX_OTHER * areas).all():
            return int(left), int(top), side
    return None


def of_drinks(drinks: Path) -> Iterator[Explained]:
    """Every class of every test image."""
    names = class_names(drinks)
    for frame, objects in boxes_of(drinks, "test").items():
        path = drinks / "images" / frame
        with Image.open(path) as image:
            sides = np.array([*image.size] * 2)
        for label in sorted({label for label, _ in objects}):
            yield path, names[label], np.array([box / sides for one, box in objects if one == label])


def of_crops(folder: Path) -> Iterator[Explained]:
    """Every crop of a test image."""
    with boxes_beside(folder).open(newline="") as file:
        for name, *box in csv.reader(file):
            if name.startswith("test/"):
                yield folder / name, Path(name).parent.name, np.array([box], float)


def evenly_spaced(items: list[Explained], limit: int) -> list[Explained]:
    """At most so many of the items."""
    return [items[i] for i in np.linspace(0, len(items) - 1, min(limit, len(items))).astype(int)]


def measure(run: hibiscus.Run, explained: list[Explained], kinds: list[str]) -> None:
    """Prints a line for each kind of heatmap."""
    by_image: dict[Path, dict[str, np.ndarray]] = defaultdict(dict)
    for path, name, boxes in explained:
        by_image[path][name] = boxes
    mass, uniform, correlation, errors = defaultdict(list), [], defaultdict(list), []
    for path, by_class in by_image.items():
        for one in run.visualize(path, kinds).heatmaps:
            true = by_class.get(one.name)
            if true is None or one.amount < 0.5:
                continue
            enlarged = Image.fromarray(one.values).resize((160, 120), Image.Resampling.BILINEAR)
            inside, area = mass_inside(np.array(enlarged), true)
            mass[one.kind].append(inside)
            if one.kind in ("grad-cam", "grad-cam++"):
                correlation[one.kind].append(one.checks["correlation_with_random_weights"][-1][1])
            if one.kind == kinds[0]:
                uniform.append(area)
            if one.kind == "integrated-gradients":
                errors.append(one.checks["completeness_error"])
    print(f"{len(uniform)} classes of {len(by_image)} images; uniform map: {np.mean(uniform):.1%}")
    for kind in kinds:
        above = np.mean(np.array(mass[kind]) > uniform)
        text = f"{kind:22} {np.mean(mass[kind]):.1%} inside the true boxes, in {above:.0%} more than uniform"
        if correlation[kind]:
            text += f"; correlation with random weights {np.mean(correlation[kind]):+.2f}"
        print(text)
    if errors:
        print(f"completeness: median error {np.median(errors):.2%}, largest {np.max(errors):.2%}")


def main() -> None:
    """The commands of the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["detector", "crops", "classifier"])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--limit", type=int, default=10**6, help="explain only so many classes of images")
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    if options.command == "crops":
        return write_crops(options.first, options.second)
    explained = of_drinks if options.command == "detector" else of_crops
    chosen = evenly_spaced(list(explained(options.second)), options.limit)
    measure(hibiscus.load(options.first), chosen, options.kinds.split(","))


if __name__ == "__main__":
    main()
