"""A training step of Hibiscus against a plain hand-written loop on the same network and data: ms, and their ratio.

    .venv/bin/python benchmarks/step.py               all networks
    .venv/bin/python benchmarks/step.py mlp resnet20  some

The plain loop is what a person who knows PyTorch writes: uint8 pictures in memory, batches gathered by index, bfloat16
autocast, channels-last, a fused optimiser, accuracy kept on the device. Each side runs in a process of its own, in turn,
three times; the figure is the median of the medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

SHAPES = {"mlp": (28, 28, 1), "cnn": (28, 28, 1), "lstm": (28, 28, 1), "resnet20": (32, 32, 3)}
STEPS = {"mlp": 400, "cnn": 60, "lstm": 120, "resnet20": 25}
BATCH, CLASSES, ITEMS = 128, 10, 4096


def arrays(shape):
    """Random pictures and labels: what a step costs does not depend on what it sees."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (ITEMS, *shape), dtype=np.uint8), rng.integers(0, CLASSES, ITEMS)


def plain(name: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import torch
    from torch.nn import functional

    from hibiscus.networks.registry import build_network

    pixels, labels = (torch.from_numpy(values) for values in arrays(SHAPES[name]))
    height, width, channels = SHAPES[name]
    network = build_network(name, (channels, height, width), CLASSES).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    right = torch.zeros(())
    times = []
    for step in range(STEPS[name]):
        if step * BATCH % ITEMS == 0:
            order = torch.randperm(ITEMS)
        start = time.perf_counter()
        chosen = order[step * BATCH % ITEMS :][:BATCH]
        x = pixels[chosen].permute(0, 3, 1, 2).float().div_(255).sub_(0.5).div_(0.5)
        y = labels[chosen]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(x)
            loss = functional.cross_entropy(logits.float(), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        right += (logits.detach().argmax(1) == y).float().mean()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[len(times) // 5 :])


def ours(name: str) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    import tempfile
    from pathlib import Path

    import numpy as np
    import torch

    from hibiscus._prepare import fit_preparation
    from hibiscus.data.arrays import dataset_from_arrays
    from hibiscus.data.options import DataConfig
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.classify.classify import Classify
    from hibiscus.training.callbacks import LogFile
    from hibiscus.training.device import tune_process
    from hibiscus.training.loop import Loop
    from hibiscus.training.player import Batch

    tune_process()
    pixels, labels = arrays(SHAPES[name])
    dataset = dataset_from_arrays("random", "random", {"train": {"image": pixels, "label": labels}})
    preparation = fit_preparation(dataset, np.arange(ITEMS), Classify, DataConfig())
    options = {"net": name, "batch_size": BATCH, "epochs": 1000, "max_rounds": STEPS[name], "optimiser": "adamw", "rate": 1e-3}
    method = Classify(Classify.resolve(Classify.Config(**options, precision="bfloat16"), preparation), preparation)
    method.to(torch.device("cpu"))
    data = PreparedData(dataset, preparation, {"train": np.arange(ITEMS)}, Batch)
    times = []
    with tempfile.TemporaryDirectory() as folder:
        loop = Loop(method, data, {"log": LogFile(Path(folder) / "log.jsonl")}, Path(folder), torch.device("cpu"), validate=False)
        play = loop._play_round

        def timed(stage):
            start = time.perf_counter()
            play(stage)
            times.append(time.perf_counter() - start)

        loop._play_round = timed
        loop.run()
    return 1000 * statistics.median(times[len(times) // 5 :])


def main(words: list[str]) -> None:
    """Prints a row for each network, and writes them as JSON with `--json`."""
    if words[:1] in (["--plain"], ["--ours"]):
        print({"--plain": plain, "--ours": ours}[words[0]](words[1]))
        return
    names = [word for word in words if not word.startswith("-")] or list(SHAPES)
    rows = {}
    for name in names:
        found = {"plain": [], "ours": []}
        for _ in range(3):
            for side in found:
                out = subprocess.run([sys.executable, __file__, f"--{side}", name], check=True, capture_output=True, text=True).stdout
                found[side].append(float(out))
        rows[name] = {side: statistics.median(values) for side, values in found.items()}
        rows[name]["ratio"] = rows[name]["ours"] / rows[name]["plain"]
        print(f"| {name} | {rows[name]['plain']:.2f} | {rows[name]['ours']:.2f} | {rows[name]['ratio']:.2f} |", flush=True)
    if "--json" in words:
        print(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
