"""What decides about texts: marked tokens of errors and of examples, accuracy by length, typical words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.scores import Explained
from hibiscus.evaluation.attribution.token_attributions import explain_texts, possible_kinds
from hibiscus.evaluation.chart_items import Bars
from hibiscus.evaluation.items import ReportItem, Table
from hibiscus.evaluation.marked_texts import MarkedTexts, mark_tokens
from hibiscus.evaluation.text_parts import is_text, texts_of
from hibiscus.plurals import plural
from hibiscus.progress import step
from hibiscus.tokens import PADDING, SPECIAL

__all__ = ["LONGEST", "accuracy_by_length", "marked_item", "text_items", "typical_words"]

ERRORS, EXAMPLES = 8, 8  # texts whose tokens are marked
LONGEST = 512  # tokens of a text whose tokens are marked, to limit the time
BINS = 6  # of the lengths
WORDS = 12  # typical of a class
CLASSES = 30  # whose typical words are shown
PRIOR = 0.01  # of the count of each token in all texts, added to that in the class
KINDS = {
    "integrated-gradients": "integrated gradients: the numbers of a text sum to its {score} minus that of a "
    "text of empty tokens",
    "occlusion": "how much the {score} falls if the token is unknown",
}


@step("explaining texts")
def text_items(
    explained: Explained,
    data: PreparedData,
    part: str,
    classes: Sequence[str],
    label: NDArray[np.int64],
    predicted: NDArray[np.int64],
    confidence: NDArray[np.float64],
) -> list[ReportItem]:
    """The report items of a classifier of texts; none for other data.

    Args:
        explained: the network and its scores.
        data: the prepared data.
        part: the part that is evaluated.
        classes: their names.
        label: the true class of each item, (items,).
        predicted: the class that is predicted, (items,).
        confidence: its probability, (items,).
    """
    if not is_text(data):
        return []
    order = np.argsort(-confidence, kind="stable")
    order = order[(data.values("text", part)[order, :LONGEST] != PADDING).any(1)]  # no empty texts
    wrong = order[predicted[order] != label[order]][:ERRORS]
    right = order[predicted[order] == label[order]]
    each = max(1, EXAMPLES // len(classes))
    examples = np.array([i for k in range(len(classes)) for i in right[label[right] == k][:each]], np.int64)
    items: list[ReportItem] = []
    for title, chosen in (("Tokens that decided: most confident errors", wrong),
                          ("Tokens that decided: correct predictions", examples[:EXAMPLES])):  # fmt: skip
        if len(chosen):
            captions = [
                f"{data.ids(part)[i]}: {classes[int(label[i])]}, predicted {classes[int(predicted[i])]} "
                f"({confidence[i]:.0%})".replace("%", " %")
                for i in chosen
            ]
            items.append(marked_item(title, explained, data, part, chosen, captions))
    return [*items, accuracy_by_length(data, part, predicted == label), typical_words(data, classes)]


def marked_item(
    title: str,
    explained: Explained,
    data: PreparedData,
    part: str,
    items: NDArray[np.int64],
    captions: Sequence[str],
    *,
    index: int | None = None,
    score: str = "logit",
    marks: tuple[str, str] = ("for the prediction", "against it"),
) -> MarkedTexts:
    """Texts of a part with marked tokens.

    Args:
        title: of the report item.
        explained: the network and its scores.
        data: the prepared data.
        part: the name of the part.
        items: the positions of the texts within the part.
        captions: of the texts.
        index: of the score; by default the one that is shown for each text.
        score: what is explained, for the note.
        marks: what positive and negative numbers mean.
    """
    kind = possible_kinds(explained.network)[0]
    (found,) = explain_texts(explained, data, part, [kind], index, items)
    texts = [
        mark_tokens(caption, text, tokens, values)
        for caption, text, tokens, values in zip(
            captions, found.texts, found.tokens, found.values, strict=True
        )
    ]
    note = f"By {KINDS[kind].format(score=score)}. Marks are relative to the largest of each text."
    error = found.checks.get("largest_completeness_error", 0.0)
    note += f" The sums are exact up to {100 * error:.1g} %." if error else ""
    return MarkedTexts(title, texts, *marks, note)


def accuracy_by_length(data: PreparedData, part: str, correct: NDArray[np.bool_]) -> Bars:
    """The accuracy of texts of like length; lengths are tokens, before long texts are cut."""
    lengths = np.array([len(tokens) for tokens in data.preparation["text"].token_lists(texts_of(data, part))])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, BINS + 1)[1:], method="lower"))
    bins = np.searchsorted(edges, lengths)
    names, values, deviations = [], [], []
    for number, last in enumerate(edges.tolist()):
        chosen = correct[bins == number]
        shortest = int(lengths[bins == number].min())
        span = f"{shortest}" if shortest == last else f"{shortest} to {last}"
        names.append(f"{span} tokens ({plural(len(chosen), 'text')})")
        values.append(float(chosen.mean()))
        deviations.append(float(np.sqrt(values[-1] * (1 - values[-1]) / len(chosen))))
    limit = data.preparation["text"].max_length
    cut = int((lengths > limit).sum())
    note = "Accuracy of texts of like length, ± the standard error."
    if cut:
        note += f" {plural(cut, 'text')} of more than {limit} tokens {'is' if cut == 1 else 'are'} cut there."
    return Bars("Accuracy by length", names, values, deviations, True, note)


def typical_words(data: PreparedData, classes: Sequence[str]) -> Table:
    r"""The tokens of the training texts that are most typical of each class.

        z = (ln odds of the token in the class - ln odds in the others) / standard deviation

    with a prior in proportion to all texts, so that rare tokens do not come first.

    Reference: Monroe, Colaresi, Quinn, "Fightin' Words", Political Analysis 2008, equations 15 to 22.
    """
    numbers, label = data.values("text", "train"), data.values("label", "train")
    preparation = data.preparation["text"]
    counts = np.zeros((len(classes), preparation.shape.vocabulary))
    for k in range(len(classes)):
        counts[k] = np.bincount(numbers[label == k].ravel(), minlength=counts.shape[1])
    counts[:, : len(SPECIAL)] = 0
    prior = PRIOR * counts.sum(0)
    rows = []
    for k in range(min(len(classes), CLASSES)):
        inside, outside = counts[k] + prior, counts.sum(0) - counts[k] + prior
        odds = [
            np.log(np.maximum(c, 1e-12)) - np.log(np.maximum(c.sum() - c, 1e-12)) for c in (inside, outside)
        ]
        z = (odds[0] - odds[1]) / np.sqrt(1 / np.maximum(inside, 1e-12) + 1 / np.maximum(outside, 1e-12))
        top = [i for i in np.argsort(-z, kind="stable")[:WORDS].tolist() if z[i] > 0]
        rows.append([classes[k], "  ".join(preparation.name_of(i) for i in top)])
    note = "Tokens of the training texts by the z-score of their log-odds ratio (Monroe et al., 2008)."
    left_out = f" Shown are {CLASSES} of {len(classes)} classes." if len(classes) > CLASSES else ""
    return Table("Typical tokens of each class", ["class", "tokens"], rows, note + left_out)
