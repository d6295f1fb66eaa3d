"""Whatever fails while data is read ends in an error that names it."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from hibiscus.data.named_errors import named_errors
from hibiscus.errors import DataError, MissingExtraError, RunError


def message(data, error, kind=DataError):
    with pytest.raises(kind) as caught, named_errors(data, kind):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error or caught.value is error
    return str(caught.value)


def test_errors_of_libraries_name_the_data(tmp_path):
    file = tmp_path / "t.bin"
    file.write_bytes(bytes(2000))
    assert f"{file}: cannot be read (KeyError: 'x')" in message(file, KeyError("x"))
    assert f"{file}: its content is nested too deeply" in message(str(file), RecursionError())
    assert f"{file} (2.0 KB): not enough memory to read it (8 GB)" in message(file, MemoryError("8 GB"))
    assert "data of type DataFrame: cannot be read" in message(pd.DataFrame(), ValueError("x"))
    assert message(file, EOFError(), RunError).startswith(f"{file}: cannot be read (EOFError")
    assert len(message(file, ValueError("x" * 10_000))) < 1000


def test_errors_of_the_system_name_their_own_file():
    assert message("data", FileNotFoundError(2, "gone", "data/a.csv")).startswith(
        "data/a.csv: cannot be read"
    )
    assert message("data", OSError("damaged")).startswith("data: cannot be read (damaged)")


def test_an_error_in_three_parts_keeps_them():
    assert message("d/t.csv", DataError("t.csv: no rows", "rows")).startswith("t.csv: no rows")
    assert message("d/t.csv", DataError("no rows", "rows", "add")).startswith(
        "d/t.csv: no rows\n  expected: rows"
    )


@pytest.mark.parametrize("error", [MissingExtraError("x"), KeyboardInterrupt(), UserWarning("x")])
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as caught, warnings.catch_warnings(), named_errors("data"):
        raise error
    assert caught.value is error
