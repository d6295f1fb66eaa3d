"""Networks that forecast series, one family per module, built by `build_forecaster`."""

from hibiscus.networks.forecasting.forecaster import (
    FORECASTERS,
    Forecaster,
    build_forecaster,
    forecaster_options,
)

__all__ = ["FORECASTERS", "Forecaster", "build_forecaster", "forecaster_options"]
