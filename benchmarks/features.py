"""Features of photos by the pretrained base: Hibiscus against a tuned plain loop on the same network.

    python benchmarks/features.py [--images 512] [--side 160] [--turns 3]

The plain loop takes batches of uint8 images, scales them, and computes in channels-last format without
gradients, in bfloat16 and in float32; the faster of both counts. Both sides run in turn in one process, and
the best of their turns are compared, in processor time, which other processes on the machine disturb least.
The last line is a second run of Hibiscus, which finds the features in the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.transfer import BASE, build_transfer
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.training.device import tune_process
from hibiscus.training.feature_cache import cached_features

BATCH = 32


def main() -> None:
    """Prints the times per image and the ratios as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, default in (("images", 512), ("side", 160), ("turns", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    count, side, turns = vars(parser.parse_args()).values()
    tune_process()
    torch.set_flush_denormal(True)
    pixels = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    mean, std = (0.45,) * 3, (0.25,) * 3
    network = build_transfer(BASE, (3, side, side), 2).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scale_inputs(network, mean, std)
    dataset = Dataset("noise", "noise", {"image": pixels}, [""] * count, content_keys(pixels))
    preparation = Preparation({"image": ImagePreparation(side, side, 3, mean, std)})
    data = PreparedData(dataset, preparation, {"train": np.arange(count)})

    def ours() -> object:
        return cached_features("last", network.base, lambda image: [network.features(image)], data)

    def plain(dtype: torch.dtype) -> object:
        rows, shift, scale = [], torch.tensor(mean).view(1, -1, 1, 1), 1 / (255 * std[0])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            for start in range(0, count, BATCH):
                x = torch.from_numpy(pixels[start : start + BATCH]).permute(0, 3, 1, 2).float()
                rows.append(network.features(x.mul_(scale).sub_(shift / std[0])))
        return torch.cat(rows)

    def without_cache() -> object:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["HIBISCUS_CACHE"] = folder
            return ours()

    sides: dict[str, Callable[[], object]] = {
        "hibiscus": without_cache,
        "plain bfloat16": lambda: plain(torch.bfloat16),
        "plain float32": lambda: plain(torch.float32),
    }
    best = {name: float("inf") for name in sides}
    for _ in range(turns):
        for name, run in sides.items():
            best[name] = min(best[name], seconds(run))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HIBISCUS_CACHE"] = str(Path(folder))
        first, second = seconds(ours, time.perf_counter), seconds(ours, time.perf_counter)
    fastest = min(best["plain bfloat16"], best["plain float32"])
    per_image = {f"{name}, ms per image": round(1000 * value / count, 2) for name, value in best.items()}
    ratios = {"speed, of the plain loop's": round(fastest / best["hibiscus"], 2)}
    ratios["from the cache, times faster"] = round(first / second, 1)
    print(json.dumps({**per_image, **ratios, "threads": torch.get_num_threads()}))


def seconds(run: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The time that a function takes."""
    start = clock()
    run()
    return clock() - start


if __name__ == "__main__":
    main()
