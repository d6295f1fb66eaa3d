"""What `predict` and `embed` print or write: a line for each item, a file by its ending, or a folder of images."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hibiscus.cli import detections, overlays
from hibiscus.cli.console import number, plain, plural, say, table, unused
from hibiscus.errors import DataError, UsageError

__all__ = ["check_out", "codes", "predictions"]

ENDINGS = (".csv", ".json", ".parquet", ".npz")
TABLES = (".csv", ".parquet")  # images have no place in them
SHOWN = 50  # answers on a screen; a pipe gets all
MOST_NUMBERS = 12  # of one answer in a line


def check_out(out: str | None, inputs: list[str], folders: bool = False) -> Path | None:
    """The file or the folder to write, looked at before anything is computed.

    Args:
        out: as it was typed.
        inputs: what is never written to.
        folders: whether a folder of images may be meant: a name without ending, with a slash at its end, or of one that exists.

    Raises:
        UsageError: an ending that is not known, or the place is one of the inputs.
        DataError: there is no such folder, or something else stands in its place.
    """
    if out is None:
        return None
    path = Path(out).expanduser()
    from hibiscus.data.images.video import VIDEO_ENDINGS, VIDEO_OUTPUT_ENDINGS

    film = folders and path.suffix.lower() in VIDEO_OUTPUT_ENDINGS
    if film and (len(inputs) != 1 or Path(inputs[0]).suffix.lower() not in VIDEO_ENDINGS):
        raise UsageError(f"--out {out} for what is not one video", "a video as the only input", f"--out {path.stem}/ for images")
    known = film or path.suffix.lower() in ENDINGS
    if not known and not (folders and (not path.suffix or path.is_dir() or out.endswith("/"))):
        expected = f"a file ending in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}" + (
            ", or a folder for images, or .mp4 for a video" if folders else ""
        )
        raise UsageError(f"--out {out}", expected, f"--out {path.stem or 'answers'}.csv")
    if known and path.is_dir():
        raise DataError(f"--out {out}: a folder", "a file", f"--out {path}/answers.csv")
    if not known and path.exists() and not path.is_dir():
        raise DataError(f"--out {out}: there is a file at this place", "a folder", f"--out {path}-images/")
    if not path.parent.is_dir():
        raise DataError(f"--out {out}: there is no folder {path.parent}", "a folder that exists", f"mkdir -p {path.parent}")
    if any(Path(given).expanduser().resolve() == path.resolve() for given in inputs):
        raise UsageError(
            f"--out {out}: this is the input",
            "another place, for inputs are never changed",
            "--out answers.csv" if known else f"--out {path}-answers/",
        )
    if known and path.exists():
        raise DataError(f"--out {out}: exists already", "a new file, for none is written over", f"--out {unused(path)}")
    return path


def predictions(found: dict[str, Any], out: Path | None, as_json: bool, quiet: bool, score: float = 0.0, source: str = "") -> None:
    """Answers, one line each, or written to a file by its ending; boxes from a score on, in arrays and COCO's JSON all.

    Args:
        found: as `Run.predict` gave it.
        out: the place, as `check_out` gave it.
        as_json: whether lines are printed as JSON.
        quiet: whether nothing but answers is printed.
        score: from which a box is told and drawn.
        source: the input, where that is a video and `out` another.
    """
    _tell_skipped(found, as_json, quiet)
    boxes = found if "boxes" in found else None
    if boxes is not None:
        found = detections.told(found, out, as_json, score)
    images = [name for name, values in found.items() if _is_images(values)]
    names = [name for name in found if name not in ("id", "skipped", "classes", "probabilities", "size", *images)]
    alone = images and not names and "probabilities" not in found
    if alone and (not as_json if out is None else out.suffix.lower() in TABLES):
        place = "--out answers/ for a folder of images, or --out answers.npz for arrays"
        raise UsageError(f"the answers are images ({', '.join(images)})", "a place for images", place)
    if out is not None:
        if out.suffix.lower() not in ENDINGS:
            _draw(found if boxes is None else boxes, images, out, score, source)
        else:
            _write({name: values for name, values in found.items() if name not in images} if out.suffix.lower() in TABLES else found, out)
        _say_where(found, "answer", out, as_json, quiet)
        if boxes is not None and out.suffix.lower() in (*TABLES, ".json") and score > 0 and not (as_json or quiet):
            print(f"boxes of a score of {score:g} and more; --score 0 for all", file=sys.stderr)  # noqa: T201
        return
    shown = found["id"][:SHOWN] if sys.stdout.isatty() else found["id"]
    rows = [["item", *names]]
    if not as_json:
        rows += [[str(item), *(_cell(found[name][i]) for name in names)] for i, item in enumerate(shown)]
    text = table(rows, "")
    if len(shown) < len(found["id"]):
        text += f"\n... and {len(found['id']) - len(shown):,} more; --out answers.csv writes them all"
    text += "".join(f"\n{note}" for note in _notes(found, names, images) if not quiet)
    say(found, text, as_json)


def _draw(found: dict[str, Any], images: list[str], out: Path, score: float, source: str) -> None:
    """Answers as a film, or as images in a folder; beside boxes lies COCO's JSON, beside masks the list of their classes."""
    from hibiscus.data.images.video import VIDEO_OUTPUT_ENDINGS

    if out.suffix.lower() in VIDEO_OUTPUT_ENDINGS:
        overlays.write_film(found, images, Path(source).expanduser(), out, score)
        return
    if "boxes" in found and (out / detections.NAME).exists():
        raise DataError(f"{out / detections.NAME}: exists already", "a folder without it", f"--out {out}-2/")
    if "mask" in found and "classes" in found:
        overlays.write_classes(found["classes"], out)
    _save_images(found, images, out, score)
    if "boxes" in found:
        detections.write_coco(found, out / detections.NAME)


def _notes(found: dict[str, Any], names: list[str], images: list[str]) -> Iterator[str]:
    """What to do with what no line can show."""
    long = [name for name in names if getattr(found[name], "ndim", 0) > 1 and found[name][0].size > MOST_NUMBERS]
    if long:
        yield f"{', '.join(long)}: too many numbers for a line; --out answers.csv writes them all"
    if images:
        yield f"{', '.join(images)}: images; --out answers/ writes them into a folder, --out answers.npz as arrays"


def codes(found: dict[str, Any], out: Path | None, as_json: bool, quiet: bool) -> None:
    """Codes, written to a file by its ending: a column for each number in a table, else one array; by default a new Parquet file."""
    out = out or unused(Path("codes.parquet"))
    _tell_skipped(found, as_json, quiet)
    table_like = out.suffix.lower() in TABLES
    columns = {f"code{number}": column for number, column in enumerate(found["code"].T, 1)} if table_like else {"code": found["code"]}
    _write({"id": found["id"], **columns, "skipped": found["skipped"]}, out)
    _say_where(found, "code", out, as_json, quiet)


def _tell_skipped(found: dict[str, Any], as_json: bool, quiet: bool) -> None:
    if not quiet and not as_json:
        for bad in found["skipped"]:
            print(f"left out: {bad['reason']}", file=sys.stderr)  # noqa: T201


def _say_where(found: dict[str, Any], what: str, out: Path, as_json: bool, quiet: bool) -> None:
    if as_json or not quiet:
        content = {"out": str(out), "items": len(found["id"]), "skipped": found["skipped"]}
        say(content, f"{plural(len(found['id']), what)} written to {out}", as_json)


def _is_images(values: Any) -> bool:
    return str(getattr(values, "dtype", "")) == "uint8" and values.ndim == 4


def _save_images(found: dict[str, Any], images: list[str], folder: Path, score: float) -> None:
    """A PNG under each input's own name; of several images one does without a suffix, `image` where there is one of that name.

    What lies over an image (`overlay`) is drawn on the image's own file, from a score on.

    Raises:
        UsageError: the answers hold no images.
        DataError: an image of such a name is there already, then none is written; or the folder cannot be written.
    """
    from hibiscus.data.images.ops import save_image

    if not images:
        raise UsageError(f"--out {folder}: the answers hold no images", f"a file ending in {', '.join(ENDINGS)}", f"--out {folder}.csv")
    first = "image" if "image" in images else images[0]
    taken: set[str] = set()
    files = []
    for place, given in enumerate(found["id"]):
        for name in images:
            stem = Path(str(given)).stem + ("" if name == first else f"-{name}")
            files.append((folder / f"{_unique(stem, taken)}.png", place, name))
    there = next((path for path, *_ in files if path.exists()), None)
    if there is not None:
        raise DataError(f"{there}: exists already", "a folder without images of these names", f"--out {folder}-2/")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be made ({error.strerror or error})", "a place that may be written", "another --out") from None
    for path, place, name in files:
        pixels = overlays.on_the_file(found, place, score) if name == "overlay" else None
        if pixels is None and "size" in found:
            pixels = overlays.of_size(found[name][place], found["size"][place], name == "mask")
        save_image(found[name][place] if pixels is None else pixels, path)


def _unique(stem: str, taken: set[str]) -> str:
    """A name that none has yet, also where large and small letters are the same; `taken` remembers it."""
    names = (stem if number == 1 else f"{stem}-{number}" for number in itertools.count(1))
    name = next(name for name in names if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


def _cell(value: Any) -> str:
    if getattr(value, "ndim", 0) > 1:  # an image is no text
        return f"{'x'.join(map(str, value.shape))} values"
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list) and len(value) > MOST_NUMBERS:
        return f"{len(value)} values"
    if isinstance(value, list):
        return " ".join(_cell(one) for one in value)
    return number(value) if isinstance(value, float) else str(value)


def _write(found: dict[str, Any], path: Path) -> None:
    import numpy as np

    ending = path.suffix.lower()
    try:
        if ending == ".json":
            path.write_text(json.dumps(plain(found), ensure_ascii=False), encoding="utf-8")
        elif ending == ".npz":
            np.savez(path, allow_pickle=False, **{name: np.asarray(values) for name, values in found.items() if name != "skipped"})
        elif ending == ".csv":
            _frame(found).to_csv(path, index=False)
        else:
            _frame(found).to_parquet(path, index=False)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a file that may be written", "another --out") from None


def _frame(found: dict[str, Any]) -> Any:
    """One row for each item; an array of several columns becomes as many columns, probabilities one for each class."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, values in found.items():
        if name in ("skipped", "classes"):
            continue
        array = np.asarray(values)
        if array.ndim < 2:
            columns[name] = array
        elif array.shape[1] == 1:
            columns[name] = array[:, 0]
        else:
            flat = array.reshape(len(array), -1)
            parts = found["classes"] if name == "probabilities" and "classes" in found else range(1, flat.shape[1] + 1)
            stem = "p" if name == "probabilities" else name
            columns |= {f"{stem}({part})": flat[:, i] for i, part in enumerate(parts)}
    return pd.DataFrame(columns)
