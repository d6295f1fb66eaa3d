r"""Invariant information clustering: finds clusters of images that stay the same when the images are changed a little.

    loss = - sum over c, d of  P[c, d] (log P[c, d] - w log P[c] - w log P[d]),    w = entropy_weight
    P = (Q + Q^T) / 2,    Q[c, d] = mean over images of  p(c | image) p(d | transformed image)

At w = 1 this is minus the mutual information of the two answers: high where both agree and all clusters are in use.
Beside the main heads of `clusters` outputs, auxiliary heads of `num_overclusters` outputs do the same on a finer scale, which
helps the network. Several main heads learn at once; the one with the lowest running loss answers, so no label is asked.

Use it for images of one object without labels. Labels, where there are some, are for measuring only: the epoch is
chosen by mutual information on the validation part. What most often goes wrong is two classes in one cluster
while another is split: more `heads`, another seed, or a larger `entropy_weight` where the classes are of equal size. The
random changes decide what a cluster is: leave out those that change the meaning (a 6 turned by 180 degrees).

Departs: main and auxiliary heads learn together and not in alternate epochs; one affine sampling of the whole image
stands for crops that are resized; a small convolutional network for the VGG of the paper, batches of 250 for 700 times
five copies; `entropy_weight` above 1 (the authors' code has it too, for segmentation).

Reference: Ji, Henriques, Vedaldi, "Invariant Information Clustering for Unsupervised Image Classification and
Segmentation", 2019, arXiv 1807.06653.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import clustering as evidence
from hibiscus.losses import invariant_information
from hibiscus.methods.augmentation import ImageConfig
from hibiscus.networks.registry import build_network
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["IIC"]

DEFAULT_CLUSTERS = 10
RUNNING = 0.01  # share of the newest batch in the running loss of a head


class Config(ImageConfig):
    """Options of `iic`."""

    epochs: int = Field(20, ge=1, description="passes over the training part")
    batch_size: int = Field(250, ge=1, description="images in a batch; each is there twice. Few of them blur the joint distribution")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("one-cycle", description="course of the learning rate")
    num_clusters: int | None = Field(None, ge=2, description="clusters; as many as there are classes, or 10 without labels, if left out")
    num_overclusters: int = Field(50, ge=0, description="outputs of each auxiliary head (50 in Ji et al. for MNIST); 0 for none")
    num_heads: int = Field(10, ge=1, description="main heads, and as many auxiliary ones (5 in Ji et al.)")
    entropy_weight: float = Field(1.5, ge=1, description="above 1 clusters of equal size are asked for more strongly (1 in Ji et al.)")
    translate: float = Field(0.1, ge=0, lt=1, description="random changes: most offset, as a share of the side")
    rotation: float = Field(15.0, ge=0, le=180, description="random changes: most degrees either way (25 in Ji et al.)")
    scale_range: float = Field(0.15, ge=0, lt=1, description="random changes: magnify by 1 - zoom to 1 + zoom")
    shear: float = Field(0.1, ge=0, le=1, description="random changes: most sideways pixels per row")
    brightness: float = Field(0.4, ge=0, le=1, description="random changes: most relative change (0.4 in Ji et al.)")
    contrast: float = Field(0.4, ge=0, le=1, description="random changes: most relative change about the mean (0.4 in Ji et al.)")


class IIC(Method):
    """One network with all heads in its last layer, one player on pairs of images."""

    name, title, family = "iic", "Invariant information clustering", "information"
    needs = frozenset({"image"})
    uses = frozenset({"label"})
    selection_metric = SelectionMetric("mutual_information")
    smoke_test = SmokeTest(
        "digits", {"net": "mlp", "net_options": {"hidden": [16]}, "num_heads": 2, "num_overclusters": 12, "epochs": 2, "batch_size": 50}
    )
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The number of clusters where it was left open."""
        assert isinstance(config, Config)
        known = preparation["label"].num_classes if "label" in preparation else DEFAULT_CLUSTERS
        return config.model_copy(update={"num_clusters": config.num_clusters or known})

    def networks(self) -> dict[str, nn.Module]:
        """The network; its last layer holds every head side by side, main ones first."""
        config = self.config
        plain = {"dropout": 0.0, "pooling": "stride"} if config.net == "cnn" else {}
        outputs = config.num_heads * (config.num_clusters + config.num_overclusters)
        network = build_network(config.net, self.preparation["image"].shape, outputs, **{**plain, **config.net_options})
        network.register_buffer("head_loss", torch.zeros(config.num_heads))  # running mean of each main head; saved with the weights
        return {"network": network}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player on pairs."""
        config = self.config
        source = data.pairs("train", config.batch_size, config.seed, config.build_augment())
        yield Stage([config.player("clusterer", self.nets["network"], self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean over the main heads plus that over the auxiliary ones."""
        both = self.nets["network"](torch.cat([batch.image, batch.transformed]))
        main, over = self.heads(both)
        losses = self._information_loss(main)
        self.head_loss.lerp_(losses.detach(), RUNNING)
        total = losses.mean()
        if over is not None:
            total = total + self._information_loss(over).mean()
        return total, {"best_head_loss": losses.detach().min()}

    def _information_loss(self, probabilities: Tensor) -> Tensor:
        """The loss of each head `(heads,)` from its answers to the images and then to the changed ones."""
        first, second = probabilities.chunk(2, dim=1)
        return invariant_information(first, second, self.config.entropy_weight)

    def heads(self, outputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """The probabilities of the main heads `(heads, items, clusters)` and of the auxiliary ones, from raw outputs."""
        config = self.config
        main, over = outputs.float().split([config.num_heads * config.num_clusters, config.num_heads * config.num_overclusters], dim=1)
        main = main.unflatten(1, (config.num_heads, -1)).softmax(2).transpose(0, 1)
        return main, over.unflatten(1, (config.num_heads, -1)).softmax(2).transpose(0, 1) if config.num_overclusters else None

    @property
    def head_loss(self) -> Tensor:
        """The running loss of each main head `(heads,)`."""
        return self.nets["network"].get_buffer("head_loss")

    def probabilities(self, data: PreparedData, part: str, changed: bool = False) -> Tensor:
        """The answers of all main heads on a part, or on its images changed at random: `(heads, items, clusters)`."""
        change = evidence.changes(self.config) if changed else None
        return torch.cat([self.heads(self.nets["network"](batch.image))[0].cpu() for batch in data.iterate(part, change)], dim=1)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The cluster of each item of a part, and the probabilities `(items, clusters)` of the head that answers."""
        probabilities = self.probabilities(data, part)[int(self.head_loss.argmin())].numpy()
        return {"cluster": probabilities.argmax(1), "probability": probabilities.max(1), "probabilities": probabilities}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The information between the answers to an image and to its changed copy; with labels, how well clusters fit them."""
        first, second = self.probabilities(data, part), self.probabilities(data, part, changed=True)
        return evidence.measures(first, second, int(self.head_loss.argmin()), data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics beside k-means on pixels, and what the clusters hold."""
        first, second = self.probabilities(data, part), self.probabilities(data, part, changed=True)
        return evidence.evaluate_clusters(first, second, int(self.head_loss.argmin()), data, part, self.config)
