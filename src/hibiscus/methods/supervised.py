"""Shared by supervised methods: options, the choice of the network, and training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import ConfigError
from hibiscus.methods.augmentation import (
    AugmentationConfig,
    Cutout,
    NetworkName,
    NetworkOptions,
    PaddingMode,
    TTAFlip,
    VerticalFlip,
)
from hibiscus.methods.augmentation_presets import AugmentPreset, preset_options
from hibiscus.methods.recipes import recipe_for
from hibiscus.networks.registry import build_network
from hibiscus.networks.regularizers import WeightPenalty, constrain
from hibiscus.training.config import EMADecay, ScheduleName, TrainingConfig
from hibiscus.training.ema import ema_followers, with_ema
from hibiscus.training.player import Loss, Stage

__all__ = [
    "SupervisedConfig",
    "batch_size_for",
    "build_supervised",
    "default_network",
    "inputs_of",
    "resolve_supervised",
    "supervised_stage",
]


class SupervisedConfig(AugmentationConfig):
    """Options of supervised methods; defaults depend on the data and the network."""

    batch_size: int | None = Field(  # type: ignore[assignment]
        None, ge=1, description="items per batch; default: 128, or fewer for small datasets"
    )
    optimizer: Literal["auto", "sgd", "rmsprop", "adam", "adamw"] = Field(  # type: ignore[assignment]
        "auto", description="the optimizer; auto: chosen for the network"
    )
    learning_rate: float | None = Field(  # type: ignore[assignment]
        None, gt=0, description="peak learning rate; default: chosen for the network"
    )
    weight_decay: float | None = Field(  # type: ignore[assignment]
        None, ge=0, description="weight decay; default: chosen for the network"
    )
    schedule: ScheduleName = "one-cycle"
    net: NetworkName = Field(
        "auto", description="a name from `hibiscus list`, module.path:function, or auto (chosen for the data)"
    )
    net_options: NetworkOptions = Field(default_factory=dict)
    ema_decay: EMADecay = 0.0
    l1: float = Field(0.0, ge=0, description="L1 penalty: coefficient of the sum of absolute values")
    l2: float = Field(0.0, ge=0, description="L2 penalty: coefficient of the sum of squares")
    regularize: Literal["weight", "bias", "activity"] = Field(
        "weight", description="what the L1 and L2 penalties apply to"
    )
    regularize_layers: str = Field(
        "*", description="names of the layers to which the penalties apply, as a pattern such as body.*"
    )
    max_norm: float | None = Field(
        None, gt=0, description="maximum norm of the incoming weights of each unit; none for no limit"
    )
    weight_clip: float | None = Field(
        None, gt=0, description="maximum absolute value of the weights; none for no limit"
    )
    augment: AugmentPreset = "auto"
    crop: int = Field(
        0, ge=0, description="augmentation: pixels of padding before a random crop to the original size"
    )
    vertical_flip: VerticalFlip = False
    cutout: Cutout = 0
    tta_flip: TTAFlip = False
    padding_mode: PaddingMode = "reflect"


def inputs_of(preparation: Preparation) -> list[str]:
    """The input fields, in the order in which networks take them."""
    return [name for name in INPUTS if name in preparation.fields]


def default_network(preparation: Preparation) -> str:
    """The network chosen by `net=auto` for this type of inputs."""
    names = inputs_of(preparation)
    if len(names) > 1:
        return "ynetwork"
    shape = preparation[names[0]].shape
    if names == ["image"]:
        return "cnn"
    return "lstm" if len(shape) == 2 else "mlp"


def batch_size_for(items: int | None) -> int:
    """The default batch size: 128, or a smaller power of two (at least 8) that gives about 20 steps per
    epoch.
    """
    if items is None:
        return 128
    return min(128, max(8, 2 ** int(math.log2(max(1, items / 20)))))


def resolve_supervised(
    config: TrainingConfig, preparation: Preparation, items: int | None = None
) -> SupervisedConfig:
    """Replaces `auto` by a network, and fills in its optimizer settings and the preset of the augmentation.

    Settings that were given are kept. If the optimizer is not the recipe's, the other settings are plain
    defaults.
    """
    assert isinstance(config, SupervisedConfig)
    name = default_network(preparation) if config.net == "auto" else config.net
    recipe = recipe_for(name)
    follows_recipe = config.optimizer in ("auto", recipe.optimizer)
    default_rates = {"sgd": 0.05, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}
    batch_size = config.batch_size or batch_size_for(items)
    changes: dict[str, Any] = {
        "batch_size": batch_size,
        "net": name,
        "optimizer": recipe.optimizer if config.optimizer == "auto" else config.optimizer,
    }
    if config.learning_rate is None:
        changes["learning_rate"] = (
            recipe.learning_rate_for(batch_size) if follows_recipe else default_rates[config.optimizer]
        )
    if config.weight_decay is None:
        changes["weight_decay"] = recipe.weight_decay if follows_recipe else 0.0
    if "clip_grad_norm" not in config.model_fields_set and follows_recipe:
        changes["clip_grad_norm"] = recipe.clip_grad_norm
    changes |= preset_options(config, preparation, name)
    return config.model_copy(update=changes)


def build_supervised(
    config: SupervisedConfig, preparation: Preparation, outputs: int
) -> dict[str, nn.Module]:
    """The network specified by the options, with its EMA copy unless `ema_decay` is 0."""
    shapes = tuple(tuple(preparation[name].shape) for name in inputs_of(preparation))
    network = build_network(
        config.net, shapes[0] if len(shapes) == 1 else shapes, outputs, **config.net_options
    )
    return with_ema({"network": network}, "network", config.ema_decay)


def supervised_stage(
    config: SupervisedConfig,
    networks: Mapping[str, nn.Module],
    data: PreparedData,
    loss: Callable[[Batch], tuple[Tensor, dict[str, Tensor]]],
    player: str,
) -> Stage:
    """The single stage of a supervised method: one player and shuffled batches of the training part."""
    network = networks["network"]
    constrained = config.max_norm is not None or config.weight_clip is not None
    after_step = (
        (lambda: constrain(network, max_norm=config.max_norm, clip=config.weight_clip))
        if constrained
        else None
    )
    learner = config.player(player, network, _regularized(config, network, loss), after_step=after_step)
    augment = config.build_augment()
    if (augment.active or config.tta_flip) and "image" not in data.tensors:
        options = "augmentation (translate, crop, flip, tta_flip ...)"
        raise ConfigError(f"{options} on data without images", "images", "leave these options out")
    source = data.source("train", config.batch_size or 128, config.seed, augment)
    return Stage([learner], config.epochs, source, ema_followers(networks, "network", config.ema_decay))


def _regularized(
    config: SupervisedConfig, network: nn.Module, loss: Callable[[Batch], tuple[Tensor, dict[str, Tensor]]]
) -> Loss:
    """Adds the L1 and L2 penalties, if any, to the loss."""
    if not (config.l1 or config.l2):
        return loss
    penalty = WeightPenalty(
        network, l1=config.l1, l2=config.l2, targets=(config.regularize,), layers=config.regularize_layers
    )

    def regularized(batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        value, terms = loss(batch)
        cost = penalty()
        return value + cost, {**terms, "penalty": cost.detach()}

    return regularized
