"""Methods for time series: forecasting."""
