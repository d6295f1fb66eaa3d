import contextlib

import numpy as np
import pytest

from hibiscus.data.arrays.ts_format import read_ts
from hibiscus.errors import DataError

HEADER = """#The first lines of a file of the UEA archive
@problemName Toy
@timeStamps false
@univariate true
@classLabel true walk run

@data
"""
N = np.nan


def test_a_series_on_each_line_and_its_class_at_the_end():
    found = read_ts(HEADER + "1,2.5,?:walk\n-1,0,3:run\n", "x")
    np.testing.assert_array_equal(found.values[:, :, 0], [[1, 2.5, N], [-1, 0, 3]])
    assert found.labels == ["walk", "run"]
    assert found.classes == ["walk", "run"]
    assert not found.is_number


def test_colons_separate_variables_of_any_length():
    found = read_ts(HEADER + "1,2,3:4,5,6:walk\n1:2,3:run\n", "x")
    np.testing.assert_array_equal(found.values[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(found.values[1], [[1, 2], [N, 3], [N, N]])


def test_targets_and_files_without_labels():
    numbers = read_ts("@targetLabel true\n@data\n1,2:0.5\n", "x")
    assert numbers.labels == ["0.5"]
    assert numbers.is_number
    plain = read_ts("@classLabel false\n@data\n1,2:3,4\n", "x")
    assert plain.labels == []
    assert plain.values.shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line @data"),
        ("1,2:walk", "no line @data"),
        (HEADER, "no series below @data"),
        (HEADER.replace("@timeStamps false", "@timeStamps true") + "(0,1):walk", "time stamps"),
        (HEADER + "(0,1),(1,2):walk", "time stamps in parentheses"),
        (HEADER + "1,2:swim", "the class swim"),
        (HEADER + "1,2:walk\n1,2:3,4:walk", "line 9 has 2 variables"),
        (HEADER + "walk", "line 8 has 0 variables"),
        (HEADER + "1,two:walk", "line 8: 'two' as value 2"),
        ("name Toy\n@data\n1:walk", "'name Toy' above @data"),
    ],
)
def test_other_files_are_refused(text, said):
    with pytest.raises(DataError, match=said):
        read_ts(text, "x.ts")


def test_a_line_of_many_variables_does_not_take_more_memory_than_allowed(monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    short = ":".join(["1"] * 1000)  # each as long as the longest, once they are stacked
    with pytest.raises(DataError, match="HIBISCUS_MAX_MEMORY"):
        read_ts(f"@classLabel false\n@data\n{short}:{','.join(['1'] * 1000)}\n", "x.ts")


def test_damaged_files_never_raise_another_error():
    rng = np.random.default_rng(0)
    text = HEADER + "1,2:3,?:walk\n4,5:6,7:run\n"
    for _ in range(300):
        damaged = list(text)
        for position in rng.integers(0, len(text), 3):
            damaged[position] = chr(rng.integers(0, 0x250))
        with contextlib.suppress(DataError):
            assert read_ts("".join(damaged), "x").values.ndim == 3
