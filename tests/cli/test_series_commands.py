"""Series in files: `train` and `predict`, with and without labels."""

import csv

import numpy as np


def write(path, items, seed, labels=True):
    """Series whose second half is high or low, as a UCR file."""
    rng, lines = np.random.default_rng(seed), []
    for item in range(items):
        series = rng.normal(0, 0.3, 24)
        series[12:] += (1, -1)[item % 2]
        lines.append("\t".join([str(item % 2 + 1)] * labels + [f"{value:.3f}" for value in series]))
    path.write_text("\n".join(lines) + "\n")


def test_a_folder_of_two_files_and_new_series(cli, tmp_path):
    folder, run = tmp_path / "Steps", str(tmp_path / "run")
    folder.mkdir()
    write(folder / "Steps_TRAIN.tsv", 30, 0)
    write(folder / "Steps_TEST.tsv", 20, 1)
    answer = cli("train", "classify", str(folder), "epochs=3", "net.kernels=100", "--out", run)
    assert answer.code == 0
    assert "1-NN DTW" in answer.out
    assert "read as series, the label first: Steps_TRAIN.tsv, Steps_TEST.tsv" in " ".join(answer.err.split())
    write(tmp_path / "new.tsv", 6, 2, labels=False)
    for name, rows in (("new.tsv", 6), ("Steps/Steps_TEST.tsv", 20)):
        out = tmp_path / f"{rows}.csv"
        assert cli("predict", run, str(tmp_path / name), "--out", str(out)).code == 0
        with out.open() as file:
            labels = [row["label"] for row in csv.DictReader(file)]
        assert labels == ["1", "2"] * (rows // 2)


def test_series_false_reads_a_table(cli, tmp_path):
    write(tmp_path / "Steps_TRAIN.tsv", 30, 0)
    answer = cli("train", "classify", str(tmp_path / "Steps_TRAIN.tsv"), "series=false")
    assert answer.code != 0
    assert "target=" in answer.err
