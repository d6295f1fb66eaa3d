"""Predictions as files: tables, JSON and arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hibiscus.cli.console import plain
from hibiscus.data.tables.formula_guard import guard_formulas
from hibiscus.runs.destination import writing

__all__ = ["ENDINGS", "TABLES", "write_file"]

ENDINGS = (".csv", ".json", ".parquet", ".npz")
TABLES = (".csv", ".parquet")  # which cannot hold images


def write_file(predicted: dict[str, Any], path: Path) -> None:
    """Writes predictions in the format that the ending of the path names; CSV without formulas.

    Raises:
        DataError: the file cannot be written.
    """
    import numpy as np

    ending = path.suffix.lower()
    with writing(path):
        if ending == ".json":
            text = json.dumps(plain(predicted), ensure_ascii=False)  # in which names that are no Unicode ...
            path.write_text(text, encoding="utf-8", errors="backslashreplace")  # ... become escapes of JSON
        elif ending == ".npz":
            arrays = {
                name: np.asarray(values)
                for name, values in predicted.items()
                if name not in ("skipped", "notes")
            }
            np.savez(path, allow_pickle=False, **arrays)
        elif ending == ".csv":
            guard_formulas(_frame(predicted)).to_csv(path, index=False)
        else:
            _frame(predicted).to_parquet(path, index=False)


def _frame(predicted: dict[str, Any]) -> Any:
    """One row per item; an array of several columns becomes as many columns, probabilities one per class.

    The values of several targets stand in columns with the names of the targets.
    """
    import numpy as np
    import pandas as pd

    from hibiscus.data.files import readable_name

    columns: dict[str, Any] = {}
    for name, values in predicted.items():
        if name in ("skipped", "notes", "classes", "targets"):
            continue
        array = np.asarray(values)
        if name == "id":
            columns[name] = [readable_name(str(item)) for item in values]  # tables hold Unicode only
        elif array.ndim < 2:
            columns[name] = array
        elif array.shape[1] == 1:
            columns[name] = array[:, 0]
        elif name == "value" and "targets" in predicted:
            columns |= dict(zip(predicted["targets"], array.T, strict=True))
        else:
            flat = array.reshape(len(array), -1)
            by_class = name == "probabilities" and "classes" in predicted
            parts = predicted["classes"] if by_class else range(1, flat.shape[1] + 1)
            stem = "p" if name == "probabilities" else name
            columns |= {f"{stem}({part})": flat[:, i] for i, part in enumerate(parts)}
    return pd.DataFrame(columns)
