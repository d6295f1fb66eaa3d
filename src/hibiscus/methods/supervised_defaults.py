"""What supervised methods use where an option is `auto` or left out: network, optimizer, augmentation."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.data.preparation import Preparation
from hibiscus.methods.augmentation_presets import preset_options
from hibiscus.methods.recipes import recipe_for
from hibiscus.methods.sentence_transfer import SENTENCE, sentence_settings
from hibiscus.methods.series_networks import series_defaults, series_network
from hibiscus.methods.small_images import small_image_options
from hibiscus.methods.supervised import SupervisedConfig, inputs_of
from hibiscus.methods.table_networks import TABLE_NETWORK, table_defaults
from hibiscus.methods.text_defaults import TEXT_NETWORK, text_defaults
from hibiscus.methods.transfer import MODES, choose_transfer, transfer_settings
from hibiscus.methods.transfer_options import check_unused
from hibiscus.training.config import TrainingConfig

__all__ = ["batch_size_for", "default_network", "resolve_supervised"]


def default_network(preparation: Preparation, items: int | None = None) -> str:
    """The network chosen by `net=auto` for this type of inputs, and so many items in the training part."""
    names = inputs_of(preparation)
    if len(names) > 1:
        return "ynetwork"
    shape = preparation[names[0]].shape
    if names == ["image"]:
        return "cnn"
    if names == ["text"]:
        return TEXT_NETWORK
    if names == ["table"]:
        return TABLE_NETWORK
    return series_network(items) if len(shape) == 2 else "mlp"


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

    For photos, the network is a pretrained base if one is installed, and its settings those of the transfer.
    Settings that were given are kept. If the optimizer is not the recipe's, the other settings are plain
    defaults.
    """
    assert isinstance(config, SupervisedConfig)
    shape = preparation["image"].shape if inputs_of(preparation) == ["image"] else None
    base, mode = choose_transfer(config, shape, items)
    check_unused(config, mode)
    if mode in MODES and base != SENTENCE:
        settings = transfer_settings(config, mode, items, "label" in preparation)
        config = config.model_copy(update={"net": base, **settings})
        return config.model_copy(update=preset_options(config, preparation, base))
    name = default_network(preparation, items) if config.net == "auto" else config.net
    recipe = recipe_for(name)
    follows_recipe = config.optimizer in ("auto", recipe.optimizer)
    default_rates = {"sgd": 0.05, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}
    by_data = table_defaults(config, preparation, name, items)
    by_data |= small_image_options(config, preparation, name, batch_size_for(items), items)
    batch_size = by_data.get("batch_size") or config.batch_size or batch_size_for(items)
    by_data |= text_defaults(config, preparation, name, items, batch_size)
    by_data |= series_defaults(config, name, items, batch_size)
    if base == SENTENCE:
        by_data |= sentence_settings(config, mode)
    changes: dict[str, Any] = {
        "batch_size": batch_size,
        "net": name,
        "transfer": "none",
        **by_data,
        "optimizer": recipe.optimizer if config.optimizer == "auto" else config.optimizer,
    }
    if config.learning_rate is None and "learning_rate" not in by_data:
        changes["learning_rate"] = (
            recipe.learning_rate_for(batch_size) if follows_recipe else default_rates[config.optimizer]
        )
    if config.weight_decay is None and "weight_decay" not in by_data:
        changes["weight_decay"] = recipe.weight_decay if follows_recipe else 0.0
    if "clip_grad_norm" not in {*config.model_fields_set, *by_data} and follows_recipe:
        changes["clip_grad_norm"] = recipe.clip_grad_norm
    changes |= preset_options(config, preparation, name)
    return config.model_copy(update=changes)
