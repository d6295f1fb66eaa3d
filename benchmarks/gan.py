"""A round of `dcgan` against a plain hand-written loop on the same networks and data: ms, and their ratio.

    .venv/bin/python benchmarks/gan.py

Against the loop in bfloat16 and in float32, and untuned, as many write it: float32 with channels first.
Batches of 64 images of 28x28 pixels. The plain loop is what a person who knows PyTorch writes: uint8 images
in memory, batches gathered by index, channels-last, fused Adam, real and made images through the
discriminator in one batch. Each side runs in a process of its own, in turn, three times; the figure is the
median of the medians.
"""

from __future__ import annotations

import sys

from comparison import answer, clock, median_ms, place, plain_layers, plain_precision, round_of

BATCH, ITEMS, SIDE, LATENT, WIDTH, ROUNDS = 64, 4096, 28, 100, 64, 40


def arrays():
    """Random images: what a round costs does not depend on what it sees."""
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (ITEMS, SIDE, SIDE, 1), dtype=np.uint8)


def plain(kind: str) -> float:
    """Median ms of a round of the hand-written loop: `bfloat16` or `float32`, or `untuned`, which is float32
    with channels first.
    """
    import torch
    from torch.nn import functional

    from hibiscus.networks.dcgan import Discriminator, Generator

    pixels, device, precision = torch.from_numpy(arrays()), place(), "float32" if kind == "untuned" else kind
    layout = torch.contiguous_format if kind == "untuned" else torch.channels_last
    generator = plain_layers(Generator(LATENT, (1, SIDE, SIDE), WIDTH)).to(device).to(memory_format=layout)
    discriminator = (
        plain_layers(Discriminator((1, SIDE, SIDE), WIDTH, False)).to(device).to(memory_format=layout)
    )
    fast = torch.optim.Adam(discriminator.parameters(), lr=4e-4, betas=(0.5, 0.999), fused=True)
    slow = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    ones, zeros = torch.ones(BATCH, 1, device=device), torch.zeros(BATCH, 1, device=device)
    times = []
    for step in range(ROUNDS):
        if step * BATCH % ITEMS == 0:
            order = torch.randperm(ITEMS)
        start = clock()
        x = (
            pixels[order[step * BATCH % ITEMS :][:BATCH]]
            .to(device)
            .permute(0, 3, 1, 2)
            .float()
            .div_(127.5)
            .sub_(1)
        )
        x = x.contiguous(memory_format=layout)
        with plain_precision(precision):
            with torch.no_grad():
                fake = generator(2 * torch.rand(BATCH, LATENT, device=device) - 1)
            real_logit, fake_logit = discriminator(torch.cat([x, fake])).float().chunk(2)
            loss = functional.binary_cross_entropy_with_logits(real_logit, ones)
            loss = loss + functional.binary_cross_entropy_with_logits(fake_logit, zeros)
        fast.zero_grad(set_to_none=True)
        loss.backward()
        fast.step()
        discriminator.requires_grad_(False)
        with plain_precision(precision):
            logit = discriminator(generator(2 * torch.rand(BATCH, LATENT, device=device) - 1)).float()
            loss = functional.binary_cross_entropy_with_logits(logit, ones)
        slow.zero_grad(set_to_none=True)
        loss.backward()
        slow.step()
        discriminator.requires_grad_(True)
        times.append(clock() - start)
    return median_ms(times)


def ours(compiled: bool) -> float:
    """Median ms of a round of Hibiscus's loop, batches and log included."""
    from hibiscus.methods.gan.dcgan import DCGAN

    return round_of(
        DCGAN,
        {"image": arrays()},
        {"batch_size": BATCH, "latent_dim": LATENT, "width": WIDTH, "compile": compiled},
        ROUNDS,
    )


if __name__ == "__main__":
    answer([__file__], sys.argv[1:], "dcgan, batch 64", plain, ours, "untuned")
