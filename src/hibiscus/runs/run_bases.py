"""A base from an earlier run: the convolutional part of its network, with its best weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from torch import Tensor, nn

from hibiscus.errors import ConfigError
from hibiscus.networks.architecture import architecture_of
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.base_names import may_be_code
from hibiscus.networks.bases import BaseDescription, base_stages, base_tensors
from hibiscus.networks.input_scaling import InputScaling
from hibiscus.runs.info import open_run
from hibiscus.runs.saved_files import saved_preparation
from hibiscus.runs.trained_method import load_method
from hibiscus.training.method import Method

__all__ = ["open_run_base"]

EXPECTED = "a run of a convolutional network on images, such as classify, protonet, iic, autoencoder or ssd"
FIX = "choose another run; hibiscus report RUN shows what a run was trained on"


def open_run_base(source: str, path: str) -> tuple[BaseDescription, dict[str, Tensor]]:
    """The base of a run, and its weights by the names that `load_base` takes.

    Args:
        source: as the option `net` names it, for messages.
        path: the run folder, or `runs/latest`.

    Raises:
        RunError: there is no run, it cannot be read, or it names code that is not trusted.
        ConfigError: its network has no convolutional part, or is the user's own code.
    """
    folder, info = open_run(path, trust=False)
    preparation = saved_preparation(folder)
    if "image" not in preparation:
        received = f"net={source}: a run of {info['method']} on {' and '.join(preparation)}"
        raise ConfigError(received, EXPECTED, FIX)
    method, _ = load_method(folder, info, preparation, "best")
    description, tensors = _base_of(method, source)
    return dataclasses.replace(description, source=f"run:{folder.path.resolve()}"), tensors


def _base_of(method: Method, source: str) -> tuple[BaseDescription, dict[str, Tensor]]:
    """The description and the tensors of the base in the networks of a method."""
    modules = list(_modules(method))
    for module in modules:
        if isinstance(module, Backbone) and module.description is not None:
            after = dict(zip(module.taps, module.finish, strict=True))
            described = dataclasses.replace(module.description, source=source, stages=len(module.stages))
            return described, base_tensors(dict(enumerate(module.stages)), after)
    image = method.preparation["image"]
    reason = f"no network of {method.name} takes such images"
    for module in modules:
        architecture = architecture_of(module)
        if architecture is None:
            continue
        if may_be_code(str(architecture.arguments.get("name", "")), architecture.arguments):
            received = f"net={source}: its network is code, net={architecture.arguments['name']}"
            raise ConfigError(received, "a run with a network of Hibiscus", FIX)
        described = BaseDescription(
            source, architecture.builder, architecture.arguments, image.mean, image.std
        )
        try:
            stages, after = base_stages(module, described, image.channels)
        except ConfigError as error:  # the network of another input, or one without feature maps
            reason = f"its network {error.received.removeprefix(f'net={source} ')}"
            continue
        if _takes(stages[0], image.channels):
            return described, base_tensors(dict(enumerate(stages)), dict(enumerate(after)))
    raise ConfigError(f"net={source}: {reason}", EXPECTED, FIX)


def _modules(method: Method) -> Iterator[nn.Module]:
    """The modules of the networks; those of the averaged network, which predicts, come first."""
    for name in sorted(method.nets, key=lambda name: name != "ema"):
        yield from method.nets[name].modules()


def _takes(stage: nn.Module, channels: int) -> bool:
    """Whether the first stage takes images of these channels, and nothing else such as their lightness."""
    scaling = next(module for module in stage.modules() if isinstance(module, InputScaling))
    first = next(weight for weight in stage.parameters() if weight.ndim == 4)
    return first.shape[1] == len(scaling.mean) and len(scaling.mean) in (channels, 3)
