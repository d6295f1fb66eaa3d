"""The error for whatever happens while a file of a run is read."""

from pathlib import Path

import pytest

from hibiscus.damage import reading
from hibiscus.errors import ConfigError, DataError, MissingExtraError, RunError

PATH = Path("run") / "run.json"


@pytest.mark.parametrize(
    "error",
    [KeyError("method"), RecursionError(), IndexError(), ValueError("x" * 5000), OverflowError(),
     IsADirectoryError(21, "Is a directory"), ConfigError("a", "b"), DataError("damaged"),
     RunError("damaged"), ZeroDivisionError()],
)  # fmt: skip
def test_any_error_names_the_file(error):
    with pytest.raises(RunError, match=r"run/run\.json: ") as caught, reading(PATH):
        raise error
    assert len(str(caught.value)) < 1000
    assert caught.value.fix or isinstance(error, RunError)


def test_a_missing_file_and_a_missing_package_stay_what_they_are():
    with pytest.raises(RunError, match="no such file"), reading(PATH):
        Path("none/at/all").read_text()
    with pytest.raises(MissingExtraError), reading(PATH):
        raise MissingExtraError("gymnasium")
