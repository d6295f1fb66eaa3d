r"""Invariant information clustering (IIC): assigns an image and its augmented copy to the same cluster.

    loss = - sum over c, d of  P[c, d] (log P[c, d] - w log P[c] - w log P[d]),    w = entropy_weight
    P = (Q + Q^T) / 2,    Q[c, d] = mean over images of  p(c | image) p(d | augmented image)

At w = 1 this is the negative mutual information between the two cluster assignments: it is low if they agree
and all clusters are used. In addition to the main heads with `num_clusters` outputs, auxiliary heads with
`num_overclusters` outputs are trained with the same loss on a finer partition, which improves the features.
Several main heads are trained together; the one with the lowest running loss is used for prediction, so no
labels are needed to choose it.

Use it for unlabeled images of single objects. If there are labels, they are used only for evaluation: the
best epoch is selected by mutual information on the validation part. What most often goes wrong is that one
cluster contains two classes while another class is split: use more heads (`num_heads`), another seed, or, for
classes of equal size, a larger `entropy_weight`. The augmentation defines which images count as the same: do
not use transformations that change the meaning (a 6 rotated by 180 degrees).

Differences from the paper: main and auxiliary heads are trained together instead of in alternate epochs; an
affine transformation of the whole image instead of resized crops; a small convolutional network instead of
the paper's VGG, and batches of 250 instead of 700 with five copies; `entropy_weight` above 1, which the
authors' code uses for segmentation.

Reference: Ji, Henriques, Vedaldi, "Invariant Information Clustering for Unsupervised Image Classification and
Segmentation", 2019, arXiv 1807.06653.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import clustering
from hibiscus.losses import invariant_information
from hibiscus.methods import augmentation
from hibiscus.networks.registry import build_network
from hibiscus.training.config import BatchSize, Epochs, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["IIC"]

DEFAULT_CLUSTERS = 10
RUNNING_WEIGHT = 0.01  # weight of the latest batch in the running loss of a head


class Config(augmentation.AugmentationConfig):
    """Options of `iic`."""

    epochs: Epochs = 20
    batch_size: BatchSize = 250  # small batches give a noisy joint distribution
    schedule: ScheduleName = "one-cycle"
    net: augmentation.NetworkName = "cnn"
    net_options: augmentation.NetworkOptions = Field(default_factory=dict)
    num_clusters: int | None = Field(
        None, ge=2, description="number of clusters; default: the number of classes, or 10 without labels"
    )
    num_overclusters: int = Field(
        50,
        ge=0,
        description="clusters of each auxiliary head (50 in Ji et al. for MNIST); 0 for no such heads",
    )
    num_heads: int = Field(10, ge=1, description="number of main and of auxiliary heads (5 in Ji et al.)")
    entropy_weight: float = Field(
        1.5, ge=1, description="values above 1 favor clusters of equal size more strongly (1 in Ji et al.)"
    )
    translate: augmentation.Translate = 0.1
    rotation: augmentation.Rotation = 15.0  # 25 in Ji et al.
    scale_range: augmentation.ScaleRange = 0.15
    shear: augmentation.Shear = 0.1
    brightness: augmentation.Brightness = 0.4  # Ji et al., as the contrast
    contrast: augmentation.Contrast = 0.4


class IIC(Method):
    """One network with all heads in its last layer, trained by one player on pairs of images."""

    name = "iic"
    title = "Invariant information clustering"
    family = "information"
    summary = "clustering of images without labels by mutual information"
    needs = frozenset({"image"})
    uses = frozenset({"label"})
    selection_metric = SelectionMetric("mutual_information")
    smoke_test = SmokeTest(
        "digits",
        {
            "net": "mlp",
            "net_options": {"hidden": [16]},
            "num_heads": 2,
            "num_overclusters": 12,
            "epochs": 2,
            "batch_size": 50,
        },
    )
    Config = Config

    network: nn.Module

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Sets the default number of clusters."""
        assert isinstance(config, Config)
        default = preparation["label"].num_classes if "label" in preparation else DEFAULT_CLUSTERS
        return config.model_copy(update={"num_clusters": config.num_clusters or default})

    def networks(self) -> dict[str, nn.Module]:
        """The network; its last layer concatenates all heads, the main heads first."""
        config = self.config
        defaults = {"dropout": 0.0, "pooling": "stride"} if config.net == "cnn" else {}
        outputs = config.num_heads * (config.num_clusters + config.num_overclusters)
        network = build_network(
            config.net, self.preparation["image"].shape, outputs, **{**defaults, **config.net_options}
        )
        network.register_buffer(
            "head_loss", torch.zeros(config.num_heads)
        )  # running loss of each main head; saved with the weights
        return {"network": network}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player on pairs of an image and its augmented copy."""
        config = self.config
        source = data.pairs("train", config.batch_size, config.seed, config.build_augment())
        yield Stage([config.player("clusterer", self.network, self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean loss of the main heads plus the mean loss of the auxiliary heads."""
        outputs = self.network(torch.cat([batch.image, batch.transformed]))
        main, auxiliary = self.heads(outputs)
        losses = self._information_loss(main)
        self.head_loss.lerp_(losses.detach(), RUNNING_WEIGHT)
        total = losses.mean()
        if auxiliary is not None:
            total = total + self._information_loss(auxiliary).mean()
        return total, {"best_head_loss": losses.detach().min()}

    def _information_loss(self, probabilities: Tensor) -> Tensor:
        """The loss of each head `(heads,)` from its probabilities for images and their augmented copies."""
        first, second = probabilities.chunk(2, dim=1)
        return invariant_information(first, second, self.config.entropy_weight)

    def heads(self, outputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """The probabilities `(heads, items, clusters)` of the main and of the auxiliary heads, from raw
        outputs.
        """
        config = self.config
        sizes = [config.num_heads * config.num_clusters, config.num_heads * config.num_overclusters]
        main, auxiliary = outputs.float().split(sizes, dim=1)
        main = main.unflatten(1, (config.num_heads, -1)).softmax(2).transpose(0, 1)
        if not config.num_overclusters:
            return main, None
        return main, auxiliary.unflatten(1, (config.num_heads, -1)).softmax(2).transpose(0, 1)

    @property
    def head_loss(self) -> Tensor:
        """The running loss of each main head `(heads,)`."""
        return self.network.get_buffer("head_loss")

    def probabilities(self, data: PreparedData, part: str, augmented: bool = False) -> Tensor:
        """The main heads' probabilities for a part or its augmented copy, `(heads, items, clusters)`."""
        augment = clustering.fixed_augmentation(self.config) if augmented else None
        return torch.cat(
            [self.heads(self.network(batch.image))[0].cpu() for batch in data.iterate(part, augment)], dim=1
        )

    @property
    def best_head(self) -> int:
        """The main head with the lowest running loss."""
        return int(self.head_loss.argmin())

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The cluster of each item, its probability, and all probabilities `(items, clusters)`."""
        probabilities = self.probabilities(data, part)[self.best_head].numpy()
        return {
            "cluster": probabilities.argmax(1),
            "probability": probabilities.max(1),
            "probabilities": probabilities,
        }

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The mutual information between images and their augmented copies; with labels, cluster accuracy."""
        first, second = self.probabilities(data, part), self.probabilities(data, part, augmented=True)
        return clustering.head_metrics(first, second, self.best_head, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics, compared with k-means on pixels, and the contents of the clusters."""
        first, second = self.probabilities(data, part), self.probabilities(data, part, augmented=True)
        owner = clustering.validation_owner(data, part)  # the class of each cluster is fitted there
        validation = None if owner is None else self.probabilities(owner, "val")
        return clustering.evaluate_clusters(
            first, second, self.best_head, data, part, self.config, validation
        )
