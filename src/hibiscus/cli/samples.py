"""Conditions and output of `sample`: conditions and their sweeps; a grid, one file per image, or arrays."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import emit, unused
from hibiscus.data.tables.formula_guard import guard_formulas
from hibiscus.errors import DataError, UsageError
from hibiscus.plurals import plural
from hibiscus.runs.destination import check_writable, writing

if TYPE_CHECKING:
    from hibiscus.data.preparation import Preparation

__all__ = ["check_destination", "match_destination", "read_conditions", "write_rows", "write_samples"]

MOST_STEPS = 10**6  # of a sweep
KINDS = {
    "image": ("images", (".png", ".npz", "")),
    "array": ("rows of numbers", (".csv", ".npz")),
    "text": ("texts", (".txt", ".csv")),
}
WHOLE = ("prompt",)  # conditions that are texts, in which commas and colons have no meaning
FLAGS = {"n": "-n", "count": "-n", **{name: f"--{name}" for name in ("out", "seed", "checkpoint", "device")}}


def read_conditions(words: list[str], preparation: Preparation) -> dict[str, Any]:
    """`["label=cat,dog", "code1=-2:2:9"]` as a value, or a list of values, by name.

    Args:
        words: as typed.
        preparation: holds the classes of training, whose names may contain commas and colons.

    Raises:
        UsageError: a word that is not `name=value`, an option of the verb, or an invalid sweep.
    """
    from hibiscus.runs.option_words import parse_words

    names = getattr(preparation["label"], "names", ()) if "label" in preparation else ()
    conditions: dict[str, Any] = {}
    for word in words:
        for name, text in parse_words([word]).items():
            if name in FLAGS:
                raise UsageError(
                    f"'{word}'", "a condition of the method", f"write it as {FLAGS[name]} {text}"
                )
            if name in conditions:
                raise UsageError(
                    f"{word}: {name} is given twice", "each condition once", f"several values as {name}=a,b"
                )
            is_whole = name in WHOLE or text in names
            conditions[name] = text if is_whole else _values(name, str(text))
    return conditions


def _values(name: str, text: str) -> Any:
    """A value, or the list for `a,b,c` or `first:last:steps`."""
    if "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    if ":" not in text:
        return text
    try:
        first, last, steps = text.split(":")
        low, high, count = float(first), float(last), int(steps)
        if not 2 <= count <= MOST_STEPS or not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError
    except ValueError:
        raise UsageError(
            f"{name}={text}: not a sweep",
            f"first:last:steps, with 2 to {MOST_STEPS:,} steps",
            f"{name}=-2:2:9",
        ) from None
    values = [low + (high - low) * step / (count - 1) for step in range(count)]
    return [int(value) for value in values] if all(value.is_integer() for value in values) else values


def check_destination(out: str | None, run: Path) -> Path:
    """The destination of samples: a `.png` for a grid, a `.npz`, a `.csv` of rows, a `.txt` of texts, or a
    folder of images.

    Raises:
        UsageError: an unknown ending.
        DataError: the parent folder does not exist, or the destination does already.
    """
    if out is None:
        return unused(run / "samples" / "samples.png")
    path = Path(out).expanduser()
    if path.suffix.lower() not in ("", ".png", ".npz", ".csv", ".txt"):
        raise UsageError(
            f"--out {out}",
            "a folder, or a file ending in .png or .npz (rows of numbers: .csv or .npz; texts: .txt or .csv)",
            f"--out {path.stem or 'samples'}.png",
        )
    if not path.parent.is_dir():
        raise DataError(
            f"--out {out}: there is no folder {path.parent}",
            "a folder that exists",
            f"mkdir -p {path.parent}",
        )
    check_writable(path)
    no_folder = path.is_file() or _holds_samples(path)
    if {**dict.fromkeys((".png", ".csv", ".txt"), path.exists()), ".npz": path.is_dir()}.get(
        path.suffix.lower(), no_folder
    ):
        raise DataError(f"--out {out}: exists already", "a new file or folder", f"--out {unused(path)}")
    return path


def match_destination(path: Path, out: str | None, kind: str) -> Path:
    """The destination for samples that are images, rows of numbers or texts.

    Args:
        path: as checked.
        out: as given.
        kind: a key of `KINDS`.

    Raises:
        UsageError: an ending for samples of another type.
    """
    words, endings = KINDS[kind]
    if out is None:
        return path if kind == "image" else unused(path.with_name(f"samples{endings[0]}"))
    if path.suffix.lower() not in endings:
        names = [ending or "a folder" for ending in endings]
        expected = f"{words}: {', '.join(names[:-1])} or {names[-1]}"
        raise UsageError(f"--out {out} for {words}", expected, f"--out {path.stem}{endings[0]}")
    return path


def _holds_samples(folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob("sample-*.png"), None) is not None


def write_rows(
    samples: dict[str, Any], path: Path, preparation: Preparation, as_json: bool, quiet: bool
) -> None:
    """Writes rows: a `.csv` with a line for each vector or each step of a series, or a `.npz` of arrays."""
    import numpy as np
    import pandas

    values = np.asarray(samples["array"])
    others = {name: np.asarray(column) for name, column in samples.items() if name != "array"}
    numbered = [f"column_{number}" for number in range(1, values.shape[-1] + 1)]
    names = numbered if "array" in preparation else preparation["table"].feature_names
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".npz":
            np.savez_compressed(path, allow_pickle=False, samples=values, **others)
        else:
            frame = pandas.DataFrame(values.reshape(-1, values.shape[-1]), columns=names)
            steps = 1 if values.ndim == 2 else values.shape[1]
            for name, column in others.items():
                frame.insert(0, name, np.repeat(column, steps))
            if values.ndim == 3:
                frame.insert(0, "step", np.tile(np.arange(steps), len(values)))
                frame.insert(0, "series", np.repeat(np.arange(len(values)), steps))
            guard_formulas(frame).to_csv(path, index=False)
    if as_json or not quiet:
        content = {"out": str(path), "items": len(values), "conditions": others}
        emit(content, f"{plural(len(values), 'sample')} written to {path}", as_json)


def write_samples(
    samples: dict[str, Any], path: Path, conditions: dict[str, Any], as_json: bool, quiet: bool
) -> None:
    """Writes the images and their conditions; a grid has a column for each value of the last sweep."""
    import numpy as np

    from hibiscus.data.images.ops import image_grid, save_image

    pixels = samples["image"]
    values_of = {name: np.asarray(values) for name, values in samples.items() if name != "image"}
    with writing(path):
        if path.suffix.lower() == ".npz":
            np.savez_compressed(path, allow_pickle=False, samples=pixels, **values_of)
        elif path.suffix.lower() == ".png":
            path.parent.mkdir(parents=True, exist_ok=True)
            save_image(image_grid(pixels, _columns(conditions)), path)
        else:
            path.mkdir(parents=True, exist_ok=True)
            for index, image in enumerate(pixels):
                save_image(
                    image,
                    path / _file_name(index, {name: values[index] for name, values in values_of.items()}),
                )
    if as_json or not quiet:
        content = {"out": str(path), "items": len(pixels), "conditions": values_of}
        emit(content, f"{plural(len(pixels), 'sample')} written to {path}", as_json)


def _columns(conditions: dict[str, Any]) -> int | None:
    """The number of images in a row: interpolation steps, or values of the last sweep, if there is one."""
    sweeps = [len(values) for values in conditions.values() if isinstance(values, list)]
    return int(conditions["interpolate"]) if "interpolate" in conditions else sweeps[-1] if sweeps else None


def _file_name(index: int, values: dict[str, Any]) -> str:
    """`sample-00001-label=cat-code1=-2.png`, without characters that a file system may not accept."""
    words = [
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    ]
    return re.sub(r"[^\w.=+-]+", "_", "-".join([f"sample-{index + 1:05d}", *words]))[:120] + ".png"
