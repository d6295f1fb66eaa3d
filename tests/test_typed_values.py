"""Values of JSON files, checked by type and range."""

from dataclasses import dataclass

import pytest

from hibiscus.typed_values import Count, Flag, Number, Positive, typed_value


@dataclass(frozen=True)
class Example:
    names: tuple[str, ...]
    sizes: tuple[Count, ...] = ()
    mean: Number = 0.0
    scale: Positive = 1.0
    time: Flag = False

    def __post_init__(self):
        if len(self.sizes) > len(self.names):
            raise ValueError("more sizes than names")


def test_lists_become_tuples_and_names_may_be_bytes_that_are_not_unicode():
    made = typed_value(Example, {"names": ["a", "caf\udce9"], "sizes": [3], "mean": 2})
    assert made == Example(("a", "caf\udce9"), (3,), 2.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": "ab"}, "names: .*tuple, not 'ab'"),
        ({"names": [1]}, "names.0: .*string, not 1"),
        ({"names": None}, "names: "),
        ({"sizes": [1, -1]}, "sizes.1: .*greater than or equal to 0, not -1"),
        ({"sizes": [True]}, "sizes.0: "),
        ({"sizes": [1.0]}, "sizes.0: "),
        ({"sizes": [10**30]}, "sizes.0: "),
        ({"sizes": [1, 2, 3]}, "more sizes than names"),
        ({"mean": float("nan")}, "mean: .*finite"),
        ({"mean": "1"}, "mean: "),
        ({"mean": 10**400}, "mean: "),
        ({"scale": 0}, "scale: .*greater than 0"),
        ({"scale": float("inf")}, "scale: "),
        ({"time": 1}, "time: "),
    ],
)
def test_other_types_and_ranges_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        typed_value(Example, {"names": ["a", "b"], **changes})


def test_an_absent_entry_is_named():
    with pytest.raises(ValueError, match=r"^names: .*required$"):
        typed_value(Example, {})
