"""What `sample` reads and writes: conditions and their sweeps; one grid, a file for each image, or arrays."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import plural, say, unused
from hibiscus.errors import DataError, UsageError

if TYPE_CHECKING:
    from hibiscus.data.preparation import Preparation

__all__ = ["check_place", "read_conditions", "write_samples"]

OWN = {"n": "-n", "count": "-n", **{name: f"--{name}" for name in ("out", "seed", "checkpoint", "device")}}  # options, no conditions


def read_conditions(words: list[str], preparation: Preparation) -> dict[str, Any]:
    """`["label=cat,dog", "code1=-2:2:9"]` as a value, or a list of values, by name.

    Args:
        words: as they were typed.
        preparation: with the classes of training, whose names may hold commas and colons.

    Raises:
        UsageError: no `name=value`, an option of the verb, or a sweep that is none.
    """
    from hibiscus.runs.options import parse_words

    names = preparation["label"].names if "label" in preparation else ()
    conditions: dict[str, Any] = {}
    for word in words:
        for name, text in parse_words([word]).items():
            if name in OWN:
                raise UsageError(f"the word '{word}'", "a condition of the method", f"write it as {OWN[name]} {text}")
            if name in conditions:
                raise UsageError(f"{word}: {name} is given twice", "each condition once", f"several values as {name}=a,b")
            conditions[name] = text if text in names else _values(name, str(text))
    return conditions


def _values(name: str, text: str) -> Any:
    """A value, or the list that `a,b,c` or `first:last:steps` stands for."""
    if "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    if ":" not in text:
        return text
    try:
        first, last, steps = text.split(":")
        low, high, count = float(first), float(last), int(steps)
        if count < 2 or not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError
    except ValueError:
        raise UsageError(f"{name}={text}: not a sweep", "first:last:steps, two steps or more", f"{name}=-2:2:9") from None
    values = [low + (high - low) * step / (count - 1) for step in range(count)]
    return [int(value) for value in values] if all(value.is_integer() for value in values) else values


def check_place(out: str | None, run: Path) -> Path:
    """Where samples go, looked at before anything is computed: a `.png` for a grid, a `.npz`, or a folder of single images.

    Raises:
        UsageError: an ending that is not known.
        DataError: there is no such folder, or there are such images already.
    """
    if out is None:
        return unused(run / "samples" / "samples.png")
    path = Path(out).expanduser()
    if path.suffix.lower() not in ("", ".png", ".npz"):
        raise UsageError(f"--out {out}", "a folder, or a file ending in .png or .npz", f"--out {path.stem or 'samples'}.png")
    if not path.parent.is_dir():
        raise DataError(f"--out {out}: there is no folder {path.parent}", "a folder that exists", f"mkdir -p {path.parent}")
    taken = {".png": path.exists(), ".npz": path.is_dir()}.get(path.suffix.lower(), path.is_file() or _holds_samples(path))
    if taken:
        raise DataError(f"--out {out}: there is something here already", "a new place", f"--out {unused(path)}")
    return path


def _holds_samples(folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob("sample-*.png"), None) is not None


def write_samples(found: dict[str, Any], path: Path, conditions: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Writes the images and their conditions, and says where; a grid has a column for each value of the last sweep."""
    import numpy as np

    from hibiscus.data.images.ops import image_grid, save_image

    pixels = found["image"]
    told = {name: np.asarray(values) for name, values in found.items() if name != "image"}
    try:
        if path.suffix.lower() == ".npz":
            np.savez_compressed(path, allow_pickle=False, samples=pixels, **told)
        elif path.suffix.lower() == ".png":
            path.parent.mkdir(parents=True, exist_ok=True)
            save_image(image_grid(pixels, _columns(conditions)), path)
        else:
            path.mkdir(parents=True, exist_ok=True)
            for index, image in enumerate(pixels):
                save_image(image, path / _file_name(index, {name: values[index] for name, values in told.items()}))
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a place that may be written", "another --out") from None
    if as_json or not quiet:
        content = {"out": str(path), "items": len(pixels), "conditions": told}
        say(content, f"{plural(len(pixels), 'sample')} written to {path}", as_json)


def _columns(conditions: dict[str, Any]) -> int | None:
    """How many images stand in a row of the grid, where there is a sweep: the last goes along it, a walk after all others."""
    sweeps = [len(values) for values in conditions.values() if isinstance(values, list)]
    return int(conditions["interpolate"]) if "interpolate" in conditions else sweeps[-1] if sweeps else None


def _file_name(index: int, told: dict[str, Any]) -> str:
    """`sample-00001-label=cat-code1=-2.png`, without signs that a file system may not take."""
    words = [f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in told.items()]
    return re.sub(r"[^\w.=+-]+", "_", "-".join([f"sample-{index + 1:05d}", *words]))[:120] + ".png"
