"""Rows of a GAN in the units of the data; tables that are not numbers are refused by name."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.preparation import Preparation, TablePreparation
from hibiscus.errors import DataError
from hibiscus.methods.gan.row_sampling import column_names, generate_rows, item_shape, restore


def table(**columns):
    frame = pandas.DataFrame(columns)
    roles = {name: "number" if frame[name].dtype.kind in "if" else "category" for name in frame}
    return frame, Preparation({"table": TablePreparation.fit(frame, roles)})


def test_encoding_is_undone():
    frame, preparation = table(height=[1.0, 2.0, 4.0], width=[10, 30, 20])
    assert item_shape(preparation) == (2,)
    assert column_names(preparation) == ["height", "width"]
    encoded = preparation["table"].encode(frame)
    np.testing.assert_allclose(restore(encoded, preparation), frame.to_numpy(), rtol=1e-5)
    values = np.random.default_rng(0).normal(3, 2, (9, 5, 2)).astype(np.float32)
    series = Preparation({"array": ArrayPreparation.fit(values)})
    assert item_shape(series) == (5, 2)
    assert column_names(series) == ["column_1", "column_2"]
    np.testing.assert_allclose(restore(series["array"].encode(values), series), values, rtol=1e-4)


def test_other_columns_are_named():
    _, categories = table(height=[1.0, 2.0], kind=["a", "b"])
    with pytest.raises(DataError, match="kind"):
        item_shape(categories)
    _, gaps = table(height=[1.0, None, 3.0])
    with pytest.raises(DataError, match="height"):
        item_shape(gaps)


def test_many_rows_are_generated_in_batches():
    sizes = []

    def generate(batch):
        sizes.append(batch.size)
        return batch.normal(3)

    rows = generate_rows(generate, 2500, torch.device("cpu"))
    assert (rows.shape, rows.dtype) == ((2500, 3), np.float32)
    assert sizes == [1024, 1024, 452]
