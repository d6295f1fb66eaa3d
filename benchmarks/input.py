"""How long a round waits for its batch, random changes included, once images are decoded: ms, and the share
of the round.

    .venv/bin/python benchmarks/input.py

Images lie decoded in memory or on disk from the second epoch on; here they are random numbers in memory. All
random changes are as the methods have them by default. Each row runs in a process of its own; the figures are
medians.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from comparison import round_and_input

ROUNDS, ITEMS, BOXES, CLASSES = 10, 64, 6, 4
ROWS: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "classify": ((32, 32), {"net": "resnet20", "batch_size": 64, "flip": True, "translate": 0.125}),
    "ssd": ((240, 320), {"batch_size": 8, "backbone": "resnet"}),
    "unet": ((240, 320), {"batch_size": 8, "backbone": "own"}),
    "fcn": ((240, 320), {"batch_size": 8, "backbone": "own"}),
}


def validate(name: str) -> None:
    """Prints the row of one method."""
    import numpy as np

    from hibiscus.methods.registry import get_method

    (height, width), options = ROWS[name]
    draw, names = np.random.default_rng(0), tuple(f"class {number}" for number in range(CLASSES))
    fields: dict[str, Any] = {"image": draw.integers(0, 256, (ITEMS, height, width, 3), dtype=np.uint8)}
    if name == "classify":
        fields["label"] = draw.integers(0, CLASSES, ITEMS)
    elif name == "ssd":
        corner, side = draw.uniform(0, 0.6, (ITEMS, BOXES, 2)), draw.uniform(0.1, 0.4, (ITEMS, BOXES, 2))
        kind = draw.integers(0, CLASSES, (ITEMS, BOXES, 1))
        fields["boxes"] = np.concatenate([corner, corner + side, kind], 2).astype(np.float32)
    else:
        fields["mask"] = draw.integers(0, CLASSES, (ITEMS, height, width), dtype=np.uint8)
    known = {field: names for field in ("boxes", "mask") if field in fields}
    whole, wait = round_and_input(get_method(name), fields, options, ROUNDS, known)
    print(
        f"| {name}, {height}x{width}, batch {options['batch_size']} | {wait:.2f} | {whole:.2f} | "
        f"{wait / whole:.3f} |",
        flush=True,
    )


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word in ROWS]
    if asked:
        validate(asked[0])
    else:
        for row in ROWS:
            subprocess.run([sys.executable, __file__, row], check=True)
