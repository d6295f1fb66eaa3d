"""What `inspect` says about texts: their lengths, their vocabulary, and near duplicates across parts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hibiscus.cli.console import table
from hibiscus.plurals import plural

if TYPE_CHECKING:
    import numpy as np

    from hibiscus.data.dataset import Dataset

__all__ = ["text_lines", "text_summary"]

MAX_EXAMPLES = 3  # of near duplicates
WIDTH = 40  # characters of the longest bar
SHOWN = 60  # characters of a text


def text_summary(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, Any]:
    """The texts, and their translations, as plain JSON values; empty without a column of texts."""
    from hibiscus.data.raw_fields import raw_field
    from hibiscus.progress import step

    texts = raw_field(dataset, "text")
    if texts is None:
        return {}
    from hibiscus.data.text.similar_texts import MAX_TEXTS, similar_texts
    from hibiscus.data.text.text_summary import describe_texts

    continuous = bool(dataset.about.get("text", {}).get("continuous"))
    with step("counting words"):
        summary = {**describe_texts(texts, parts, dataset.ids), "continuous": continuous}
        if "target_text" in dataset.fields:
            summary["translations"] = describe_texts(dataset.fields["target_text"], parts, dataset.ids)
    if continuous or len(parts) < 2:
        return summary
    pairs = similar_texts(texts, parts, dataset.keys)
    near = {
        "across": dict(Counter(" and ".join(pair.parts) for pair in pairs)),
        "pairs": [
            {
                "items": [dataset.ids[pair.first], dataset.ids[pair.second]],
                "parts": list(pair.parts),
                "similarity": round(pair.similarity, 3),
                "texts": [str(texts[index])[:200] for index in (pair.first, pair.second)],
            }
            for pair in pairs
        ],
    }
    return {**summary, "near_duplicates": near, "compared": len(texts) <= MAX_TEXTS}


def text_lines(summary: dict[str, Any]) -> list[str]:
    """The summary as lines."""
    if not summary:
        return []
    lines = _vocabulary("texts", summary)
    if "translations" in summary:
        lines += _vocabulary("translations", summary["translations"])
    near = summary.get("near_duplicates", {"across": {}, "pairs": []})
    if near["pairs"]:
        counts = ", ".join(f"{count:,} in {between}" for between, count in near["across"].items())
        lines.append(f"near-duplicate texts across parts: {counts}")
    for pair in near["pairs"][:MAX_EXAMPLES]:
        lines.append(f"  {' and '.join(pair['items'])}, similarity {pair['similarity']:.2f}")
        lines += [f"    {_shown(text)}" for text in pair["texts"]]
    rest = len(near["pairs"]) - MAX_EXAMPLES
    lines += [f"  ... and {plural(rest, 'more pair')} (--json lists them all)"] if rest > 0 else []
    return lines + (
        [] if summary.get("compared", True) else ["near duplicates: not searched in so many texts"]
    )


def _vocabulary(name: str, summary: dict[str, Any]) -> list[str]:
    """Lengths, growth of the vocabulary and unknown words of texts, or of translations."""
    lines = []
    if not summary.get("continuous"):
        quantiles = [*summary["lengths"]]
        rows = [[f"length of {name}", *quantiles]]
        for unit in ("lengths", "characters"):
            label = "words and marks" if unit == "lengths" else unit
            rows.append([label, *(f"{summary[unit][quantile]:,}" for quantile in quantiles)])
        lines += [table(rows), f"longest: {summary['longest']}"]
        lines += [f"empty: {plural(summary['empty'], 'text')}"] if summary["empty"] else []
    part = " of the training part" if summary["unknown"] else ""
    lines.append(
        f"vocabulary{part}: {plural(summary['vocabulary'], 'word or mark', 'words and marks')} among "
        f"{summary['tokens']:,}, "
        f"{summary['once']:,} of them once"
    )
    if summary["share"] < 1:
        lines.append(f"  of {summary['share']:.0%} of the texts")
    most = max((words for _, words in summary["growth"]), default=1)
    growth = [
        [f"{read:,}", f"{words:,}", "#" * max(1, round(WIDTH * words / most))]
        for read, words in summary["growth"]
    ]
    lines += [table([["read", "different", ""], *growth])] if growth else []
    lines += [f"unknown words in {part}: {share:.2%}" for part, share in summary["unknown"].items()]
    return lines


def _shown(text: str) -> str:
    """The beginning of a text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 4] + " ..."
