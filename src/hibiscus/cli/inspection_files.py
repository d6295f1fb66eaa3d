"""The file that `inspect` writes: drawings of time series, or suspected label errors."""

from __future__ import annotations

from pathlib import Path

from hibiscus.errors import UsageError

__all__ = ["DRAWINGS", "check_inspection_file"]

DRAWINGS = (".png", ".html")


def check_inspection_file(out: str | None, label_errors: bool, data: str) -> Path | None:
    """The file, checked before anything is computed.

    Args:
        out: as typed; its ending says what it holds.
        label_errors: whether suspected labels are looked for.
        data: the data, never written to.

    Raises:
        UsageError: an ending that is not known, or suspected labels that are not looked for.
        DataError: the file exists, or cannot be written.
    """
    from hibiscus.cli.data_checks import check_label_error_file
    from hibiscus.cli.predictions import check_location

    if out is None:
        return None
    path = Path(out).expanduser()
    if path.suffix.lower() not in DRAWINGS:
        return check_label_error_file(out, label_errors)
    if label_errors:
        raise UsageError(
            f"--out {out} with --label-errors", "a .csv, .json or .parquet file", "--out labels.csv"
        )
    check_location(out, path, True, [data])
    return path
