"""What `sample` writes: one grid, a file for each picture, or arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hibiscus.cli.text import plural, say
from hibiscus.errors import DataError, UsageError

__all__ = ["check_place", "write_samples"]


def check_place(out: str | None, run: Path) -> Path:
    """Where samples go, looked at before anything is computed: a `.png` for a grid, a `.npz`, or a folder of single pictures.

    Raises:
        UsageError: an ending that is not known.
        DataError: there is no such folder.
    """
    if out is None:
        return run / "samples" / "samples.png"
    path = Path(out).expanduser()
    if path.suffix.lower() not in ("", ".png", ".npz"):
        raise UsageError(f"--out {out}", "a folder, or a file ending in .png or .npz", f"--out {path.stem or 'samples'}.png")
    if not path.parent.is_dir():
        raise DataError(f"--out {out}: there is no folder {path.parent}", "a folder that exists", f"mkdir -p {path.parent}")
    return path


def write_samples(found: dict[str, Any], path: Path, as_json: bool, quiet: bool) -> None:
    """Writes the pictures and their conditions, and says where."""
    import numpy as np

    from hibiscus.data.pictures import picture_grid, save_picture

    pixels = found["image"]
    try:
        if path.suffix.lower() == ".npz":
            conditions = {name: np.asarray(values) for name, values in found.items() if name != "image"}
            np.savez_compressed(path, allow_pickle=False, samples=pixels, **conditions)
        elif path.suffix.lower() == ".png":
            path.parent.mkdir(parents=True, exist_ok=True)
            save_picture(picture_grid(pixels), path)
        else:
            path.mkdir(parents=True, exist_ok=True)
            for index, picture in enumerate(pixels):
                save_picture(picture, path / f"sample-{index + 1:05d}.png")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a place that may be written", "another --out") from None
    if as_json or not quiet:
        say({"out": str(path), "items": len(pixels)}, f"{plural(len(pixels), 'sample')} written to {path}", as_json)
