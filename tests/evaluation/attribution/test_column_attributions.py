import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.column_attributions import explain_rows
from hibiscus.evaluation.attribution.scores import ClassScores, Explained

FRAME = pd.DataFrame({"size": [1.0, 2, 3, 4, 6, 8], "kind": list("abcabc"), "age": [3.0, 1, 4, 1, 5, 9]})


@pytest.fixture
def data():
    table = TablePreparation.fit(FRAME, {"size": "number", "kind": "category", "age": "number"})
    dataset = Dataset("d", "d", {"table": FRAME}, list("012345"), np.arange(6, dtype=np.uint64))
    return PreparedData(dataset, Preparation({"table": table}), {"inputs": np.arange(6)})


def linear(data, column):
    """Two classes, whose logit is a sum of the features of one column."""
    names = data.preparation["table"].feature_names
    network = nn.Linear(len(names), 2)
    with torch.no_grad():
        network.weight.zero_()
        network.bias.zero_()
        for index, name in enumerate(names):
            if name.startswith(column):
                network.weight[1, index] = index + 1.0
    return Explained(network, ClassScores(["no", "yes"]))


@pytest.mark.parametrize("column", ["size", "kind"])
def test_only_the_column_that_counts_has_attributions(data, column):
    found = explain_rows(linear(data, column), data, "inputs", ["integrated-gradients", "occlusion"], 1, 6)
    for one in found:
        assert one.columns == ["size", "kind", "age"]
        used = one.columns.index(column)
        assert np.abs(one.values[:, used]).max() > 0.1
        assert not np.delete(one.values, used, 1).any()


def test_attributions_sum_to_the_logit_for_a_linear_network(data):
    (found,) = explain_rows(linear(data, "size"), data, "inputs", ["integrated-gradients"], 1, 6)
    with torch.no_grad():
        logits = linear(data, "size").network(next(iter(data.iterate("inputs"))).table)[:, 1]
    np.testing.assert_allclose(found.values.sum(1), logits.numpy(), rtol=1e-4, atol=1e-5)
    assert found.checks["largest_completeness_error"] < 1e-3


def test_each_row_explains_its_own_prediction(data):
    found = explain_rows(linear(data, "size"), data, "inputs", ["occlusion"], None, 4)[0]
    with torch.no_grad():
        logits = linear(data, "size").network(next(iter(data.iterate("inputs"))).table[:4])
    assert found.names == [["no", "yes"][number] for number in logits.argmax(1)]
    np.testing.assert_allclose(found.amounts, logits.softmax(1).amax(1).numpy(), rtol=1e-5)


def test_networks_without_scores_are_refused(data):
    with pytest.raises(UsageError, match="without predictions"):
        explain_rows(Explained(nn.Linear(1, 1)), data, "inputs", ["occlusion"], None, 4)
