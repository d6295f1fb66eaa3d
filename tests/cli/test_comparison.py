"""Runs side by side: ranked on the validation part, or told apart if they learned from other data."""

from __future__ import annotations

import json

from hibiscus.cli.comparison import compare
from report import sample_runs as sample


def test_runs_on_other_data_are_told_apart(tmp_path, capsys):
    other = sample.make_info(name="b")
    other["data"]["fingerprint"] = "other"
    folders = [sample.complete(tmp_path / "a"), sample.write(tmp_path / "b", other)]
    compare(folders, str(tmp_path / "page.html"), as_json=False)
    text = capsys.readouterr().out
    assert "not trained on the same data" in text
    assert "ranks the runs" not in text


def test_runs_on_the_same_data_are_ranked_on_validation(tmp_path, capsys):
    better = sample.make_info(name="b")
    better["best"]["value"] += 0.01
    folders = [sample.complete(tmp_path / "a"), sample.write(tmp_path / "b", better)]
    compare(folders, str(tmp_path / "page.html"), as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["same_data"] is True
    values = found["validation"]["values"]
    assert values["b"] == values["a"] + 0.01
    compare(folders, str(tmp_path / "other.html"), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"  {found['validation']['metric']} *")
    assert "  * ranks the runs, at the selected epoch of each; the test part does not choose one" in lines
