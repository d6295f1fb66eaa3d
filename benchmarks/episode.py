"""An episode of `protonet` against a plain hand-written loop on the same network and data: ms, and their
ratio.

    .venv/bin/python benchmarks/episode.py

20 classes, 5 support and 5 query images of each, Conv-4 on 28x28 pixels. The plain loop is what a person who
knows
PyTorch writes: uint8 images in memory, an episode gathered by index, channels-last, fused Adam,
accuracy kept on the device. Each side runs in a process of its own, in turn, three times; the figure is the
median of the medians.
"""

from __future__ import annotations

import sys

from comparison import answer, clock, median_ms, place, plain_layers, plain_precision, round_of

WAY, SHOT, QUERIES, EPISODES = 20, 5, 5, 100
CLASSES, EACH, SIDE = 100, 20, 28


def arrays():
    """Random images of 100 classes: what an episode costs does not depend on what it sees."""
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 256, (CLASSES * EACH, SIDE, SIDE, 1), dtype=np.uint8)
    return pixels, np.repeat(np.arange(CLASSES), EACH)


def plain(precision: str) -> float:
    """Median ms of an episode of the hand-written loop."""
    import torch
    from torch.nn import functional

    from hibiscus.networks.registry import build_network

    device = place()
    pixels = torch.from_numpy(arrays()[0]).view(CLASSES, EACH, SIDE, SIDE, 1)
    network = (
        plain_layers(build_network("conv4", (1, SIDE, SIDE), 64, linear=False))
        .to(device)
        .to(memory_format=torch.channels_last)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    target = torch.arange(WAY).repeat_interleave(QUERIES).to(device)
    right = torch.zeros((), device=device)
    times = []
    for _ in range(EPISODES):
        start = clock()
        chosen = [
            pixels[c, torch.randperm(EACH)[: SHOT + QUERIES]] for c in torch.randperm(CLASSES)[:WAY].tolist()
        ]
        x = torch.cat(chosen).to(device).permute(0, 3, 1, 2).float().div_(255).sub_(0.5).div_(0.5)
        with plain_precision(precision):
            z = network(x)
        z = z.float().view(WAY, SHOT + QUERIES, -1)
        logits = -torch.cdist(z[:, SHOT:].flatten(0, 1), z[:, :SHOT].mean(1)).square()
        loss = functional.cross_entropy(logits, target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        right += (logits.detach().argmax(1) == target).float().mean()
        times.append(clock() - start)
    return median_ms(times)


def ours(compiled: bool) -> float:
    """Median ms of an episode of Hibiscus's loop, source and log included."""
    from hibiscus.methods.fewshot.protonet import Protonet

    pixels, labels = arrays()
    still = {"translate": 0.0, "rotation": 0.0, "scale_range": 0.0, "rotate_classes": False}
    task = {"way": WAY, "shot": SHOT, "queries": QUERIES, "episodes": EPISODES, "compile": compiled}
    return round_of(Protonet, {"image": pixels, "label": labels}, {**task, **still}, EPISODES)


if __name__ == "__main__":
    answer([__file__], sys.argv[1:], "protonet, 20-way 5-shot", plain, ours)
