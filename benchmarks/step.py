"""A training step of Hibiscus against a plain hand-written loop on the same network and data: ms, and their
ratio.

    .venv/bin/python benchmarks/step.py               all networks
    .venv/bin/python benchmarks/step.py mlp resnet20  some

The plain loop is what a person who knows PyTorch writes: uint8 images in memory, batches gathered by index,
channels-last, a fused optimizer, accuracy kept on the device, PyTorch's own layers; in bfloat16 autocast and
in float32, of which the faster on this machine counts. Hibiscus chooses its precision itself; on a GPU, or
with `--compile`, it is measured with compiled networks too. Each side runs in a process of its own, in turn,
three times; the figure is the median of the medians.
"""

from __future__ import annotations

import sys
from functools import partial

from comparison import answer, clock, median_ms, place, plain_layers, plain_precision, round_of

SHAPES = {"mlp": (28, 28, 1), "cnn": (28, 28, 1), "lstm": (28, 28, 1), "resnet20": (32, 32, 3)}
STEPS = {"mlp": 400, "cnn": 60, "lstm": 120, "resnet20": 25}
BATCH, CLASSES, ITEMS = 128, 10, 4096


def arrays(shape):
    """Random images and labels: what a step costs does not depend on what it sees."""
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (ITEMS, *shape), dtype=np.uint8), rng.integers(0, CLASSES, ITEMS)


def plain(name: str, precision: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import torch
    from torch.nn import functional

    from hibiscus.networks.registry import build_network

    pixels, labels = (torch.from_numpy(values) for values in arrays(SHAPES[name]))
    height, width, channels = SHAPES[name]
    device = place()
    network = (
        plain_layers(build_network(name, (channels, height, width), CLASSES))
        .to(device)
        .to(memory_format=torch.channels_last)
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    right = torch.zeros((), device=device)
    times = []
    for step in range(STEPS[name]):
        if step * BATCH % ITEMS == 0:
            order = torch.randperm(ITEMS)
        start = clock()
        chosen = order[step * BATCH % ITEMS :][:BATCH]
        x = pixels[chosen].to(device).permute(0, 3, 1, 2).float().div_(255).sub_(0.5).div_(0.5)
        y = labels[chosen].to(device)
        with plain_precision(precision):
            logits = network(x)
            loss = functional.cross_entropy(logits.float(), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        right += (logits.detach().argmax(1) == y).float().mean()
        times.append(clock() - start)
    return median_ms(times)


def ours(name: str, compiled: bool) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    from hibiscus.methods.classify.classify import Classify

    pixels, labels = arrays(SHAPES[name])
    options = {
        "net": name,
        "batch_size": BATCH,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "clip_grad_norm": None,
        "compile": compiled,
    }
    return round_of(Classify, {"image": pixels, "label": labels}, options, STEPS[name])


if __name__ == "__main__":
    names = [word for word in sys.argv[1:] if word in SHAPES] or list(SHAPES)
    for name in names:
        answer([__file__, name], sys.argv[1:], name, partial(plain, name), partial(ours, name))
