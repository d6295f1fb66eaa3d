"""The data options: how a dataset is opened, split and prepared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["DataConfig"]

Side = Annotated[int, Field(ge=1, le=4096)]  # pixels


class DataConfig(BaseModel):
    """How a dataset is opened, split and prepared; the same options for every method."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    target: str | None = Field(None, description="tables: the column to predict, or several: a,b")
    multi_label: bool | None = Field(
        None, description="whether an item has any number of labels; detected by default"
    )
    label_separator: str | None = Field(
        None,
        min_length=1,
        description="between the labels of a value, or `list` for JSON lists; "
        "by default ; and | and lists are detected",
    )
    test_data: str | None = Field(None, description="the test part, if it is a separate file or folder")
    target_domain: str | None = Field(
        None, description="the other image domain, if it is a separate file or folder"
    )
    pairs: str | None = Field(
        None,
        description="image pairs: two folders of aligned images, INPUT,TARGET; or left or right, the half of "
        "each image file that is the input; translations: two languages, SOURCE,TARGET, as in en,de",
    )
    image_size: Side | tuple[Side, Side] | None = Field(
        None, description="image size in pixels: side, or height,width; detected by default"
    )
    channels: Literal[1, 3] | None = Field(
        None, description="1 for grayscale or 3 for RGB images; detected by default"
    )
    white_level: float | None = Field(
        None,
        gt=0,
        description="images of more than 8 bits: the value of white; by default the maximum of training",
    )
    box_edges: Literal["auto", "corners", "xywh", "cxcywh"] = Field(
        "auto", description="boxes: their four numbers; xywh: corner and size, cxcywh: center and size"
    )
    box_units: Literal["auto", "pixels", "fractions", "percent"] = Field(
        "auto", description="boxes: the unit of their numbers; fractions and percent of the image's sides"
    )
    box_orientation: Literal["auto", "upright", "stored"] = Field(
        "auto", description="boxes of images with an EXIF orientation: of upright or of stored pixels"
    )
    max_bad_fraction: float = Field(
        0.05, ge=0, le=1, description="maximum fraction of files or boxes that may be unusable"
    )
    split: Literal["auto", "hash", "stratified", "group", "class", "time", "order"] = Field(
        "auto",
        description="how missing parts are split off from the training part; auto: stratified below 5,000 "
        "labeled items, otherwise by hash; order: the last items are the test part",
    )
    val: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="fraction of the training items for validation, if the data has no such part",
    )
    test: float = Field(
        0.15, ge=0, lt=1, description="fraction of the training items for the test part, if the data has none"
    )
    group: str | None = Field(
        None,
        description="items with equal values in this column stay in the same part; "
        "with split=class: class, or folder to keep whole folders of classes together",
    )
    role: dict[str, str] = Field(
        default_factory=dict,
        description="tables: the role of a column, role.COLUMN=number|category|text|time|group|ignore",
    )
    columns: tuple[str, ...] | None = Field(
        None, description="tables: the input columns, a,b,c; by default all that are no identifiers"
    )
    header: bool | None = Field(
        None, description="tables: whether the first line names the columns; detected by default"
    )
    decimal: Literal["auto", "point", "comma"] = Field(
        "auto", description="tables: the decimal sign of numbers; determined for each column by default"
    )
    day_first: bool | None = Field(
        None, description="tables: whether 01/02/2020 is in February; determined for each column by default"
    )
    time_format: str | None = Field(
        None,
        description="tables: how times are written, such as %d.%m.%y, as strptime takes it; determined for "
        "each column by default",
    )
    missing: tuple[str, ...] | None = Field(
        None, description="tables: the words that stand for a missing value, such as NA,?"
    )
    sheet: str | None = Field(None, description="spreadsheets: the sheet; by default the first with a table")
    encoding: str | None = Field(
        None, description="tables and texts: the encoding, such as cp1251 or shift-jis; detected by default"
    )
    txt_as: Literal["auto", "table", "text", "lines"] = Field(
        "auto",
        description=".txt files: whether one is a table, one continuous text, or has a text on each of its "
        "lines",
    )
    series: bool | None = Field(
        None,
        description="whether each line of a .tsv, .csv or .txt file is a series, its label first, or each "
        "row of an array is one; detected by default",
    )
    scaling: Literal["auto", "standard", "robust", "range", "none", "series"] = Field(
        "auto",
        description="tables: how numbers are scaled; auto: robust for net=realmlp, otherwise standard; "
        "series: each series of an array by itself",
    )
    top_words: int = Field(
        1000, ge=1, description="tables: the number of most frequent words kept of a text column"
    )
    tokens: Literal["auto", "word", "character", "bpe", "word-piece"] = Field(
        "auto",
        description="texts: the tokens; word: words and punctuation marks, bpe: byte pairs, word-piece: "
        "those of net=sentence; auto: by method",
    )
    vocabulary_size: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="texts: the number of most frequent tokens kept; default: 20,000, for byte pairs 8,000",
    )
    min_count: int = Field(
        1, ge=1, description="texts: the number of times that a word occurs in training to be kept"
    )
    max_length: int | None = Field(
        None,
        ge=1,
        le=2**20,
        description="texts: tokens after which a text is cut; by default 0.5 % of the training texts are, "
        "and those of more than 512 tokens",
    )
    lower: bool = Field(True, description="texts: whether words are in lower case")
    stop_words: bool = Field(False, description="texts: whether English stop words are left out")
    min_tfidf: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="texts: words whose highest tf-idf in any training text is lower are left out",
    )
    horizon: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="series: the number of steps to forecast; default: one season, at most a twelfth of the "
        "steps",
    )
    season: int | None = Field(
        None,
        ge=1,
        description="series: the steps of a season, 1 for none; default: that of the calendar, such as 12 "
        "months or 24 hours",
    )
    split_at: tuple[str, ...] | None = Field(
        None,
        description="series: the times at which validation and test begin and, optionally, the test part "
        "ends, as in 2019-01-01,2020-01-01",
    )
    train_window: int | None = Field(
        None,
        ge=1,
        description="series: steps of the training part (sliding window); default: all before validation "
        "(expanding window)",
    )
    gap: int = Field(0, ge=0, description="series: steps before each later part that belong to no part")
    resample: str | None = Field(
        None,
        description="series: the step whose values are averaged, such as 15min, 1h, D, MS; D,sum adds them",
    )
    impute: Literal["forward", "past-mean", "window-mean", "seasonal", "linear"] = Field(
        "forward",
        description="series: what fills missing values: the last value, the mean of the past, the value one "
        "season ago; linear looks ahead",
    )
    look_ahead: bool = Field(
        False, description="series: whether a missing value may be filled from later values"
    )
    transform: Literal["none", "log", "sqrt", "box-cox"] = Field(
        "none", description="series: a transform of the values, undone in forecasts"
    )
    difference: int = Field(
        0, ge=0, le=2, description="series: how often values are differenced, undone in forecasts"
    )
    seasonal_difference: int = Field(
        0, ge=0, le=1, description="series: 1 to subtract the value one season ago, undone in forecasts"
    )
    known_future: tuple[str, ...] | None = Field(
        None,
        description="series: columns whose future values are known when a forecast is made, a,b: prices, "
        "holidays",
    )
    max_episode_steps: int | None = Field(
        None,
        ge=1,
        description="environments: steps after which an episode is truncated; by default the environment's "
        "own limit, or 10,000",
    )

    @field_validator("image_size", mode="before")
    @classmethod
    def _two_sides(cls, value: Any) -> Any:
        return tuple(value.split(",")) if isinstance(value, str) and "," in value else value

    @field_validator("columns", "missing", "split_at", "known_future", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    def reading(self) -> dict[str, Any]:
        """The options of `open_data` that say how a table is read."""
        names = ("role", "columns", "group", "header", "decimal", "day_first", "missing", "sheet")
        names = (*names, "encoding", "txt_as", "series", "time_format")
        return {name: getattr(self, name) for name in names}

    def opening(self) -> dict[str, Any]:
        """The options that `open_data` takes."""
        names = ("target", "multi_label", "label_separator", "test_data", "target_domain", "pairs")
        names = (*names, "image_size", "channels", "white_level")
        names = (*names, "box_edges", "box_units", "box_orientation", "max_bad_fraction")
        return {name: getattr(self, name) for name in names} | self.reading()
