"""Backbones with published weights, for methods that predict boxes or the class of each pixel.

When `backbone=auto` takes one, how long it is trained by default, and which of its layers are fine-tuned,
with which learning rate. A run from before the option existed has `auto` in its options, which `resolve`
replaces in every other run: its network is the method's own.

    lr = backbone_lr_factor * learning_rate * schedule(progress)    of the layers of the backbone

The first stages, whose edges and textures serve any photo, and the depthwise filters stay as they are. Those
filters are 3 % of the weights, but on a CPU their gradient takes two thirds of the time of a step.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.transfer import BASE, suits_transfer
from hibiscus.networks.backbone import Backbone
from hibiscus.networks.bases import PUBLISHED
from hibiscus.training.pretrained import is_installed, load_pretrained

__all__ = [
    "BASE",
    "SEGMENTATION_UPDATES",
    "BackboneLRFactor",
    "FineTuningEpochs",
    "adapt_pretrained",
    "backbone_lr_factors",
    "choose_backbone",
    "describe_backbone",
    "fine_tuning_epochs",
    "install_notes",
    "resolve_backbone",
]

INSTALL = (
    "on few photos a pretrained backbone is far more accurate than one from scratch: pip install "
    "'hibiscus[pretrained]' (17 MB); naming another backbone leaves this note out"
)
FROZEN_STAGES = 3  # of the pretrained network: those of strides 2 and 4
UPDATES, SEGMENTATION_UPDATES = 900, 1500  # batches in which it is fine-tuned, for boxes and for pixels
MIN_EPOCHS, MAX_EPOCHS, LEARNING_RATE = 8, 100, 2e-3

FineTuningEpochs = Annotated[
    int,
    Field(
        ge=1,
        description="passes over the training part; default with the pretrained backbone: about 900 batches "
        "in all (segmentation: 1,500), 8 to 100 epochs",
    ),
]
BackboneLRFactor = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="pretrained backbone: learning rate of its layers, as a multiple of that of the others",
    ),
]


def choose_backbone(
    config: Any, preparation: Preparation, items: int | None, own: str, own_options: tuple[str, ...]
) -> str:
    """The backbone that `backbone=auto` stands for; any other as it is.

    Args:
        config: the options of the method, as given.
        preparation: what was learned from the training part.
        items: of the training part.
        own: the backbone without published weights.
        own_options: options that only that backbone has.

    Raises:
        ConfigError: an option of another backbone together with the pretrained one.
        MissingExtraError: the package with the weights is not installed, and the backbone was requested.
    """
    fields = type(config).model_fields  # a file of options names defaults too
    given = [name for name in own_options if getattr(config, name) != fields[name].default]
    if config.backbone == BASE:
        if given:
            received = f"{given[0]}={getattr(config, given[0])} with backbone={BASE}"
            raise ConfigError(received, "no such option of this network", f"leave out {given[0]}")
        if not is_installed(BASE):
            load_pretrained(BASE)  # says how to install it
        return BASE
    if config.backbone != "auto":
        return config.backbone
    is_photo = suits_transfer(preparation["image"].shape, items)
    return BASE if is_photo and not given and is_installed(BASE) else own


def resolve_backbone(
    config: Any,
    preparation: Preparation,
    items: int | None,
    own: str,
    own_options: tuple[str, ...],
    updates: int = UPDATES,
    **defaults: Any,
) -> Any:
    """The options with the backbone chosen, see `choose_backbone`; with the pretrained one also the epochs of
    so many updates, the learning rate with which it is fine-tuned and further defaults, unless they were
    given.
    """
    changes: dict[str, Any] = {"backbone": choose_backbone(config, preparation, items, own, own_options)}
    given = config.model_fields_set - {"backbone"}
    if changes["backbone"] == BASE:
        batch_size = (
            config.batch_size if "batch_size" in given else defaults.get("batch_size", config.batch_size)
        )
        changes |= {
            "epochs": fine_tuning_epochs(items, batch_size, updates),
            "learning_rate": LEARNING_RATE,
            **defaults,
        }
    return config.model_copy(update={name: changes[name] for name in changes if name not in given})


def fine_tuning_epochs(items: int | None, batch_size: int, updates: int = UPDATES) -> int:
    """Epochs of about so many batches in all, so that few images are seen as often as they have to be.

    Args:
        items: of the training part.
        batch_size: items per batch.
        updates: the number of batches.
    """
    batches = max(1, (items or 0) // batch_size)
    return min(MAX_EPOCHS, max(MIN_EPOCHS, math.ceil(updates / batches)))


def adapt_pretrained(network: nn.Module, name: str, frozen: int = FROZEN_STAGES) -> None:
    """Prepares the backbone in a new network for its published weights and for fine-tuning, in place.

    Args:
        network: with one `Backbone`, whose weights are loaded when a new run begins.
        name: of the pretrained network.
        frozen: the number of its first stages that are not trained.
    """
    backbone = _backbone(network)
    backbone.description = PUBLISHED[name]
    backbone.freeze(frozen)
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.requires_grad_(False)


def backbone_lr_factors(network: nn.Module, factor: float) -> dict[nn.Parameter, float]:
    """The factor of the learning rate of each parameter of a pretrained backbone; none without one."""
    backbones = [module for module in network.modules() if isinstance(module, Backbone)]
    pretrained = [module for module in backbones if module.description is not None]
    return {parameter: factor for module in pretrained for parameter in module.parameters()}


def describe_backbone(config: Any) -> str:
    """The pretrained backbone in one line, with how to turn it off; empty without one."""
    if getattr(config, "backbone", None) != BASE:
        return ""
    return f"{BASE} with pretrained weights as backbone; backbone=own trains from scratch"


def install_notes(config: Any, dataset: Dataset) -> list[str]:
    """How to install the weights from which photos would profit; empty if they are installed."""
    height, width, *channels = dataset.fields["image"].shape[1:]
    shape = (*(channels or [1]), height, width)
    profits = config.backbone == "auto" and suits_transfer(shape, len(dataset))
    return [INSTALL] if profits and not is_installed(BASE) else []


def _backbone(network: nn.Module) -> Backbone:
    return next(module for module in network.modules() if isinstance(module, Backbone))
