"""Evaluation of few-shot classification: accuracies by way and shot, an episode, and difficult classes."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.lazy_rows import Rows
from hibiscus.data.preparation import LabelNumbering
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import DataError
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.metrics.fewshot import FewShot, few_shot, nearest_prototype
from hibiscus.training.method import Evaluation

__all__ = ["EpisodeOptions", "episode_accuracy", "evaluate_few_shot", "metric_name"]

WAYS, SHOTS = (5, 20), (1, 5)  # the tasks that few-shot papers report
MAX_CLASSES = 20  # classes in the table of lowest accuracies
MAX_FOLDERS = 8  # folders of classes that are named
MAX_QUERIES = 3  # queries of each class in the gallery


class EpisodeOptions(Protocol):
    """The options of a few-shot method that the evaluation needs."""

    @property
    def eval_way(self) -> int:
        """Classes in an episode."""
        ...

    @property
    def eval_shot(self) -> int:
        """Support examples of each class."""
        ...

    @property
    def eval_episodes(self) -> int:
        """Number of episodes over which the accuracy is averaged."""
        ...

    @property
    def queries(self) -> int:
        """Query examples of each class."""
        ...

    @property
    def distance(self) -> str:
        """The distance to a prototype, `euclidean` or `cosine`."""
        ...

    @property
    def seed(self) -> int:
        """The random seed."""
        ...


def metric_name(way: int, shot: int) -> str:
    """The name of an accuracy metric, such as `few_shot_5way_1shot`."""
    return f"few_shot_{way}way_{shot}shot"


def episode_accuracy(
    embedding: Rows,
    data: PreparedData,
    part: str,
    options: EpisodeOptions,
    *,
    way: int = 0,
    shot: int = 0,
    distance: str = "",
) -> FewShot:
    """Accuracy over episodes of a part.

    Args:
        embedding: embeddings of the part's items `(items, dims)`.
        data: prepared data with labels.
        part: which of its parts.
        options: the method's options.
        way: classes in an episode; `eval_way` by default.
        shot: support examples of each class; `eval_shot` by default.
        distance: `euclidean` or `cosine`; by default from the options.

    Raises:
        DataError: too few classes, or too few items in them.
    """
    try:
        return few_shot(
            embedding,
            data.values("label", part),
            way or options.eval_way,
            shot or options.eval_shot,
            queries=options.queries,
            episodes=options.eval_episodes,
            distance=distance or options.distance,
            seed=options.seed,
        )
    except DataError as error:
        raise DataError(
            f"{data.dataset.path}: the {PART_NAMES.get(part, part)} part: {error.received}",
            error.expected,
            error.fix,
        ) from None


def evaluate_few_shot(
    embedding: np.ndarray, data: PreparedData, part: str, options: EpisodeOptions
) -> Evaluation:
    """Metrics, baselines and report items from the embeddings `(items, dims)` of a part."""
    pixels = data.flat_rows(part)
    main = (options.eval_way, options.eval_shot)
    counts = np.bincount(data.values("label", part))
    tasks = {
        main,
        *((way, shot) for way in (options.eval_way, *WAYS) for shot in SHOTS if (counts > shot).sum() >= way),
    }
    model, pixel = {}, {}
    for way, shot in sorted(tasks):
        model[way, shot] = episode_accuracy(embedding, data, part, options, way=way, shot=shot)
        pixel[way, shot] = episode_accuracy(
            pixels, data, part, options, way=way, shot=shot, distance="euclidean"
        )
    reported = [main, *(task for task in ((main[0], 5),) if task in model and task != main)]
    metrics: dict[str, float] = {}
    for task in reported:
        metrics |= {
            metric_name(*task): model[task].accuracy,
            f"{metric_name(*task)}_interval": model[task].interval,
        }
    baselines = {
        "chance": {metric_name(*task): 1 / task[0] for task in reported},
        "prototypes of raw pixels": {metric_name(*task): pixel[task].accuracy for task in reported},
    }
    rows = [
        [f"{way}-way {shot}-shot", result.accuracy, result.interval, pixel[way, shot].accuracy, 1 / way]
        for (way, shot), result in model.items()
    ]
    table = Table(
        "Accuracy by task",
        ["task", "accuracy", "± (95 %)", "raw pixels", "chance"],
        rows,
        f"Mean over {options.eval_episodes} episodes of {_describe_classes(data, part)}, not seen in "
        "training. The interval is that of the episodes; other classes may be easier or more difficult.",
    )
    return Evaluation(
        metrics,
        baselines,
        [table, _example_episode(embedding, data, part, options), _lowest_accuracies(model[main], data)],
    )


def _describe_classes(data: PreparedData, part: str) -> str:
    """The classes of a part: their number, and the folders that hold them if there are few."""
    names = LabelNumbering.names_of(data.dataset.fields["label"])
    present = [names[number] for number in np.unique(data.values("label", part))]
    folders = sorted({name.rpartition("/")[0] for name in present} - {""})
    listed = f" ({', '.join(folders)})" if 0 < len(folders) <= MAX_FOLDERS else ""
    return f"{len(present)} classes{listed}"


def _example_episode(
    embedding: np.ndarray, data: PreparedData, part: str, options: EpisodeOptions
) -> Gallery:
    """One episode: for each class, the support examples, then the queries with their predictions."""
    label, generator, shot = (
        data.values("label", part),
        np.random.default_rng(options.seed),
        options.eval_shot,
    )
    names = LabelNumbering.names_of(data.dataset.fields["label"])
    counts = np.bincount(label)
    classes = generator.choice(np.flatnonzero(counts > shot), options.eval_way, replace=False)
    queries = min(MAX_QUERIES, int(counts[classes].min()) - shot)
    items = np.stack(
        [generator.choice(np.flatnonzero(label == n), shot + queries, replace=False) for n in classes]
    )
    prototypes = embedding[items[:, :shot]].mean(1)
    predictions = nearest_prototype(
        embedding[items[:, shot:]], prototypes, options.distance
    )  # (way, queries)
    captions = []
    for row, number in enumerate(classes):
        captions += [f"example of {names[number]}"] * shot
        captions += [
            "correct" if column == row else f"wrong: predicted {names[classes[column]]}"
            for column in predictions[row]
        ]
    images = data.arrays["image"][data.parts[part][items.flatten()]]
    examples = "the support example" if shot == 1 else f"{shot} support examples"
    note = f"For each class, {examples}, then the predictions of {queries} queries."
    return Gallery("Example episode", list(images), captions, note, group=shot + queries)


def _lowest_accuracies(result: FewShot, data: PreparedData) -> Table:
    names = LabelNumbering.names_of(data.dataset.fields["label"])
    sampled = np.flatnonzero(np.isfinite(result.by_class))
    lowest = sampled[np.argsort(result.by_class[sampled], kind="stable")][:MAX_CLASSES]
    rows = [[names[number], float(result.by_class[number])] for number in lowest]
    return Table(
        "Classes with the lowest accuracy",
        ["class", "accuracy"],
        rows,
        "The fraction of queries of the class that are predicted correctly.",
    )
