"""The options of transfer learning."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hibiscus.errors import ConfigError

__all__ = ["HeadEpochs", "HeadLRFactor", "LayerDecay", "TransferMode", "Unfreeze", "check_unused"]

TransferMode = Annotated[
    Literal["auto", "features", "frozen", "fine-tune", "none"],
    Field(
        description="transfer learning from a pretrained base: features (computed once, then a head), frozen "
        "(a head on augmented images), fine-tune (a head, then the deepest blocks) or none (all from "
        "scratch); auto: for color photos if a base is installed, and for net=sentence, fine-tune or, of "
        "many items, features"
    ),
]
Unfreeze = Annotated[
    int | Literal["auto"],
    Field(
        description="transfer=fine-tune: how many of the deepest blocks of the base are trained; auto: as "
        "suggested by the accuracy of a linear model on the features of each block; with net=sentence, all 6 "
        "layers"
    ),
]
LayerDecay = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="transfer=fine-tune: factor of the learning rate from each block of the base to the one "
        "before it",
    ),
]
HeadEpochs = Annotated[
    int,
    Field(
        ge=1, description="transfer=fine-tune: epochs in which the head alone is trained, on cached features"
    ),
]
HeadLRFactor = Annotated[
    float,
    Field(
        gt=0,
        description="transfer=fine-tune: factor of the learning rate of the head while blocks are trained; "
        "default: 0.1 with fewer than 1,000 training photos, else 1; 10 with net=sentence",
    ),
]

TUNING = ("head_epochs", "head_lr_factor", "layer_decay", "unfreeze")  # options of fine-tuning


def check_unused(config: Any, mode: str) -> None:
    """Raises ConfigError for an option of fine-tuning where it has no effect, unless it is the default."""
    unused = [name for name in TUNING if getattr(config, name) != type(config).model_fields[name].default]
    if unused and mode != "fine-tune":
        raise ConfigError(f"{unused[0]} with transfer={mode}", "transfer=fine-tune", f"leave out {unused[0]}")
