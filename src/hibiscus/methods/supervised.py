"""What methods with one network, one player and images, tables or series as input share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import ConfigError, UsageError
from hibiscus.methods.augmentation import ImageConfig
from hibiscus.methods.recipes import recipe_for
from hibiscus.networks.registry import build_network
from hibiscus.networks.regularizers import WeightPenalty, constrain
from hibiscus.training.config import TrainingConfig
from hibiscus.training.player import Follower, Loss, Stage, frozen_copy

__all__ = [
    "SupervisedConfig",
    "batch_size_for",
    "before_last",
    "build_supervised",
    "default_network",
    "forward",
    "inputs_of",
    "read_all",
    "resolve_supervised",
    "supervised_stage",
]


class SupervisedConfig(ImageConfig):
    """Options of one network learning from labelled items."""

    batch_size: int | None = Field(None, ge=1, description="items in a batch; 128, fewer for few items, if left out")  # type: ignore[assignment]
    optimizer: Literal["auto", "sgd", "rmsprop", "adam", "adamw"] = Field("auto", description="auto: by the network")  # type: ignore[assignment]
    learning_rate: float | None = Field(None, gt=0, description="learning rate where the schedule is 1; by the network if left out")  # type: ignore[assignment]
    weight_decay: float | None = Field(None, ge=0, description="L2 decay of weights; by the network if left out")  # type: ignore[assignment]
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("one-cycle", description="course of the learning rate")
    net: str = Field("auto", description="network: a name from `hibiscus list`, or module.path:function; auto chooses by the data")
    ema_decay: float = Field(0.0, ge=0, lt=1, description="decay of an average of the weights that is used in the end; 0 for none")
    l1: float = Field(0.0, ge=0, description="L1 penalty: times the sum of absolute values")
    l2: float = Field(0.0, ge=0, description="L2 penalty: times the sum of squares")
    regularize: Literal["weight", "bias", "activity"] = Field("weight", description="what l1 and l2 act on")
    regularize_layers: str = Field("*", description="layers that l1 and l2 act on, a pattern such as body.*")
    max_norm: float | None = Field(None, gt=0, description="largest norm of a unit's incoming weights")
    weight_clip: float | None = Field(None, gt=0, description="largest absolute value of a weight")
    crop: int = Field(0, ge=0, description="augmentation: pixels of padding before a random crop")
    vertical_flip: bool = Field(False, description="augmentation: mirror top and bottom")
    cutout: int = Field(0, ge=0, description="augmentation: side in pixels of an erased square")
    tta_flip: bool = Field(False, description="answer by the mean over each image and its mirror image")
    padding_mode: Literal["zero", "nearest", "reflect"] = Field("reflect", description="augmentation: what lies outside the image")


def inputs_of(preparation: Preparation) -> list[str]:
    """The input fields, in the order in which a network takes them."""
    return [name for name in INPUTS if name in preparation.fields]


def default_network(preparation: Preparation) -> str:
    """The network that `net=auto` stands for: by the kind of the inputs."""
    names = inputs_of(preparation)
    if len(names) > 1:
        return "ynetwork"
    shape = preparation[names[0]].shape
    if names == ["image"]:
        return "cnn"
    return "lstm" if len(shape) == 2 else "mlp"


def batch_size_for(items: int | None) -> int:
    """The batch size that is meant where none is given: 128, and for few items the power of two that leaves 20 steps an epoch."""
    if items is None:
        return 128
    return min(128, max(8, 2 ** int(math.log2(max(1, items / 20)))))


def resolve_supervised(config: TrainingConfig, preparation: Preparation, items: int | None = None) -> SupervisedConfig:
    """The options with the network chosen, and the optimizer's settings from its recipe where they were left open.

    A learning rate given without an optimizer, or the other way round, keeps what was given; only an optimizer left
    open takes the recipe's other settings.
    """
    assert isinstance(config, SupervisedConfig)
    name = default_network(preparation) if config.net == "auto" else config.net
    recipe = recipe_for(name)
    open_choice = config.optimizer in ("auto", recipe.optimizer)
    plain = {"sgd": 0.05, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}
    batch_size = config.batch_size or batch_size_for(items)
    changes: dict[str, Any] = {
        "batch_size": batch_size,
        "net": name,
        "optimizer": recipe.optimizer if config.optimizer == "auto" else config.optimizer,
    }
    if config.learning_rate is None:
        changes["learning_rate"] = recipe.rate_for(batch_size) if open_choice else plain[config.optimizer]
    if config.weight_decay is None:
        changes["weight_decay"] = recipe.weight_decay if open_choice else 0.0
    if "clip_grad_norm" not in config.model_fields_set and open_choice:
        changes["clip_grad_norm"] = recipe.clip_grad_norm
    return config.model_copy(update=changes)


def build_supervised(config: SupervisedConfig, preparation: Preparation, outputs: int) -> dict[str, nn.Module]:
    """The network that the options ask for, and its follower where an average is asked for."""
    shapes = tuple(tuple(preparation[name].shape) for name in inputs_of(preparation))
    network = build_network(config.net, shapes[0] if len(shapes) == 1 else shapes, outputs, **config.net_options)
    networks = {"network": network}
    if config.ema_decay:
        networks["ema"] = frozen_copy(network)
    return networks


def forward(network: Callable[..., Tensor], batch: Batch) -> Tensor:
    """The network's raw outputs in float32 `(batch, outputs)`."""
    return network(*[batch[name] for name in INPUTS if name in batch]).float()


def supervised_stage(
    config: SupervisedConfig,
    networks: Mapping[str, nn.Module],
    data: PreparedData,
    loss: Callable[[Batch], tuple[Tensor, dict[str, Tensor]]],
    player: str,
) -> Stage:
    """The one stage of a supervised method: one player on shuffled batches of the training part."""
    network = networks["network"]
    constrained = config.max_norm is not None or config.weight_clip is not None
    followers = [Follower(networks["ema"], network, config.ema_decay, warm_up=True)] if "ema" in networks else []
    hold = (lambda: constrain(network, max_norm=config.max_norm, clip=config.weight_clip)) if constrained else None
    learner = config.player(player, network, _with_penalty(config, network, loss), after_step=hold)
    augment = config.build_augment()
    if (augment.active or config.tta_flip) and "image" not in data.tensors:
        raise ConfigError("augmentation (shift, crop, flip, mirror ...) on data without images", "images", "leave these options out")
    source = data.source("train", config.batch_size or 128, config.seed, augment)
    return Stage([learner], config.epochs, source, followers)


def _with_penalty(config: SupervisedConfig, network: nn.Module, loss: Callable[[Batch], tuple[Tensor, dict[str, Tensor]]]) -> Loss:
    if not (config.l1 or config.l2):
        return loss
    penalty = WeightPenalty(network, l1=config.l1, l2=config.l2, targets=(config.regularize,), layers=config.regularize_layers)

    def regularized(batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        value, terms = loss(batch)
        cost = penalty()
        return value + cost, {**terms, "penalty": cost.detach()}

    return regularized


def before_last(network: nn.Module) -> Callable[..., Tensor]:
    """From a network's inputs to what its last linear layer takes, `(items, numbers)`, whatever the network is built like.

    Raises:
        UsageError: when it is called, where the network has no linear layer.
    """
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]

    def read(*inputs: Tensor) -> Tensor:
        seen: list[Tensor] = []
        hooks = [layer.register_forward_pre_hook(lambda _, given: seen.append(given[0])) for layer in linear]
        try:
            network(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
        if not seen:
            raise UsageError("this network has no linear layer", "features before a last linear layer", "take what `predict` gives")
        return seen[-1].flatten(1)

    return read


def read_all(
    network: Callable[..., Tensor], data: PreparedData, part: str, activate: Callable[[Tensor], Tensor], mirror: bool = False
) -> Tensor:
    """The activated outputs for a whole part, on the CPU: `(items, outputs)` float32.

    Args:
        network: what reads: a network, or a function of the same inputs.
        data: where the part is.
        part: which.
        activate: from raw outputs to what is wanted.
        mirror: whether to read each image in the mirror too, and take the mean of the raw outputs.
    """

    def read(batch: Batch) -> Tensor:
        raw = forward(network, batch)
        return (raw + forward(network, Batch({**batch, "image": batch["image"].flip(3)}))) / 2 if mirror else raw

    return torch.cat([activate(read(batch)).cpu() for batch in data.iterate(part)])
