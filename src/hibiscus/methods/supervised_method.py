"""The base of classification and regression, which learn from a pretrained base where images are photos."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.evaluation.linear_probe import probe_table
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.methods.supervised_defaults import resolve_supervised
from hibiscus.methods.transfer import MODES, choose_transfer, photo_size, suits_transfer
from hibiscus.networks.base_names import names_base
from hibiscus.networks.transfer_network import TransferNetwork
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method
from hibiscus.training.pretrained import is_installed

__all__ = ["SupervisedMethod"]

INSTALL = (
    "on few photos a pretrained base is far more accurate than a network from scratch: pip install "
    "'hibiscus[pretrained]' (17 MB); transfer=none leaves this note out"
)


class SupervisedMethod(Method):
    """What classification and regression have in common: photos are resized for a pretrained base."""

    padded_series = True

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """Sets the network, the way of transfer and the optimizer where they were left out."""
        return resolve_supervised(config, preparation, items)

    @classmethod
    def default_image_size(cls, dataset: Dataset, config: TrainingConfig) -> int | None:
        """160 to 224 pixels for photos from which a base learns, by the size of the files."""
        assert isinstance(config, SupervisedConfig)
        if (shape := _image_shape(dataset)) is None or names_base(config.net):
            return None
        mode = choose_transfer(config, shape, len(dataset))[1]
        return photo_size(dataset.about.get("longer_side", 224)) if mode in MODES else None

    @classmethod
    def choose_once(cls, config: TrainingConfig, dataset: Dataset, items: int) -> dict[str, Any]:
        """The pretrained base and the way of transfer; a base of another origin is opened for each fold."""
        assert isinstance(config, SupervisedConfig)
        if names_base(config.net):
            return {}
        net, mode = choose_transfer(config, _image_shape(dataset), items)
        return {"net": net, "transfer": mode}

    @classmethod
    def data_notes(cls, dataset: Dataset, config: TrainingConfig) -> list[str]:
        """How to install the weights from which photos would profit."""
        assert isinstance(config, SupervisedConfig)
        shape, is_auto = _image_shape(dataset), config.transfer == config.net == "auto"
        if is_auto and shape and suits_transfer(shape, len(dataset)) and not is_installed():
            return [INSTALL]
        return []

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics and report items, with simple models as baselines."""
        evaluation, network = self.evaluate_predictions(data, part), self.nets["network"]
        if isinstance(network, TransferNetwork) and network.probe_scores.any():
            scores, trained = network.probe_scores.tolist(), int(network.trained_blocks)
            evaluation.report_items.append(probe_table(scores, trained))
        return evaluation

    @abstractmethod
    def evaluate_predictions(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics and report items of the task."""


def _image_shape(dataset: Dataset) -> tuple[int, ...] | None:
    """The shape of one image (channels, height, width); None if there are other inputs than images."""
    if [name for name in INPUTS if name in dataset.fields] != ["image"]:
        return None
    height, width, *channels = dataset.fields["image"].shape[1:]
    return (*(channels or [1]), height, width)
