"""The data, the set-up, and the commands that repeat, resume or use a run."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import Any

from hibiscus.report.formatting import duration, plain, plural, setting, shorten, when
from hibiscus.report.load import RunFolder, as_list, as_mapping, as_number, as_text

__all__ = ["commands", "data_summary", "setup"]

CLASSES = 40  # rows of the class table
SKIPPED = 30  # files that were passed over
PARTS = {"train": "training", "val": "validation", "test": "test"}


def data_summary(run: RunFolder) -> dict[str, Any]:
    """What the run was made of: fields, parts, classes, notes and files that were passed over."""
    data = as_mapping(run.info.get("data"))
    parts = {name: as_number(size) for name, size in as_mapping(data.get("parts")).items()}
    sizes = [size for size in parts.values() if math.isfinite(size)]
    whole = sum(sizes) or 1
    skipped = [as_mapping(each) or {"path": each} for each in as_list(data.get("skipped"))]
    rows = [("name", shorten(data.get("name"), 60)), ("kind", shorten(data.get("kind"), 60)), ("from", shorten(data.get("path"), 90))]
    rows += [(shorten(name), shorten(what, 90)) for name, what in as_mapping(data.get("fields")).items()]
    rows.append(("fingerprint", shorten(data.get("fingerprint"), 24)))
    return {
        "info": [(name, what) for name, what in rows if what],
        "parts": [(PARTS.get(n, shorten(n)), plain(s), f"{100 * s / whole:.2f}") for n, s in parts.items() if math.isfinite(s)],
        "total": plural(sum(sizes), "item") if sizes else "",
        "classes": _classes(as_mapping(data.get("classes")), list(parts)),
        "notes": [shorten(note, 300) for note in as_list(data.get("notes"))],
        "skipped": [(shorten(each.get("path"), 70), shorten(each.get("reason"), 120)) for each in skipped[:SKIPPED]],
        "skipped_count": len(skipped),
    }


def setup(run: RunFolder) -> dict[str, list[tuple[str, str]]]:
    """How the run was made: rows, versions and every configuration value."""
    info = run.info
    speed = [as_number(line.get("items_per_second")) for line in run.lines if line.get("event") == "epoch"]
    speed = sorted(value for value in speed if math.isfinite(value))
    rows = [
        ("method", " · ".join(filter(None, [shorten(info.get("title"), 60), shorten(info.get("method"), 40)]))),
        ("status", run.status if run.status != "unknown" else ""),
        ("started", when(info.get("started"))),
        ("time", duration(info.get("seconds"))),
        ("speed", f"{plain(float(f'{speed[len(speed) // 2]:.3g}'))} items per second" if speed else ""),
        ("seed", setting(info["seed"]) if "seed" in info else ""),
        ("device", shorten(info.get("device"), 60)),
        ("machine", shorten(info.get("machine"), 80)),
        ("precision", shorten(info.get("precision"), 40)),
        ("threads", setting(info["threads"]) if info.get("threads") is not None else ""),
    ]
    for network, size in as_mapping(info.get("parameters")).items():
        rows.append((f"parameters of {shorten(network)}", plain(as_number(size))))
    checkpoint, epoch = shorten(run.evaluation.get("checkpoint")), as_number(run.evaluation.get("epoch"))
    rows.append(("measured with", f"checkpoint {checkpoint}" + (f", epoch {plain(epoch)}" if math.isfinite(epoch) else "")))
    rows = [(name, what) for name, what in rows if what and what != "–" and (name != "measured with" or checkpoint)]
    versions = [(shorten(name), shorten(each, 40)) for name, each in as_mapping(info.get("versions")).items()]
    config = [(shorten(name, 40), setting(value)) for name, value in as_mapping(info.get("config")).items()]
    return {"info": rows, "versions": versions, "config": config}


def commands(run: RunFolder) -> list[tuple[str, str]]:
    """The exact commands to make the run again, go on with it, measure it and use it."""
    folder = shlex.quote(_relative(run.folder))
    given = [as_text(word) for word in as_list(run.info.get("argv"))]
    if given:
        given[0] = Path(given[0]).name if given[0].endswith("hibiscus") else given[0]
    found = [("Repeat it", shlex.join(given))] if given else []
    if run.status == "done":
        data, epochs = as_text(as_mapping(run.info.get("data")).get("path")), as_mapping(run.info.get("config")).get("epochs")
        longer = f"epochs={2 * epochs}" if isinstance(epochs, int) else "epochs=..."
        words = ["hibiscus", "train", as_text(run.info.get("method")), data, longer]
        found.append(("Train it for longer", f"{shlex.join(words)} extend={folder}"))
    else:
        found.append(("Resume it", f"hibiscus resume {folder}"))
    found.append(("Measure it again", f"hibiscus evaluate {folder}"))
    abilities = [as_text(each) for each in as_list(run.info.get("abilities"))]
    networks = as_mapping(run.info.get("parameters"))
    place = "answers/" if run.info.get("gives_images") else "predictions.csv"
    if "predict" in abilities or (not abilities and "generator" not in networks):
        found.append(("Use it on something new", f"hibiscus predict {folder} INPUT --out {place}"))
    if "embed" in abilities:
        found.append(("Its codes of something new", f"hibiscus embed {folder} INPUT --out codes.parquet"))
    if "sample" in abilities or (not abilities and networks.keys() & {"generator", "decoder"}):
        found.append(("Make new samples", f"hibiscus sample {folder} --out samples/"))
    found.append(("Load it in Python", f"run = hibiscus.load({_relative(run.folder)!r})"))
    return found


def _classes(classes: dict[str, Any], parts: list[str]) -> dict[str, Any] | None:
    """The class table: how many of each in each part, with a bar for the share of the largest."""
    if not classes:
        return None
    rows = []
    for name, counts in classes.items():
        counts = as_mapping(counts) or {"": counts}
        rows.append((name, [as_number(counts.get(part)) for part in parts] if parts else [as_number(v) for v in counts.values()]))
    totals = [sum(v for v in values if math.isfinite(v)) for _, values in rows]
    most = max(totals, default=0) or 1
    body = [
        {"name": shorten(name), "cells": [plain(v) if math.isfinite(v) else "–" for v in values], "width": f"{100 * total / most:.2f}"}
        for (name, values), total in zip(rows, totals, strict=True)
    ]
    uneven = f"The largest class has {plain(float(f'{most / min(totals):.2g}'))} times as many items as the smallest."
    return {
        "columns": [PARTS.get(part, shorten(part)) for part in parts],
        "rows": body[:CLASSES],
        "count": len(body),
        "more": max(0, len(body) - CLASSES),
        "note": uneven if min(totals) > 0 and most / min(totals) >= 2 else "",
    }


def _relative(folder: Path) -> str:
    """The folder as one would type it from here."""
    try:
        return str(folder.resolve().relative_to(Path.cwd())) or "."
    except (ValueError, OSError):
        return str(folder)
