"""Outputs for rows of a table that are not those of the data."""

import numpy as np
import torch

from hibiscus.methods import outputs
from hibiscus.methods.outputs import predict_table


def test_rows_are_predicted_in_pieces_and_activated(monkeypatch):
    monkeypatch.setattr(outputs, "ROWS_AT_ONCE", 4)
    network, seen = torch.nn.Linear(3, 2), []
    rows = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)

    def counted(table):
        seen.append(len(table))
        return network(table)

    with torch.no_grad():
        found = predict_table(counted, rows, torch.device("cpu"), torch.sigmoid)
        expected = torch.sigmoid(network(torch.from_numpy(rows)))
    torch.testing.assert_close(found, expected)
    assert seen == [4, 4, 2]
