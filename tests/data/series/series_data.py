"""Tables of series and the prepared data of a method that forecasts them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.series.forecast import Forecast
from hibiscus.runs.prepare import fit_preparation, prepare_parts


def daily(steps=100, **columns):
    """A frame with a date for each step; by default one variable that counts them."""
    columns = columns or {"x": np.arange(steps, dtype=float)}
    return pd.DataFrame({"date": pd.date_range("2024-01-01", periods=steps), **columns})


def prepared(frame, **options):
    """The prepared data of a frame; `target` and `group` are options as well."""
    config = DataConfig.model_validate(options)
    dataset = open_data(frame, **config.opening())
    parts = prepare_parts(dataset, config, Forecast)
    preparation = fit_preparation(dataset, parts["train"], Forecast, config)
    return PreparedData(dataset, preparation, parts)
