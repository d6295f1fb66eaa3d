"""The options of data: how it is opened, divided and prepared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["DataConfig"]

Side = Annotated[int, Field(ge=1, le=4096)]  # pixels


class DataConfig(BaseModel):
    """How data is opened, divided into parts and prepared; the same for every method."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    target: str | None = Field(None, description="tables: the column to be predicted")
    test_data: str | None = Field(None, description="the test part, where it is a file or folder of its own")
    target_domain: str | None = Field(None, description="the other image domain, where it is a file or folder of its own")
    image_size: Side | tuple[Side, Side] | None = Field(None, description="side, or height,width, of images in pixels; found by default")
    channels: Literal[1, 3] | None = Field(None, description="1 for grey or 3 for RGB images; found by default")
    max_bad_fraction: float = Field(0.05, ge=0, le=1, description="largest share of files that may be unusable")
    split: Literal["hash", "stratified", "group", "class"] = Field("hash", description="how parts that are not given are cut out")
    val: float = Field(0.1, gt=0, lt=1, description="share of the training items for validation, where none is given")
    test: float = Field(0.15, ge=0, lt=1, description="share of the training items for the test part, where none is given")
    group: str | None = Field(
        None, description="items of one value in this column stay in one part; split=class: class, or folder for whole folders of classes"
    )
    scaling: Literal["standard", "range", "none"] = Field("standard", description="tables: how number columns are scaled")
    top_words: int = Field(1000, ge=1, description="tables: how many words of a text column are used")

    @field_validator("image_size", mode="before")
    @classmethod
    def _two_sides(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) and "," in value else value

    @field_validator("channels", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.isdigit() else value

    def opening(self) -> dict[str, Any]:
        """The options that `open_data` takes."""
        return {
            name: getattr(self, name) for name in ("target", "test_data", "target_domain", "image_size", "channels", "max_bad_fraction")
        }
