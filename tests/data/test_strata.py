"""The default split of few items: every class, and every range of a number, in all parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.split import make_split
from hibiscus.data.strata import SMALL, item_strata


def made(count, labels=None, **fields):
    array = np.arange(count, dtype=np.float32)[:, None]
    fields = {"array": array, **({} if labels is None else {"label": np.asarray(labels)}), **fields}
    return Dataset("d", "/some/data", fields, [str(i) for i in range(count)], content_keys(array))


def counts(parts, labels):
    return {name: [int((labels[parts[part]] == name).sum()) for part in parts] for name in np.unique(labels)}


def test_every_class_is_in_every_part_from_four_items_on():
    labels = np.repeat(["a", "b", "c", "d", "e"], [100, 20, 4, 3, 2])
    parts = make_split(made(129, labels))
    assert list(parts) == ["train", "val", "test"]
    assert counts(parts, labels) == {
        "a": [75, 10, 15], "b": [15, 2, 3], "c": [2, 1, 1], "d": [1, 1, 1], "e": [1, 1, 0],
    }  # fmt: skip


def test_a_number_has_the_same_distribution_in_all_parts():
    numbers = np.exp(np.random.default_rng(0).normal(size=400))
    parts = make_split(made(400, numbers))
    medians = [np.median(numbers[items]) for items in parts.values()]
    tops = [np.quantile(numbers[items], 0.95) for items in parts.values()]
    assert max(medians) / min(medians) < 1.15
    assert max(tops) / min(tops) < 1.4
    column = make_split(made(400, target=numbers[:, None]))
    assert {name: items.tolist() for name, items in column.items()} == {
        name: items.tolist() for name, items in parts.items()
    }


def test_many_items_and_items_without_labels_are_split_by_hash():
    labels = np.arange(SMALL) % 3
    by_hash = make_split(made(SMALL, labels), "hash")
    assert np.array_equal(make_split(made(SMALL, labels))["test"], by_hash["test"])
    assert np.array_equal(make_split(made(200))["test"], make_split(made(200), "hash")["test"])
    assert item_strata(made(9), np.arange(9)) is None
    assert item_strata(made(9, [f"id{i}" for i in range(9)]), np.arange(9)) is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), min_size=60, max_size=90), st.randoms())
def test_order_does_not_matter_and_equal_items_stay_together(rows, random):
    rows = [*rows, *((100 + i, i % 4) for i in range(60))]
    shuffled = rows.copy()
    random.shuffle(shuffled)

    def part_of(order):
        values, labels = np.array([row[0] for row in order], np.float32), [row[1] for row in order]
        data = Dataset(
            "d", "d", {"label": np.array(labels)}, [str(i) for i in range(len(order))], content_keys(values)
        )
        parts = make_split(data)
        return {order[i][0]: name for name, items in parts.items() for i in items}, parts

    before, parts = part_of(rows)
    after, _ = part_of(shuffled)
    assert before == after
    where = {i: name for name, items in parts.items() for i in items}
    assert all(where[i] == before[row[0]] for i, row in enumerate(rows))


@pytest.mark.parametrize("numeric", [True, False])
def test_whether_labels_are_numbers_can_be_said(numeric):
    labels = np.arange(100) % 10
    strata = item_strata(made(100, labels), np.arange(100), numeric)
    assert strata is not None
    assert len(np.unique(strata)) == (5 if numeric else 10)
