"""Image files that are easily read wrong: each is read right, or named."""

from __future__ import annotations

import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.config import DataConfig
from hibiscus.data.images import codecs
from hibiscus.data.images.video import read_frames
from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import DataError
from hibiscus.runs.inputs import open_inputs
from hibiscus.runs.prepare import fit_preparation


def noise(seed=0, size=(12, 12), mode="RGB"):
    channels = (3,) if mode == "RGB" else ()
    values = np.random.default_rng(seed).integers(0, 256, (*size, *channels), dtype=np.uint8)
    return Image.fromarray(values)


def save(image, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def deep(path, values):
    return save(Image.fromarray(np.asarray(values)), path)


@pytest.mark.parametrize("ending", [".jfif", ".avif", ".webp", ".JPE", ".jp2", ".pbm", ".tga", ".heic"])
def test_a_class_of_another_ending_is_read(tmp_path, ending):
    codecs.readers()
    for index in range(3):
        save(noise(index), tmp_path / "ant" / f"{index}.png")
        kind = {".jfif": "JPEG", ".JPE": "JPEG", ".pbm": "PPM", ".heic": "HEIF"}.get(ending)
        save(noise(index + 9), tmp_path / "bee" / f"{index}{ending}", **({"format": kind} if kind else {}))
    data = open_data(tmp_path)
    assert data.class_counts() == {"ant": {"all": 3}, "bee": {"all": 3}}


def test_heic_without_its_package_is_named_with_the_command(tmp_path, monkeypatch):
    codecs.readers()
    save(noise(), tmp_path / "bee" / "1.heic", format="HEIF")
    save(noise(), tmp_path / "ant" / "1.png")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(Image, "OPEN", {name: of for name, of in Image.OPEN.items() if name != "HEIF"})
    codecs.readers.cache_clear()
    try:
        with pytest.raises(DataError, match=r"1\.heic.*pip install 'hibiscus\[heif\]'"):
            open_data(tmp_path)
        data = open_data(tmp_path, max_bad_fraction=0.5)
    finally:
        codecs.readers.cache_clear()
    assert "the class bee has no readable image and vanishes" in data.notes


def test_a_class_folder_without_images_is_named(tmp_path):
    for index in range(3):
        save(noise(index), tmp_path / "ant" / f"{index}.png")
        save(noise(index), tmp_path / "bee" / f"{index}.png")
    (tmp_path / "cow").mkdir()
    (tmp_path / "cow" / "1.dcm").write_bytes(b"x")
    notes = open_data(tmp_path).notes
    assert "the folder cow holds no images and gives no class (it holds 1 .dcm)" in notes


def test_12_bits_in_a_16_bit_file_use_the_whole_range(tmp_path):
    ramp = np.linspace(0, 4095, 144).reshape(12, 12).astype(np.uint16)
    for index in range(3):
        deep(tmp_path / "a" / f"{index}.png", np.roll(ramp, index))
        deep(tmp_path / "b" / f"{index}.tif", np.roll(ramp, index + 3))
    data = open_data(tmp_path)
    assert np.array_equal(data.fields["image"][0, ..., 0], np.rint(ramp / 4095 * 255).astype(np.uint8))
    assert any("4095 is white" in note and "white_level=" in note for note in data.notes)
    assert open_data(tmp_path, white_level=65535).fields["image"].max() == 16


def test_the_white_level_is_that_of_training_and_goes_with_the_run(tmp_path):
    for part, top in (("train", 1000), ("test", 2000)):
        for name in ("a", "b"):
            values = np.full((9, 9), top, np.uint16)
            values[0] = 500
            deep(tmp_path / part / name / "1.png", values)
    data = open_data(tmp_path)
    by_id = dict(zip(data.ids, data.fields["image"], strict=True))
    assert by_id["train/a/1.png"][:2, 0, 0].tolist() == [128, 255]
    assert by_id["test/a/1.png"][:2, 0, 0].tolist() == [128, 255]  # 500 means the same, 2000 is above white

    from hibiscus.methods.registry import get_method

    prepared = fit_preparation(data, data.parts["train"], get_method("classify"), DataConfig())
    prepared = Preparation.from_json(prepared.to_json())
    alone = deep(tmp_path / "new.png", np.full((9, 9), 500, np.uint16))
    assert open_inputs(alone, prepared).fields["image"].max() == 128


def test_float_images_are_scaled_alike(tmp_path):
    deep(tmp_path / "dark.tif", np.full((8, 8), 0.5, np.float32))
    deep(tmp_path / "bright.tif", np.full((8, 8), 200.0, np.float32))
    data = open_data(tmp_path)
    assert data.fields["image"][:, 0, 0, 0].tolist() == [255, 1]
    negative = deep(tmp_path / "negative.tif", np.full((8, 8), -3.0, np.float32))
    assert "gray values from -3" in open_data(tmp_path, max_bad_fraction=0.5).skipped[0].reason
    negative.unlink()
    (tmp_path / "bright.tif").unlink()
    assert open_data(tmp_path).fields["image"].max() == 128


def test_the_color_mode_is_decided_on_all_images(tmp_path):
    for index in range(600):
        mode = "RGB" if index % 3 == 1 else "L"  # a sample of every third image would hold no color
        save(noise(index % 7, (4, 4), mode), tmp_path / f"{index:03}.png")
    assert open_data(tmp_path).fields["image"].shape == (600, 4, 4, 3)


def test_transparency_lies_over_white_in_files_and_arrays(tmp_path):
    values = np.zeros((2, 8, 8, 4), np.uint8)
    values[..., 0], values[:, 4:, :, 3] = 200, 255
    for index in range(2):
        save(Image.fromarray(values[index]), tmp_path / "files" / f"{index}.png")
    np.savez(tmp_path / "a.npz", x=values)
    files, arrays = open_data(tmp_path / "files"), open_data(tmp_path / "a.npz")
    assert files.fields["image"][0, [0, 7], 0].tolist() == [[255, 255, 255], [200, 0, 0]]
    assert np.array_equal(files.fields["image"], arrays.fields["image"])


def png16(path, values):
    """A PNG of 16 bits per color, which Pillow does not write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_colors_of_12_bits_are_named(tmp_path):
    png16(tmp_path / "1.png", np.full((8, 8, 3), 4095))
    assert any("their brightest value is 15 of 255" in note for note in open_data(tmp_path).notes)
    png16(tmp_path / "2.png", np.full((8, 8, 3), 65535))
    assert not any("16 bits per color" in note for note in open_data(tmp_path).notes)


def test_half_a_video_is_named(tmp_path):
    import av

    whole = tmp_path / "clip.mp4"
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=5)
        stream.height, stream.width, stream.pix_fmt = 32, 32, "yuv420p"
        for index in range(40):
            frame = np.asarray(noise(index, (32, 32)))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    data = whole.read_bytes()
    faults: list[str] = []
    assert len(read_frames(whole, (32, 32, 3), faults=faults)[0]) == 40
    assert faults == []
    whole.write_bytes(data[: len(data) // 2])
    prepared = Preparation({"image": ImagePreparation(32, 32, 3, (0.5,) * 3, (0.2,) * 3)})
    dataset = open_inputs(whole, prepared)
    assert 0 < len(dataset) < 40
    assert f"only {len(dataset)} of 40 frames were read" in dataset.skipped[0].reason


def test_frames_and_pages_beyond_the_first_are_named(tmp_path):
    pages = [noise(index, mode="L") for index in range(3)]
    save(pages[0], tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    save(pages[0], tmp_path / "one.tif")
    notes = open_data(tmp_path).notes
    assert any(note.startswith("1 file holds several frames or pages") for note in notes)


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("train-images", "test-images"),
        ("TrainData", "TestData"),
        ("Train", "Val"),
    ],
)
def test_parts_by_further_names(tmp_path, train, test):
    for part in (train, test):
        for name in ("cats", "dogs"):
            save(noise(hash(part + name) % 99), tmp_path / part / name / "1.png")
    data = open_data(tmp_path)
    assert set(data.fields["label"]) == {"cats", "dogs"}
    assert len(data.parts) == 2


def test_parts_inside_class_folders(tmp_path):
    for name in ("cats", "dogs"):
        for part in ("train", "test"):
            save(noise(), tmp_path / "pets" / name / part / "1.png")
    data = open_data(tmp_path)
    assert set(data.fields["label"]) == {"cats", "dogs"}
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 2, "test": 2}


def test_files_beside_the_folder_of_parts_do_not_hide_them(tmp_path):
    for part in ("train", "test"):
        for name in ("cats", "dogs"):
            save(noise(), tmp_path / "pets" / part / name / "1.png")
    (tmp_path / "README.txt").write_text("pets")
    assert set(open_data(tmp_path).parts) == {"train", "test"}


def test_test_and_validation_without_train_are_told(tmp_path):
    for part in ("val", "test"):
        save(noise(), tmp_path / part / "1.png")
    assert any("no train folder" in note for note in open_data(tmp_path).notes)


def test_what_systems_leave_behind_is_no_data(tmp_path):
    for name in ("cats", "dogs"):
        save(noise(), tmp_path / name / "1.PNG")
        save(noise(), tmp_path / name / "@eaDir" / "1.PNG" / "THUMB.jpg")
    save(noise(), tmp_path / "__MACOSX" / "cats" / "._1.png")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    data = open_data(tmp_path)
    assert len(data) == 2
    assert not any("Thumbs" in note or "ignored" in note for note in data.notes)


def test_photos_are_turned_and_cmyk_keeps_its_colors(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.new("RGB", (24, 16), "blue")
    photo.paste("red", (0, 0, 12, 16))
    for index, ending in enumerate(("jpg", "png", "webp", "tif")):
        save(photo, tmp_path / "turned" / f"{index}.{ending}", exif=exif)
    data = open_data(tmp_path / "turned")
    assert data.fields["image"].shape == (4, 24, 16, 3)
    for image in data.fields["image"]:
        assert image[2, 8, 0] > 200  # the left half is at the top
        assert image[-3, 8, 2] > 200
    save(Image.new("RGB", (9, 9), "red").convert("CMYK"), tmp_path / "cmyk" / "1.jpg")
    red = open_data(tmp_path / "cmyk").fields["image"][0, 4, 4]
    assert red[0] > 200
    assert red[1:].max() < 60


@pytest.mark.parametrize(("name", "said"), [("1.dcm", "pydicom"), ("scan", "pydicom"), ("x.h5", "h5py")])
def test_other_formats_say_how_to_convert(tmp_path, name, said):
    (tmp_path / name).write_bytes(bytes(128) + b"DICM")
    with pytest.raises(DataError) as caught:
        open_data(tmp_path)
    assert said in caught.value.fix


def test_the_cache_notices_a_file_of_the_same_size_and_time(tmp_path):
    import os

    file = save(Image.new("L", (8, 8), 10), tmp_path / "data" / "1.bmp")
    before = file.stat()
    assert open_data(tmp_path / "data").fields["image"].max() == 10
    with file.open("r+b") as stream:  # written in place: the same inode
        stream.write(save(Image.new("L", (8, 8), 90), tmp_path / "other.bmp").read_bytes())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert open_data(tmp_path / "data").fields["image"].max() == 90


def test_masks_among_the_images_of_classes_are_told(tmp_path):
    for name in ("benign", "normal"):
        for index in range(3):
            save(noise(index), tmp_path / name / f"{name} ({index}).png")
            save(noise(index, mode="L"), tmp_path / name / f"{name} ({index})_mask.png")
    assert any("6 images are named like masks of others" in note for note in open_data(tmp_path).notes)
