"""After any changes of the files, opening a folder through the cache gives what an empty cache gives."""

import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

from data import make_files as make
from hibiscus.data.disk_cache import cache_entries, cache_folder
from hibiscus.data.images import file_records
from hibiscus.data.images.folder import open_image_folder


def opened(folder, image_size, channels):
    """Everything that a dataset holds."""
    dataset = open_image_folder(folder, image_size, channels, max_bad_fraction=1.0)
    skipped = [(bad.path, bad.reason) for bad in dataset.skipped]
    fields = {name: np.asarray(values).tolist() for name, values in dataset.fields.items()}
    return fields, dataset.ids, dataset.keys.tolist(), dataset.notes, skipped, dataset.fingerprint


def add(folder, rng):
    name = f"{rng.choice(['ant', 'bee', 'cat'])}/{rng.randrange(1000)}.{rng.choice(['png', 'jpg', 'bmp'])}"
    mode = rng.choice(["RGB", "RGB", "L"])
    make.image(folder / name, rng.randrange(1000), rng.choice([(12, 10), (12, 10), (24, 30)]), mode)


def touch(folder, rng):
    os.utime(rng.choice(images(folder)))


def remove(folder, rng):
    rng.choice(images(folder)[1:]).unlink()


def modify(folder, rng):
    make.image(rng.choice(images(folder)), rng.randrange(1000), (12, 10))


def modify_keeping_time_and_size(folder, rng):
    file = rng.choice(images(folder))
    content, stat = bytearray(file.read_bytes()), file.stat()
    content[-rng.randrange(1, 40)] ^= 255
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def rename(folder, rng):
    file = rng.choice(images(folder))
    file.rename(file.with_name(f"{rng.randrange(1000)}{file.suffix}"))


def rename_class(folder, rng):
    place = rng.choice(images(folder)).parent
    place.rename(place.with_name(f"class{rng.randrange(1000)}"))


def exchange(folder, rng):
    first, second = rng.sample(images(folder), 2)
    first.rename(folder / "x")
    second.rename(first)
    (folder / "x").rename(second)


def copy(folder, rng):
    file = rng.choice(images(folder))
    shutil.copy2(file, file.with_name(f"{rng.randrange(1000)}{file.suffix}"))


def damage(folder, rng):
    file = rng.choice(images(folder)[1:])
    file.write_bytes(file.read_bytes()[: rng.randrange(60)])


def images(folder):
    return sorted(file for file in folder.rglob("*.*") if file.is_file())


CHANGES = (
    *(add, add, touch, remove, modify, modify_keeping_time_and_size),
    *(rename, rename_class, exchange, copy, damage),
)


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_changes(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(file_records, "FEW", 0)
    rng, folder = random.Random(seed), tmp_path / "data"
    for _ in range(8):
        add(folder, rng)
    for _ in range(20):
        for _ in range(rng.randrange(1, 4)):
            rng.choice(CHANGES)(folder, rng)
        asked = rng.choice([(None, None), (12, 3), (8, 3), ((12, 10), 1), (20, 1), ((12, 10), 3)])
        cached = opened(folder, *asked)
        with monkeypatch.context() as patch:
            patch.setenv("HIBISCUS_CACHE", str(tmp_path / "empty"))
            assert cached == opened(folder, *asked)
            shutil.rmtree(tmp_path / "empty")
    size = sum(entry.size for entry in cache_entries() if entry.kind == "images")
    assert size < 3 * 6 * 40 * 3 * 24 * 24  # a few entries for each size, not one for each change


OPEN = """
import sys
from pathlib import Path
from hibiscus.data.images.folder import open_image_folder
for turn in range(1000):
    open_image_folder(Path(sys.argv[1]), 24 + 4 * (turn % 3))
    print(turn, flush=True)
    (Path(sys.argv[1]) / "ant" / "0.png").touch()
"""


def test_a_killed_process_leaves_a_valid_cache(tmp_path):
    """Killed while it builds and replaces entries, as another process opens the same."""
    folder = tmp_path / "data"
    for index in range(60):
        make.image(folder / ("ant", "bee")[index % 2] / f"{index}.png", index, (32, 32))
    process = subprocess.Popen([sys.executable, "-c", OPEN, folder], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()
    found = [opened(folder, size, None) for size in (24, 28, 32)]
    process.kill()
    process.communicate()
    assert found == [opened(folder, size, None) for size in (24, 28, 32)]
    shutil.rmtree(cache_folder())
    assert found == [opened(folder, size, None) for size in (24, 28, 32)]
