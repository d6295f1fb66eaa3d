"""Options that methods which learn from images share: the network and the augmentation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from hibiscus.data.images.augment import Augment
from hibiscus.training.config import TrainingConfig

__all__ = ["ChangeConfig", "ImageConfig"]


class ChangeConfig(TrainingConfig):
    """Random changes to images."""

    translate: float = Field(0.0, ge=0, lt=1, description="random changes: most offset, as a share of the side")
    flip: bool = Field(False, description="random changes: mirror left and right")
    rotation: float = Field(0.0, ge=0, le=180, description="random changes: most degrees either way")
    scale_range: float = Field(0.0, ge=0, lt=1, description="random changes: magnify by 1 - zoom to 1 + zoom")
    shear: float = Field(0.0, ge=0, le=1, description="random changes: most sideways pixels per row")
    brightness: float = Field(0.0, ge=0, le=1, description="random changes: most relative change")
    contrast: float = Field(0.0, ge=0, le=1, description="random changes: most relative change about the mean")
    padding_mode: Literal["zero", "nearest", "reflect"] = Field("nearest", description="random changes: what lies outside the image")

    def build_augment(self) -> Augment:
        """The random changes that these options describe."""
        return Augment(**{name: getattr(self, name) for name in Augment.__dataclass_fields__ if name in type(self).model_fields})


class ImageConfig(ChangeConfig):
    """A network by name, and random changes to images."""

    net: str = Field("cnn", description="network: a name from `hibiscus list`, or module.path:function")
    net_options: dict[str, Any] = Field(default_factory=dict, description="options of the network, written net.NAME=value")
