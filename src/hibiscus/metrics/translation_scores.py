r"""BLEU and chrF of translations, computed by the package `sacrebleu`, so that figures are comparable.

    BLEU = 100 brevity (p_1 p_2 p_3 p_4)**(1/4)
    brevity = min(1, exp(1 - length of the references / length of the outputs))
    chrF = 100 (1 + beta**2) P R / (beta**2 P + R),    beta = 2

p_n is the fraction of n-grams of the outputs that occur in the references, counted over all texts; P and R
are mean precision and recall of the character n-grams up to 6. BLEU depends on how texts are divided into
tokens and on upper and lower case; the signature states both.

Reference: Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL 2002;
Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015; Post, "A Call for Clarity in
Reporting BLEU Scores", 2018, arXiv 1804.08771.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hibiscus.errors import DataError, MissingExtraError

__all__ = ["bleu", "bleu_signature", "chrf", "chrf_of_each", "require_sacrebleu"]

TOKENIZATION = "13a"  # the rules of the WMT evaluations, for languages with spaces between words


def bleu(outputs: Sequence[str], references: Sequence[str], lower: bool = False) -> float:
    """BLEU of all outputs together, from 0 to 100.

    Args:
        outputs: the translations.
        references: one for each output.
        lower: whether upper and lower case count as the same.

    Raises:
        DataError: not as many outputs as references.
        MissingExtraError: the package `sacrebleu` is not installed.
    """
    _check(outputs, references)
    if not outputs:
        return 0.0
    return float(_bleu(lower).corpus_score(list(outputs), [list(references)]).score)


def bleu_signature(lower: bool = False) -> str:
    """The settings of `bleu` and the version of sacrebleu, as papers state them."""
    metric = _bleu(lower)
    metric.corpus_score(["a"], [["a"]])  # the number of references becomes known with the first call
    return str(metric.get_signature())


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 of all outputs together, from 0 to 100; the errors are those of `bleu`."""
    _check(outputs, references)
    if not outputs:
        return 0.0
    return float(require_sacrebleu().CHRF().corpus_score(list(outputs), [list(references)]).score)


def chrf_of_each(outputs: Sequence[str], references: Sequence[str]) -> list[float]:
    """chrF2 of each output: for single sentences, most of which have a BLEU of 0."""
    _check(outputs, references)
    metric = require_sacrebleu().CHRF()
    pairs = zip(outputs, references, strict=True)
    return [float(metric.sentence_score(output, [reference]).score) for output, reference in pairs]


def require_sacrebleu() -> Any:
    """The metrics of sacrebleu.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        from sacrebleu import metrics
    except ImportError:
        raise MissingExtraError(
            "BLEU requires the package sacrebleu", "the extra text", "pip install 'hibiscus[text]'"
        ) from None
    return metrics


def _bleu(lower: bool) -> Any:
    return require_sacrebleu().BLEU(lowercase=lower, tokenize=TOKENIZATION)


def _check(outputs: Sequence[str], references: Sequence[str]) -> None:
    if len(outputs) != len(references):
        received = f"{len(outputs):,} translations with {len(references):,} references"
        raise DataError(received, "one reference for each translation", "pass both in the same order")
