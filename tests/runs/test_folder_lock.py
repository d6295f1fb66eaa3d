from __future__ import annotations

import pytest

from hibiscus.errors import RunError
from hibiscus.runs.folder_lock import locked


def test_one_process_at_a_time_and_nothing_is_left(tmp_path):
    with locked(tmp_path):
        assert (tmp_path / "lock").read_text().startswith("process ")
        with pytest.raises(RunError, match="in use by process"), locked(tmp_path):
            pass
        assert (tmp_path / "lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_was_removed_while_it_was_opened_is_taken_again(tmp_path, monkeypatch):
    """The file that was opened may be the one that its owner has just removed: it would lock nothing."""
    import hibiscus.runs.folder_lock as module

    lock, calls = module._lock, []

    def removed_once(file):
        lock(file)
        calls.append(file)
        if len(calls) == 1:
            (tmp_path / "lock").unlink()

    monkeypatch.setattr(module, "_lock", removed_once)
    with locked(tmp_path):
        assert len(calls) == 2
        assert (tmp_path / "lock").exists()
