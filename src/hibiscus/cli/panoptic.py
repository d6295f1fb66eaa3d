"""The verb that merges two runs: panoptic."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hibiscus.cli.arguments import Debug, Device, Json

__all__ = ["panoptic"]

RunOption = Annotated[str, typer.Option(metavar="RUN")]


def panoptic(
    inputs: Annotated[list[str], typer.Argument(metavar="PICTURES", help="images or folders; with true boxes and masks, it is measured")],
    things: Annotated[str, typer.Option("--things", metavar="RUN", help="a run that finds boxes, such as of ssd")],
    stuff: Annotated[str, typer.Option("--stuff", metavar="RUN", help="a run that gives pixels classes, such as of unet")],
    out: Annotated[
        str | None, typer.Option("--out", metavar="FOLDER", help="a new folder for the maps; by default none are written")
    ] = None,
    score: Annotated[
        float | None, typer.Option("--score", help="from which a box counts; the things run's score_threshold by default")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Boxes and masks of two runs merged into maps.

    A map says of each pixel its class and, for things, which of them: each pixel of a thing's class belongs to the surest box of that
    class that it lies in, or just outside of. Classes are brought together by their names. Where there is truth, the test part is taken
    and measured. With --out, each image has a map of numbers (16 bits: 256 times the class number from 1, plus the number of the
    thing), the same painted, and its place in segments.json.
    """
    from pathlib import Path

    from hibiscus import api
    from hibiscus.cli.console import say, table
    from hibiscus.errors import DataError

    if out is not None and Path(out).expanduser().exists():
        raise DataError(f"--out {out}: exists already", "a new folder", f"--out {out}-2")
    found = api.panoptic(things, stuff, inputs if len(inputs) > 1 else inputs[0], score=score, device=device)
    if out is not None:
        _write(found, Path(out).expanduser())
    told = {name: value for name, value in found.items() if name in ("metrics", "by_class", "skipped")}
    lines = [f"{len(found['id'])} images" + (f", maps written to {out}" if out else "; --out maps/ writes the maps")]
    if "metrics" in found:
        rows = [
            ["class", "PQ", "SQ", "RQ"],
            *([name, *(f"{value:.4f}" for value in row.values())] for name, row in found["by_class"].items()),
        ]
        rows.append(["all", *(f"{found['metrics'][name]:.4f}" for name in ("pq", "sq", "rq"))])
        lines.append(table(rows))
    metrics = {f"test/{name}": value for name, value in found.get("metrics", {}).items()}
    say({**told, "metrics": metrics, "items": len(found["id"]), "out": out}, "\n".join(lines), as_json)


def _write(found: dict[str, Any], folder: Any) -> None:
    """A map of numbers and a painted one for each image, and a list of all segments."""
    import json

    import numpy as np
    from PIL import Image

    from hibiscus.metrics.panoptic import VOID

    folder.mkdir(parents=True)
    told = []
    for place, (item, one, size) in enumerate(zip(found["id"], found["maps"], found["size"], strict=True)):
        numbers = np.array([VOID, *_numbers(one)], np.uint16)
        stem = f"{place:05d}-" + str(item).replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
        for pixels, name in ((numbers[one.segments], f"{stem}.png"), (_painted(one), f"{stem}-painted.png")):
            Image.fromarray(pixels).resize((int(size[1]), int(size[0])), Image.Resampling.NEAREST).save(folder / name)
        segments = [
            {"id": int(number), "class": found["classes"][kind], "thing": thing}
            for number, kind, thing in zip(numbers[1:], one.classes, one.things, strict=True)
        ]
        told.append({"image": str(item), "map": f"{stem}.png", "segments": segments})
    (folder / "segments.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def _numbers(one: Any) -> list[int]:
    """256 times the class number from 1, plus for things their number, the last ones of very many sharing 255."""
    seen: dict[int, int] = {}
    found = []
    for kind, thing in zip(one.classes, one.things, strict=True):
        seen[kind] = seen.get(kind, 0) + 1
        found.append(256 * (kind + 1) + (min(255, seen[kind]) if thing else 0))
    return found


def _painted(one: Any) -> Any:
    """A colour for each segment, things of one class in shades of one colour; what belongs to none white."""
    import numpy as np

    from hibiscus.evaluation.segmentation import colors_of

    base = colors_of(max((*one.classes, 0)) + 1).astype(np.float64)
    shades = [base[kind] * (0.6 + 0.4 * ((number * 0.618034) % 1)) for number, kind in enumerate(one.classes)]
    return np.round(np.array([np.full(3, 255), *shades]))[one.segments].astype(np.uint8)
