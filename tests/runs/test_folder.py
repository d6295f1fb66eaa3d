from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from hibiscus.errors import RunError
from hibiscus.runs.folder import RunFolder, next_run_folder


def test_names_count_upwards_and_are_tidy(tmp_path):
    assert next_run_folder("classify", "my photos/é", tmp_path).name == "classify-my-photos-001"
    (tmp_path / "classify-x-007").mkdir()
    assert next_run_folder("classify", "x", tmp_path).name == "classify-x-008"


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        RunFolder(tmp_path).create()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_a_killed_start_left_is_no_hindrance(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.create()
    folder.write("preparation.json", {})
    RunFolder(tmp_path / "run").create()
    (folder.checkpoints / "last.safetensors").write_bytes(b"x")
    with pytest.raises(RunError):
        RunFolder(tmp_path / "run").create()


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be created"):
        RunFolder(tmp_path / "file" / "run").create()


def hold(path: str, ready, release) -> None:
    with RunFolder(Path(path)).locked():
        ready.set()
        release.wait(20)


def test_a_second_process_is_told_who_has_the_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    process = context.Process(target=hold, args=(str(tmp_path), ready, release))
    process.start()
    try:
        assert ready.wait(30)
        with pytest.raises(RunError, match=f"in use by process {process.pid}"), RunFolder(tmp_path).locked():
            pass
    finally:
        release.set()
        process.join()
    with RunFolder(tmp_path).locked():
        pass


def test_damaged_absent_and_newer_files_are_told(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(RunError, match="no such file"):
        folder.read("run.json")
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        folder.read("run.json")
    (tmp_path / "run.json").write_text('{"format": 99}')
    with pytest.raises(RunError, match="format 99"):
        folder.read("run.json")
