"""`runs/latest` is the run that was created last, whatever the clock says."""

from __future__ import annotations

import json

import pytest

from hibiscus.errors import RunError
from hibiscus.runs.creation_order import next_order
from hibiscus.runs.folder import find_run


def test_latest_is_the_one_created_last(tmp_path):
    infos = {"b": {"started": "2026-01-02"}, "a": {"started": "2026-01-03"}, "c": {"started": "2026-01-01"}}
    for name, info in infos.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(info))
    assert find_run(tmp_path / "latest").name == "a"  # runs of earlier versions have no order
    for name in ("d", "e", "f"):  # the clock was set back
        info = {"started": "2025-01-01", "order": next_order(tmp_path / name)}
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(info))
        assert find_run(tmp_path / "latest").name == name
    (tmp_path / "f" / "run.json").write_text("[")
    assert find_run(tmp_path / "latest").name == "e"
    with pytest.raises(RunError, match="no run here"):
        find_run(tmp_path / "nothing")
