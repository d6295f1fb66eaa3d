"""`sample` for texts: on the terminal, and as a file."""

import json

import numpy as np
import pytest

from hibiscus.cli.samples import match_destination, read_conditions
from hibiscus.cli.text_samples import write_texts
from hibiscus.data.preparation import Preparation
from hibiscus.errors import UsageError

SAMPLES = {
    "text": np.array(["To be,\nor\x1b[2J", "=1+1"], dtype=object),
    "temperature": np.array([0.5, 1.0]),
}


def test_texts_are_shown_without_control_characters_and_written(tmp_path, capsys):
    path = tmp_path / "new" / "texts.txt"
    write_texts(SAMPLES, path, False, False)
    line = "-" * 40
    assert capsys.readouterr().out == (f"To be,\nor\\u001b[2J\n{line}\n=1+1\n\n2 samples written to {path}\n")
    assert path.read_text() == f"To be,\nor\x1b[2J\n{line}\n=1+1\n"


def test_a_table_of_texts_has_the_conditions_and_no_formulas(tmp_path, capsys):
    path = tmp_path / "texts.csv"
    write_texts(SAMPLES, path, True, False)
    assert json.loads(capsys.readouterr().out)["texts"] == SAMPLES["text"].tolist()
    assert path.read_text().splitlines()[-1] == "1.0,'=1+1"


def test_a_prompt_is_no_sweep():
    conditions = read_conditions(["prompt=To be, or: not=", "temperature=0.5,1"], Preparation({}))
    assert conditions == {"prompt": "To be, or: not=", "temperature": ["0.5", "1"]}


def test_the_ending_fits_the_samples(tmp_path):
    path = tmp_path / "samples.png"
    assert match_destination(path, None, "text") == tmp_path / "samples.txt"
    assert match_destination(path.with_suffix(".csv"), "x.csv", "text").suffix == ".csv"
    with pytest.raises(UsageError, match="for texts"):
        match_destination(path, "x.png", "text")


def test_a_run_writes_texts(cli, tmp_path):
    run = tmp_path / "run"
    small = ["units=8", "embedding_dim=4", "epochs=1", "max_rounds=2", "sequence_length=16"]
    cli("train", "language-model", "number-words", *small, "--out", run)
    first = cli("sample", run, "prompt=one, two", "length=9", "--seed", "1")
    assert first.out.startswith("one, two")
    assert (run / "samples" / "samples.txt").read_text() in first.out
    swept = cli("sample", run, "temperature=0.5,1,2", "length=3", "--out", tmp_path / "x.csv", "--json")
    assert swept.json["conditions"]["temperature"] == [0.5, 1, 2]
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 4
