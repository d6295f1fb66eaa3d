"""Valid data of every format that can be opened, as small as its readers take it."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from data import make_files as make
from hostile import annotation_seeds, table_seeds

__all__ = ["SEEDS", "Seed"]


class Seed(NamedTuple):
    """Valid data.

    Args:
        build: writes it below a folder and returns what is opened.
        options: of `open_data`; a text that starts with `@` is a path below the folder.
        kind: what is learned from it, for inputs to a trained run: `image`, `table`, `text` or `array`.
    """

    build: Callable[[Path], Path]
    options: Mapping[str, Any] = MappingProxyType({})
    kind: str = "image"


def _pixels(seed: int = 0, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape or (12, 10, 3), dtype=np.uint8)


def _save(folder: Path, names: dict[str, dict[str, Any]], mode: str = "RGB") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, options) in enumerate(names.items()):
        image = Image.fromarray(_pixels(number))
        image.convert(options.pop("mode", mode)).save(folder / name, **options)
    return folder


def _common_images(folder: Path) -> Path:
    """Class folders of the usual codecs."""
    tags = Image.Exif()
    tags[0x0112] = 6
    _save(folder / "ant", {"a.png": {}, "b.jpg": {"exif": tags}, "c.webp": {}, "d.gif": {"mode": "P"}})
    _save(folder / "bee", {"a.png": {"mode": "RGBA"}, "b.jpg": {}, "c.bmp": {}, "d.tif": {}})
    return folder


def _other_images(folder: Path) -> Path:
    """Class folders of modes and codecs that are met more rarely."""
    _save(
        folder / "ant",
        {"p.png": {"mode": "P"}, "one.png": {"mode": "1"}, "c.jpg": {"mode": "CMYK"}, "t.tga": {}},
    )
    _save(folder / "bee", {"l.png": {"mode": "LA"}, "i.ico": {"sizes": [(10, 10)]}, "p.ppm": {}, "j.jp2": {}})
    frames = [Image.fromarray(_pixels(number)) for number in range(3)]
    for name in ("anim.gif", "anim.png", "anim.webp", "pages.tif"):
        frames[0].save(folder / "bee" / name, save_all=True, append_images=frames[1:])
    frames[0].save(folder / "ant" / "a.avif", speed=10)
    return folder


def _deep_images(folder: Path) -> Path:
    """Images of more than 8 bits."""
    for name, dtype in (
        ("a.png", np.uint16),
        ("b.tif", np.uint16),
        ("c.tif", np.float32),
        ("d.tif", np.int32),
    ):
        (folder / name[0]).mkdir(parents=True, exist_ok=True)
        for number in range(4):
            Image.fromarray((_pixels(number, 9, 7) * 16).astype(dtype)).save(
                folder / name[0] / f"{number}{name}"
            )
    return folder


def _split_images(folder: Path) -> Path:
    for part in ("train", "val", "test"):
        make.classes(folder / part, count=2, size=(8, 8))
    return folder


def _label_file(name: str, content: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        for number in range(6):
            make.image(folder / f"{number}.png", seed=number, size=(8, 9))
        (folder / name).write_text(content)
        return folder

    return build


def _masks(folder: Path) -> Path:
    for number in range(4):
        make.image(folder / "images" / f"{number}.png", seed=number, size=(9, 8))
        (folder / "masks").mkdir(exist_ok=True)
        mask = Image.fromarray(_pixels(number, 9, 8) % 3)
        if number % 2:
            mask = mask.convert("P")
        mask.save(folder / "masks" / f"{number}.png")
    (folder / "classes.txt").write_text("void\ncat\ndog\n")
    return folder


def _color_masks(folder: Path) -> Path:
    colors = np.array([[0, 0, 0], [255, 0, 0], [0, 128, 64]], np.uint8)
    for number in range(4):
        make.image(folder / "images" / f"{number}.jpg", seed=number, size=(9, 8))
        (folder / "masks").mkdir(exist_ok=True)
        Image.fromarray(colors[_pixels(number, 9, 8) % 3]).save(folder / "masks" / f"{number}_mask.png")
    (folder / "class_dict.csv").write_text("name,r,g,b\nvoid,0,0,0\ncat,255,0,0\ndog,0,128,64\n")
    return folder


def _folders_of_images(*names: str, size: tuple[int, int] = (8, 9)) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        for number, name in enumerate(names):
            for i in range(3):
                make.image(folder / name / f"{i}.png", seed=9 * number + i, size=size)
        return folder

    return build


def _texts(folder: Path) -> Path:
    for name in ("good", "bad"):
        (folder / name).mkdir(parents=True)
        for i in range(4):
            (folder / name / f"{i}.txt").write_text(f"the {name} film number {i}, é", encoding="utf-8")
    return folder


def _arrays() -> dict[str, np.ndarray]:
    return {"x_train": _pixels(0, 12, 8, 8), "y_train": np.arange(12) % 3, "x_test": _pixels(1, 5, 8, 8),
            "y_test": np.arange(5) % 3}  # fmt: skip


def _npz(folder: Path) -> Path:
    np.savez_compressed(folder / "d.npz", **_arrays())  # type: ignore[arg-type]
    return folder / "d.npz"


def _npz_names(folder: Path) -> Path:
    values = np.random.default_rng(0).normal(size=(12, 6)).astype(np.float32)
    np.savez(folder / "d.npz", x=values, y=np.array(list("abc") * 4), classes=np.array(["a", "b", "c"]))
    return folder / "d.npz"


def _npy(folder: Path) -> Path:
    np.save(folder / "d.npy", np.random.default_rng(0).normal(size=(12, 6)))
    return folder / "d.npy"


def _mat(folder: Path) -> Path:
    from scipy.io import savemat

    savemat(folder / "d.mat", {"X": _pixels(0, 8, 8, 3, 12), "y": (np.arange(12) % 3)[:, None]})
    return folder / "d.mat"


def _mat_compressed(folder: Path) -> Path:
    from scipy.io import savemat

    savemat(
        folder / "d.mat",
        {"x": np.eye(12, 6), "y": np.arange(12.0) % 2, "s": {"a": 1}, "t": "ab"},
        do_compression=True,
    )
    return folder / "d.mat"


def _idx_folder(folder: Path) -> Path:
    for part, count in (("train", 9), ("t10k", 4)):
        images, labels = _pixels(0, count, 6, 5), (np.arange(count) % 3).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(make.idx(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(make.idx(labels), mtime=0))
    return folder


def _idx(folder: Path) -> Path:
    file = folder / "all-images-idx3-ubyte"
    file.write_bytes(make.idx(_pixels(0, 9, 6, 5)))
    return file


def _cifar(
    folder: Path, labels: int = 1, names: tuple[str, ...] = ("data_batch_1.bin", "test_batch.bin")
) -> Path:
    for number, name in enumerate(names):
        rows = _pixels(number, 6, 3072 + labels)
        rows[:, :labels] = np.arange(6)[:, None] % 3
        (folder / name).write_bytes(rows.tobytes())
    (folder / ("batches.meta.txt" if labels == 1 else "fine_label_names.txt")).write_text("ant\nbee\ncat\n")
    return folder


def _cifar_100(folder: Path) -> Path:
    return _cifar(folder, 2, ("train.bin", "test.bin"))


def _zip(inner: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        (folder / "work").mkdir()
        inner(folder / "work")
        with zipfile.ZipFile(folder / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted((folder / "work").rglob("*")):
                archive.write(file, file.relative_to(folder / "work"))
        return _only(folder, "d.zip")

    return build


def _tar(ending: str, inner: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        (folder / "work").mkdir()
        inner(folder / "work")
        mode = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz"}[ending]
        with tarfile.open(folder / f"d.{ending}", mode) as archive:  # type: ignore[call-overload]
            archive.add(folder / "work", ".")
        return _only(folder, f"d.{ending}")

    return build


def _only(folder: Path, name: str) -> Path:
    """Removes the folder that was packed."""
    import shutil

    shutil.rmtree(folder / "work")
    return folder / name


def _video(ending: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        import av

        with av.open(str(folder / f"clip{ending}"), "w") as out:
            codec = {".mkv": "ffv1", ".mpg": "mpeg1video", ".mp4": "mpeg4", ".avi": "mpeg4"}[ending]
            stream = out.add_stream(codec, rate=25)
            stream.height, stream.width = 16, 32
            stream.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
            for number in range(4):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(_pixels(number, 16, 32, 3), format="rgb24")))
            out.mux(stream.encode())
        return folder / f"clip{ending}"

    return build


LINES = "\n".join(json.dumps({"file_name": f"{n}.png", "label": "ab"[n % 2]}) for n in range(6))
ROBOFLOW = "filename,cat,dog\n" + "\n".join(f"{n}.png,{n % 2},{n % 3 % 2}" for n in range(6))
METADATA = "file_name,label,color\n" + "\n".join(
    f"{n}.png,{'ab'[n % 2]},{('red', 'red;blue')[n % 2]}" for n in range(6)
)

SEEDS: dict[str, Seed] = {
    "images": Seed(_common_images),
    "images-other": Seed(_other_images),
    "images-deep": Seed(_deep_images),
    "images-sized": Seed(_common_images, {"image_size": (9, 7), "channels": 1}),
    "images-split": Seed(_split_images),
    "metadata-csv": Seed(_label_file("metadata.csv", METADATA)),
    "metadata-target": Seed(_label_file("metadata.csv", METADATA), {"target": "color"}),
    "metadata-jsonl": Seed(_label_file("metadata.jsonl", LINES)),
    "classes-csv": Seed(_label_file("_classes.csv", ROBOFLOW)),
    "masks": Seed(_masks),
    "masks-color": Seed(_color_masks),
    "pairs": Seed(_folders_of_images("one", "two"), {"pairs": "one,two"}),
    "pairs-left": Seed(_folders_of_images(".", size=(8, 18)), {"pairs": "left"}),
    "domains": Seed(_folders_of_images("trainA", "trainB", "testA", "testB")),
    "target-domain": Seed(_folders_of_images("."), {"target_domain": "@"}),
    "images-test-data": Seed(_folders_of_images("a", "b"), {"test_data": "@"}),
    "texts": Seed(_texts, kind="text"),
    "npz": Seed(_npz),
    "npz-names": Seed(_npz_names, kind="array"),
    "npy": Seed(_npy, kind="array"),
    "mat": Seed(_mat),
    "mat-compressed": Seed(_mat_compressed, kind="array"),
    "idx-folder": Seed(_idx_folder),
    "idx": Seed(_idx),
    "cifar-10": Seed(_cifar),
    "cifar-100": Seed(_cifar_100),
    "zip": Seed(_zip(_folders_of_images("ant", "bee"))),
    "zip-table": Seed(_zip(table_seeds.csv), {"target": "y"}, "table"),
    "zip-boxes": Seed(_zip(annotation_seeds.coco)),
    "tar": Seed(_tar("tar", _folders_of_images("ant", "bee"))),
    "tar-gz": Seed(_tar("tar.gz", _texts), kind="text"),
    "tar-xz": Seed(_tar("tar.xz", _npz)),
    **{f"boxes-{name}": Seed(build) for name, build in annotation_seeds.BUILDERS.items()},
    **{
        f"table-{name}": Seed(build, {"target": "y", **options}, "table")
        for name, (build, options) in table_seeds.BUILDERS.items()
    },
    **{
        f"video{ending}": Seed(_video(ending), {"only": "inputs"})
        for ending in (".mp4", ".mkv", ".avi", ".mpg")
    },
}
