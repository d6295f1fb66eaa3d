"""The cache stays within its limit, and no process that uses it is disturbed by another that trims it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data import make_files as make
from hibiscus.data import disk_cache
from hibiscus.data.disk_cache import (
    building,
    cache_entries,
    cache_folder,
    cache_limit,
    delete_entries,
    trim_cache,
)
from hibiscus.data.images.cache import decode_images
from hibiscus.errors import ConfigError


def entry(name: str, size: int, age: float, kind: str = "images"):
    path = cache_folder() / kind / name
    path.mkdir(parents=True)
    (path / "pixels.npy").write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("5GB", 5_000_000_000),
        ("1.5 GiB", 1_500_000_000),
        ("42", 42),
        ("2k", 2000),
        ("", 5 * 10**9),
    ],
)
def test_sizes(text, size, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", text)
    assert cache_limit() == size


@pytest.mark.parametrize("text", ["much", "-1", "1.2.3GB", "5 parsecs"])
def test_what_is_no_size(text, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", text)
    with pytest.raises(ConfigError, match="HIBISCUS_CACHE_SIZE"):
        cache_limit()


def test_the_least_recently_used_is_deleted_first(monkeypatch):
    old, middle, new = (
        entry("old", 400, 30),
        entry("middle", 400, 20, "feature-networks"),
        entry("new", 400, 10),
    )
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "1000")
    trim_cache()
    assert [path.exists() for path in (old, middle, new)] == [False, True, True]
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "1")
    trim_cache()
    assert [path.exists() for path in (middle, new)] == [False, True]  # the last one is in use


def test_using_images_again_makes_them_recent(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "2000")
    files = [[make.image(tmp_path / name / f"{i}.png", i) for i in range(2)] for name in "abc"]
    for index in (0, 1):
        decode_images(files[index], (10, 12, 3))
    for path in (cache_folder() / "images").iterdir():
        os.utime(path, (time.time() - 100,) * 2)
    decode_images(files[0], (10, 12, 3))
    (recent,) = [
        path for path in (cache_folder() / "images").iterdir() if path.stat().st_mtime > time.time() - 50
    ]
    pixels, *_ = decode_images(files[2], (10, 12, 3))
    left = set((cache_folder() / "images").iterdir())
    assert len(left) == 2
    assert recent in left
    assert pixels.shape == (2, 10, 12, 3)


def test_an_entry_in_use_can_be_deleted(tmp_path):
    files = [make.image(tmp_path / f"{i}.png", i) for i in range(3)]
    pixels, *_ = decode_images(files, (10, 12, 3))
    before = np.array(pixels)
    assert delete_entries(cache_entries()) > 3 * 360
    assert not list((cache_folder() / "images").iterdir())
    assert np.array_equal(pixels, before)


def test_what_another_process_is_building_is_left_alone_but_not_for_ever(monkeypatch):
    young, killed = entry("building-x", 10, 30), entry("building-y", 10, disk_cache.ABANDONED + 60)
    trim_cache()
    assert young.exists()
    assert not killed.exists()


BUILD = """
import sys, time
from hibiscus.data.disk_cache import building, cache_folder
with building(cache_folder() / "images") as work:
    (work / "pixels").write_bytes(bytes(1000))
    print(work, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_was_building_is_deleted_soon():
    process = subprocess.Popen([sys.executable, "-c", BUILD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    trim_cache()
    assert folder.exists()
    process.kill()
    process.communicate()
    trim_cache()
    assert not folder.exists()


def test_what_is_built_is_deleted_if_that_fails():
    with contextlib.suppress(ValueError), building(cache_folder() / "images") as work:
        (work / "pixels").write_bytes(b"1")
        raise ValueError
    assert list((cache_folder() / "images").iterdir()) == []


def test_an_entry_larger_than_the_limit_stays_until_another_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "10")
    files = [[make.image(tmp_path / name / f"{i}.png", i) for i in range(2)] for name in "ab"]
    first, *_ = decode_images(files[0], (10, 12, 3))
    assert len(cache_entries()) == 1
    second, *_ = decode_images(files[1], (10, 12, 3))
    assert len(cache_entries()) == 1
    assert np.array_equal(first, second)  # the first is deleted, but can still be read


def test_a_link_in_the_cache_is_deleted_and_what_it_leads_to_is_not(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.png").write_bytes(b"1")
    (cache_folder() / "images").mkdir(parents=True)
    (cache_folder() / "images" / "link").symlink_to(tmp_path / "data")
    delete_entries(cache_entries())
    assert list((cache_folder() / "images").iterdir()) == []
    assert (tmp_path / "data" / "a.png").exists()


def test_another_process_deletes_the_same_entry_first(monkeypatch):
    entry("a", 10, 1)
    entries = cache_entries()
    assert delete_entries(entries) == 10
    assert delete_entries(entries) == 0


def test_files_of_the_user_in_the_folder_are_never_counted(monkeypatch):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "inception.pt").write_bytes(bytes(100))
    monkeypatch.setenv("HIBISCUS_CACHE_SIZE", "1")
    trim_cache()
    assert (cache_folder() / "inception.pt").exists()
    assert cache_entries() == []
