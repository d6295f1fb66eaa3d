"""The verb `panoptic`, which merges the predictions of two runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hibiscus.cli.arguments import Debug, Device, Json, Trust, load_api

__all__ = ["panoptic"]

RunOption = Annotated[str, typer.Option(metavar="RUN")]


def panoptic(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IMAGES", help="images or folders; with annotated boxes and masks, evaluated"),
    ],
    things: Annotated[str, typer.Option("--things", metavar="RUN", help="a detection run, such as of ssd")],
    stuff: Annotated[str, typer.Option("--stuff", metavar="RUN", help="a segmentation run, such as of unet")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="a new folder for the maps; needed unless the data has annotations",
        ),
    ] = None,
    score: Annotated[
        float | None,
        typer.Option("--score", help="minimum score of a box; by default the score_threshold of the run"),
    ] = None,
    device: Device = "auto",
    trust: Trust = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Merge boxes and masks of two runs into panoptic maps.

    A map holds the class of each pixel and, for things, the instance: a pixel of a thing class belongs to the
    highest-scoring box of that class that contains it or lies nearby. Classes are matched by name. If the
    data has annotations, its test part is evaluated, against the pixels of each object where the data has
    them (COCO segmentations). With --out, a 16-bit map (256 times the class number
    from 1, plus the number of the instance) and a colored map are written for each image, and all segments
    are listed in segments.json.
    """
    from pathlib import Path

    api = load_api(things, stuff)
    from hibiscus.cli.console import emit, table
    from hibiscus.errors import DataError

    if out is not None and Path(out).expanduser().exists():
        raise DataError(f"--out {out}: exists already", "a new folder", f"--out {out}-2")
    images = inputs if len(inputs) > 1 else inputs[0]
    result = api.panoptic(
        things, stuff, images, score=score, metrics_only=out is None, device=device, trust=trust
    )
    if out is not None:
        _write(result, Path(out).expanduser())
    content = {
        name: value for name, value in result.items() if name in ("metrics", "by_class", "truth", "skipped")
    }
    lines = [
        f"{len(result['id'])} images"
        + (f", maps written to {out}" if out else "; the maps were not kept (--out maps/ writes them)")
    ]
    if "metrics" in result:
        rows = [
            ["class", "PQ", "SQ", "RQ"],
            *(
                [name, *(f"{value:.4f}" for value in row.values())]
                for name, row in result["by_class"].items()
            ),
        ]
        rows.append(["all", *(f"{result['metrics'][name]:.4f}" for name in ("pq", "sq", "rq"))])
        lines += [table(rows), _explain_truth(result["truth"])]
    metrics = {f"test/{name}": value for name, value in result.get("metrics", {}).items()}
    emit({**content, "metrics": metrics, "items": len(result["id"]), "out": out}, "\n".join(lines), as_json)


def _explain_truth(truth: str) -> str:
    """What the metrics compare the maps with."""
    if truth == "annotated objects":
        return "compared with the annotated pixels of each object"
    return (
        "compared with true boxes and masks that are merged by the same rule, as the data does not have the "
        "pixels of each object: errors of the rule itself do not show"
    )


def _write(result: dict[str, Any], folder: Any) -> None:
    """Writes a map of numbers and a colored map for each image, and a list of all segments."""
    import json

    import numpy as np
    from PIL import Image

    from hibiscus.metrics.panoptic import VOID

    folder.mkdir(parents=True)
    rows = []
    for index, (item, panoptic_map, size) in enumerate(
        zip(result["id"], result["maps"], result["size"], strict=True)
    ):
        numbers = np.array([VOID, *_numbers(panoptic_map)], np.uint16)
        stem = f"{index:05d}-" + str(item).replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
        colored = _colored(panoptic_map)
        for pixels, name in (
            (numbers[panoptic_map.segments], f"{stem}.png"),
            (colored, f"{stem}-colored.png"),
        ):
            Image.fromarray(pixels).resize((int(size[1]), int(size[0])), Image.Resampling.NEAREST).save(
                folder / name
            )
        segments = [
            {"id": int(number), "class": result["classes"][class_number], "thing": thing}
            for number, class_number, thing in zip(
                numbers[1:], panoptic_map.classes, panoptic_map.things, strict=True
            )
        ]
        rows.append({"image": str(item), "map": f"{stem}.png", "segments": segments})
    (folder / "segments.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def _numbers(panoptic_map: Any) -> list[int]:
    """256 times the class number from 1, plus the number of the instance for things, at most 255."""
    counts: dict[int, int] = {}
    numbers = []
    for class_number, thing in zip(panoptic_map.classes, panoptic_map.things, strict=True):
        counts[class_number] = counts.get(class_number, 0) + 1
        numbers.append(256 * (class_number + 1) + (min(255, counts[class_number]) if thing else 0))
    return numbers


def _colored(panoptic_map: Any) -> Any:
    """A color for each segment: shades of one color within a class, white for pixels of no segment."""
    import numpy as np

    from hibiscus.evaluation.segmentation import colors_of

    base = colors_of(max((*panoptic_map.classes, 0)) + 1).astype(np.float64)
    shades = [
        base[class_number] * (0.6 + 0.4 * ((number * 0.618034) % 1))
        for number, class_number in enumerate(panoptic_map.classes)
    ]
    return np.round(np.array([np.full(3, 255), *shades]))[panoptic_map.segments].astype(np.uint8)
