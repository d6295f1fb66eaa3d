"""Copies across parts are found; images that are merely alike are not."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits

from hibiscus.data.images.near_duplicates import MAX_DISTANCE, count_by_parts, near_duplicates

SIDE, COUNT = 48, 60


def scenes(count: int, seed: int = 0, side: int = SIDE) -> list[Image.Image]:
    """Smooth random colors with shapes in front of them, as different from each other as photos are."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
        image = coarse.resize((side, side), Image.Resampling.BICUBIC)
        for _ in range(3):
            left, top = rng.integers(0, side - 12, 2)
            patch = tuple(int(value) for value in rng.integers(0, 255, 3))
            image.paste(patch, (int(left), int(top), int(left) + 10, int(top) + 10))
        images.append(image)
    return images


def encoded(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    return Image.open(file).convert("RGB")


def resized(image: Image.Image) -> Image.Image:
    return image.resize((SIDE // 2, SIDE // 2), Image.Resampling.LANCZOS)


def cropped(image: Image.Image) -> Image.Image:
    return image.crop((2, 1, SIDE, SIDE - 1))


def centered(image: Image.Image) -> Image.Image:
    return image.crop((2, 2, SIDE - 2, SIDE - 2))


def stacked(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for image in images])


@pytest.mark.parametrize("change", [encoded, resized, cropped, centered])
def test_changed_copies_in_another_part_are_found(change):
    originals = scenes(COUNT)
    others = scenes(20, seed=1)
    images = stacked([*originals, *(change(image) for image in originals[:10]), *others])
    parts = {"train": np.arange(COUNT), "test": np.arange(COUNT, COUNT + 30)}
    pairs = near_duplicates(images, parts)
    assert sorted((pair.first, pair.second) for pair in pairs) == [(i, COUNT + i) for i in range(10)]
    assert all(pair.parts == ("train", "test") and pair.distance <= MAX_DISTANCE for pair in pairs)
    assert count_by_parts(pairs) == {"train and test": 10}


def test_copies_between_all_parts_are_named_by_their_parts():
    originals = scenes(COUNT)
    images = stacked([*originals, encoded(originals[3]), resized(originals[3]), *scenes(8, seed=2)])
    parts = {"test": np.arange(61, 66), "train": np.arange(60), "val": np.array([60, 66, 67, 68, 69])}
    pairs = near_duplicates(images, parts)
    found = {frozenset((pair.first, pair.second)) for pair in pairs}
    assert found == {frozenset(pair) for pair in ((3, 60), (3, 61), (60, 61))}


def test_copies_within_a_part_and_exact_copies_are_left_out():
    originals = scenes(COUNT)
    images = stacked([*originals, originals[0], encoded(originals[1])])
    keys = np.arange(len(images)).astype(np.uint64)
    keys[COUNT] = keys[0]
    parts = {"train": np.arange(COUNT - 10), "test": np.arange(COUNT - 10, COUNT + 2)}
    assert [(p.first, p.second) for p in near_duplicates(images, parts, keys)] == [(1, COUNT + 1)]
    assert near_duplicates(images, {"train": np.arange(len(images))}) == []


def test_handwritten_digits_that_resemble_many_others_are_no_copies():
    digits = (load_digits().images[:600] * 15.9).astype(np.uint8)
    images = np.repeat(np.repeat(digits, 3, axis=1), 3, axis=2)[..., None]
    parts = {"train": np.arange(450), "test": np.arange(450, 600)}
    assert near_duplicates(images, parts) == []


def test_images_of_a_single_color_and_of_other_colors_are_no_copies():
    originals = scenes(COUNT)
    flat = [Image.new("RGB", (SIDE, SIDE), (200, 200, 200))] * 4
    swapped = [Image.fromarray(np.asarray(image)[..., [1, 2, 0]]) for image in originals[:5]]
    images = stacked([*originals, *flat, *swapped])
    parts = {"train": np.arange(COUNT + 2), "test": np.arange(COUNT + 2, len(images))}
    assert near_duplicates(images, parts) == []


def test_few_images_and_very_small_ones():
    originals = scenes(3)
    images = stacked([*originals, originals[0].filter(ImageFilter.GaussianBlur(0.5))])
    found = near_duplicates(images, {"train": np.arange(3), "test": np.array([3])})
    assert [(pair.first, pair.second) for pair in found] == [(0, 3)]
    tiny = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 1), dtype=np.uint8)
    assert near_duplicates(np.concatenate([tiny, tiny]), {"a": np.arange(20), "b": np.arange(20, 40)}) == []


def test_it_works_where_denormal_numbers_are_flushed_to_zero():
    """As in a process that has trained; in one of its own, which SciPy may crash."""
    code = """
import numpy as np, torch
from hibiscus.data.images.near_duplicates import _candidates
torch.set_flush_denormal(True)
rng = np.random.default_rng(0)  # below, more than half of the values are 0, the least
rows = rng.random((4000, 14), np.float32) * (rng.random((4000, 14)) > 0.7)
rows[-1] = rows[0]
print(_candidates(rows, np.arange(4000) // 2500)[0][:2])
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "(3999, 0)\n"
