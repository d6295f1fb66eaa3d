import json
import threading

import numpy as np
import pytest

from data import make_files as make
from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.images import cache
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import open_image
from hibiscus.data.keys import digest

SHAPE = (10, 12, 3)


@pytest.fixture
def files(tmp_path):
    return [make.image(tmp_path / "in" / f"{i}.png", i) for i in range(7)]


@pytest.fixture
def decoded(monkeypatch):
    """The names that the decoder is asked for."""
    names = []

    def spying(path, **options):
        names.append(path.name)
        return open_image(path, **options)

    monkeypatch.setattr(cache, "open_image", spying)
    return names


def entries():
    return [path for path in (cache_folder() / "images").iterdir()]


def test_where_it_lies(tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("HIBISCUS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x/y")
    assert str(cache_folder()) == "/x/y/hibiscus"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder().parts[-2:] == (".cache", "hibiscus")


def test_pixels_keys_and_the_good(files):
    files[3].write_bytes(b"broken")
    pixels, keys, good, bad = decode_images(files, SHAPE)
    assert good.tolist() == [0, 1, 2, 4, 5, 6]
    assert [item.path for item in bad] == [str(files[3])]
    assert len(pixels) == len(keys) == len(good)
    assert isinstance(pixels, np.memmap)  # one bad file does not bring the rest into memory
    for place, i in enumerate(good):
        assert np.array_equal(pixels[place], open_image(files[i]))
        assert keys[place] == digest(files[i].read_bytes())


def test_the_second_opening_decodes_nothing_and_stays_on_the_disk(files, decoded):
    first = decode_images(files, SHAPE)
    assert sorted(decoded) == sorted(file.name for file in files)
    decoded.clear()
    second = decode_images(files, SHAPE)
    assert decoded == []
    assert isinstance(second[0], np.memmap)
    assert all(np.array_equal(a, b) for a, b in zip(first[:3], second[:3], strict=True))


def test_what_changed_is_decoded_anew(files, decoded):
    decode_images(files, SHAPE)
    make.image(files[2], seed=99)
    pixels, keys, _, _ = decode_images(files, SHAPE)
    assert np.array_equal(pixels[2], open_image(files[2]))
    assert keys[2] == digest(files[2].read_bytes())
    decoded.clear()
    assert decode_images(files, (5, 5, 1))[0].shape == (7, 5, 5, 1)
    assert len(decoded) == 7


def test_a_file_that_comes_back_is_noticed(files):
    content = files[1].read_bytes()
    files[1].unlink()
    assert "no such file" in decode_images(files, SHAPE)[3][0].reason
    files[1].write_bytes(content)
    assert decode_images(files, SHAPE)[3] == []


@pytest.mark.parametrize("full", [False, True])
def test_without_a_cache_it_works_from_memory(files, tmp_path, monkeypatch, full):
    if full:
        monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    else:
        (tmp_path / "in the way").write_text("a file where the cache should be")
        monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "in the way"))
    pixels, _, good, bad = decode_images(files, SHAPE)
    assert not isinstance(pixels, np.memmap)
    assert len(good) == 7
    assert bad == []
    assert np.array_equal(pixels[6], open_image(files[6]))


@pytest.mark.parametrize("name", ["pixels.npy", "keys.npy", "info.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other"])
def test_a_damaged_entry_is_built_anew(files, decoded, name, damage):
    whole = decode_images(files, SHAPE)[0].copy()
    damaged = entries()[0] / name
    content = damaged.read_bytes()
    if damage == "gone":
        damaged.unlink()
    elif damage == "other" and name == "info.json":
        damaged.write_text(json.dumps(["wrong"]))
    elif damage == "other":
        np.save(damaged, np.zeros(3))
    else:
        damaged.write_bytes(b"" if damage == "empty" else content[: len(content) // 2])
    for _ in range(2):
        assert np.array_equal(decode_images(files, SHAPE)[0], whole)
    assert len(decoded) == 14  # once at first and once again
    assert damaged.read_bytes() == content


def test_nothing_is_left_lying_about(files):
    decode_images(files, SHAPE)
    assert [path.name.startswith("building-") for path in entries()] == [False]


def test_threads_that_race_get_the_same(files):
    results = []
    threads = [threading.Thread(target=lambda: results.append(decode_images(files, SHAPE))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert all(
        np.array_equal(result[0], results[0][0]) and np.array_equal(result[1], results[0][1])
        for result in results
    )
    assert len(entries()) == 1


def test_writing_to_what_was_opened_does_not_reach_the_cache(files):
    pixels = decode_images(files, SHAPE)[0]
    before = pixels.copy()
    pixels[:] = 0
    assert np.array_equal(decode_images(files, SHAPE)[0], before)
