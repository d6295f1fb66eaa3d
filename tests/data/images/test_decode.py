import io
import struct
import threading
import time
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms, ImageOps

from hibiscus.data.images import ops as pic
from hibiscus.data.images.headers import image_size
from hibiscus.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
SMOOTH = np.asarray(
    Image.fromarray(RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (80, 60), Image.Resampling.BICUBIC
    )
)
IMAGE = Image.fromarray(SMOOTH)
GREY = np.asarray(IMAGE.convert("L"))
IMAGES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)) | hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
)
quick = settings(max_examples=40, deadline=None)


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width, height, body=b""):
    """A PNG whose header promises any size, however few bytes follow."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "TIFF"), ("RGBA", "PNG"), ("RGB", "BMP"), ("L", "PNG"), ("LA", "PNG"), ("RGB", "TGA")],
)
def test_lossless_kinds_are_read_exactly(mode, kind):
    image = pic.open_image(encode(IMAGE.convert(mode), kind))
    assert np.array_equal(image, GREY if mode in ("L", "LA") else SMOOTH)


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("YCbCr", "TIFF"), ("RGB", "JPEG"), ("RGB", "WEBP")]
)
def test_lossy_kinds_are_read_nearly(mode, kind):
    image = pic.open_image(encode(IMAGE.convert(mode), kind))
    assert image.shape == SMOOTH.shape
    assert np.abs(image.astype(int) - SMOOTH).mean() < 4


def test_lab_is_read_as_rgb():
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(IMAGE, *profiles, outputMode="LAB")
    assert np.abs(pic.open_image(encode(lab, "TIFF")).astype(int) - SMOOTH).mean() < 2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<i4"])
def test_deep_gray_is_scaled_to_bytes(kind, dtype):
    values = (np.arange(4800).reshape(60, 80) * 13).clip(0, 65535)
    if kind != "TIFF" and dtype != "<u2":
        dtype = "<u2"
    image = pic.open_image(encode(Image.fromarray(values.astype(dtype)), kind))
    assert np.array_equal(image, np.rint(values / 257).astype(np.uint8))


def test_dark_16_bit_png_stays_dark_and_32_bit_of_small_values_stays():
    values = np.full((4, 4), 200)
    assert pic.open_image(encode(Image.fromarray(values.astype("<u2")), "PNG")).max() == 1
    assert pic.open_image(encode(Image.fromarray(values.astype("<i4")), "TIFF")).max() == 200
    assert pic.open_image(encode(Image.fromarray((values / 400).astype(np.float32)), "TIFF")).max() == 128


def test_gray_values_without_a_known_range_are_refused():
    with pytest.raises(DataError, match="gray values from -5"):
        pic.open_image(encode(Image.fromarray(np.full((4, 4), -5, np.int32)), "TIFF"))


def test_one_bit_is_black_and_white():
    image = pic.open_image(encode(Image.fromarray(np.eye(5, dtype=bool)), "PNG"))
    assert np.array_equal(image, 255 * np.eye(5, dtype=np.uint8))


def test_transparency_lies_over_white():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (255, 0, 0, 255)
    rgba[0, 1] = (255, 0, 0, 128)
    image = pic.open_image(encode(Image.fromarray(rgba), "PNG"))
    assert image[0, 0].tolist() == [255, 0, 0]
    assert image[0, 1].tolist() == [255, 127, 127]
    assert image[1, 1].tolist() == [255, 255, 255]
    faint = Image.merge("LA", [Image.new("L", (3, 3), 0), Image.new("L", (3, 3), 0)])
    assert (pic.open_image(encode(faint, "PNG")) == np.full((3, 3), 255)).all()


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_palette_with_transparency(transparency):
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    image = pic.open_image(encode(palette, "PNG", transparency=transparency))
    assert image.tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (5, 4), color) for color in ("red", "blue")]
    image = pic.open_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert image.shape == (4, 5, 3)
    assert image[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(IMAGE, kind, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    assert np.array_equal(pic.open_image(data), expected)
    small = pic.open_image(data, size=(expected.shape[0] // 2, expected.shape[1] // 2), resize="squash")
    assert np.abs(small.astype(int) - pic.resize_squash(expected, small.shape[:2])).mean() < 4


def test_modes_and_the_smallest_image(tmp_path):
    path = tmp_path / "été 漢字 one.png"
    Image.new("L", (1, 1), 7).save(path)
    assert pic.open_image(path).tolist() == [[7]]
    assert pic.open_image(path, mode="rgb").tolist() == [[[7, 7, 7]]]
    assert pic.open_image(path, size=(2, 3)).tolist() == [[7] * 3] * 2
    assert np.array_equal(pic.open_image(encode(IMAGE, "PNG"), mode="gray"), pic.to_gray(SMOOTH))


def test_what_is_not_a_image_is_named(tmp_path):
    files = {
        "empty.jpg": b"",
        "text file.jpg": b"just words\n" * 20,
        "program.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    }
    expected = {"empty.jpg": "0 bytes", "text file.jpg": "not an image", "program.png": "not an image"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=expected[name]) as caught:
            pic.open_image(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
    with pytest.raises(DataError, match="no such file"):
        pic.open_image(tmp_path / "absent.png")
    with pytest.raises(DataError, match="is a folder"):
        pic.open_image(tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("size", [None, (15, 20)])
def test_truncated_is_an_error_and_never_half_gray(kind, size):
    data = encode(IMAGE, "JPEG", progressive=True) if kind == "progressive" else encode(IMAGE, kind)
    whole = pic.open_image(data, size)
    failures = 0
    for cut in range(0, len(data), max(1, len(data) // 40)):
        try:
            assert np.array_equal(pic.open_image(data[:cut], size), whole)
        except DataError:
            failures += 1
    assert failures > 35


@pytest.mark.parametrize("side", [30_000, 12_000, 2**31 - 1])
def test_bombs_are_refused_from_the_header(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side, zlib.compress(bytes(10_000_000), 9)))
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(DataError, match=r"bomb.png: (too large|cannot|not a)") as caught:
        pic.open_image(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - started < 1
    assert peak < 5_000_000
    if side < 2**31 - 1:
        assert "100,000,000 pixels" in str(caught.value)
        assert "raise the limit" in str(caught.value)


def test_the_limit_is_the_callers():
    data = encode(IMAGE, "PNG")
    with pytest.raises(DataError, match="80 x 60 pixels"):
        pic.open_image(data, limit=4799)
    assert pic.open_image(data, limit=4800).shape == (60, 80, 3)


def test_many_threads_leave_the_warning_filters_as_they_were():
    palette = Image.new("P", (9, 9))
    data, before = encode(palette, "PNG", transparency=bytes(3)), list(warnings.filters)
    threads = [threading.Thread(target=lambda: [pic.open_image(data) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_scaled_jpeg_is_close_to_the_full_decode():
    big = IMAGE.resize((800, 600), Image.Resampling.BICUBIC)
    data = encode(big, "JPEG", quality=95)
    full = pic.open_image(data)
    for resize, function in (("cover", pic.resize_cover), ("squash", pic.resize_squash)):
        small = pic.open_image(data, size=(64, 48), resize=resize)
        assert np.abs(small.astype(int) - function(full, (64, 48))).mean() < 1.5


def test_wrong_options_are_answered_with_the_nearest():
    for options, hint in (
        ({"mode": "grey"}, "gray"),
        ({"resize": "squish"}, "squash"),
        ({"size": 64}, r"\(height, width\)"),
    ):
        with pytest.raises(ConfigError) as caught:
            pic.open_image(b"x", **options)
        assert hint.replace("\\", "") in str(caught.value)


def test_a_turned_image_is_measured_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40)).save(tmp_path / "a.jpg", exif=exif)
    assert image_size(tmp_path / "a.jpg") == (60, 40)


def test_the_pixels_fit_into_the_memory(monkeypatch):
    data = encode(Image.new("L", (500, 500)), "PNG")
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "2MB")
    with pytest.raises(DataError, match=r"1\.0 MB of data, which take about 4\.0 MB"):
        pic.open_image(data)
