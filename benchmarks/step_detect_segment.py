"""A training step of `unet` or `ssd` against a plain hand-written loop on the same network, losses and data:
ms, and their ratio.

    .venv/bin/python benchmarks/step_detect_segment.py unet
    .venv/bin/python benchmarks/step_detect_segment.py ssd

Batches of 8 images of 160x160 pixels, without random changes. The plain loop is what a person who knows
PyTorch writes: uint8 images in memory, batches gathered by index, channels-last, fused AdamW, a clipped
gradient for `ssd`. Each side runs in a process of its own, in turn, three times; the figure is the median of
the medians.
"""

from __future__ import annotations

import sys
from typing import Any

from comparison import answer, clock, median_ms, place, plain_precision, round_of

BATCH, ITEMS, SIDE, CLASSES, BOXES, ROUNDS = 8, 64, 160, 4, 10, 16
STILL: dict[str, Any] = {
    "ema_decay": 0.0,
    "flip": False,
    "brightness": 0.0,
    "contrast": 0.0,
    "batch_size": BATCH,
    "schedule": "constant",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "unet": {**STILL, "backbone": "own", "scale_range": 0.0, "translate": 0.0},
    "ssd": {
        **STILL,
        "backbone": "resnet",
        "zoom_out": 1.0,
        "iou_crop": False,
        "saturation": 0.0,
        "levels": 3,
    },
}


def arrays(name: str) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """Random images with masks or boxes, and the names of the classes."""
    import numpy as np

    draw = np.random.default_rng(0)
    fields: dict[str, Any] = {"image": draw.integers(0, 256, (ITEMS, SIDE, SIDE, 3), dtype=np.uint8)}
    names = tuple(f"class {number}" for number in range(CLASSES))
    if name == "unet":
        return {**fields, "mask": draw.integers(0, CLASSES, (ITEMS, SIDE, SIDE), dtype=np.uint8)}, {
            "mask": names
        }
    corner, side = draw.uniform(0, 0.6, (ITEMS, BOXES, 2)), draw.uniform(0.1, 0.4, (ITEMS, BOXES, 2))
    kind = draw.integers(0, CLASSES, (ITEMS, BOXES, 1))
    return {**fields, "boxes": np.concatenate([corner, corner + side, kind], 2).astype(np.float32)}, {
        "boxes": names
    }


def method(name: str) -> Any:
    """The method's class."""
    if name == "unet":
        from hibiscus.methods.segment.unet import UNet

        return UNet
    from hibiscus.methods.detect.ssd import SSD

    return SSD


def plain(name: str, precision: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import numpy as np
    import torch

    from hibiscus.data.arrays.open import dataset_from_arrays
    from hibiscus.data.config import DataConfig
    from hibiscus.runs.prepare import fit_preparation

    fields, names = arrays(name)
    dataset = dataset_from_arrays("random", "random", {"train": {"image": fields["image"]}})
    dataset.fields, dataset.names = dict(fields), names
    kind, device = method(name), place()
    made = kind(kind.Config(**OPTIONS[name]), fit_preparation(dataset, np.arange(ITEMS), kind, DataConfig()))
    network = made.nets["network"].to(device).to(memory_format=torch.channels_last)
    steps = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
    pixels, truth = (
        torch.from_numpy(fields["image"]),
        torch.from_numpy(fields["mask" if name == "unet" else "boxes"]),
    )
    times = []
    for step in range(ROUNDS):
        if step * BATCH % ITEMS == 0:
            order = torch.randperm(ITEMS)
        start = clock()
        chosen = order[step * BATCH % ITEMS :][:BATCH]
        x = (
            pixels[chosen]
            .to(device)
            .permute(0, 3, 1, 2)
            .float()
            .div_(127.5)
            .sub_(1)
            .contiguous(memory_format=torch.channels_last)
        )
        with plain_precision(precision):
            out = network(x)
            if name == "unet":
                loss = made.loss_from_outputs(out, truth[chosen].to(device))
            else:
                loss, _ = made.loss_from_outputs(out[0].float(), out[1].float(), truth[chosen].to(device))
        steps.zero_grad(set_to_none=True)
        loss.backward()
        if name == "ssd":
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        steps.step()
        times.append(clock() - start)
    return median_ms(times)


def ours(name: str, compiled: bool) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    fields, names = arrays(name)
    return round_of(method(name), fields, {**OPTIONS[name], "compile": compiled}, ROUNDS, names)


if __name__ == "__main__":
    chosen_name = next((word for word in sys.argv[1:] if word in OPTIONS), "unet")
    answer(
        [__file__, chosen_name],
        sys.argv[1:],
        f"{chosen_name}, batch {BATCH}",
        lambda precision: plain(chosen_name, precision),
        lambda compiled: ours(chosen_name, compiled),
    )
