import os
import threading

import numpy as np
import pytest
from PIL import Image

from data import make_files as make
from hibiscus.data.disk_cache import cache_folder
from hibiscus.data.images import cache, decoding
from hibiscus.data.images.cache import decode_images
from hibiscus.data.images.decode import open_image
from hibiscus.data.keys import digest
from hibiscus.errors import DataError

SHAPE = (10, 12, 3)


@pytest.fixture
def files(tmp_path):
    return [make.image(tmp_path / "in" / f"{i}.png", i) for i in range(7)]


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that are decoded."""
    names = []

    def spying(path, **options):
        names.append(path.name)
        return open_image(path, **options)

    monkeypatch.setattr(decoding, "open_image", spying)
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


@pytest.mark.parametrize("name", ["pixels", "table"])
@pytest.mark.parametrize(
    "damage", ["gone", "empty", "cut", "longer", "bit", "zeros", "link", "pipe", "folder"]
)
def test_a_damaged_entry_is_built_again(files, decoded, tmp_path, name, damage):
    whole = decode_images(files, SHAPE)[0].copy()
    damaged = entries()[0] / name
    content = damaged.read_bytes()
    damaged.unlink()
    if damage == "link":
        damaged.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_bytes(content)
    elif damage == "pipe":
        os.mkfifo(damaged)
    elif damage == "folder":
        damaged.mkdir()
    elif damage != "gone":
        at = len(content) // 2
        flipped = content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]
        changed = {"empty": b"", "cut": content[:at], "longer": content + b"x", "bit": flipped}
        damaged.write_bytes(changed.get(damage, bytes(len(content))))
    for _ in range(2):
        assert np.array_equal(decode_images(files, SHAPE)[0], whole)
    partly = name == "pixels" and damage == "bit"  # only the image that was hit is decoded again
    assert len(decoded) == 7 + (1 if partly else 7)
    assert (entries()[0] / name).read_bytes() == content
    assert len(entries()) == 1


def test_a_changed_file_alone_is_decoded_and_the_entry_replaced(files, decoded):
    before = decode_images(files, SHAPE)[0]
    content = before.copy()
    decoded.clear()
    make.image(files[2], seed=99)
    pixels, keys, _, _ = decode_images(files, SHAPE)
    assert decoded == ["2.png"]
    assert np.array_equal(pixels, [open_image(file) for file in files])
    assert keys.tolist() == [digest(file.read_bytes()) for file in files]
    assert len(entries()) == 1
    assert np.array_equal(before, content)  # what another process has opened stays as it was


def test_added_removed_and_moved_files(files, decoded, tmp_path):
    decode_images(files, SHAPE)
    decoded.clear()
    more = [*files[1:], make.image(tmp_path / "in" / "new.png", 50)]
    decode_images(more, SHAPE)
    assert decoded == ["new.png"]
    assert len(entries()) == 1
    decoded.clear()
    (tmp_path / "in").rename(tmp_path / "out")
    moved = [tmp_path / "out" / file.name for file in more]
    os.utime(moved[0])
    assert np.array_equal(decode_images(moved, SHAPE)[0], [open_image(file) for file in moved])
    assert decoded == []


def test_a_part_of_the_files_does_not_replace_the_entry_of_all(files, decoded, tmp_path):
    inner = [make.image(tmp_path / "in" / "deep" / f"{i}.png", 20 + i) for i in range(9)]
    decode_images([*files, *inner], SHAPE)
    decoded.clear()
    decode_images(inner, SHAPE)
    decode_images([*files, *inner], SHAPE)
    assert decoded == []
    assert len(entries()) == 2


@pytest.mark.parametrize("channels", [1, 3])
def test_another_size_is_resized_from_the_cached_originals(files, decoded, channels):
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(open_image(files[0]).transpose(1, 0, 2)).save(files[0], exif=turned)
    decode_images(files, (10, 12, channels))
    for shape in ((5, 5), (30, 20)):
        decoded.clear()
        pixels, keys, *_ = decode_images(files, (*shape, channels))
        assert decoded == []
        mode = "gray" if channels == 1 else "rgb"
        fresh = [open_image(file, shape, mode).reshape(*shape, channels) for file in files]
        assert np.array_equal(pixels, fresh)
        assert keys.tolist() == [digest(file.read_bytes()) for file in files]


def test_a_jpeg_is_decoded_for_each_size(tmp_path):
    files = [make.image(tmp_path / f"{i}.jpg", i, size=(64, 64)) for i in range(3)]
    decode_images(files, (64, 64, 3))
    fresh = [open_image(file, (16, 16), "rgb") for file in files]
    assert np.array_equal(decode_images(files, (16, 16, 3))[0], fresh)


def test_a_file_that_could_not_be_read_is_tried_again(files, monkeypatch):
    def lacking(path, **options):
        if path == files[3]:
            raise DataError(f"{path}: an HEIC image", "a codec", "install it")
        return open_image(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "open_image", lacking)
        assert [item.path for item in decode_images(files, SHAPE)[3]] == [str(files[3])]
    assert decode_images(files, SHAPE)[2].tolist() == list(range(7))


def test_a_file_that_is_named_twice(files):
    twice = [files[1], *files, files[1]]
    for _ in range(2):
        assert np.array_equal(decode_images(twice, SHAPE)[0], [open_image(file) for file in twice])


def test_no_file_and_no_good_file(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"bad")
    for files in ([], [tmp_path / "bad.png"], [tmp_path / "missing.png"]):
        for _ in range(2):
            pixels, keys, good, skipped = decode_images(files, SHAPE)
            assert pixels.shape == (0, *SHAPE)
            assert (len(keys), len(good), len(skipped)) == (0, 0, len(files))


def test_the_content_of_a_file_is_never_taken_for_the_state_of_another(files):
    decode_images(files, SHAPE)
    stat, bad = files[0].stat(), files[0].parent / "bad.png"
    state = (stat.st_size, stat.st_mode, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    bad.write_bytes("\0".join([str(files[0].parent), files[0].name, *map(str, state)]).encode())
    assert len(decode_images([*files, bad], SHAPE)[3]) == 1


def test_nothing_is_left_lying_about(files):
    decode_images(files, SHAPE)
    assert [path.name.startswith("building-") for path in entries()] == [False]
    make.image(files[0], seed=9)
    decode_images(files, SHAPE)
    assert len(entries()) == 1


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
