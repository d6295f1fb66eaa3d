r"""Prototypical networks: learns an embedding in which a class is the mean of a few of its examples.

    loss = - mean over queries of  log p(class | query),    p(. | query) = softmax over classes of -d(network(query), prototype)
    prototype[c] = mean over the support of class c of  network(support),    d(a, b) = |a - b|^2

Training plays what will be asked later: each batch is an episode, a small task of `way` classes with `shot` support
examples and `queries` to be classified. The classes of the validation and the test part never stand in training: whole
classes go to one part, and whole folders of classes where there are at least three (alphabets; `group=class` divides them).

Use it for images of many classes with few examples each, when new classes come later: `predict --support shots/` takes
one folder of examples for each new class, without training. What most often goes wrong is too few training classes: the
network learns these by heart, and validation stays behind. More classes help, random changes (`rotation`, `zoom`,
`shift`), and for signs that mean another thing when turned, `rotate_classes=true`.

Departs: the class folders and the alphabets are divided by hash, not as in Vinyals et al. or Lake et al.; small random
changes of each image beside the turned classes; Adam's rate falls along a cosine and not by half every 2000 episodes;
the accuracy stands beside nearest prototypes of raw pixels.

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
from hibiscus.data.episodes import EpisodePlan
from hibiscus.data.preparation import LabelNumbering, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError
from hibiscus.evaluation import few_shot as evidence
from hibiscus.losses import cross_entropy, prototype_logits
from hibiscus.methods.augmentation import ImageConfig
from hibiscus.networks.registry import build_network
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Protonet"]


class Config(ImageConfig):
    """Options of `protonet`."""

    epochs: int = Field(30, ge=1, description="passes of `episodes` episodes")
    batch_size: int = Field(128, ge=1, description="not to be set: an episode holds way (shot + queries) images")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("cosine", description="course of the learning rate")
    net: str = Field("conv4", description="network: a name from `hibiscus list`, or module.path:function")
    embedding_dim: int = Field(64, ge=1, description="numbers in an embedding; conv4 gives its own features, 64 for 28x28 images")
    way: int = Field(20, ge=2, description="classes in a training episode (60 in Snell et al., who train on 4112 classes)")
    shot: int = Field(1, ge=1, description="support examples of each class in training; as many as will be given later")
    queries: int = Field(5, ge=1, description="query examples of each class (5 in Snell et al.)")
    episodes: int = Field(100, ge=1, description="episodes in an epoch (100 in Snell et al.)")
    eval_way: int = Field(5, ge=2, description="classes in an episode of validation and test")
    eval_shot: int = Field(1, ge=1, description="support examples of each class in validation and test")
    eval_episodes: int = Field(600, ge=2, description="episodes that an accuracy is the mean of")
    distance: Literal["euclidean", "cosine"] = Field("euclidean", description="how near a query is to a prototype; euclidean is squared")
    rotate_classes: bool | None = Field(
        None, description="count each class turned by 90, 180 and 270 degrees as three more; left out: for square grey images"
    )
    translate: float = Field(0.07, ge=0, lt=1, description="random changes: most offset, as a share of the side")
    rotation: float = Field(10.0, ge=0, le=180, description="random changes: most degrees either way")
    scale_range: float = Field(0.1, ge=0, lt=1, description="random changes: magnify by 1 - zoom to 1 + zoom")


class Protonet(Method):
    """One network, one player, episodes for batches."""

    name, title, family = "protonet", "Prototypical networks", "fewshot"
    needs = frozenset({"image", "label"})
    parts_hold_other_classes = True
    selection_metric = SelectionMetric("few_shot_5way_1shot")
    smoke_test = SmokeTest(
        "digits",
        {"net_options": {"filters": 8}, "way": 4, "shot": 1, "queries": 2, "episodes": 4, "epochs": 2, "eval_way": 2, "eval_episodes": 20},
    )
    Config = Config

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig) -> SelectionMetric:
        """Accuracy in episodes of the size that the options ask for."""
        assert isinstance(config, Config)
        return SelectionMetric(evidence.metric_name(config.eval_way, config.eval_shot))

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """Whether classes are turned, and the size of a batch."""
        assert isinstance(config, Config)
        image = preparation["image"]
        square = image.height == image.width
        if config.rotate_classes and not square:
            raise ConfigError(f"rotate_classes=true for images of {image.height}x{image.width}", "square images", "image_size=28")
        turned = square and image.channels == 1 if config.rotate_classes is None else config.rotate_classes
        return config.model_copy(update={"rotate_classes": turned, "batch_size": config.way * (config.shot + config.queries)})

    def networks(self) -> dict[str, nn.Module]:
        """The embedding; conv4 without a linear layer, as in the paper."""
        config = self.config
        options = {"linear": False, **config.net_options} if config.net == "conv4" else config.net_options
        return {"embedder": build_network(config.net, self.preparation["image"].shape, config.embedding_dim, **options)}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player, an episode a batch."""
        config = self.config
        plan = EpisodePlan(config.way, config.shot, config.queries, config.episodes, config.rotate_classes)
        source = data.episodes("train", plan, config.seed, config.build_augment())
        yield Stage([config.player("embedder", self.nets["embedder"], self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The cross-entropy of an episode's queries, and their accuracy."""
        way, shot = self.config.way, self.config.shot
        z = self.nets["embedder"](batch.image).float().unflatten(0, (way, -1))  # (way, shot + queries, dims)
        target = batch.label.view(way, -1)[:, shot:].flatten()
        logits = prototype_logits(z[:, shot:].flatten(0, 1), z[:, :shot].mean(1), self.config.distance)
        right = (logits.detach().argmax(1) == target).float().mean()
        return cross_entropy(logits, target), {"accuracy": right}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The embeddings of a part, float32 `(items, dims)`."""
        return torch.cat([self.nets["embedder"](batch.image).float().cpu() for batch in data.iterate(part)]).numpy()

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The embeddings of a part; beside a support (its training part), probabilities over the support's classes."""
        embedding, support = self.embed(data, part), data.training
        if support is None:
            return {"embedding": embedding}
        classes = LabelNumbering.names_of(support.dataset.fields["label"])
        examples, label = self.embed(support, "train"), support.values("label", "train")
        prototypes = np.stack([examples[label == number].mean(0) for number in range(len(classes))])
        logits = prototype_logits(torch.from_numpy(embedding), torch.from_numpy(prototypes), self.config.distance)
        return {"probabilities": logits.softmax(1).numpy(), "classes": classes}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Few-shot accuracy among the classes of a part."""
        return {self.selection_metric.name: evidence.accuracy(self.embed(data, part), data, part, self.config).accuracy}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Few-shot accuracies with their intervals, beside raw pixels and chance."""
        return evidence.evaluate_few_shot(self.embed(data, part), data, part, self.config)
