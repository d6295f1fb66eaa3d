import copy
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.preparation import (
    ImagePreparation,
    LabelPreparation,
    Preparation,
    TablePreparation,
    TargetPreparation,
)
from hibiscus.data.tables.read import guess_roles
from hibiscus.errors import RunError


def everything():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "c": ["x", "y", "x"], "y": ["u", "v", "u"]})
    fields = {
        "table": TablePreparation.fit(frame, guess_roles(frame, "y")),
        "label": LabelPreparation.fit(frame["y"]),
        "target": TargetPreparation.fit(frame["a"]),
        "image": ImagePreparation.fit(np.zeros((3, 2, 2), np.uint8)),
    }
    return frame, Preparation(fields)


def test_preparation_round_trip():
    frame, learned = everything()
    saved = json.loads(json.dumps(learned.to_json()))
    assert saved["format"] == 1
    again = Preparation.from_json(saved)
    assert again == learned
    assert (len(again), list(again), "label" in again) == (4, ["table", "label", "target", "image"], True)
    np.testing.assert_array_equal(again["table"].encode(frame), learned["table"].encode(frame))
    assert again["label"].names == ("u", "v")
    with pytest.raises(RunError, match=r"(?s)'labl'.*did you mean label"):
        again["labl"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved.update(format=2), "has format 2"),
        (lambda saved: saved.update(format="x"), "is damaged"),
        (lambda saved: saved.pop("fields"), "is damaged"),
        (lambda saved: saved["fields"]["label"].update(kind="sound"), "prepared as 'sound'"),
        (lambda saved: saved["fields"].update(label=3), "prepared as '3'"),
        (lambda saved: saved["fields"]["label"].pop("names"), "of 'label' is damaged"),
        (lambda saved: saved["fields"]["table"]["columns"][0].pop("median"), "of 'table' is damaged"),
        (lambda saved: saved["fields"]["table"]["columns"][0].update(role="odd"), "of 'table' is damaged"),
    ],
)
def test_files_that_cannot_be_read(change, message):
    saved = everything()[1].to_json()
    change(saved)
    with pytest.raises(RunError, match=message):
        Preparation.from_json(saved)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_any_json_is_a_run_error(saved):
    for data in (saved, {"format": 1, "fields": saved}, {"format": 1, "fields": {"a": saved}}):
        if data == {"format": 1, "fields": {}}:
            continue
        with pytest.raises(RunError):
            Preparation.from_json(data)


def test_image_users_do_not_pay_for_pandas():
    code = (
        "import sys, numpy; from hibiscus.data.preparation import ImagePreparation, LabelPreparation, "
        "TargetPreparation;"
        "ImagePreparation.fit(numpy.zeros((2, 2, 2), 'uint8'));"
        "p = {'label': LabelPreparation.fit(['a', 'b']), 'target': TargetPreparation.fit([1, 2])};"
        "p['label'].encode(['a']); p['target'].encode([3]); sys.exit('pandas' in sys.modules or 'torch' in "
        "sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


SAVED = {
    "image": {"kind": "image", "height": 8, "width": 6, "channels": 2, "mean": [0.5, 0.5], "std": [0.1, 1]},
    "array": {"kind": "array", "shape": [5, 2], "mean": [0, 1], "std": [1, 2.5]},
    "label": {"kind": "label", "names": ["a", "b"]},
    "labels": {"kind": "labels", "names": ["a", "b"], "separator": ";"},
    "boxes": {"kind": "boxes", "names": ["a"], "counts": [3], "sizes": [[0.1, 1.0]]},
    "mask": {"kind": "mask", "names": ["a", "b"], "counts": [3, 0]},
    "target": {"kind": "target", "mean": [1.0], "std": [2.0], "names": ["y"]},
    "factors": {"kind": "factors", "names": ["shape"]},
    "environment": {"kind": "environment", "name": "E-v0", "observed": 4, "actions": 2, "limit": None},
    "table": {
        "kind": "table",
        "scaling": "standard",
        "columns": [
            {"name": "n", "role": "number", "median": 0, "center": 0, "scale": 1, "clip": 10,
             "missing": False},
            {"name": "c", "role": "category", "categories": ["u"], "other": False, "missing": True},
            {"name": "t", "role": "text", "tokenizer": {"top": 9, "words": ["w"], "document_counts": [1],
                                                         "documents": 2, "stop_words": []}},
        ],
    },
}  # fmt: skip


def test_each_kind_is_read_as_older_versions_wrote_it():
    read = Preparation.from_json({"format": 1, "fields": SAVED})
    assert set(read) == set(SAVED)
    assert read["image"].shape == (2, 8, 6)
    assert read["table"].feature_names == ["n", "c=u", "c=missing", "t:w"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("image.height", 0), ("image.height", 10**9), ("image.width", "6"), ("image.mean", [0.5]),
        ("image.std", [0.1, 0]), ("image.resize", "crop"), ("image.channels", 2.0), ("image.white_level", -1),
        ("array.shape", []), ("array.shape", [10**6, 10**6, 2]), ("array.mean", [0, float("nan")]),
        ("array.std", [1, None]), ("label.names", ["a", "a"]), ("label.names", []), ("label.names", "ab"),
        ("labels.separator", None), ("boxes.counts", [1, 2]), ("boxes.sizes", [[0.1]]),
        ("boxes.sizes", [[9, 9]]), ("mask.names", ["a"]), ("mask.counts", [-1, 0]), ("target.std", [0.0]),
        ("target.names", ["y", "z"]),
        ("target.readings", [{"role": "number", "missing": 1}]), ("factors.names", [1]),
        ("environment.observed", 10**12), ("environment.threshold", "high"), ("table.scaling", "cube"),
        ("table.columns", []), ("table.columns.0.scale", 0), ("table.columns.0.missing", 1),
        ("table.columns.0.role", "date"), ("table.columns.0.name", "c"), ("table.columns.1.categories", None),
        ("table.columns.2.tokenizer.words", ["w", "w"]), ("table.columns.2.tokenizer.documents", -1),
        ("table.columns.2.tokenizer", {}), ("table.columns.0.reading", {"role": "number", "decimal": ";"}),
    ],
)  # fmt: skip
def test_another_type_or_range_is_refused_by_name(path, value):
    content = copy.deepcopy(SAVED)
    *places, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = content
    for place in places:
        inner = inner[place]
    inner[last] = value
    with pytest.raises(RunError, match=f"the saved preparation of '{places[0]}' is damaged: "):
        Preparation.from_json({"format": 1, "fields": content})
