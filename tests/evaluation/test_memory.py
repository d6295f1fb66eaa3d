"""The memory of an evaluation does not grow with the test part: nothing of the size of its pixels is kept."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hibiscus.data import lazy_rows, prepared
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.runs.session import Session

SIDE, TRAIN, ITEMS = 64, 16, 200
PIXELS = SIDE * SIDE  # bytes of an image
FACTOR = 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of the process from /proc")


def dataset(method: str, items: int) -> tuple[Dataset, dict[str, np.ndarray]]:
    rng, count = np.random.default_rng(0), TRAIN + items
    images = rng.integers(0, 256, (count, SIDE, SIDE, 1), dtype=np.uint8)
    fields: dict[str, object] = {"image": images}
    names = {}
    if method == "classify":
        fields["label"] = np.arange(count) % 2
    elif method == "unet":
        fields["mask"], names["mask"] = images[..., 0] // 128, ("a", "b")
    elif method == "pix2pix":
        fields["target_image"] = images[:, ::-1].copy()
    keys = content_keys(np.arange(count))
    ids = [str(number) for number in range(count)]
    data = Dataset("memory", "memory", fields, ids, keys, names=names)
    return data, {"train": np.arange(TRAIN), "test": np.arange(TRAIN, count)}


def peak_of(method: str, items: int, folder: Path, **options) -> int:
    """Bytes by which the process grows while it evaluates so many items, beyond the data itself."""
    data, parts = dataset(method, items)
    session = Session.new(method, data, {"epochs": 1, **options}, out=folder, parts=parts, device="cpu")
    trained, evaluated = session.build_method(), session.prepared()
    list(trained.stages(evaluated))
    trained.train_mode(False)
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory("VmRSS")
    with torch.inference_mode():
        trained.evaluate(evaluated, "test")
    return memory("VmHWM") - before


def memory(name: str) -> int:
    match = re.search(rf"{name}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return 1024 * int(match[1])


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("classify", {"net": "mlp", "net_options": {"hidden": [8]}}),
        ("unet", {"width": 4}),
        ("pix2pix", {"width": 4}),
    ],
)
def test_nothing_of_the_size_of_the_pixels_is_kept(method, options, tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(lazy_rows.chunks, "__defaults__", (2**16,))  # so that few items fill a chunk
    monkeypatch.setattr(prepared, "MAX_BATCH_VALUES", 2**16)
    peak_of(method, ITEMS, tmp_path / "first", **options)  # what is imported and compiled
    growth = []
    for attempt in range(3):  # the heap that earlier tests have left may add to a peak, never take from it
        few = peak_of(method, ITEMS, tmp_path / f"few-{attempt}", **options)
        many = peak_of(method, FACTOR * ITEMS, tmp_path / f"many-{attempt}", **options)
        growth.append((many - few) / ((FACTOR - 1) * ITEMS))
        if growth[-1] < PIXELS:
            break
    per_item = min(growth)
    assert per_item < PIXELS, f"{per_item:,.0f} bytes for each item, whose image has {PIXELS:,}"
