"""Bases for transfer learning: the convolutional part of a trained network, as a `Backbone` for new images.

A base is described by plain values: the architecture of the network that it is part of, and the pixels that
this network expects. `build_base` builds it with random weights; where they come from is the business of
whoever trains. Whatever the network was, its first stage converts the pixels of the new data, see
`input_scaling`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.architecture import Architecture, rebuild
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.efficientnet import MEAN, STD
from hibiscus.networks.feature_stages import MapShape, map_shapes, split_stages
from hibiscus.networks.input_scaling import InputScaling
from hibiscus.networks.input_shapes import choice, image
from hibiscus.typed_values import Number, Positive, expect, typed_value

__all__ = ["EFFICIENTNET", "PUBLISHED", "BaseDescription", "base_stages", "base_tensors", "build_base"]

MIN_SIDE = 8


@dataclass(frozen=True)
class BaseDescription:
    """What is recorded of a base, so that a run with it needs nothing else.

    Args:
        source: as the option `net` names it, such as `efficientnet-lite0` or `run:runs/iic-digits-001`.
        builder: of the network that the base is part of, see `architecture`.
        arguments: of the builder.
        mean: of each channel that the network expects, of pixels in [0, 1].
        std: of each channel that the network expects, of pixels in [0, 1].
        stages: number of stages of the base; None for all that the network has.
        digest: of its weights.
    """

    source: str
    builder: str
    arguments: dict[str, Any]
    mean: tuple[Number, ...]
    std: tuple[Positive, ...]
    stages: int | None = None
    digest: str = ""

    @property
    def architecture(self) -> Architecture:
        """That of the network which the base is part of."""
        return Architecture(self.builder, self.arguments)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {**dataclasses.asdict(self), "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The same description again.

        Raises:
            ConfigError: it is damaged.
        """
        try:
            saved = typed_value(cls, data)
            expect(len(saved.mean) == len(saved.std) > 0, "mean and std of each channel")
        except ValueError as error:
            received = f"the description of a base is damaged: {error}"
            raise ConfigError(received, "as Hibiscus wrote it", "train again") from error
        return saved


EFFICIENTNET = BaseDescription(
    source="efficientnet-lite0",
    builder="backbone",
    arguments={"name": "efficientnet-lite0", "image_shape": [3, 224, 224], "strides": None},
    mean=(MEAN,) * 3,
    std=(STD,) * 3,
)
PUBLISHED = {EFFICIENTNET.source: EFFICIENTNET}


def build_base(
    base: str | BaseDescription,
    image_shape: Any,
    strides: Sequence[int] | None = None,
    output_stride: int | None = None,
) -> Backbone:
    """A base with random weights; its attribute `description` says which weights it is to get.

    Args:
        base: a key of `PUBLISHED`, or a description.
        image_shape: (channels, height, width) of the new images.
        strides: strides of the maps, see `build_backbone`; None for the last map only.
        output_stride: the largest actual stride, of a base that can be dilated, see there.

    Raises:
        ConfigError: images that the base does not take, or a stride that it does not have.
    """
    described = PUBLISHED[choice("net", base, PUBLISHED)] if isinstance(base, str) else base
    channels, _, _ = image(f"net={described.source}", image_shape, MIN_SIDE)
    stages, after = base_stages(rebuild(described.architecture), described, channels)
    shapes = map_shapes(stages)
    taps = [len(stages) - 1] if strides is None else _taps(stages, shapes, strides, described.source)
    if output_stride is not None:
        if described.builder != "backbone":
            received = f"output_stride={output_stride} for net={described.source}"
            raise ConfigError(received, "a base that can be dilated", f"net={EFFICIENTNET.source}")
        arguments = {**described.arguments, "output_stride": output_stride}
        dilated = rebuild(Architecture(described.builder, arguments))
        stages, after = base_stages(dilated, described, channels)
        shapes = map_shapes(stages)
    last, finish = taps[-1] + 1, [after[tap] for tap in taps]
    rows = [shapes[tap].channels for tap in taps], [shapes[tap].stride for tap in taps]
    backbone = Backbone(stages[:last], taps, finish, *rows)
    backbone.description = described
    return backbone


def base_stages(
    network: nn.Module, description: BaseDescription, channels: int
) -> tuple[list[nn.Module], list[nn.Module]]:
    """The stages of a base, the first of which scales its inputs, and a module for each map that is returned.

    Args:
        network: that the base is part of; its modules are used.
        description: of the base.
        channels: of the images that the stages are to take.

    Raises:
        ConfigError: the network is no sequence of convolutional layers, or does not take such images.
    """
    name = f"net={description.source}"
    stages, after = (row[: description.stages] for row in split_stages(network, name))
    first = stages[0]
    scaling = first[0] if isinstance(first, nn.Sequential) else None
    if isinstance(first, nn.Sequential) and isinstance(scaling, InputScaling):
        first[0] = InputScaling(channels, scaling.mean, scaling.std)
    else:
        stages[0] = nn.Sequential(InputScaling(channels, description.mean, description.std), first)
    return stages, after


def base_tensors(stages: Mapping[int, nn.Module], after: Mapping[int, nn.Module]) -> dict[str, Tensor]:
    """The tensors of a base by the names that `load_base` takes.

    Args:
        stages: by number.
        after: the modules that are applied to maps that are returned, by the number of the stage.
    """
    parts = {f"stages.{index}": module for index, module in stages.items()}
    parts |= {f"after.{index}": module for index, module in after.items()}
    return {
        f"{part}.{name}": tensor
        for part, module in parts.items()
        for name, tensor in module.state_dict().items()
    }


def _taps(
    stages: Sequence[nn.Module], shapes: Sequence[MapShape], strides: Sequence[int], source: str
) -> list[int]:
    """The last stage of each stride; not one that has only 1x1 convolutions, which widens maps for a
    classifier.
    """
    last = {
        shape.stride: index
        for index, (stage, shape) in enumerate(zip(stages, shapes, strict=True))
        if shape.is_regular and any(weight.ndim == 4 and weight.shape[3] > 1 for weight in stage.parameters())
    }
    if not strides or list(strides) != sorted(set(strides)) or not last.keys() >= set(strides):
        received = f"strides={list(strides)} of the base net={source}"
        raise ConfigError(received, f"increasing strides out of {sorted(last)}", f"net={EFFICIENTNET.source}")
    return [last[stride] for stride in strides]
