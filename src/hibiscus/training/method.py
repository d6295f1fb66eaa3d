"""The interface of a method: configuration, networks, stages of players, selection metric, and abilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from hibiscus.errors import ConfigError, UsageError
from hibiscus.metrics.catalog import get_metric
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.training.config import TrainingConfig
from hibiscus.training.player import Stage

if TYPE_CHECKING:
    import numpy as np

    from hibiscus.data.dataset import Dataset
    from hibiscus.data.preparation import Preparation
    from hibiscus.data.prepared import PreparedData

__all__ = ["Evaluation", "Method", "SelectionMetric", "SmokeTest"]


@dataclass(frozen=True)
class SelectionMetric:
    """The validation metric by which the best checkpoint is selected.

    Args:
        name: without the part, such as `accuracy`.
        higher_is_better: by default as the catalog of metrics says; explicit for a metric that the catalog
            does not have.

    Raises:
        ConfigError: no direction is given, and the catalog has none.
    """

    name: str
    higher_is_better: bool | None = None

    def __post_init__(self) -> None:
        if self.higher_is_better is not None:
            return
        direction = get_metric(self.name).higher_is_better
        if direction is None:
            fix = f"write SelectionMetric({self.name!r}, higher_is_better=...)"
            raise ConfigError(
                f"the selection metric {self.name} has no known direction", "a metric of the catalog", fix
            )
        object.__setattr__(self, "higher_is_better", direction)

    def better(self, value: float, than: float | None) -> bool:
        """Whether a value is better than the best so far; the first value always is, NaN never is."""
        if value != value:
            return False
        return than is None or (value > than if self.higher_is_better else value < than)


@dataclass(frozen=True)
class SmokeTest:
    """A training run of a few seconds on bundled data, to try out the method and for contract tests.

    Args:
        data: a bundled name.
        options: options of the method that make it small.
    """

    data: str
    options: Mapping[str, Any]


@dataclass
class Evaluation:
    """The final evaluation of a method on one part of the data.

    Args:
        metrics: by name, without the part (`accuracy`).
        baselines: the same metrics for each baseline, by its name.
        report_items: curves, tables and galleries for the report.
        probabilities: of a classifier, for the items of the part, `(items, classes)`.
        predicted: the class numbers that it predicts, `(items,)`.
    """

    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    report_items: list[Any] = field(default_factory=list)
    probabilities: np.ndarray | None = None
    predicted: np.ndarray | None = None


class Method(ABC):
    """A learning method with its options and the preparation learned from the training part.

    A concrete method is final: a variant is the same class with another loss or network. The networks become
        attributes
    by their names, so that losses read `self.generator(z)`.

    Args:
        config: an instance of the method's own `Config`.
        preparation: shapes, classes and scales of the data, and everything else that prediction needs later.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    family: ClassVar[str]
    summary: ClassVar[str]  # one line for the list of methods
    needs: ClassVar[
        frozenset[str]
    ]  # required fields; with `label` or `target`, the inputs may be of any type
    uses: ClassVar[frozenset[str]] = frozenset()  # optional fields, for metrics or for the report
    padded_series: ClassVar[bool] = False  # whether series may have different lengths
    # pixels in [-1, 1] instead of standardized by mean and standard deviation
    signed_pixels: ClassVar[bool] = False
    gives_images: ClassVar[bool] = False  # `predict` returns mainly images
    # no loss takes a gradient of a gradient, which compiled networks do not support
    compiles: ClassVar[bool] = True
    # classes of the validation and test parts never occur in training
    parts_hold_other_classes: ClassVar[bool] = False
    min_part_size: ClassVar[int] = 1  # items that each part needs
    data_defaults: ClassVar[Mapping[str, Any]] = {}  # options of the data with another default
    selection_metric: SelectionMetric
    smoke_test: ClassVar[SmokeTest]
    Config: ClassVar[type[TrainingConfig]]

    def __init__(self, config: TrainingConfig, preparation: Preparation):
        if config.compile and not self.compiles:
            raise ConfigError(
                f"compile=true: {self.name} takes gradients of gradients",
                "compile=false",
                "leave compile=true out",
            )
        self.config: Any = config
        self.selection_metric = self.choose_selection_metric(config, preparation)
        self.preparation = preparation
        self.nets: dict[str, nn.Module] = self.networks()
        for name, network in self.nets.items():
            setattr(self, name, network)
            if "image" in preparation:
                scale_inputs(network, preparation["image"].mean, preparation["image"].std)

    @property
    def device(self) -> torch.device:
        """The device of its networks."""
        return next(parameter.device for network in self.nets.values() for parameter in network.parameters())

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig, preparation: Any = None) -> SelectionMetric:
        """The selection metric with these options (and data, if it is known); its name may depend on them."""
        return cls.selection_metric

    @classmethod
    def default_image_size(cls, dataset: Dataset, config: TrainingConfig) -> int | None:
        """The side to which image files are resized unless `image_size` is given; None to keep theirs.

        Args:
            dataset: with the images as they are read by default.
            config: the options as given.
        """
        return None

    @classmethod
    def choose_once(cls, config: TrainingConfig, dataset: Dataset, items: int) -> dict[str, Any]:
        """Options with the value `auto` that must be the same in all folds of a cross-validation.

        Args:
            config: the options as given.
            dataset: the opened data.
            items: of all folds together.
        """
        return {}

    @classmethod
    def data_notes(cls, dataset: Dataset, config: TrainingConfig) -> list[str]:
        """What the user should know about the data together with the options, before training."""
        return []

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """The options with every `auto` replaced by the value for this data; `run.json` records the result.

        Args:
            config: the options as given.
            preparation: what was learned from the training part.
            items: the number of items in the training part.
        """
        return config

    @abstractmethod
    def networks(self) -> dict[str, nn.Module]:
        """Builds the networks by name."""

    def grow(self, stage: int) -> None:  # noqa: B027 - most methods do not grow
        """Changes the networks in place for a stage; called once, before the first round of the stage.

        Loading a run calls it for every stage up to the saved one, so it may depend on the options only, not
        on data or weights.
        """

    @abstractmethod
    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """Yields the stages one after another; each is built after the one before it has ended."""

    @abstractmethod
    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The metrics on one part, by name, after each epoch; they include the selection metric."""

    @abstractmethod
    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The final metrics on one part with those of the baselines, and the items of the report."""

    @classmethod
    def abilities(cls) -> list[str]:
        """The abilities of a trained method: which of `predict`, `sample` and `embed` it implements."""
        return [
            name for name in ("predict", "sample", "embed") if getattr(cls, name) is not getattr(Method, name)
        ]

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """Predictions for the items of a part, by name; not every method has this ability.

        Raises:
            UsageError: the method does not predict.
        """
        raise UsageError(
            f"{self.name} does not predict", "a method with this ability", "hibiscus explain " + self.name
        )

    def sample(self, count: int, *, interpolation: float | None = None) -> dict[str, Any]:
        """New items sampled from the trained model, by field; not every method has this ability.

        A conditional method takes its conditions as further arguments by name, all with defaults; each is one
        value for all items, and a number may be given as text.

        Args:
            count: the number of items.
            interpolation: position between two noise vectors, from 0 to 1; None for a single vector.

        Returns:
            `image` uint8 `(count, height, width, channels)`, and one array for each condition.

        Raises:
            UsageError: the method does not sample.
        """
        raise UsageError(
            f"{self.name} does not sample", "a method with this ability", "hibiscus explain " + self.name
        )

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The embedding of each item of a part; not every method has this ability.

        Returns:
            float32 `(items, dimension)`.

        Raises:
            UsageError: the method does not embed.
        """
        raise UsageError(
            f"{self.name} does not embed", "a method with this ability", "hibiscus explain " + self.name
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """All weights and buffers, by `network/NAME/TENSOR`."""
        return {
            f"network/{name}/{key}": value
            for name, net in self.nets.items()
            for key, value in net.state_dict().items()
        }

    def load_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Loads what `tensors` returned."""
        for name, network in self.nets.items():
            prefix = f"network/{name}/"
            network.load_state_dict(
                {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
            )

    def train_mode(self, training: bool = True) -> None:
        """Switches all networks between training and evaluation (dropout, batch statistics)."""
        for network in self.nets.values():
            network.train(training)

    def to(self, device: torch.device) -> None:
        """Moves all networks to a device, with 4-D weights in channels-last format."""
        for network in self.nets.values():
            network.to(device=device)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
