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
