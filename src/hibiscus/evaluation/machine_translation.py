"""Evaluation of translated texts: BLEU and chrF beside baselines, examples, errors, and long texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hibiscus.data.prepared import evenly_spaced
from hibiscus.evaluation.items import Curve, Matrix, ReportItem, Series, Table
from hibiscus.metrics.translation_scores import bleu, bleu_signature, chrf, chrf_of_each
from hibiscus.training.method import Evaluation

__all__ = ["attention_map", "evaluate_translations"]

SHOWN = 8  # texts in a table of examples
BINS = 6  # of lengths
MIN_BIN = 20  # texts of a bin, since BLEU of fewer is mostly chance
LONGEST_TEXT = 300  # characters of a text in a table
LARGEST_MAP = 40  # tokens of an attention map


def evaluate_translations(
    texts: Sequence[str],
    outputs: Sequence[str],
    references: Sequence[str],
    baselines: Mapping[str, Sequence[str]],
    lengths: Sequence[int] | np.ndarray,
    lower: bool = False,
    settings: str = "",
) -> Evaluation:
    """The quality of translations and of baselines.

    Args:
        texts: the source texts.
        outputs: their translations by the network.
        references: their true translations.
        baselines: the translations of each baseline, by its name.
        lengths: the number of tokens of each source text.
        lower: whether BLEU ignores upper and lower case, since the outputs are in lower case.
        settings: how the network was decoded, for the report.
    """
    metrics = _scores(outputs, references, lower)
    others = {name: _scores(row, references, lower) for name, row in baselines.items()}
    each = np.array(chrf_of_each(outputs, references))
    order = np.argsort(each, kind="stable")
    columns = ["source", "translation", "reference", "chrF"]
    rows = [
        [_cut(texts[i]), _cut(outputs[i]), _cut(references[i]), round(float(each[i]), 1)]
        for i in range(len(texts))
    ]
    quality = [[name, *row.values()] for name, row in {"this network": metrics, **others}.items()]
    case = "upper and lower case count as the same" if lower else "upper and lower case differ"
    note = f"{len(texts):,} texts; {settings}. BLEU of sacrebleu, {case}: {bleu_signature(lower)}"
    report_items: list[ReportItem] = [
        Table("Quality of the translations", ["", "BLEU", "chrF"], quality, note),
        Table(
            "Examples",
            columns,
            [rows[i] for i in evenly_spaced(len(rows), SHOWN)],
            "Evenly spaced texts, not selected.",
        ),
        Table(
            "Worst translations",
            columns,
            [rows[i] for i in order[:SHOWN]],
            "Lowest chrF; a reference may also be free or wrong.",
        ),
        Table("Best translations", columns, [rows[i] for i in order[::-1][:SHOWN]], "Highest chrF."),
    ]
    systems = {"this network": list(outputs), **{name: list(row) for name, row in baselines.items()}}
    curve = _length_curve(np.asarray(lengths), systems, list(references), lower)
    return Evaluation(metrics, others, [*report_items, *curve])


def attention_map(
    source: Sequence[str], target: Sequence[str], weights: np.ndarray, number: int
) -> Matrix | None:
    """A heat map of the attention of one translation; None for texts that are too long for it.

    Args:
        source: the tokens of the source.
        target: the predicted tokens, the end of the text included.
        weights: attention of each prediction to each source token `(target, source)`.
        number: counts the maps, from 1.
    """
    if max(len(source), len(target)) > LARGEST_MAP or not source or not target:
        return None
    note = "Percent of the attention. Rows: predicted tokens; columns: tokens of the source. ␣ is a space."
    percent = np.rint(100 * weights)
    return Matrix(f"Attention, text {number}", _visible(target), _visible(source), percent, note)


def _scores(outputs: Sequence[str], references: Sequence[str], lower: bool) -> dict[str, float]:
    return {"bleu": bleu(outputs, references, lower), "chrf": chrf(outputs, references)}


def _length_curve(
    lengths: np.ndarray, systems: Mapping[str, list[str]], references: list[str], lower: bool
) -> list[ReportItem]:
    """BLEU for sources of similar lengths, if there are enough texts."""
    bins = min(BINS, len(lengths) // MIN_BIN)
    if bins < 2:
        return []
    groups = [rows.tolist() for rows in np.array_split(np.argsort(lengths, kind="stable"), bins)]
    middle = [float(lengths[rows].mean()) for rows in groups]
    series = [
        Series(
            name,
            middle,
            [bleu([row[i] for i in rows], [references[i] for i in rows], lower) for rows in groups],
        )
        for name, row in systems.items()
    ]
    note = f"Texts in {bins} groups of similar length."
    return [Curve("BLEU against length", "tokens of the source", "BLEU", series, note=note)]


def _visible(tokens: Sequence[str]) -> list[str]:
    """Tokens with signs for spaces, which would not be seen, and for bytes that are part of a character."""
    return [token.replace(" ", "␣").replace("\N{REPLACEMENT CHARACTER}", "▯") for token in tokens]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " ..."
