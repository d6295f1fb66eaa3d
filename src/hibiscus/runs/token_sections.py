"""What `hibiscus visualize` writes about texts: each text with marked tokens, and all numbers as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from hibiscus.data.tables.formula_guard import guard_formula
from hibiscus.evaluation.attribution.token_attributions import TokenAttributions
from hibiscus.evaluation.marked_texts import MarkedTexts, mark_tokens
from hibiscus.report.visualization_page import PageTable, Section
from hibiscus.runs.amounts import amount_text
from hibiscus.runs.destination import writing

__all__ = ["token_sections"]

TITLES = {"integrated-gradients": "Integrated gradients", "occlusion": "Occlusion"}
NOTES = {
    "integrated-gradients": "The score minus that of a text of empty tokens, divided among the tokens.",
    "occlusion": "How much the score falls if the token is unknown.",
}


def token_sections(
    attributions: Sequence[TokenAttributions], ids: Sequence[str], quantity: str, folder: Path
) -> Iterator[Section]:
    """A section and a CSV file for each kind of attribution.

    Args:
        attributions: of the same texts.
        ids: the names of the texts.
        quantity: what the amounts are.
        folder: of the CSV files.

    Raises:
        DataError: a file cannot be written.
    """
    for one in attributions:
        _write_csv(one, ids, quantity, folder / f"{one.kind}.csv")
        texts = [
            mark_tokens(f"{name}: {what}, {amount_text(quantity, amount)}", text, tokens, values)
            for name, what, amount, text, tokens, values in zip(
                ids, one.names, one.amounts, one.texts, one.tokens, one.values, strict=True
            )
        ]
        item = MarkedTexts(TITLES[one.kind], texts, "raises the score", "lowers it")
        checks = [[name.replace("_", " "), value] for name, value in one.checks.items()]
        note = f"{NOTES[one.kind]} The numbers of all tokens are in {one.kind}.csv, in the unit of the "
        note += "network's output."
        yield Section(TITLES[one.kind], note, [], [PageTable(["check", "value"], checks)], item)


def _write_csv(one: TokenAttributions, ids: Sequence[str], quantity: str, path: Path) -> None:
    with writing(path), path.open("x", encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "explained", quantity, "position", "token", "attribution"])
        for name, what, amount, tokens, values in zip(
            ids, one.names, one.amounts, one.tokens, one.values, strict=True
        ):
            about = guard_formula(name), guard_formula(what), f"{amount:.6g}"
            for position, (token, value) in enumerate(zip(tokens, values.tolist(), strict=True), start=1):
                rows.writerow([*about, position, guard_formula(token), f"{value:.6g}"])
