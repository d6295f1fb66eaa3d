from __future__ import annotations

import os

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


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_lock_is_no_link_and_has_one_name(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to("mine")
    with pytest.raises(RunError), locked(tmp_path):
        pass
    (tmp_path / "lock").unlink()
    os.link(tmp_path / "mine", tmp_path / "lock")
    with locked(tmp_path):
        assert (tmp_path / "lock").read_text().startswith("process ")
    assert (tmp_path / "mine").read_text() == "mine"
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(RunError), locked(tmp_path):
        pass


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_copy_by_hard_links_does_not_open_the_lock(tmp_path):
    (tmp_path / "copy").mkdir()
    with locked(tmp_path):
        os.link(tmp_path / "lock", tmp_path / "copy" / "lock")
        with pytest.raises(RunError, match="in use by process"), locked(tmp_path):
            pass
