"""What the benchmarks of a round share: Hibiscus's loop under the clock, and the sides run in turn in
processes of their own.

The plain loop runs in both precisions in one process, which saves a third of the starts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

__all__ = [
    "answer",
    "clock",
    "median_ms",
    "place",
    "plain_precision",
    "round_and_input",
    "round_of",
    "timed_rounds",
]

WARM_UP = 5  # the first fifth of the rounds is not counted
TURNS = 3


def median_ms(seconds: list[float]) -> float:
    """The median in milliseconds, without the first fifth."""
    return 1000 * statistics.median(seconds[len(seconds) // WARM_UP :])


def place() -> Any:
    """The device that both sides compute on: a GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def clock() -> float:
    """Seconds, once all that was begun on the device is done."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def plain_precision(name: str) -> Any:
    """The context of the plain loop: autocast to bfloat16, or nothing for float32."""
    import torch

    return torch.autocast(place().type, dtype=torch.bfloat16, enabled=name == "bfloat16")


def plain_layers(network: Any) -> Any:
    """A network of Hibiscus with PyTorch's own layers in place of those that Hibiscus makes faster."""
    from torch import nn

    for path, layer in list(network.named_modules()):
        plain = None
        if isinstance(layer, nn.Dropout):
            plain = nn.Dropout(layer.p)
        elif isinstance(layer, nn.Flatten):
            plain = nn.Flatten(layer.start_dim, layer.end_dim)
        elif isinstance(layer, nn.AdaptiveAvgPool2d):
            plain = nn.AdaptiveAvgPool2d(layer.output_size)
        if plain is not None:
            parent, _, name = path.rpartition(".")
            setattr(network.get_submodule(parent), name, plain)
    return network


def round_of(
    kind: Any,
    fields: dict[str, Any],
    options: dict[str, Any],
    rounds: int,
    names: dict[str, tuple[str, ...]] | None = None,
) -> float:
    """Median ms of a round of a method on arrays, batches and log included; arguments as of
    `round_and_input`.
    """
    return round_and_input(kind, fields, options, rounds, names)[0]


def round_and_input(
    kind: Any,
    fields: dict[str, Any],
    options: dict[str, Any],
    rounds: int,
    names: dict[str, tuple[str, ...]] | None = None,
) -> tuple[float, float]:
    """Median ms of a round of a method on arrays, batches and log included, and of its wait for the batch.

    Args:
        kind: the method's class.
        fields: the training part's arrays, by field; `table` is a list of texts.
        options: of the method.
        rounds: how many to play.
        names: of the classes in masks and boxes, by field.
    """
    import numpy as np

    from hibiscus.data.arrays.open import dataset_from_arrays
    from hibiscus.data.config import DataConfig
    from hibiscus.data.prepared import PreparedData
    from hibiscus.data.text.corpus import text_dataset
    from hibiscus.runs.prepare import fit_preparation

    if "table" in fields:
        dataset = text_dataset("random", "random", fields["table"], [*map(str, range(len(fields["table"])))])
    else:
        dataset = dataset_from_arrays("random", "random", {"train": {"image": fields["image"]}})
        dataset.fields, dataset.names = dict(fields), names or {}
    items = np.arange(len(dataset))
    preparation = fit_preparation(dataset, items, kind, DataConfig(tokens="character"))
    return timed_rounds(kind, PreparedData(dataset, preparation, {"train": items}, place()), options, rounds)


def timed_rounds(kind: Any, data: Any, options: dict[str, Any], rounds: int) -> tuple[float, float]:
    """Median ms of a round of a method on prepared data, and of its wait for the batch.

    Args:
        kind: the method's class.
        data: `PreparedData` with a training part.
        options: of the method.
        rounds: how many to play.
    """
    import torch

    from hibiscus.runs.options import build_options
    from hibiscus.training.device import tune_process
    from hibiscus.training.log_file import LogFile
    from hibiscus.training.loop import Loop

    tune_process()
    torch.set_flush_denormal(True)
    device = place()
    config = build_options(
        kind.Config, {"epochs": 1000, "max_rounds": rounds, "precision": "auto", **options}
    )
    method = kind(kind.resolve(config, data.preparation, len(data.parts["train"])), data.preparation)
    method.to(device)
    times: list[float] = []
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        loop = Loop(
            method, data, {"log": LogFile(Path(folder) / "log.jsonl")}, Path(folder), device, validate=False
        )
        play = loop._train_round

        def watched(draw: Callable[[], Any]) -> Callable[[], Any]:
            def next_batch() -> Any:
                start = clock()
                batch = draw()
                waits.append(clock() - start)
                return batch

            return next_batch

        def timed(stage: Any) -> None:
            if not waits:
                stage.source.next = watched(stage.source.next)
            start = clock()
            play(stage)
            times.append(clock() - start)

        loop._train_round = timed
        loop.run()
    return median_ms(times), median_ms(waits)


def answer(
    call: list[str],
    words: list[str],
    title: str,
    plain: Callable[[str], float],
    ours: Callable[[bool], float],
    *others: str,
) -> None:
    """Runs one side where `words` names it; else all in turn, three times, and prints a row with ours against
    the faster plain loop.

    Args:
        call: the benchmark's own file, and what it needs to know, for the processes.
        words: of the command line; `--json` prints the figures as JSON as well, `--compile` adds our loop
            with compiled networks, as is always done on a GPU.
        title: of the row.
        plain: ms of the plain loop by its precision.
        ours: ms of ours, with compiled networks or without.
        *others: further plain loops, by what `plain` calls them; each gets a row of its own.
    """
    loops = ("bfloat16", "float32")
    sides: dict[str, list[Callable[[], float]]] = {"plain": [partial(plain, name) for name in loops]}
    sides |= {name: [partial(plain, name)] for name in others}
    sides |= {"ours": [partial(ours, False)], "compiled": [partial(ours, True)]}
    asked = [name for name in sides if f"--{name}" in words]
    if asked:
        print(*(side() for side in sides[asked[0]]))
        return
    if place().type == "cpu" and "--compile" not in words:
        del sides["compiled"]
    found: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for name in sides:
            out = subprocess.run(
                [sys.executable, *call, f"--{name}"], check=True, capture_output=True, text=True
            ).stdout
            figures = out.splitlines()[-1].split()
            for figure, key in zip(figures, loops if name == "plain" else (name,), strict=True):
                found.setdefault(key, []).append(float(figure))
    row = {name: statistics.median(values) for name, values in found.items()}
    row["ratio"] = row["ours"] / min(row[name] for name in loops)
    compiled = f"{row['compiled']:.2f}" if "compiled" in row else "-"
    first, second = (row[name] for name in loops)
    print(
        f"| {title} | {first:.2f} | {second:.2f} | {row['ours']:.2f} | {row['ratio']:.2f} | {compiled} |",
        flush=True,
    )
    for name in others:
        print(
            f"| {title}, against a loop that is {name} | - | {row[name]:.2f} | {row['ours']:.2f} | "
            f"{row['ours'] / row[name]:.2f} | - |",
            flush=True,
        )
    if "--json" in words:
        print(json.dumps({title: row}))
