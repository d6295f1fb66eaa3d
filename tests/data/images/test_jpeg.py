"""The fast way to read plain JPEGs against its slow twin, Pillow; what is not plain is left to that."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.images import decode
from hibiscus.data.images.decode import PIXEL_LIMIT, open_image
from hibiscus.data.images.jpeg import jpeg_bytes, read_jpeg
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)
SMOOTH = Image.fromarray(RNG.integers(0, 256, (3, 4, 3), dtype=np.uint8)).resize(
    (200, 150), Image.Resampling.BICUBIC
)


def encode(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **{"quality": 92, **options})
    return buffer.getvalue()


def slow(monkeypatch, data, **options):
    with monkeypatch.context() as without:
        without.setattr(decode, "read_jpeg", lambda *given: None)
        return open_image(data, **options)


@pytest.mark.parametrize("resize", ["cover", "squash"])
@pytest.mark.parametrize("size", [(150, 200), (64, 64), (32, 48), (17, 9), (300, 300), (3, 5)])
@pytest.mark.parametrize("mode", ["auto", "gray", "rgb"])
@pytest.mark.parametrize("kind", ["RGB", "L"])
def test_it_sees_what_pillow_sees(monkeypatch, kind, mode, size, resize):
    data = encode(SMOOTH.convert(kind), progressive=size == (64, 64))
    fast = read_jpeg(data, size, mode, resize, PIXEL_LIMIT)
    twin = slow(monkeypatch, data, size=size, mode=mode, resize=resize)
    assert fast.shape == twin.shape
    assert fast.dtype == np.uint8
    assert np.abs(fast.astype(int) - twin).mean() < 3


@pytest.mark.parametrize("turn", range(1, 9))
def test_it_turns_images_upright_as_pillow_does(monkeypatch, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encode(SMOOTH, exif=exif)
    for size in ((60, 80), (80, 60)):
        fast = read_jpeg(data, size, "rgb", "squash", PIXEL_LIMIT)
        assert (
            np.abs(fast.astype(int) - slow(monkeypatch, data, size=size, mode="rgb", resize="squash")).mean()
            < 3
        )


def test_a_broken_exif_block_spoils_nothing():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(SMOOTH, exif=exif)
    place = data.index(b"Exif") + 6
    assert read_jpeg(
        data[:place] + b"\xff" * 8 + data[place + 8 :], (60, 80), "rgb", "cover", PIXEL_LIMIT
    ).shape == (60, 80, 3)


def test_what_is_not_plain_is_left_to_pillow(tmp_path):
    whole = encode(SMOOTH)
    assert read_jpeg(encode(SMOOTH.convert("CMYK")), (8, 8), "rgb", "cover", PIXEL_LIMIT) is None
    assert open_image(encode(SMOOTH.convert("CMYK")), size=(8, 8)).shape == (8, 8, 3)
    for bad in (whole[: len(whole) // 2], whole[:40], b"\xff\xd8\xff", whole[:200] + bytes(len(whole) - 200)):
        assert read_jpeg(bad, (8, 8), "rgb", "cover", PIXEL_LIMIT) is None
        with pytest.raises(DataError):
            open_image(bad, size=(8, 8))
    assert read_jpeg(whole, (8, 8), "rgb", "cover", limit=100) is None
    with pytest.raises(DataError, match="too large to decode safely"):
        open_image(whole, size=(8, 8), limit=100)


def test_only_jpeg_files_are_read_whole(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG....")
    (tmp_path / "b.jpg").write_bytes(encode(SMOOTH))
    (tmp_path / "empty.jpg").write_bytes(b"")
    assert jpeg_bytes(tmp_path / "b.jpg") == encode(SMOOTH)
    assert [jpeg_bytes(tmp_path / name) for name in ("a.png", "empty.jpg", "none.jpg", ".")] == [None] * 4
    long = encode(SMOOTH) + b"\0" * 2**17
    (tmp_path / "long.jpg").write_bytes(long)
    assert jpeg_bytes(tmp_path / "long.jpg") == long


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_named_like_a_image_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    assert jpeg_bytes(tmp_path / "a.jpg") is None
