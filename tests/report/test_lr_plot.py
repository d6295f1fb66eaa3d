"""The plot of a learning-rate range test: hibiscus.report.lr_plot."""

import numpy as np
from PIL import Image

from hibiscus.report.lr_plot import plot_learning_rates


def drawn(path, *arguments):
    plot_learning_rates(path, *arguments)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_marks_are_drawn_and_divergence_flattens_nothing(tmp_path):
    rates, losses = np.geomspace(1e-6, 1, 30), np.r_[np.linspace(2, 1, 29), 1e6]
    plain = drawn(tmp_path / "a.png", rates, losses, {"suggestion": None})
    marked = drawn(tmp_path / "b.png", rates, losses, {"suggestion": 1e-3, "in use": None})
    assert plain.shape == marked.shape
    columns = np.abs(plain - marked).sum(2).any(0).nonzero()[0]
    assert plain.shape[1] * 0.05 < columns.max()
    dark = (plain.sum(2) < 200)[50:-80, 100:-30]  # the curve within the axes
    rows = dark.any(1).nonzero()[0]
    assert rows.max() - rows.min() > 100
