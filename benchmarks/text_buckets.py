"""How much faster an epoch on texts is in batches of like length than with padding to the longest text.

    .venv/bin/python benchmarks/text_buckets.py [NET] [EPOCHS]

Trains `classify` on Reuters R8 in ../shared/data (4 to 512 tokens, 102 on average) with batches of like
length, with shuffled batches that are padded to their own longest text, and with shuffled batches that are
padded to the longest text of all, each in a process of its own. Prints CPU seconds of an epoch, validation
included, and the accuracy on the validation part after the last. Exits with 6 below a factor of 1.5.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "text" / "reuters_r8_train.tsv.gz"
SIDES = {
    "like": "batches of like length",
    "batch": "shuffled, padded to the longest of the batch",
    "all": "shuffled, padded to the longest of all",
}
MIN_FACTOR = 1.5


def measure(side: str, net: str, epochs: int) -> dict[str, float]:
    """CPU seconds of an epoch, and the accuracy on the validation part."""
    import torch

    torch.set_num_threads(1)
    import hibiscus
    from hibiscus.data import batches
    from hibiscus.data.bucketed_batches import BucketedBatches
    from hibiscus.data.sources import ShuffledBatches
    from hibiscus.training.loop import Loop

    if side != "like":
        BucketedBatches._new_order = ShuffledBatches._new_order
    if side == "all":
        batches.trimmed = lambda tokens: tokens.long()
    seconds, run = [0.0], Loop.run

    def timed(loop: Any) -> None:
        start = time.process_time()
        run(loop)
        seconds[0] = time.process_time() - start

    Loop.run = timed
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        options = {"target": "column_1", "net": net, "epochs": epochs, "selected_epoch": "last"}
        hibiscus.train("classify", DATA, out=out, quiet=True, evaluate=False, **options)
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    accuracy = [line["val/accuracy"] for line in lines if "val/accuracy" in line][-1]
    return {"seconds": seconds[0] / epochs, "accuracy": accuracy}


def main() -> int:
    """All sides in turn."""
    net, epochs = sys.argv[1] if len(sys.argv) > 1 else "conv1d", sys.argv[2] if len(sys.argv) > 2 else "3"
    figures = {}
    for side, name in SIDES.items():
        command = [sys.executable, __file__, "--side", side, net, epochs]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures[side] = json.loads(done.stdout.splitlines()[-1])
        factor = figures[side]["seconds"] / figures["like"]["seconds"]
        text = (
            f"{figures[side]['seconds']:6.2f} CPU s/epoch  x{factor:.2f}  val {figures[side]['accuracy']:.4f}"
        )
        print(f"{net}: {text}  {name}", flush=True)
    return 0 if figures["batch"]["seconds"] >= MIN_FACTOR * figures["like"]["seconds"] else 6


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
        sys.exit()
    sys.exit(main())
