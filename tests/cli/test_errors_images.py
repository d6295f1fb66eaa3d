"""Images in every state: what can be used is used, the rest is named, and no file is ever changed."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import tree, write_images


@pytest.fixture
def photos() -> Path:
    return write_images(Path("photos"), per_class=20)


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def bomb(file: Path, side: int = 30_000) -> None:
    """A small PNG file that claims, truthfully, to be an image of 900 million pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    packer, rows = zlib.compressobj(9), []
    for _ in range(0, side, 1000):
        rows.append(packer.compress(bytes((side // 8 + 1) * 1000)))
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    content = b"".join(rows) + packer.flush()
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    )


def spoil(folder: Path) -> list[str]:
    """Puts an empty, a cut, a renamed and an enormous image among the good ones; returns their names."""
    good = sorted(folder.glob("*.png"))[0].read_bytes()
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes(good[: len(good) // 2])
    (folder / "renamed.png").write_text("a shopping list")
    bomb(folder / "bomb.png")
    return ["empty.png", "cut.png", "renamed.png", "bomb.png"]


def test_bad_images_among_good_ones_are_named_and_left_out(cli, photos):
    names = spoil(photos / "Ziffer 0 é")
    before = tree(photos)
    out = cli("inspect", photos).out
    assert "40 items" in out
    for name, why in zip(
        names, ["empty file", "cannot be decoded", "not an image", "too large to decode safely"], strict=True
    ):
        assert any(
            name in line and why in line for line in out.splitlines() if line.startswith("bad file")
        ), out
    answer = cli("train", "classify", photos, "epochs=1", "max_bad_fraction=0.2", "--out", "run")
    assert answer.code == 0, answer.err
    assert "4 files could not be read and were skipped" in " ".join(answer.out.split())
    predicted = cli("predict", "run", photos)
    assert all(name in predicted.err for name in names)
    assert predicted.out.count("\n") == 41
    assert len(cli("predict", "run", photos, "--json").json["skipped"]) == 4
    assert tree(photos) == before


def test_too_many_bad_images(fails, photos):
    spoil(photos / "Ziffer 1 é")
    said = ["4 of 44 files cannot be used", "at most 5% unusable", "max_bad_fraction="]
    fails(3, said, "train", "classify", photos, untouched=photos)
    assert not Path("runs").exists()


def test_nothing_but_bad_images(fails, photos, image_run):
    spoil(photos / "Ziffer 1 é")
    fails(3, "empty file", "predict", image_run, photos / "Ziffer 1 é" / "empty.png", untouched=photos)
    for file in photos.rglob("Bild*"):
        file.unlink()
    fails(
        3, "4 of 4 files cannot be used", "train", "classify", photos, "max_bad_fraction=1", untouched=photos
    )


def test_folders_that_hold_nothing_to_learn(fails, photos):
    Path("empty").mkdir()
    fails(3, "the folder is empty", "train", "classify", "empty")
    Path("papers").mkdir()
    Path("papers/thesis.pdf").write_bytes(b"%PDF")
    fails(3, "no images (1 other file: 1 .pdf)", "train", "classify", "papers", untouched=Path("papers"))
    fails(3, "the items have no labels", "train", "classify", photos / "Ziffer 0 é", untouched=photos)
    fails(3, "a single image", "train", "classify", next(photos.rglob("*.png")), untouched=photos)
    Path("photos.zip").write_bytes(b"PK")
    fails(3, ["photos.zip: cannot be extracted", "download it again"], "train", "classify", "photos.zip")
    shutil.rmtree(photos / "Ziffer 1 é")
    fails(3, ["one class", "two classes"], "train", "classify", photos, untouched=photos)


def odd_images(folder: Path) -> int:
    """One image of every odd kind; returns how many."""
    first = {
        "cmyk.jpg": Image.fromarray(pixels(20, 20, 3)).convert("CMYK"),
        "sixteen.png": Image.fromarray(pixels(20, 20).astype(np.uint16) * 257),
        "palette.png": Image.fromarray(pixels(20, 20, 3)).quantize(16),
        "alpha.png": Image.fromarray(pixels(20, 20, 4), "RGBA"),
        "one.png": Image.fromarray(pixels(1, 1)),
        "black and white.png": Image.fromarray(pixels(20, 20)).convert("1"),
        "with  blanks, 漢字 & ümlaut.png": Image.fromarray(pixels(20, 20)),
    }
    for name, image in first.items():
        image.save(folder / name)
    frames = [Image.fromarray(pixels(20, 20)) for _ in range(3)]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(10, 30, 3)).save(folder / "turned.jpg", exif=exif)
    return len(first) + 2


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
def test_odd_images_are_used(cli, photos, image_run):
    count = odd_images(photos / "Ziffer 0 é")
    before = tree(photos)
    found = cli("inspect", photos, "--json").json
    assert found["skipped"] == []
    assert found["items"] == 40 + count
    assert len(cli("predict", image_run, photos / "Ziffer 0 é", "--json").json["label"]) == 20 + count
    assert tree(photos) == before


def test_a_loop_of_links_ends(cli, photos):
    os.symlink(photos.resolve(), photos / "Ziffer 0 é" / "loop")
    os.symlink("nowhere", photos / "Ziffer 0 é" / "broken")
    assert cli("inspect", photos, "--json").json["items"] == 40


def test_a_link_to_a_image_that_is_gone_is_a_bad_file(cli, photos):
    os.symlink("nowhere.png", photos / "Ziffer 0 é" / "gone.png")
    answer = cli("inspect", photos)
    assert answer.code == 0, answer.err
    assert "gone.png" in answer.out
