"""What the report shows of a few-shot method: accuracies by way and shot, an episode with its answers, the hardest classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.data.preparation import LabelNumbering
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.metrics.fewshot import FewShot, few_shot, nearest_prototype
from hibiscus.training.method import Evaluation

__all__ = ["accuracy", "evaluate_few_shot", "metric_name"]

WAYS, SHOTS = (5, 20), (1, 5)  # what few-shot papers report
HARDEST = 20  # classes in the table of the hardest
SHOWN = 3  # queries of each class in the gallery


def metric_name(way: int, shot: int) -> str:
    """As `few_shot_5way_1shot`."""
    return f"few_shot_{way}way_{shot}shot"


def accuracy(
    embedding: np.ndarray, data: PreparedData, part: str, config: Any, way: int = 0, shot: int = 0, plain: bool = False
) -> FewShot:
    """Accuracy over episodes of a part.

    Args:
        embedding: of the part's items `(items, dims)`.
        data: where the labels are.
        part: which.
        config: the method's options.
        way: classes in an episode; as in the options by default.
        shot: support items of each; as in the options by default.
        plain: by squared distance, whatever the options say.

    Raises:
        DataError: too few classes, or too few items in them.
    """
    try:
        return few_shot(
            embedding,
            data.values("label", part),
            way or config.eval_way,
            shot or config.eval_shot,
            queries=config.queries,
            episodes=config.eval_episodes,
            distance="euclidean" if plain else config.distance,
            seed=config.seed,
        )
    except DataError as error:
        raise DataError(f"{data.dataset.path}: the {part} part: {error.received}", error.expected, error.fix) from None


def evaluate_few_shot(embedding: np.ndarray, data: PreparedData, part: str, config: Any) -> Evaluation:
    """Metrics, baselines and report items from the embeddings `(items, dims)` of a part."""
    pixels = data.flat_inputs(part)
    asked = (config.eval_way, config.eval_shot)
    counts = np.bincount(data.values("label", part))
    sizes = {asked, *((way, shot) for way in (config.eval_way, *WAYS) for shot in SHOTS if (counts > shot).sum() >= way)}
    own = {size: accuracy(embedding, data, part, config, *size) for size in sorted(sizes)}
    raw = {size: accuracy(pixels, data, part, config, *size, plain=True) for size in own}
    shown = [asked, *(size for size in ((asked[0], 5),) if size in own and size != asked)]
    metrics: dict[str, float] = {}
    for size in shown:
        metrics |= {metric_name(*size): own[size].accuracy, f"{metric_name(*size)}_interval": own[size].interval}
    baselines = {
        "chance": {metric_name(*size): 1 / size[0] for size in shown},
        "prototypes of raw pixels": {metric_name(*size): raw[size].accuracy for size in shown},
    }
    rows = [
        [f"{way}-way {shot}-shot", found.accuracy, found.interval, raw[way, shot].accuracy, 1 / way] for (way, shot), found in own.items()
    ]
    table = Table(
        "Accuracy by task",
        ["task", "accuracy", "± (95 %)", "raw pixels", "chance"],
        rows,
        f"Mean over {config.eval_episodes} random episodes among {int((counts > 0).sum())} classes that training never showed.",
    )
    return Evaluation(metrics, baselines, [table, _episode(embedding, data, part, config), _hardest(own[asked], data)])


def _episode(embedding: np.ndarray, data: PreparedData, part: str, config: Any) -> Gallery:
    """One episode: each class's support, then its queries with their answers."""
    label, generator = data.values("label", part), np.random.default_rng(config.seed)
    names = LabelNumbering.names_of(data.dataset.fields["label"])
    counts = np.bincount(label)
    classes = generator.choice(np.flatnonzero(counts > config.eval_shot), config.eval_way, replace=False)
    queries = min(SHOWN, int(counts[classes].min()) - config.eval_shot)
    chosen = np.stack([generator.choice(np.flatnonzero(label == n), config.eval_shot + queries, replace=False) for n in classes])
    prototypes = embedding[chosen[:, : config.eval_shot]].mean(1)
    answers = nearest_prototype(embedding[chosen[:, config.eval_shot :]], prototypes, config.distance)  # (way, queries)
    captions = []
    for row, number in enumerate(classes):
        captions += [f"example of {names[number]}"] * config.eval_shot
        captions += ["right" if answer == row else f"wrong: taken for {names[classes[answer]]}" for answer in answers[row]]
    images = data.arrays["image"][data.parts[part][chosen.flatten()]]
    note = f"For each class {config.eval_shot} example(s), all that the network has seen of it, then {queries} queries and what it said."
    return Gallery("One episode", list(images), captions, note)


def _hardest(found: FewShot, data: PreparedData) -> Table:
    names = LabelNumbering.names_of(data.dataset.fields["label"])
    drawn = np.flatnonzero(np.isfinite(found.by_class))
    worst = drawn[np.argsort(found.by_class[drawn], kind="stable")][:HARDEST]
    rows = [[names[number], float(found.by_class[number])] for number in worst]
    return Table("The hardest classes", ["class", "share right"], rows, "How often a query of the class was found among the others.")
