"""The options that methods on images share: the network and the augmentation, each declared once; and flip
averaging at test time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field
from torch import Tensor

from hibiscus.data.images.augment import Augment
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
    str, Field(description="network: a name from `hibiscus list`, or module.path:function")
]
NetworkOptions = Annotated[
    dict[str, Any], Field(description="options of the network, written net.NAME=value")
]

Translate = Annotated[
    float, Field(ge=0, lt=1, description="augmentation: largest translation, as a fraction of the side")
]
Flip = Annotated[bool, Field(description="augmentation: flip horizontally with probability 1/2")]
VerticalFlip = Annotated[bool, Field(description="augmentation: flip vertically with probability 1/2")]
Rotation = Annotated[
    float, Field(ge=0, le=180, description="augmentation: largest rotation in degrees, either way")
]
ScaleRange = Annotated[
    float,
    Field(ge=0, lt=1, description="augmentation: scale by a factor of 1 - scale_range to 1 + scale_range"),
]
Shear = Annotated[
    float, Field(ge=0, le=1, description="augmentation: largest horizontal shear, in pixels per row")
]
Brightness = Annotated[
    float, Field(ge=0, le=1, description="augmentation: largest relative change of brightness")
]
Contrast = Annotated[
    float, Field(ge=0, le=1, description="augmentation: largest relative change of contrast")
]
Cutout = Annotated[
    int, Field(ge=0, description="augmentation: side in pixels of an erased square; 0 for none")
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
    """Options of the augmentation of images."""

    translate: Translate = 0.0
    flip: Flip = False
    rotation: Rotation = 0.0
    scale_range: ScaleRange = 0.0
    shear: Shear = 0.0
    brightness: Brightness = 0.0
    contrast: Contrast = 0.0
    padding_mode: PaddingMode = "nearest"

    def build_augment(self) -> Augment:
        """The augmentation that these options describe."""
        return Augment(
            **{
                name: getattr(self, name)
                for name in Augment.__dataclass_fields__
                if name in type(self).model_fields
            }
        )


def flip_average(
    outputs: Callable[[Tensor], Tensor],
    images: Tensor,
    undo: Callable[[Tensor], Tensor] = lambda flipped: flipped,
) -> Tensor:
    """Test-time augmentation: the mean of the outputs for images and for their horizontally flipped copies.

    Args:
        outputs: from images `(batch, channels, height, width)` to raw outputs.
        images: the images.
        undo: what the outputs for flipped images need before they are averaged, such as being flipped back
            where they are maps.
    """
    return (outputs(images) + undo(outputs(images.flip(3)))) / 2
