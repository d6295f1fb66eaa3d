"""Modules of the working directory can be imported, and the import path is as before afterwards."""

from __future__ import annotations

import importlib
import sys

import pytest

from hibiscus.import_path import working_directory_on_path


def test_the_path_is_restored_also_after_an_error(tmp_path, monkeypatch):
    (tmp_path / "only_here_module.py").write_text("value = 3\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    with working_directory_on_path():
        assert importlib.import_module("only_here_module").value == 3
    with pytest.raises(ModuleNotFoundError), working_directory_on_path():
        importlib.import_module("not_here_module")
    assert sys.path == before
    sys.modules.pop("only_here_module")
