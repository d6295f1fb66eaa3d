r"""Prototypical networks: classify by the distance to the mean embedding of a few examples of each class.

    loss = - mean over queries of  log p(class | query)
    p(. | query) = softmax over classes of  -d(network(query), prototype)
    prototype[c] = mean over the support set of class c of  network(support),    d(a, b) = |a - b|^2

Training imitates the task at test time: each batch is an episode, a classification task of `way` classes with
`shot` support examples and `queries` query examples of each class. The classes of the validation and test
parts do not occur in training: whole classes are assigned to one part, or whole folders of classes (such as
alphabets) if there are at least three (`group=class` splits them).

Use it for images of many classes with few examples each, if new classes are added later: `predict --support
shots/` takes one folder of examples per new class and needs no training. What most often goes wrong is too
few training classes: the network memorizes them, and validation accuracy stays low. Use more classes,
augmentation (`rotation`, `scale_range`, `translate`) or, for symbols whose meaning depends on orientation,
`rotate_classes=true`; for color photos, `net=efficientnet-lite0` is pretrained. The accuracy depends on the
classes of the test part, which the output names, more than on the seed. Grayscale images are resized to 28
pixels unless `image_size` is given.

Differences from the paper: class folders and alphabets are split by hash, not as in Vinyals et al. or Lake et
al.; images are augmented in addition to the rotated classes; Adam with a cosine schedule instead of halving
the learning rate every 2000 episodes; the baseline is classification by prototypes in pixel space.

Reference: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", 2017, arXiv 1703.05175.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.episodes import EpisodePlan
from hibiscus.data.preparation import LabelNumbering, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError
from hibiscus.evaluation.few_shot import episode_accuracy, evaluate_few_shot, metric_name
from hibiscus.losses import cross_entropy, prototype_logits
from hibiscus.methods.augmentation import (
    Rotation,
    ScaleRange,
    Translate,
)
from hibiscus.methods.fewshot.embedder import (
    EmbedderConfig,
    build_embedder,
    check_embedder,
    embedder_player,
)
from hibiscus.training.config import ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Protonet"]


class Config(EmbedderConfig):
    """Options of `protonet`."""

    epochs: int = Field(30, ge=1, description="number of epochs, each of `episodes` episodes")
    batch_size: int = Field(
        128, ge=1, description="set automatically to the size of an episode, way * (shot + queries) images"
    )
    schedule: ScheduleName = "cosine"
    way: int = Field(
        20, ge=2, description="classes in a training episode (60 in Snell et al., who train on 4112 classes)"
    )
    shot: int = Field(
        1, ge=1, description="support examples per class in training; ideally as many as at test time"
    )
    queries: int = Field(5, ge=1, description="query examples per class (5 in Snell et al.)")
    episodes: int = Field(100, ge=1, description="episodes per epoch (100 in Snell et al.)")
    eval_way: int = Field(5, ge=2, description="classes in a validation or test episode")
    eval_shot: int = Field(1, ge=1, description="support examples per class in validation and test episodes")
    eval_episodes: int = Field(600, ge=2, description="episodes over which the accuracy is averaged")
    distance: Literal["euclidean", "cosine"] = Field(
        "euclidean", description="distance to a prototype; euclidean means the squared distance"
    )
    rotate_classes: bool | None = Field(
        None,
        description="rotations by 90, 180, 270 degrees are new classes; default: for square grayscale images",
    )
    translate: Translate = 0.07
    rotation: Rotation = 10.0
    scale_range: ScaleRange = 0.1


class Protonet(Method):
    """One network and one player, trained on episodes."""

    name = "protonet"
    title = "Prototypical networks"
    family = "fewshot"
    summary = "few-shot classification with prototypical networks"
    needs = frozenset({"image", "label"})
    parts_hold_other_classes = True
    selection_metric = SelectionMetric("few_shot_5way_1shot")
    smoke_test = SmokeTest(
        "digits",
        {
            "net_options": {"filters": 8},
            "way": 4,
            "shot": 1,
            "queries": 2,
            "episodes": 4,
            "epochs": 2,
            "eval_way": 2,
            "eval_episodes": 20,
        },
    )
    Config = Config

    embedder: nn.Module

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig, preparation: Any = None) -> SelectionMetric:
        """The accuracy in episodes of `eval_way` classes with `eval_shot` examples each."""
        assert isinstance(config, Config)
        return SelectionMetric(metric_name(config.eval_way, config.eval_shot))

    @classmethod
    def default_image_size(cls, dataset: Dataset, config: TrainingConfig) -> int | None:
        """28 pixels for larger grayscale images, as for Omniglot in the paper: larger ones are worse."""
        height, width, channels = dataset.fields["image"].shape[1:]
        return 28 if channels == 1 and max(height, width) > 28 else None

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Sets whether classes are rotated, and the batch size."""
        assert isinstance(config, Config)
        check_embedder(config)
        square = (image := preparation["image"]).height == image.width
        if config.rotate_classes and not square:
            received = f"rotate_classes=true for images of {image.height}x{image.width}"
            raise ConfigError(received, "square images", "image_size=28")
        rotate = square and image.channels == 1 if config.rotate_classes is None else config.rotate_classes
        return config.model_copy(
            update={"rotate_classes": rotate, "batch_size": config.way * (config.shot + config.queries)}
        )

    def networks(self) -> dict[str, nn.Module]:
        """The embedding network."""
        return {"embedder": build_embedder(self.config, self.preparation)}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player; each batch is an episode."""
        config = self.config
        plan = EpisodePlan(config.way, config.shot, config.queries, config.episodes, config.rotate_classes)
        source = data.episodes("train", plan, config.seed, config.build_augment())
        yield Stage([embedder_player(config, self.embedder, self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of an episode's queries, and their accuracy."""
        way, shot = self.config.way, self.config.shot
        z = self.embedder(batch.image).float().unflatten(0, (way, -1))  # (way, shot + queries, dims)
        target = batch.label.view(way, -1)[:, shot:].flatten()
        logits = prototype_logits(z[:, shot:].flatten(0, 1), z[:, :shot].mean(1), self.config.distance)
        accuracy = (logits.detach().argmax(1) == target).float().mean()
        return cross_entropy(logits, target), {"accuracy": accuracy}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The embeddings of a part, float32 `(items, dims)`."""
        return data.collect(part, lambda batch: [self.embedder(batch.image).float()])[0]

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The embeddings of a part; with a support set as training part, also class probabilities."""
        embedding, support = self.embed(data, part), data.training
        if support is None:
            return {"embedding": embedding}
        classes = LabelNumbering.names_of(support.dataset.fields["label"])
        examples, label = self.embed(support, "train"), support.values("label", "train")
        prototypes = np.stack([examples[label == number].mean(0) for number in range(len(classes))])
        logits = prototype_logits(
            torch.from_numpy(embedding), torch.from_numpy(prototypes), self.config.distance
        )
        return {"probabilities": logits.softmax(1).numpy(), "classes": classes}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Few-shot accuracy on the classes of a part."""
        result = episode_accuracy(self.embed(data, part), data, part, self.config)
        return {self.selection_metric.name: result.accuracy}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Few-shot accuracies with confidence intervals, compared with pixel prototypes and chance."""
        return evaluate_few_shot(self.embed(data, part), data, part, self.config)
