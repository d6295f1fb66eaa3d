"""What a method is: configuration, networks, stages of players, the metric that decides, and its abilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from hibiscus.errors import ConfigError, UsageError
from hibiscus.metrics.catalog import get_metric
from hibiscus.training.config import TrainingConfig
from hibiscus.training.player import Stage

if TYPE_CHECKING:
    import numpy as np

    from hibiscus.data.preparation import Preparation
    from hibiscus.data.prepared import PreparedData

__all__ = ["Evaluation", "Method", "SelectionMetric", "SmokeTest"]


@dataclass(frozen=True)
class SelectionMetric:
    """The metric by which the best checkpoint is chosen on the validation part.

    Args:
        name: without the part, such as `accuracy`.
        higher_is_better: by default as the catalog of metrics says; explicit for a metric that the catalog does not have.

    Raises:
        ConfigError: no direction is given, and the catalog knows none.
    """

    name: str
    higher_is_better: bool | None = None

    def __post_init__(self) -> None:
        if self.higher_is_better is not None:
            return
        direction = get_metric(self.name).higher_is_better
        if direction is None:
            fix = f"write SelectionMetric({self.name!r}, higher_is_better=...)"
            raise ConfigError(f"the selection metric {self.name} has no known direction", "a metric of the catalog", fix)
        object.__setattr__(self, "higher_is_better", direction)

    def better(self, value: float, than: float | None) -> bool:
        """Whether a value beats the best so far; the first always does, a value that is not a number never."""
        if value != value:
            return False
        return than is None or (value > than if self.higher_is_better else value < than)


@dataclass(frozen=True)
class SmokeTest:
    """A training of seconds on data that everybody has: to try the method out, and what the contract tests run.

    Args:
        data: a bundled name.
        options: the method's options that make it small.
    """

    data: str
    options: Mapping[str, Any]


@dataclass
class Evaluation:
    """What a method says of itself on one part, for the report.

    Args:
        metrics: by name, without the part (`accuracy`).
        baselines: the same metrics for simple rivals, by rival.
        report items: figures, tables and galleries for the report.
    """

    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    report_items: list[Any] = field(default_factory=list)


class Method(ABC):
    """A learning method, bound to a configuration and to what was learned from the training part.

    A concrete method is final: a variant is the same class with another loss or network passed to it. The networks
    become attributes by their names, so that losses read `self.generator(z)`.

    Args:
        config: the method's own `Config`.
        preparation: shapes, classes and scales of the data; also all that prediction needs later.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    family: ClassVar[str]
    needs: ClassVar[frozenset[str]]  # fields without which it cannot learn; `label` and `target` bring any inputs with them
    uses: ClassVar[frozenset[str]] = frozenset()  # fields that it takes where there are some, to measure or to show
    signed_pixels: ClassVar[bool] = False  # images as values in [-1, 1], not standardised by their own mean and deviation
    gives_images: ClassVar[bool] = False  # what `predict` answers with are images, and little else
    compiles: ClassVar[bool] = True  # no loss takes a gradient of a gradient, which compiled networks do not have
    parts_hold_other_classes: ClassVar[bool] = False  # validation and test hold classes that training never shows
    selection_metric: SelectionMetric
    smoke_test: ClassVar[SmokeTest]
    Config: ClassVar[type[TrainingConfig]]

    def __init__(self, config: TrainingConfig, preparation: Preparation):
        if config.compile and not self.compiles:
            raise ConfigError(f"compile=true: {self.name} takes gradients of gradients", "networks as they are", "leave compile=true out")
        self.config: Any = config
        self.selection_metric = self.choose_selection_metric(config)
        self.preparation = preparation
        self.nets: dict[str, nn.Module] = self.networks()
        for name, network in self.nets.items():
            setattr(self, name, network)

    @property
    def device(self) -> torch.device:
        """Where its networks are."""
        return next(parameter.device for network in self.nets.values() for parameter in network.parameters())

    @classmethod
    def choose_selection_metric(cls, config: TrainingConfig) -> SelectionMetric:
        """The metric that decides with these options; its name may follow from them."""
        return cls.selection_metric

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The options with every `auto` replaced by what it stands for with this data; the run's record holds these.

        Args:
            config: as the person gave them.
            preparation: what was learned from the training part.
            items: how many items the training part holds.
        """
        return config

    @abstractmethod
    def networks(self) -> dict[str, nn.Module]:
        """Builds the networks by name."""

    def grow(self, stage: int) -> None:  # noqa: B027 - most methods do not grow
        """Changes the networks in place for a stage, from the configuration alone; called once, before the stage's first round.

        Loading a run calls it for every stage up to the saved one, so it may not depend on data or on weights.
        """

    @abstractmethod
    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """Yields the stages one after another, each built when the one before it has been played."""

    @abstractmethod
    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The metrics on one part, by name, as they are watched after each epoch; among them the one that decides."""

    @abstractmethod
    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics of the final result on one part, beside baselines, with evidence for the report."""

    @classmethod
    def abilities(cls) -> list[str]:
        """What it can do once trained: those of `predict`, `sample` and `embed` that it has."""
        return [name for name in ("predict", "sample", "embed") if getattr(cls, name) is not getattr(Method, name)]

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """Answers for the items of a part, by name; an ability that not every method has.

        Raises:
            UsageError: the method does not predict.
        """
        raise UsageError(f"{self.name} does not predict", "a method with this ability", "hibiscus explain " + self.name)

    def sample(self, count: int, *, interpolation: float | None = None) -> dict[str, Any]:
        """New items drawn from the trained model, by field; an ability that not every method has.

        A conditional method takes its conditions as further arguments by name, all with defaults; each is one value for
        all items, and a number may be given as text.

        Args:
            count: the number of items.
            interpolation: where the noise lies between two draws, from 0 to 1; None for a single draw.

        Returns:
            `image` uint8 `(count, height, width, channels)`, and one array for each condition.

        Raises:
            UsageError: the method does not sample.
        """
        raise UsageError(f"{self.name} does not sample", "a method with this ability", "hibiscus explain " + self.name)

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """A few numbers for each item of a part, near to each other for items that are alike; an ability that not every method has.

        Returns:
            float32 `(items, numbers)`.

        Raises:
            UsageError: the method has no such code.
        """
        raise UsageError(f"{self.name} does not embed", "a method with this ability", "hibiscus explain " + self.name)

    def tensors(self) -> dict[str, torch.Tensor]:
        """All weights and running statistics, by `network/NAME/TENSOR`."""
        return {f"network/{name}/{key}": value for name, net in self.nets.items() for key, value in net.state_dict().items()}

    def load_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Takes the weights that `tensors` gave."""
        for name, network in self.nets.items():
            prefix = f"network/{name}/"
            network.load_state_dict({key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)})

    def train_mode(self, training: bool = True) -> None:
        """Switches all networks between training and evaluation (dropout, batch statistics)."""
        for network in self.nets.values():
            network.train(training)

    def to(self, device: torch.device) -> None:
        """Moves all networks to a device, 4-D weights channels-last."""
        for network in self.nets.values():
            network.to(device=device)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
