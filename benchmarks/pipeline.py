"""How fast data reach a network, and how much memory that takes, against what people write by hand.

    .venv/bin/python benchmarks/pipeline.py

An epoch of an MLP on 20,000 images of 28x28 pixels against a `DataLoader` over a per-sample `Dataset` with
the same transforms (the faster of no and two workers), as they are and shifted at random; the first and the
second pass over a folder of 2,000 JPEGs of about 160 pixels, brought to 128, against a `DataLoader` with two
workers that decodes them by Pillow; the first pass against TensorFlow's `image_dataset_from_directory`, where
`.venv-peers` has it (see control.py); and the peak of the process's own memory with 20,000 images against
that with 2,000. Every figure is taken in a process of its own, in turn, three times; medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1] / ".venv-peers" / "bin" / "python"
BATCH, ITEMS, FILES, MANY, SIDE, TURNS = 128, 20_000, 2_000, 20_000, 128, 3


def write_folder(folder: Path, count: int, distinct: int = 500) -> Path:
    """A folder of JPEGs that weigh what photos of their size do; many files share their bytes by hard
    links.
    """
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"class{number % 10}" / f"{number:05}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        if number < distinct:
            width, height = rng.integers(150, 171, 2)
            coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize(
                (width, height), Image.Resampling.BICUBIC
            )
            noisy = np.asarray(coarse, np.int16) + rng.normal(0, 12, (height, width, 1)).astype(np.int16)
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place, quality=88)
        else:
            first = number % distinct
            os.link(folder / f"class{first % 10}" / f"{first:05}.jpg", place)
    return folder


def our_epoch(_: Path, shift: float = 0.0) -> dict[str, float]:
    """Seconds of an epoch of `classify` with an MLP."""
    import numpy as np
    from comparison import round_of

    from hibiscus.methods.classify.classify import Classify

    pixels, label = (
        np.random.default_rng(0).integers(0, 256, (ITEMS, 28, 28, 1), dtype=np.uint8),
        np.arange(ITEMS) % 10,
    )
    rounds = -(-ITEMS // BATCH)
    options = {
        "net": "mlp",
        "batch_size": BATCH,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "precision": "auto",
        "translate": shift,
    }
    return {
        "seconds": round_of(Classify, {"image": pixels, "label": label}, options, 2 * rounds) * rounds / 1000
    }


def our_shifted_epoch(folder: Path) -> dict[str, float]:
    """The same with images shifted at random."""
    return our_epoch(folder, 0.1)


def plain_epoch(_: Path, shift: int = 0) -> dict[str, float]:
    """Seconds of an epoch of a plain loop over a `DataLoader`."""
    import numpy as np
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, Dataset

    from hibiscus.networks.registry import build_network

    class Images(Dataset):
        """What tutorials write."""

        def __init__(self):
            self.pixels = np.random.default_rng(0).integers(0, 256, (ITEMS, 28, 28, 1), dtype=np.uint8)

        def __len__(self):
            return ITEMS

        def __getitem__(self, index):
            image = torch.from_numpy(self.pixels[index]).permute(2, 0, 1).float().div(255)
            if shift:
                down, right = torch.randint(2 * shift + 1, (2,)).tolist()
                image = functional.pad(image, (shift,) * 4)[:, down : down + 28, right : right + 28]
            return (image - 0.5) / 0.5, index % 10

    best = float("inf")
    for workers in (0, 2):
        network = build_network("mlp", (1, 28, 28), 10)
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
        loader = DataLoader(
            Images(), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
        )
        for _ in range(2):  # the second epoch counts
            start = time.perf_counter()
            for x, y in loader:
                optimizer.zero_grad(set_to_none=True)
                functional.cross_entropy(network(x), y).backward()
                optimizer.step()
            seconds = time.perf_counter() - start
        best = min(best, seconds)
    return {"seconds": best}


def plain_shifted_epoch(folder: Path) -> dict[str, float]:
    """The same with images shifted at random."""
    return plain_epoch(folder, 3)


def our_passes(folder: Path) -> dict[str, float]:
    """Seconds of the first pass (opened, decoded and given in batches) and of the second."""
    import numpy as np
    import torch

    from hibiscus.data.config import DataConfig
    from hibiscus.data.open import open_data
    from hibiscus.data.prepared import PreparedData
    from hibiscus.methods.classify.classify import Classify
    from hibiscus.runs.prepare import fit_preparation
    from hibiscus.training.device import tune_process

    with tempfile.TemporaryDirectory() as cache:
        os.environ["HIBISCUS_CACHE"] = cache
        tune_process()
        torch.ones(1).add_(1)
        start = time.perf_counter()
        dataset = open_data(str(folder), image_size=SIDE)
        opened = time.perf_counter() - start
        parts = {"train": np.arange(len(dataset.ids))}
        data = PreparedData(dataset, fit_preparation(dataset, parts["train"], Classify, DataConfig()), parts)
        source = data.source("train", BATCH, 0)
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            for _ in range(source.batches_per_epoch):
                source.next()
            seconds.append(time.perf_counter() - start)
        return {"decode": opened, "first": opened + seconds[0], "second": seconds[1]}


def plain_passes(folder: Path) -> dict[str, float]:
    """Seconds of a pass of a `DataLoader` that decodes."""
    import numpy as np
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, Dataset

    files = sorted(folder.rglob("*.jpg"))

    class Images(Dataset):
        """What tutorials write."""

        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            image = Image.open(files[index]).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            return (
                torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div(255) - 0.5
            ) / 0.5, index % 10

    torch.set_num_threads(1)
    loader = DataLoader(Images(), BATCH, shuffle=True, num_workers=2)
    start = time.perf_counter()
    for _ in loader:
        pass
    return {"seconds": time.perf_counter() - start}


def tensorflow_pass(folder: Path) -> dict[str, float]:
    """Seconds of the first pass of TensorFlow's own pipeline; runs in its own environment."""
    import tensorflow

    start = time.perf_counter()
    found = tensorflow.keras.utils.image_dataset_from_directory(
        folder, image_size=(SIDE, SIDE), batch_size=BATCH, verbose=False
    )
    for _ in found:
        pass
    return {"seconds": time.perf_counter() - start}


def our_memory(folder: Path) -> dict[str, float]:
    """Peak MiB of memory that is the process's own (maps of files, which the system may take back, left out)
    in two passes.
    """
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        """Looks every hundredth of a second."""
        while not done.wait(0.01):
            line = next(
                line
                for line in Path("/proc/self/status").read_text().splitlines()
                if line.startswith("RssAnon")
            )
            peak[0] = max(peak[0], int(line.split()[1]) / 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    our_passes(folder)
    done.set()
    watcher.join()
    return {"mib": peak[0]}


SIDES = {
    side.__name__: side
    for side in (
        *(our_epoch, our_shifted_epoch, plain_epoch, plain_shifted_epoch),
        *(our_passes, plain_passes, tensorflow_pass, our_memory),
    )
}


def validate(name: str, folder: Path, python: str = sys.executable) -> dict[str, float]:
    """The medians of some turns of one side."""
    found = []
    for _ in range(TURNS):
        ran = subprocess.run([python, __file__, name, str(folder)], capture_output=True, text=True)
        if ran.returncode:
            raise SystemExit(f"{name} failed: {ran.stderr[-800:]}")
        found.append(json.loads(ran.stdout.splitlines()[-1]))
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


def row(title: str, plain: float, ours: float) -> None:
    """Prints one comparison."""
    print(f"| {title} | {plain:,.2f} | {ours:,.2f} | {ours / plain:.2f} |", flush=True)


def main(words: list[str]) -> None:
    """Runs one side where `words` names it; else all, and prints the rows."""
    if words:
        print(json.dumps(SIDES[words[0]](Path(words[1]))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        few, many = write_folder(Path(scratch) / "few", FILES), write_folder(Path(scratch) / "many", MANY)
        row(
            "MLP epoch, 20,000 images, s",
            validate("plain_epoch", few)["seconds"],
            validate("our_epoch", few)["seconds"],
        )
        plain, ours = (
            validate("plain_shifted_epoch", few)["seconds"],
            validate("our_shifted_epoch", few)["seconds"],
        )
        row("the same, images shifted at random, s", plain, ours)
        ours, plain = validate("our_passes", few), validate("plain_passes", few)["seconds"]
        row("JPEG folder, first pass, s", plain, ours["first"])
        row("JPEG folder, second pass, s", plain, ours["second"])
        if (
            PEERS.exists()
            and not subprocess.run([str(PEERS), "-c", "import tensorflow"], capture_output=True).returncode
        ):
            row(
                "JPEG folder, first pass against TensorFlow, s",
                validate("tensorflow_pass", few, str(PEERS))["seconds"],
                ours["decode"],
            )
        else:
            print(
                "TensorFlow is not at hand; control.py says how to make .venv-peers, then: pip install "
                "tensorflow-cpu"
            )
        row(
            "memory, 20,000 images against 2,000, MiB",
            validate("our_memory", few)["mib"],
            validate("our_memory", many)["mib"],
        )


if __name__ == "__main__":
    main(sys.argv[1:])
