"""Classification of series, from the files to the predictions of new ones."""

import numpy as np
import pytest

from hibiscus import api


def write(path, items, seed, labels=True, ragged=False):
    """Series with a pulse anywhere, upwards then downwards or the other way round, as a UCR file."""
    rng = np.random.default_rng(seed)
    lines = []
    for item in range(items):
        series, start, sign = rng.normal(0, 0.3, 40), rng.integers(0, 28), (1, -1)[item % 2]
        series[start : start + 4] += sign
        series[start + 4 : start + 8] -= sign
        values = [f"{value:.3f}" for value in series]
        if ragged and item % 3 == 0:
            values[37:] = ["NaN"] * 3
        lines.append("\t".join([str(item % 2 + 1)] * labels + values))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def files(tmp_path):
    write(tmp_path / "Pulse_TRAIN.tsv", 40, 0)
    write(tmp_path / "Pulse_TEST.tsv", 60, 1)
    return tmp_path


def test_series_of_different_lengths_and_other_data(tmp_path):
    train = write(tmp_path / "Pulse_TRAIN.tsv", 40, 0, ragged=True)
    test = write(tmp_path / "Pulse_TEST.tsv", 40, 1)
    options = {"epochs": 10, "net_options": {"kernels": 400}, "quiet": True}
    run = api.train("classify", train, out=tmp_path / "run", test_data=str(test), **options)
    assert run.evaluation()["metrics"]["test/accuracy"] > 0.8
    short = api.load(run.folder.path).predict(np.zeros((2, 30, 1), np.float32))
    assert len(short["label"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("options", [{}, {"net": "inception-time", "epochs": 40, "ensemble": 2}])
def test_it_learns_pulses_anywhere(files, seed, options):
    train, test = files / "Pulse_TRAIN.tsv", str(files / "Pulse_TEST.tsv")
    run = api.train("classify", train, out=files / "run", test_data=test, seed=seed, quiet=True, **options)
    evaluation = run.evaluation()
    assert evaluation["metrics"]["test/accuracy"] >= 0.9
