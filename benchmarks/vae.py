"""A step of `vae` on images of MNIST's size against a plain hand-written loop on the same networks and data:
ms, and their ratio.

    .venv/bin/python benchmarks/vae.py

Batches of 128 images of 28x28 pixels, both networks fully connected with two hidden layers of 512, codes of
50, pixels drawn anew as 0 or 1 in every batch. An epoch of MNIST is 430 such steps. The plain loop is what a
person who knows PyTorch writes: uint8 images in memory, batches gathered by index, fused Adam, terms kept on
the device. Each side runs in a process of its own, in turn, three times; the figure is the median of the
medians.
"""

from __future__ import annotations

import sys

from comparison import answer, clock, median_ms, place, plain_precision, round_of

BATCH, ITEMS, SIDE, LATENT, HIDDEN, STEPS = 128, 4096, 28, 50, 512, 300


def arrays():
    """Random images: what a step costs does not depend on what it sees."""
    import numpy as np

    return np.random.default_rng(0).integers(0, 256, (ITEMS, SIDE, SIDE, 1), dtype=np.uint8)


def plain(precision: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import torch
    from torch.nn import functional

    from hibiscus.networks.vae import build_decoder, build_encoder

    pixels, device = torch.from_numpy(arrays()), place()
    encoder = build_encoder("mlp", (1, SIDE, SIDE), 2 * LATENT, HIDDEN).to(device)
    decoder = build_decoder("mlp", LATENT, (1, SIDE, SIDE), HIDDEN).to(device)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3, fused=True)
    sums = torch.zeros(2, device=device)
    times = []
    for step in range(STEPS):
        if step * BATCH % ITEMS == 0:
            order = torch.randperm(ITEMS)
        start = clock()
        share = pixels[order[step * BATCH % ITEMS :][:BATCH]].to(device).permute(0, 3, 1, 2).float().div_(255)
        x = (torch.rand_like(share) < share).float()
        with plain_precision(precision):
            mean, log_variance = encoder(2 * x - 1).float().chunk(2, dim=1)
            z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
            logits = decoder(z).float()
        reconstruction = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / BATCH
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum() / BATCH
        optimizer.zero_grad(set_to_none=True)
        (reconstruction + kl).backward()
        optimizer.step()
        sums += torch.stack([reconstruction.detach(), kl.detach()])
        times.append(clock() - start)
    return median_ms(times)


def ours(compiled: bool) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    from hibiscus.methods.vae.vae import VAE

    options = {"batch_size": BATCH, "latent_dim": LATENT, "hidden": HIDDEN, "net": "mlp", "compile": compiled}
    return round_of(VAE, {"image": arrays()}, options, STEPS)


if __name__ == "__main__":
    answer([__file__], sys.argv[1:], "vae, batch 128", plain, ours)
