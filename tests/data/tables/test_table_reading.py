"""Readings of the training part applied to other tables; whole files are tested in tests/cases."""

import pandas as pd
import pytest

from hibiscus.data.tables.join import join_parts
from hibiscus.data.tables.open import listed_images, table_dataset
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.table_reading import read_like_training, typed_frame
from hibiscus.data.tables.table_source import TableSource
from hibiscus.errors import ConfigError, DataError


def frame(**columns):
    return pd.DataFrame(columns)


def test_a_table_in_memory_is_a_dataset():
    data = table_dataset(
        "t", frame(x=["$1", "$2"] * 6, n=[1.5, 2] * 6, y=list("ab") * 6), TableSource("t", "y")
    )
    assert data.roles == {"x": "number", "n": "number", "y": "target"}
    assert data.fields["table"]["x"].tolist() == [1, 2] * 6
    assert data.readings["x"].unit == "$"
    assert data.ids[0] == "row 1"


def test_the_readings_of_the_training_part_apply():
    train = table_dataset("t", frame(x=["01", "A1"] * 6, y=list("ab") * 6), TableSource("t", "y"))
    test = frame(x=["01", "02"], y=["a", "b"])
    source = TableSource("u", "y", like=train)
    reading = read_like_training(test, source)
    assert typed_frame(test, reading, source)[0]["x"].tolist() == ["01", "02"]
    joined = join_parts({"train": train, "test": table_dataset("u", test, source)})
    assert joined.readings is train.readings
    with pytest.raises(DataError, match="no column named x"):
        read_like_training(frame(y=["a"]), source)


def test_options_are_checked():
    assert TableOptions.of({"columns": "a, b", "role": None}).columns == ("a", "b")
    with pytest.raises(ConfigError, match="there is no option 'colums'"):
        TableOptions.of({"colums": "a"})
    with pytest.raises(ConfigError, match="decimal=dot"):
        TableOptions.of({"decimal": "dot"})


def test_a_table_without_images_lists_none(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    assert listed_images(tmp_path / "t.csv") == []
