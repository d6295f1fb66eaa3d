"""Report items that do not depend on the method: copies across parts, embeddings, suspected labels."""

from __future__ import annotations

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.embedding_items import embedding_items
from hibiscus.evaluation.items import ReportItem
from hibiscus.evaluation.near_duplicate_items import near_duplicate_gallery
from hibiscus.evaluation.near_duplicate_texts import near_duplicate_table
from hibiscus.evaluation.out_of_sample import label_error_table
from hibiscus.training.method import Evaluation, Method

__all__ = ["added_items"]

MODEL = "the network of the run, which was not trained on this part"


def added_items(method: Method, data: PreparedData, part: str, evaluation: Evaluation) -> list[ReportItem]:
    """The report items for a part, after those of the method itself.

    Args:
        method: the trained method, in evaluation mode.
        data: with the part and the training part.
        part: the name of the evaluated part.
        evaluation: of the part, by the method.
    """
    near = [near_duplicate_gallery(data, part), near_duplicate_table(data, part)]
    return [*_of_classes(method, data, part, evaluation), *(item for item in near if item)]


def _of_classes(method: Method, data: PreparedData, part: str, evaluation: Evaluation) -> list[ReportItem]:
    """The items for a method that predicts one of the classes of its training part."""
    p, predicted = evaluation.probabilities, evaluation.predicted
    if p is None or predicted is None:
        return []
    classes, label = list(method.preparation["label"].names), data.values("label", part)
    suspected = label_error_table(p, label, data.ids(part), classes, MODEL)
    embeds = "embed" in method.abilities()
    items = embedding_items(method.embed, p, predicted, data, part, classes) if embeds else []
    return [*items, *([suspected] if suspected else [])]
