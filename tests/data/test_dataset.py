import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.dataset import Dataset, Skipped, check_bad_files
from hibiscus.data.keys import content_keys, digest, frame_keys
from hibiscus.data.labels import are_measures
from hibiscus.errors import DataError


def dataset(labels=("a", "b", "a", "b"), values=(0, 1, 2, 2), **more):
    array = np.array(values, np.float32)[:, None]
    fields = {"array": array, "label": np.array(labels)}
    return Dataset(
        "tiny", "/tmp/tiny", fields, [str(i) for i in range(len(labels))], content_keys(array), **more
    )


def test_digest_is_the_same_on_every_machine():
    assert digest(b"hibiscus") == int.from_bytes(
        hashlib.blake2b(b"hibiscus", digest_size=8).digest(), "little"
    )
    assert digest(b"") != digest(b"\0")
    assert 0 <= digest(b"x") < 2**64


def test_content_keys_follow_content_alone():
    values = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    keys = content_keys(values)
    assert keys.dtype == np.uint64
    assert np.array_equal(content_keys(values[::-1]), keys[::-1])
    assert np.array_equal(content_keys(np.concatenate([values, values]))[5:], keys)
    assert len(np.unique(keys)) == 5


@pytest.mark.parametrize(
    "other",
    [
        {
            "n": [1, 2, None],
            "w": ["x", "y", "z"],
            "b": [True, False, True],
        },  # a missing value makes floats of integers
        {
            "n": ["1", "2.0", "many"],
            "w": ["x", "y", "z"],
            "b": ["True", "false", None],
        },  # a word makes strings of numbers
        {"b": [True, False, None], "w": ["x", " y", "?"], "n": [1.0, 2.0, 3.5]},  # another order of columns
    ],
)
def test_a_rows_key_does_not_depend_on_the_other_rows(other):
    keys = frame_keys(pd.DataFrame({"n": [1, 2], "w": ["x", "y"], "b": [True, False]}))
    assert np.array_equal(frame_keys(pd.DataFrame(other))[:2], keys)
    assert len(set(frame_keys(pd.DataFrame(other)).tolist())) == 3


@given(
    st.lists(st.tuples(st.text(max_size=5), st.floats(allow_nan=False)), min_size=1, max_size=8, unique=True)
)
def test_keys_go_with_their_rows(rows):
    frame = pd.DataFrame(rows, columns=["text", "number"])
    assert np.array_equal(frame_keys(frame.iloc[::-1]), frame_keys(frame)[::-1])


def test_fingerprint_changes_with_whatever_matters():
    first = dataset()
    assert first.fingerprint == dataset().fingerprint
    changed = [
        dataset(labels=("a", "b", "a", "a")),
        dataset(values=(0, 1, 2, 3)),
        dataset(values=(1, 0, 2, 2)),
        dataset(parts={"train": np.arange(3), "test": np.array([3])}),
        dataset(parts={"train": np.arange(2), "test": np.array([2, 3])}),
    ]
    assert len({first.fingerprint, *(other.fingerprint for other in changed)}) == 6
    renamed = dataset()
    renamed.ids = ["w", "x", "y", "z"]
    assert renamed.fingerprint != first.fingerprint


def test_summary_is_plain_and_complete():
    parts = {"train": np.array([0, 1, 2]), "test": np.array([3])}
    summary = dataset(
        parts=parts, notes=["note"], skipped=[Skipped("bad.png", "bad.png: empty file")]
    ).summary()
    assert summary["items"] == 4
    assert summary["parts"] == {"train": 3, "test": 1}
    assert summary["classes"] == {"a": {"train": 2, "test": 0}, "b": {"train": 1, "test": 1}}
    assert summary["duplicates"] == {"inside": 1, "across": {"train and test": 1}}
    assert summary["skipped"] == [{"path": "bad.png", "reason": "bad.png: empty file"}]
    assert summary["fields"]["array"] == "array: float32 (1,)"


def test_classes_are_named_as_they_are_learned():
    counted = dataset(labels=np.array([10.0, 2.0, 2.0, 10.0])).class_counts()
    assert counted == {"2": {"all": 2}, "10": {"all": 2}}
    assert dataset(labels=[True, False, True, True]).class_counts() == {
        "True": {"all": 3},
        "False": {"all": 1},
    }


def test_measures_are_not_counted_as_classes():
    many = np.arange(1500) / 7
    measures = dataset(labels=many, values=many)
    assert measures.class_counts() == {}
    assert measures.describe_fields()["label"] == "target: 1,500 distinct numbers from 0 to 214.143"
    assert "1,500 items" in repr(measures)
    prices = dataset(labels=np.arange(400) % 229 / 10, values=many[:400])  # fewer than a class list may have
    assert prices.class_counts() == {}
    whole = dataset(labels=np.arange(60) % 6, values=many[:60])
    assert len(whole.summary()["classes"]) == 6
    assert whole.summary(numeric_target=True)["classes"] == {}
    assert whole.summary(numeric_target=True)["fields"]["label"] == "target: 6 distinct numbers from 0 to 5"


@pytest.mark.parametrize(
    ("names", "count", "expected"),
    [
        ({"1.5", "2.5"}, 100, False),
        ({f"{i}.5" for i in range(21)}, 400, True),
        ({str(i) for i in range(60)}, 100, True),
        ({str(i) for i in range(60)}, 1000, False),
        ({"a", "1.5"}, 2, False),
        (set(), 0, False),
    ],
)
def test_measured_numbers(names, count, expected):
    assert are_measures(names, count) is expected


def test_data_without_labels_have_no_classes():
    plain = dataset()
    del plain.fields["label"]
    assert plain.class_counts() == {}
    assert plain.summary()["classes"] == {}


def test_a_label_with_a_full_stop_counts_as_its_class():
    labels = np.array(["a", "b", "a.", "b", "c."])
    parts = {"train": np.array([0, 1]), "test": np.array([2, 3, 4])}
    data = Dataset(
        "d", "d", {"label": labels}, [str(i) for i in range(5)], np.arange(5, dtype=np.uint64), parts
    )
    assert data.class_counts() == {
        "a": {"train": 1, "test": 1},
        "b": {"train": 1, "test": 1},
        "c.": {"train": 0, "test": 1},
    }


def test_the_fix_of_most_bad_files_is_named():
    bad = [Skipped("a", "a: bad"), *(Skipped(name, f"{name}: a JPEG", fix="save as PNG") for name in "bc")]
    with pytest.raises(DataError) as all_bad:
        check_bad_files("d", bad, 3, 0.05)
    assert all_bad.value.fix == "save as PNG"
    with pytest.raises(DataError) as some_bad:
        check_bad_files("d", bad[1:], 8, 0.05)
    assert some_bad.value.fix.startswith("save as PNG, or allow more with max_bad_fraction=0.25")
