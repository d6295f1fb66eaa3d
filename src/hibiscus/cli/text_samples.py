"""Output of `sample` for texts: on the terminal, and as a `.txt` or a `.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hibiscus.cli.console import emit
from hibiscus.data.tables.formula_guard import guard_formulas
from hibiscus.plurals import plural
from hibiscus.runs.destination import writing
from hibiscus.screen import visible

__all__ = ["write_texts"]

LINE = "-" * 40  # between two texts


def write_texts(samples: dict[str, Any], path: Path, as_json: bool, quiet: bool) -> None:
    """Writes texts and shows them.

    Args:
        samples: `text`, and a column for each condition.
        path: a `.txt`, in which a line separates two texts, or a `.csv` with a row for each text.
        as_json: one JSON object instead of the texts.
        quiet: show nothing.
    """
    import pandas

    columns = {name: [*values] for name, values in samples.items()}
    texts = [str(text) for text in columns.pop("text")]
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".csv":
            guard_formulas(pandas.DataFrame({**columns, "text": texts})).to_csv(path, index=False)
        else:
            path.write_text(f"\n{LINE}\n".join(texts) + "\n", encoding="utf-8", errors="backslashreplace")
    if as_json or not quiet:
        content = {"out": str(path), "items": len(texts), "texts": texts, "conditions": columns}
        shown = f"\n{LINE}\n".join("\n".join(map(visible, text.split("\n"))) for text in texts)
        emit(content, f"{shown}\n\n{plural(len(texts), 'sample')} written to {path}", as_json)
