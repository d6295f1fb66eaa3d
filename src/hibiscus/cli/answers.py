"""What `predict` prints or writes: one line for each item, or a file by its ending."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hibiscus.cli.text import number, plain, plural, say, table
from hibiscus.errors import DataError, UsageError

__all__ = ["check_out", "predictions"]

ENDINGS = (".csv", ".json", ".parquet", ".npz")
SHOWN = 50  # answers on a screen; a pipe gets all


def check_out(out: str | None, inputs: list[str]) -> Path | None:
    """The file to write, looked at before anything is computed.

    Raises:
        UsageError: an ending that is not known, or the file is one of the inputs.
        DataError: there is no such folder, or a folder stands in its place.
    """
    if out is None:
        return None
    path = Path(out).expanduser()
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"--out {out}", f"a file ending in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}", f"--out {path.stem or 'answers'}.csv"
        )
    if path.is_dir():
        raise DataError(f"--out {out}: a folder", "a file", f"--out {path}/answers.csv")
    if not path.parent.is_dir():
        raise DataError(f"--out {out}: there is no folder {path.parent}", "a folder that exists", f"mkdir -p {path.parent}")
    if any(Path(given).expanduser().resolve() == path.resolve() for given in inputs):
        raise UsageError(f"--out {out}: this is the input", "another file, for inputs are never changed", "--out answers.csv")
    return path


def predictions(found: dict[str, Any], out: Path | None, as_json: bool, quiet: bool) -> None:
    """Answers, one line each, or written to a file by its ending."""
    if not quiet and not as_json:
        for bad in found["skipped"]:
            print(f"left out: {bad['reason']}", file=sys.stderr)  # noqa: T201
    if out is not None:
        _write(found, out)
        content = {"out": str(out), "items": len(found["id"]), "skipped": found["skipped"]}
        if as_json or not quiet:
            say(content, f"{plural(len(found['id']), 'answer')} written to {out}", as_json)
        return
    names = [name for name in found if name not in ("id", "skipped", "classes", "probabilities")]
    shown = found["id"][:SHOWN] if sys.stdout.isatty() else found["id"]
    rows = [["item", *names]]
    if not as_json:
        rows += [[str(item), *(_cell(found[name][i]) for name in names)] for i, item in enumerate(shown)]
    text = table(rows, "")
    if len(shown) < len(found["id"]):
        text += f"\n... and {len(found['id']) - len(shown):,} more; --out answers.csv writes them all"
    say(found, text, as_json)


def _cell(value: Any) -> str:
    if getattr(value, "ndim", 0) > 1:  # a picture is no text
        return f"{'x'.join(map(str, value.shape))} values"
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list):
        return " ".join(_cell(one) for one in value)
    return number(value) if isinstance(value, float) else str(value)


def _write(found: dict[str, Any], path: Path) -> None:
    import numpy as np

    ending = path.suffix.lower()
    try:
        if ending == ".json":
            path.write_text(json.dumps(plain(found), ensure_ascii=False), encoding="utf-8")
        elif ending == ".npz":
            np.savez(path, allow_pickle=False, **{name: np.asarray(values) for name, values in found.items() if name != "skipped"})
        elif ending == ".csv":
            _frame(found).to_csv(path, index=False)
        else:
            _frame(found).to_parquet(path, index=False)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error})", "a file that may be written", "another --out") from None


def _frame(found: dict[str, Any]) -> Any:
    """One row for each item; an array of several columns becomes as many columns, probabilities one for each class."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, values in found.items():
        if name in ("skipped", "classes"):
            continue
        array = np.asarray(values)
        if array.ndim < 2:
            columns[name] = array
        elif array.shape[1] == 1:
            columns[name] = array[:, 0]
        else:
            flat = array.reshape(len(array), -1)
            parts = found["classes"] if name == "probabilities" and "classes" in found else range(1, flat.shape[1] + 1)
            stem = "p" if name == "probabilities" else name
            columns |= {f"{stem}({part})": flat[:, i] for i, part in enumerate(parts)}
    return pd.DataFrame(columns)
