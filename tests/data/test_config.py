import pytest
from pydantic import ValidationError

from hibiscus.data.config import DataConfig


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("64,96", (64, 96)),
        ("64, 96", (64, 96)),
        ("64", 64),
        (64, 64),
        ((64, 96), (64, 96)),
        ([64, 96], (64, 96)),
        (None, None),
    ],
)
def test_image_size_as_people_write_it(given, kept):
    assert DataConfig(image_size=given).image_size == kept


@pytest.mark.parametrize("given", ["64x96", "1,2,3", 0, -4, "0,8", "a,b", 100_000, 3.5])
def test_absurd_sizes_are_refused(given):
    with pytest.raises(ValidationError):
        DataConfig(image_size=given)


@pytest.mark.parametrize(("given", "kept"), [(1, 1), (3, 3), (None, None)])
def test_channels(given, kept):
    assert DataConfig(channels=given).channels == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": 2},
        {"val": 0},
        {"test": 1},
        {"max_bad_fraction": 1.1},
        {"split": "random"},
        {"top_words": 0},
        {"tarket": "x"},
        {"scaling": "z"},
    ],
)
def test_out_of_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        DataConfig(**wrong)


def test_opening_names_exactly_what_open_data_takes():
    import inspect

    from hibiscus.data.open import open_data
    from hibiscus.data.tables.table_options import TableOptions

    opening = DataConfig(target="y", image_size="8,9").opening()
    assert opening == {
        "target": "y",
        "multi_label": None,
        "label_separator": None,
        "test_data": None,
        "white_level": None,
        "pairs": None,
        "target_domain": None,
        "image_size": (8, 9),
        "channels": None,
        "box_edges": "auto",
        "box_units": "auto",
        "box_orientation": "auto",
        "max_bad_fraction": 0.05,
        **DataConfig().reading(),
    }
    TableOptions.of(DataConfig().reading())
    others = set(opening) - set(DataConfig().reading())
    assert others <= set(inspect.signature(open_data).parameters)


def test_every_option_has_a_sentence_and_goes_through_json():
    assert all(field.description for field in DataConfig.model_fields.values())
    config = DataConfig(image_size=(8, 9), group="patient")
    assert DataConfig(**config.model_dump(mode="json")) == config
