"""Evaluation of language models: likelihood of texts, with baselines, samples and the largest errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hibiscus.data.text.token_windows import TextPart
from hibiscus.evaluation.items import Curve, ReportItem, Series, Table
from hibiscus.evaluation.language_baselines import language_baselines
from hibiscus.evaluation.token_likelihood import TokenScores, language_metrics, score_tokens
from hibiscus.networks.language_model import LanguageModel
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_language", "validate_language"]

LARGEST_ERRORS = 12
BEFORE = 40  # tokens shown before an error
HIDDEN = 4  # the special tokens, whose errors are not shown


def validate_language(network: LanguageModel, part: TextPart, context: int) -> dict[str, float]:
    """The metrics of a language model on a part that is read once."""
    return language_metrics(score_tokens(network, part.tokens, context), part.characters)


def evaluate_language(
    network: LanguageModel,
    parts: Mapping[str, TextPart],
    part: str,
    vocabulary: int,
    context: int,
    decode: Callable[[Sequence[int]], str],
    samples: Mapping[str, str],
) -> Evaluation:
    """The metrics with those of baselines, samples, and where the model was most wrong.

    Args:
        network: in evaluation mode.
        parts: `train`, and `val` if there is one, and the evaluated one.
        part: the evaluated one.
        vocabulary: number of different tokens.
        context: tokens that a prediction needs before it.
        decode: the text of tokens.
        samples: a text from the model by how it was drawn.
    """
    tokens = parts[part].tokens
    scores = score_tokens(network, tokens, context)
    metrics = language_metrics(scores, parts[part].characters)
    arrays = {name: value.tokens.cpu().numpy() for name, value in parts.items()}
    chosen_on = arrays.get("val")
    characters = parts[part].characters
    baselines, curve = language_baselines(arrays["train"], chosen_on, arrays[part], vocabulary, characters)
    items: list[ReportItem] = [
        Table("Samples", ["", "text"], [[name, text] for name, text in samples.items()]),
        _surprises(scores, arrays[part], decode),
        _distribution(scores),
        curve,
    ]
    return Evaluation(metrics, baselines, items)


def _surprises(scores: TokenScores, tokens: np.ndarray, decode: Callable[[Sequence[int]], str]) -> Table:
    """The tokens with the smallest probabilities, with what stands before them."""
    rows: list[list[str | float]] = []
    for index in np.argsort(-scores.nats, kind="stable"):
        token = int(tokens[index + 1])
        if token >= HIDDEN:
            before = decode(tokens[max(0, index + 1 - BEFORE) : index + 1].tolist())
            rows.append([before, decode([token]), float(scores.nats[index])])
        if len(rows) == LARGEST_ERRORS:
            break
    note = "Often names, rare words and typing errors; many of one kind say that the training part lacks it."
    return Table("Largest errors", ["text before", "token", "nats"], rows, note)


def _distribution(scores: TokenScores) -> Curve:
    """The nats of the tokens in ascending order."""
    fractions = np.linspace(0, 1, 201)
    series = [Series("tokens", 100 * fractions, np.quantile(scores.nats, fractions))]
    note = "A steep end says that few tokens cause most of the loss."
    return Curve("Loss of the tokens, ascending", "percent of the tokens", "nats", series, note=note)
