"""Bundled datasets: real ones from scikit-learn's files (it is not imported), and synthetic ones."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from hibiscus.data.boxes.boxset import AnnotatedImage, BoxSet
from hibiscus.data.boxes.summary import about_boxes
from hibiscus.data.builtin.daily_sales import daily_sales
from hibiscus.data.builtin.number_words import number_pairs
from hibiscus.data.builtin.scenes import SCENE_CLASSES, draw_scenes
from hibiscus.data.builtin.shapes import draw_shapes
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.decode import open_image
from hibiscus.data.keys import content_keys, frame_keys
from hibiscus.data.locations import BUNDLED
from hibiscus.data.masks.folder import class_fractions
from hibiscus.errors import DataError

__all__ = ["open_bundled"]

IRIS = ["sepal length", "sepal width", "petal length", "petal width"]
SIDE = 32  # of the crops of a photograph
DIABETES = ["age", "sex", "bmi", "blood pressure", "s1", "s2", "s3", "s4", "s5", "s6"]


def _files() -> Path:
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        fix = "pip install scikit-learn"
        raise DataError("scikit-learn is not installed", "the package that contains the bundled data", fix)
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data"


def _read(file: Path, **options) -> np.ndarray:
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    return np.loadtxt(text.splitlines(), **options)


def open_bundled(name: str) -> Dataset:
    """Opens bundled data by name, in the same form as a user's own files."""
    if name in ("digits", "digits-inverted", "digits-edges"):
        rows = _read(_files() / "digits.csv.gz", delimiter=",")
        images = np.round(rows[:, :64] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
        fields: dict[str, Any] = {"image": images, "label": rows[:, 64].astype(np.int64)}
        if name == "digits-inverted":
            images[1::2] = 255 - images[1::2]
            fields["domain"] = np.array(["light on dark", "dark on light"])[np.arange(len(images)) % 2]
        elif name == "digits-edges":
            fields = {"image": _edges(images), "target_image": images}
        keys = content_keys(images)
    elif name == "shapes":
        images, factors = draw_shapes()
        fields = {"image": images, "factors": factors}
        keys = content_keys(images)
    elif name == "scenes":
        images, masks, boxes = draw_scenes()
        fields = {"image": images, "mask": masks, "boxes": boxes}
        keys = content_keys(images)
    elif name == "two-photos":
        folder = _files().parent / "images"
        crops = {label: _crops(open_image(folder / f"{label}.jpg")) for label in ("china", "flower")}
        images = np.concatenate(list(crops.values()))
        fields = {
            "image": images,
            "label": np.repeat(list(crops), [len(images) for images in crops.values()]),
        }
        keys = content_keys(images)
    else:
        fields, keys = _table(name)
    return Dataset(
        name=name,
        path=name,
        fields=fields,
        ids=[str(i) for i in range(len(keys))],
        keys=keys,
        roles=_roles(fields, name),
        notes=[f"bundled: {BUNDLED[name]}"],
        names={"mask": SCENE_CLASSES, "boxes": SCENE_CLASSES[1:]} if name == "scenes" else {},
        about=_about_scenes(fields["mask"], fields["boxes"]) if name == "scenes" else {},
    )


def _about_scenes(masks: np.ndarray, boxes: np.ndarray) -> dict[str, Any]:
    """What `inspect` shows of the boxes and masks of scenes, as of a user's own."""
    size = masks.shape[1:]
    images = []
    for number, rows in enumerate(boxes.astype(np.float64)):
        objects = rows[rows[:, 4] >= 0]
        edges = objects[:, :4] * (size[1], size[0], size[1], size[0])
        labels, none = objects[:, 4].astype(np.int64), np.zeros(len(objects), bool)
        images.append(AnnotatedImage(Path(), str(number), size, edges, labels, none, [{}] * len(objects)))
    return {
        "boxes": about_boxes(BoxSet(Path(), SCENE_CLASSES[1:], images)),
        "mask": class_fractions(masks, SCENE_CLASSES),
    }


def _edges(images: np.ndarray) -> np.ndarray:
    """Where the brightness differs from the pixel above or to the left by at least half of the range."""
    down = np.abs(np.diff(images.astype(np.int16), axis=1, prepend=0)) >= 128
    across = np.abs(np.diff(images.astype(np.int16), axis=2, prepend=0)) >= 128
    return np.where(down | across, 255, 0).astype(np.uint8)


def _crops(image: np.ndarray) -> np.ndarray:
    """The squares of 32x32 pixels in an image; the rest at the right and at the bottom is dropped."""
    rows, columns = image.shape[0] // SIDE, image.shape[1] // SIDE
    squares = image[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
    return squares.reshape(-1, SIDE, SIDE, 3).copy()


def _roles(fields: dict[str, Any], name: str) -> dict[str, str]:
    """The role of each column of a table."""
    if name == "number-words":
        return {"german": "text", "english": "target"}
    if name == "number-texts":
        return {"text": "text"}
    if name == "sales":
        return {column: "time" if column == "date" else "number" for column in fields["table"].columns}
    return {column: "number" for column in fields["table"].columns} if "table" in fields else {}


def _number_words() -> tuple[dict, np.ndarray]:
    import pandas

    english, german = number_pairs()
    frame = pandas.DataFrame({"german": german})
    return {"table": frame, "label": np.array(english, dtype=object)}, frame_keys(frame)


def _table(name: str) -> tuple[dict, np.ndarray]:
    import pandas

    if name == "number-words":
        return _number_words()
    if name == "sales":
        frame = daily_sales()
        return {"table": frame}, frame_keys(frame)
    if name == "number-texts":
        frame = pandas.DataFrame({"text": number_pairs()[0]})
        return {"table": frame}, frame_keys(frame)
    folder = _files()
    if name == "diabetes":
        values, label = _read(folder / "diabetes_data_raw.csv.gz"), _read(folder / "diabetes_target.csv.gz")
        columns = DIABETES
    else:
        file = {"iris": "iris.csv", "wine": "wine_data.csv", "breast-cancer": "breast_cancer.csv"}[name]
        classes = (folder / file).read_text().splitlines()[0].split(",")[2:]
        rows = _read(folder / file, delimiter=",", skiprows=1)
        values, label = rows[:, :-1], np.array(classes)[rows[:, -1].astype(int)]
        columns = IRIS if name == "iris" else [f"measure {i + 1}" for i in range(values.shape[1])]
    frame = pandas.DataFrame(values, columns=columns)
    return {"table": frame, "label": label}, frame_keys(frame)
