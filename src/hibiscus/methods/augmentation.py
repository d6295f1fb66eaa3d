"""Options shared by all image methods (network, augmentation), and flip averaging at test time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field
from torch import Tensor

from hibiscus.data.batch import Augmentation
from hibiscus.data.images.augment import Augment
from hibiscus.data.images.trivial_augment import TrivialAugment
from hibiscus.training.config import TrainingConfig

__all__ = [
    "AugmentationConfig",
    "Brightness",
    "Contrast",
    "Cutout",
    "Flip",
    "NetworkName",
    "NetworkOptions",
    "PaddingMode",
    "Rotation",
    "ScaleRange",
    "Shear",
    "TTAFlip",
    "Translate",
    "VerticalFlip",
    "flip_average",
]

NetworkName = Annotated[
    str,
    Field(
        description="network: a name from `hibiscus list`, module.path:function, or a trained base: run:RUN, "
        "hub:OWNER/NAME or FILE.safetensors"
    ),
]
NetworkOptions = Annotated[
    dict[str, Any], Field(description="options of the network, written net.NAME=value")
]

Translate = Annotated[
    float, Field(ge=0, lt=1, description="augmentation: maximum translation, as a fraction of the image side")
]
Flip = Annotated[bool, Field(description="augmentation: flip horizontally with probability 1/2")]
VerticalFlip = Annotated[bool, Field(description="augmentation: flip vertically with probability 1/2")]
Rotation = Annotated[
    float, Field(ge=0, le=180, description="augmentation: maximum rotation in degrees, in either direction")
]
ScaleRange = Annotated[
    float,
    Field(ge=0, lt=1, description="augmentation: scale by a factor of 1 - scale_range to 1 + scale_range"),
]
Shear = Annotated[
    float, Field(ge=0, le=1, description="augmentation: maximum horizontal shear, in pixels per row")
]
Brightness = Annotated[
    float, Field(ge=0, le=1, description="augmentation: maximum relative change in brightness")
]
Contrast = Annotated[
    float, Field(ge=0, le=1, description="augmentation: maximum relative change in contrast")
]
Cutout = Annotated[
    int, Field(ge=0, description="augmentation: side of the erased square in pixels (cutout); 0 for none")
]
PaddingMode = Annotated[
    Literal["zero", "nearest", "reflect"],
    Field(description="augmentation: how pixels outside the image are filled"),
]
TTAFlip = Annotated[
    bool,
    Field(description="test-time augmentation: average the predictions for each image and its flipped copy"),
]


class AugmentationConfig(TrainingConfig):
    """Options of image augmentation."""

    translate: Translate = 0.0
    flip: Flip = False
    rotation: Rotation = 0.0
    scale_range: ScaleRange = 0.0
    shear: Shear = 0.0
    brightness: Brightness = 0.0
    contrast: Contrast = 0.0
    padding_mode: PaddingMode = "nearest"

    def build_augment(self) -> Augmentation:
        """The augmentation described by these options."""
        augment = Augment(
            **{
                name: getattr(self, name)
                for name in Augment.__dataclass_fields__
                if name in type(self).model_fields
            }
        )
        return TrivialAugment(augment, self.padding_mode) if self.preset == "strong" else augment

    @property
    def preset(self) -> str:
        """The preset of the augmentation, `none` where a method has no presets."""
        return getattr(self, "augment", "none")


def flip_average(
    outputs: Callable[[Tensor], Tensor],
    images: Tensor,
    undo: Callable[[Tensor], Tensor] = lambda flipped: flipped,
) -> Tensor:
    """Test-time augmentation: averages the outputs for images and for their horizontally flipped copies.

    Args:
        outputs: maps images `(batch, channels, height, width)` to raw outputs.
        images: the images.
        undo: applied to the outputs for the flipped images before averaging, for example to flip maps back.
    """
    return (outputs(images) + undo(outputs(images.flip(3)))) / 2
