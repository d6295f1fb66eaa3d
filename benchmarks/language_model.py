"""A training step of `language-model`, and 1,000 sampled characters, against plain hand-written code.

    .venv/bin/python benchmarks/language_model.py step      ms of a step, and the ratio; see step.py
    .venv/bin/python benchmarks/language_model.py sample    seconds of 1,000 characters, and the ratio

The plain loop is the same LSTM with PyTorch's own layers, a fused optimizer, clipped gradients and random
windows of one tensor. The plain sampler computes the whole text again for each new character.
"""

from __future__ import annotations

import sys
import time
from functools import partial

from comparison import answer, clock, median_ms, place, plain_layers, plain_precision, round_of

LETTERS = "etaoinshrdlucmfwypvbgkjqxz ,.\n"
STEPS, BATCH, LENGTH, TOKENS = 25, 16, 256, 200_000
CHARACTERS = 1000


def text() -> str:
    """Random characters: what a step costs does not depend on what it sees."""
    import numpy as np

    return "".join(np.random.default_rng(0).choice([*LETTERS], TOKENS))


def plain(precision: str) -> float:
    """Median ms of a step of the hand-written loop."""
    import torch
    from torch import nn

    from hibiscus.networks.language_model import build_language_model

    tokens = torch.tensor([LETTERS.index(letter) + 4 for letter in text()])
    network = plain_layers(build_language_model("lstm", len(LETTERS) + 4)).to(place())
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    times = []
    for _ in range(STEPS):
        start = clock()
        first = torch.randint(len(tokens) - LENGTH, (BATCH, 1))
        batch = tokens[first + torch.arange(LENGTH + 1)].to(place())
        with plain_precision(precision):
            logits, _ = network(batch[:, :-1])
            loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        times.append(clock() - start)
    return median_ms(times)


def ours(compiled: bool) -> float:
    """Median ms of a step of Hibiscus's loop, batches and log included."""
    from hibiscus.methods.text.language_model import LanguageModel

    options = {"net": "lstm", "batch_size": BATCH, "sequence_length": LENGTH, "compile": compiled}
    return round_of(LanguageModel, {"table": [text()]}, options, STEPS)


def sample() -> None:
    """Prints the seconds of both samplers; the most probable characters are compared."""
    import torch

    from hibiscus.networks.language_model import build_language_model
    from hibiscus.networks.token_sampling import sample_tokens

    for net in ("lstm", "transformer"):
        units = 512 if net == "lstm" else 128
        network = build_language_model(net, len(LETTERS) + 4, units, window=2 * CHARACTERS).eval().to(place())
        network.head.bias.data[:4] = -100
        start = torch.tensor([[10]], device=place())
        begin = time.process_time()
        kept = sample_tokens(network, start, CHARACTERS, temperature=0)
        middle = time.process_time()
        tokens = start
        with torch.inference_mode():
            for _ in range(CHARACTERS):
                best = network(tokens)[0][:, -1:].argmax(2)
                tokens = torch.cat([tokens, best], 1)
        end = time.process_time()
        equal = (kept == tokens[:, 1:]).float().mean().item()
        print(
            f"{net}: {middle - begin:.2f} s with the kept state, {end - middle:.2f} s without, "
            f"{(end - middle) / (middle - begin):.0f} times faster; {equal:.0%} of the characters are equal"
        )


if __name__ == "__main__":
    if "sample" in sys.argv[1:]:
        sample()
    else:
        words = [word for word in sys.argv[1:] if word != "step"]
        answer([__file__, "step"], words, "lstm", plain, partial(ours))
