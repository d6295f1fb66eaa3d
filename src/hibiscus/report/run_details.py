"""The data and setup of a run, and commands to repeat, resume and use it."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import Any

from hibiscus.report.coerce import as_integer
from hibiscus.report.formatting import duration, plain, plural, setting, shorten, when
from hibiscus.report.records import DataRecord, RunRecord

__all__ = ["commands", "data_summary", "item_word", "setup"]

MAX_CLASSES = 40  # rows of the class table
MAX_SKIPPED = 30  # skipped files that are listed
PARTS = {"train": "training", "val": "validation", "test": "test"}


def data_summary(run: RunRecord) -> dict[str, Any]:
    """The dataset: fields, parts, classes, notes and skipped files."""
    data = run.info.data
    parts = {name: size for name, size in data.parts.items() if math.isfinite(size)}
    total = sum(parts.values())
    rows = [
        ("name", shorten(data.name, 60)),
        ("kind", shorten(data.kind, 60)),
        ("path", shorten(data.path, 90)),
    ]
    rows += [(shorten(name), shorten(content, 90)) for name, content in data.fields.items()]
    rows.append(("fingerprint", shorten(data.fingerprint, 24)))
    return {
        "info": [(name, text) for name, text in rows if text],
        "parts": [
            (PARTS.get(name, shorten(name)), plain(size), f"{100 * size / (total or 1):.2f}")
            for name, size in parts.items()
        ],
        "total": plural(total, item_word(data)) if parts else "",
        "classes": _classes(data.classes, list(data.parts)),
        "notes": [shorten(note, 300) for note in data.notes],
        "skipped": [
            (shorten(file.path, 70), shorten(file.reason, 120)) for file in data.skipped[:MAX_SKIPPED]
        ],
        "skipped_count": len(data.skipped),
    }


def item_word(data: DataRecord) -> str:
    """What an item of the data is called: the items of an environment are episodes."""
    return "episode" if "environment" in data.fields else "item"


def setup(run: RunRecord) -> dict[str, list[tuple[str, str]]]:
    """The setup of the run: details, versions and all options."""
    info, evaluation = run.info, run.evaluation
    speeds = sorted(line.items_per_second for line in run.lines if math.isfinite(line.items_per_second))
    speed = plain(float(f"{speeds[len(speeds) // 2]:.3g}")) if speeds else ""
    checkpoint = shorten(evaluation.checkpoint)
    epoch = f", epoch {plain(evaluation.epoch)}" if math.isfinite(evaluation.epoch) else ""
    rows = [
        ("method", " · ".join(filter(None, [shorten(info.title, 60), shorten(info.method, 40)]))),
        ("status", info.status if info.status != "unknown" else ""),
        ("started", when(info.started)),
        ("training time", duration(info.seconds) if math.isfinite(info.seconds) else ""),
        ("speed", f"{speed} items per second" if speed else ""),
        ("seed", setting(info.seed) if info.seed is not None else ""),
        ("device", shorten(info.device, 60)),
        ("machine", shorten(info.machine, 80)),
        ("precision", shorten(info.precision, 40)),
        ("threads", setting(info.threads) if info.threads is not None else ""),
        *((f"parameters of {shorten(network)}", plain(count)) for network, count in info.parameters.items()),
        ("evaluated checkpoint", f"{checkpoint}{epoch}" if checkpoint else ""),
    ]
    return {
        "info": [(name, text) for name, text in rows if text],
        "versions": [(shorten(name), shorten(version, 40)) for name, version in info.versions.items()],
        "config": [(shorten(name, 40), setting(value)) for name, value in info.config.items()],
    }


def commands(run: RunRecord) -> list[tuple[str, str]]:
    """The exact commands to repeat the run, continue it, evaluate it and use it."""
    info, folder = run.info, shlex.quote(_relative(run.folder))
    rows = []
    if info.argv:
        program, *arguments = info.argv
        program = Path(program).name if program.endswith("hibiscus") else program
        rows.append(("Repeat this run", shlex.join([program, *arguments])))
    if info.status == "done":
        epochs = as_integer(info.config.get("epochs"))
        longer = f"epochs={2 * epochs}" if epochs is not None else "epochs=..."
        words = ["hibiscus", "train", info.method, info.data.path, longer]
        rows.append(("Train for more epochs", f"{shlex.join(words)} extend={folder}"))
    else:
        rows.append(("Resume training", f"hibiscus resume {folder}"))
    rows.append(("Evaluate again", f"hibiscus evaluate {folder}"))
    abilities, unrecorded = info.abilities or (), info.abilities is None
    generates = bool(info.parameters.keys() & {"generator", "decoder"})
    if "predict" in abilities or (unrecorded and "generator" not in info.parameters):
        target = "predictions/" if info.gives_images else "predictions.csv"
        rows.append(("Predict on new inputs", f"hibiscus predict {folder} INPUT --out {target}"))
    if "embed" in abilities:
        rows.append(
            ("Compute embeddings of new inputs", f"hibiscus embed {folder} INPUT --out embeddings.parquet")
        )
    if "sample" in abilities or (unrecorded and generates):
        rows.append(("Generate samples", f"hibiscus sample {folder} --out samples/"))
    rows.append(("Load the run in Python", f"run = hibiscus.load({_relative(run.folder)!r})"))
    return rows


def _classes(classes: dict[str, dict[str, float]], parts: list[str]) -> dict[str, Any] | None:
    """The class table: the number of items in each part, with a bar relative to the largest class."""
    if not classes:
        return None
    rows = [
        (name, [counts.get(part, math.nan) for part in parts] if parts else list(counts.values()))
        for name, counts in classes.items()
    ]
    totals = [sum(count for count in counts if math.isfinite(count)) for _, counts in rows]
    largest, smallest = max(totals, default=0) or 1, min(totals)
    body = [
        {
            "name": shorten(name),
            "cells": [plain(count) if math.isfinite(count) else "–" for count in counts],
            "width": f"{100 * total / largest:.2f}",
        }
        for (name, counts), total in zip(rows, totals, strict=True)
    ]
    unequal = smallest > 0 and largest / smallest >= 2
    ratio = plain(float(f"{largest / smallest:.2g}")) if unequal else ""
    return {
        "columns": [PARTS.get(part, shorten(part)) for part in parts],
        "rows": body[:MAX_CLASSES],
        "count": len(body),
        "more": max(0, len(body) - MAX_CLASSES),
        "note": f"The largest class has {ratio} times as many items as the smallest." if unequal else "",
    }


def _relative(folder: Path) -> str:
    """The folder relative to the current one, where it lies within."""
    try:
        return str(folder.resolve().relative_to(Path.cwd())) or "."
    except (ValueError, OSError):
        return str(folder)
