"""The rows of several parts one after the other, for flat features and for raw columns."""

import numpy as np
import pandas as pd

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation, TablePreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baseline_inputs import baseline_inputs

X = np.arange(20.0)
FRAME = pd.DataFrame({"a": X, "b": list("xy") * 10})


def prepared(parts, training=None):
    learned = {
        "table": TablePreparation.fit(FRAME, {"a": "number", "b": "category"}),
        "label": LabelPreparation(("0", "1")),
    }
    fields = {"table": FRAME, "label": np.array(["0", "1"] * 10)}
    dataset = Dataset("d", "d", fields, list(map(str, range(20))), content_keys(X))
    return PreparedData(dataset, Preparation(learned), parts, training=training)


def test_items_of_the_validation_part_follow():
    parts = {"train": np.arange(10), "val": np.arange(10, 14), "test": np.arange(14, 20)}
    inputs = baseline_inputs(prepared(parts), "test", validation=True)
    assert inputs.is_table
    assert not inputs.is_image
    assert inputs.trees.train_x[:, 0].tolist() == list(range(10))
    assert inputs.trees.test_x[:, 0].tolist() == [14, 15, 16, 17, 18, 19, 10, 11, 12, 13]
    assert inputs.trees.categorical.tolist() == [False, True]
    np.testing.assert_allclose(
        inputs.test_x[:][:, 0] * X.std() + X.mean(), inputs.trees.test_x[:, 0], rtol=1e-5
    )
    assert inputs.suffix() == ""
    assert inputs.suffix(7) == " (7 of 10 rows)"


def test_other_data_is_evaluated_with_the_parts_of_the_run():
    training = prepared({"train": np.arange(10), "val": np.arange(10, 14)})
    inputs = baseline_inputs(prepared({"test": np.arange(18, 20)}, training), "test", validation=True)
    assert inputs.trees.test_x[:, 0].tolist() == [18, 19, 10, 11, 12, 13]
    assert len(inputs.train_x) == 10
