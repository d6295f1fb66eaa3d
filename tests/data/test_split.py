import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.class_split import class_groups, split_classes
from hibiscus.data.dataset import PART_NAMES, Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.split import (
    folds,
    group_keys,
    hash_fractions,
    keep_every_class,
    make_split,
)
from hibiscus.errors import ConfigError, DataError


def made(values, labels=None, parts=None):
    array = np.asarray(values, np.float32)[:, None]
    fields = {"array": array} | ({} if labels is None else {"label": np.asarray(labels)})
    return Dataset(
        "d", "/some/data", fields, [str(i) for i in range(len(array))], content_keys(array), parts=parts or {}
    )


def part_of(parts):
    return {int(item): name for name, items in parts.items() for item in items}


def test_fractions_lie_in_the_unit_interval_evenly():
    fractions = hash_fractions(content_keys(np.arange(20_000)))
    assert fractions.min() >= 0
    assert fractions.max() < 1
    assert np.abs(np.histogram(fractions, 10, (0, 1))[0] / 2000 - 1).max() < 0.1
    assert hash_fractions(np.array([2**64 - 1], np.uint64)) < 1


@settings(max_examples=15, deadline=None)
@given(
    st.sets(st.integers(0, 10**6), min_size=80, max_size=150),
    st.sets(st.integers(10**6, 2 * 10**6), max_size=40),
    st.randoms(),
)
def test_adding_items_moves_no_other(old, new, random):
    old = sorted(old)
    mixed = old + sorted(new)
    random.shuffle(mixed)
    before, after = (
        part_of(make_split(made(old), test=0.3, val=0.3)),
        part_of(make_split(made(mixed), test=0.3, val=0.3)),
    )
    place = {value: i for i, value in enumerate(mixed)}
    assert all(before[i] == after[place[value]] for i, value in enumerate(old))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 99), max_size=100), st.sampled_from(["hash", "stratified"]))
def test_every_item_in_one_part_and_equal_items_in_the_same(values, kind):
    values = [*range(100), *values]
    labels = np.arange(len(values)) % 3  # equal items with unlike labels too
    parts = make_split(made(values, labels), kind, val=0.3, test=0.3)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(len(values)))
    assert all((np.diff(items) > 0).all() for items in parts.values())
    where = part_of(parts)
    assert all(
        len({where[i] for i in np.flatnonzero(np.asarray(values) == value)}) == 1 for value in set(values)
    )


def test_the_split_does_not_depend_on_the_order():
    values = np.arange(300)
    forth, back = part_of(make_split(made(values))), part_of(make_split(made(values[::-1])))
    assert all(forth[i] == back[299 - i] for i in range(300))


def test_stratified_gives_every_class_the_same_shares():
    labels = np.repeat(["many", "few", "some"], [1000, 20, 100])
    parts = make_split(made(np.arange(1120), labels), "stratified", val=0.1, test=0.15)
    for name, count in (("many", 1000), ("few", 20), ("some", 100)):
        assert sum(labels[parts["test"]] == name) == pytest.approx(0.15 * count, abs=1)
        assert sum(labels[parts["val"]] == name) == pytest.approx(0.1 * count, abs=1)


def test_a_group_stays_whole():
    groups = np.arange(600) % 60
    parts = part_of(make_split(made(np.arange(600)), "group", groups=groups))
    assert all(len({parts[i] for i in np.flatnonzero(groups == group)}) == 1 for group in range(60))
    assert set(parts.values()) == {"train", "val", "test"}
    assert np.array_equal(group_keys(np.array([1, 2])), group_keys(np.array([1.0, 2.0])))


def test_given_parts_are_kept():
    given_parts = {"train": np.arange(80), "test": np.arange(80, 100)}
    parts = make_split(made(np.arange(100), parts=given_parts), val=0.2)
    assert np.array_equal(parts["test"], np.arange(80, 100))
    assert np.array_equal(np.sort(np.concatenate([parts["train"], parts["val"]])), np.arange(80))
    all_given = {"train": np.arange(50), "val": np.arange(50, 60), "test": np.arange(60, 100)}
    assert {k: v.tolist() for k, v in make_split(made(np.arange(100), parts=all_given)).items()} == {
        k: v.tolist() for k, v in all_given.items()
    }
    no_test = make_split(made(np.arange(100), parts={"train": np.arange(80), "val": np.arange(80, 100)}))
    assert set(no_test) == {"train", "val", "test"}
    assert max(no_test["test"]) < 80


def test_no_test_part_where_none_is_wanted():
    assert set(make_split(made(np.arange(100)), test=0)) == {"train", "val"}


@pytest.mark.parametrize(
    ("count", "val", "test", "part"),
    [(3, 0.001, 0, "val"), (40, 0.5, 0.0001, "test"), (3, 0.5, 0.5, "train")],
)
def test_an_empty_part_is_told(count, val, test, part):
    with pytest.raises(
        DataError, match=f"/some/data: {count} items leave none for the {PART_NAMES[part]} part"
    ) as caught:
        make_split(made(np.arange(count)), "hash", val=val, test=test)
    assert caught.value.expected
    assert caught.value.fix


@pytest.mark.parametrize("count", [3, 5, 12, 30])
def test_few_items_without_labels_fill_every_part(count):
    for start in range(20):  # some of these leave a part empty by hash
        values = [*range(100 * start, 100 * start + count), 100 * start]
        parts = make_split(made(values))
        assert min(map(len, parts.values())) > 0
        where = part_of(parts)
        assert where[0] == where[count]  # equal items stay together
        back = part_of(make_split(made(values[::-1])))
        assert [back[count - item] for item in range(count + 1)] == [where[item] for item in range(count + 1)]
    with pytest.raises(DataError, match="2 items leave none for the test part"):
        make_split(made([1, 2]))


def test_few_groups_fill_every_part():
    groups = np.repeat(["a", "b", "c"], 9)
    where = part_of(make_split(made(np.arange(27)), "group", groups=groups))
    assert len({(group, where[item]) for item, group in enumerate(groups.tolist())}) == 3
    assert set(where.values()) == {"train", "val", "test"}


def test_wrong_kinds_are_told():
    with pytest.raises(DataError, match="no group column"):
        make_split(made(np.arange(9)), "group")
    with pytest.raises(DataError, match="without labels"):
        make_split(made(np.arange(9)), "stratified")
    with pytest.raises(ConfigError, match="did you mean stratified"):
        make_split(made(np.arange(9)), "stratfied")


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 10), st.lists(st.integers(0, 500), min_size=60, max_size=120, unique=True), st.booleans()
)
def test_folds_partition_exactly(count, values, labelled):
    dataset = made(values, np.arange(len(values)) % 2 if labelled else None)
    items = np.arange(0, len(values))[::2]
    chosen = folds(dataset, items, count)
    assert len(chosen) == count
    assert np.array_equal(np.sort(np.concatenate(chosen)), items)
    sizes = [len(fold) for fold in chosen]
    assert max(sizes) - min(sizes) <= (2 if labelled else 1)


def test_folds_keep_groups_whole():
    groups = np.arange(200) % 20
    chosen = folds(made(np.arange(200)), np.arange(200), 4, groups=groups)
    assert all(len(set(groups[fold])) * 10 == len(fold) for fold in chosen)


def test_too_many_folds_are_told():
    with pytest.raises(DataError, match="/some/data: 4 items cannot fill 5 folds"):
        folds(made(np.arange(4)), np.arange(4), 5)


def test_a_class_cut_out_of_training_whole_goes_back_but_given_parts_stay():
    labels = np.array(["common"] * 60 + ["rare"])
    for salt in range(40):
        keys = content_keys(np.arange(61)[:, None] + 1000 * salt)
        dataset = Dataset("d", "d", {"label": labels}, [str(i) for i in range(61)], keys)
        parts = keep_every_class(dataset, make_split(dataset))
        assert 60 in parts["train"]
        assert sorted(np.concatenate(list(parts.values()))) == list(range(61))
    lonely = Dataset(
        "d",
        "d",
        {"label": labels},
        [str(i) for i in range(61)],
        keys,
        parts={"train": np.arange(60), "test": np.array([60])},
    )
    assert 60 not in keep_every_class(lonely, make_split(lonely))["train"]


def lettered(names, parts=None):
    keys = content_keys(np.arange(len(names))[:, None])
    return Dataset(
        "d", "/d", {"label": np.array(names)}, [str(i) for i in range(len(names))], keys, parts or {}
    )


def held(dataset, parts, groups):
    return {part: set(groups[items]) for part, items in parts.items()}


def test_whole_classes_go_to_one_part():
    dataset = lettered([f"c{i % 20}" for i in range(200)])
    groups = class_groups(dataset)
    parts = split_classes(dataset, groups)
    found = held(dataset, parts, groups)
    assert {part: len(names) for part, names in found.items()} == {"train": 15, "val": 2, "test": 3}
    assert len(set.union(*found.values())) == 20
    assert sorted(np.concatenate(list(parts.values()))) == list(range(200))


def test_whole_folders_of_classes_go_to_one_part_where_there_are_three():
    dataset = lettered(
        [f"{folder}/c{i % 4}" for folder in ("greek", "latin", "runes", "tagalog") for i in range(12)]
    )
    groups = class_groups(dataset)
    assert set(groups) == {"greek", "latin", "runes", "tagalog"}
    found = held(dataset, split_classes(dataset, groups), groups)
    assert {part: len(names) for part, names in found.items()} == {"train": 2, "val": 1, "test": 1}
    assert set(class_groups(dataset, "class")) == set(dataset.fields["label"])
    two = lettered([f"{folder}/c{i}" for folder in ("a", "b") for i in range(8)])
    assert set(class_groups(two)) == set(two.fields["label"])
    assert set(class_groups(two, "folder")) == {"a", "b"}


def test_given_parts_of_different_classes_stay_and_others_are_put_together():
    names = [f"c{i // 5}" for i in range(60)]
    apart = lettered(names, {"train": np.arange(40), "test": np.arange(40, 60)})
    parts = split_classes(apart, class_groups(apart))
    assert list(parts["test"]) == list(range(40, 60))
    assert len(parts["val"]) == 10
    mixed = lettered(names, {"train": np.arange(0, 60, 2), "test": np.arange(1, 60, 2)})
    found = held(mixed, split_classes(mixed, class_groups(mixed)), class_groups(mixed))
    assert not found["train"] & found["test"]
    assert "merged" in mixed.notes[0]


def test_too_few_classes_for_parts_of_their_own_are_told():
    dataset = lettered(["a", "b", "c", "d", "e"] * 4)
    with pytest.raises(DataError, match="/d: 5 classes") as caught:
        split_classes(dataset, class_groups(dataset))
    assert caught.value.expected == "at least 6, with different ones in each part"
    assert len(split_classes(dataset, class_groups(dataset), test=0)["train"]) == 12
    with pytest.raises(DataError, match="lie in no folders"):
        class_groups(dataset, "folder")
    with pytest.raises(DataError, match="without labels"):
        class_groups(Dataset("d", "/d", {}, ["0"], np.zeros(1, np.uint64)))
