"""Work whose result could not be kept is refused before it starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hibiscus import api
from hibiscus.errors import DataError, RunError
from hibiscus.runs import destination
from hibiscus.runs.destination import check_run_folder, check_writable


@pytest.fixture
def read_only(tmp_path, monkeypatch):
    """A folder without permission to write; the tests may run as root, who has every permission."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    monkeypatch.setattr(destination.os, "access", lambda path, _: Path(path) != folder)
    return folder


def test_a_new_or_empty_folder_passes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for out in (None, "new", "new/deep", "empty", tmp_path / "empty"):
        check_run_folder(out)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_folders_that_cannot_be_written(read_only, tmp_path):
    for out in (read_only / "run", read_only / "a" / "b"):
        with pytest.raises(RunError, match="no permission to write"):
            check_run_folder(out)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is a file"):
        check_run_folder(tmp_path / "file" / "run")
    with pytest.raises(RunError, match="not empty"):
        check_run_folder(tmp_path)
    with pytest.raises(DataError, match="no permission to write in"):
        check_writable(read_only / "predictions.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_no_place_for_results(tmp_path):
    os.mkfifo(tmp_path / "p.csv")
    with pytest.raises(DataError, match=r"p\.csv: a named pipe"):
        check_writable(tmp_path / "p.csv")
    with pytest.raises(RunError, match=r"p\.csv: a named pipe"):
        check_run_folder(tmp_path / "p.csv")


@pytest.mark.parametrize("verb", [api.train, api.crossval])
def test_the_data_is_not_even_opened(read_only, verb):
    with pytest.raises(RunError, match="no permission to write"):
        verb("classify", "no such data", out=read_only / "run", quiet=True)


@pytest.mark.parametrize("path", ["/", "", "."])
def test_a_path_without_a_name_is_refused(path):
    with pytest.raises(DataError, match="no name of its own"):
        check_writable(Path(path))
