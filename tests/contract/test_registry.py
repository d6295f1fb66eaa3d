"""What every registered method must do, by being registered."""

from __future__ import annotations

import builtins
import os
from pathlib import Path

import pytest

from contract.checks import CHECKS
from hibiscus import api
from hibiscus.methods.registry import METHODS, get_method

NAMES = [entry.name for entry in METHODS]


@pytest.fixture(autouse=True)
def shared_cache(tmp_path_factory, monkeypatch):
    """One cache for all contract tests of a process: a judge of the same images is trained once."""
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path_factory.getbasetemp() / "contract-cache"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check, name, tmp_path):
    check(get_method(name), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_runs_from_the_command_to_the_report_without_other_data(name, tmp_path, monkeypatch):
    """On a machine without ../shared: no file of it is opened."""
    opened = []
    real = builtins.open

    def watching(file, *rest, **named):
        opened.append(os.fspath(file) if not isinstance(file, int) else "")
        return real(file, *rest, **named)

    monkeypatch.setattr(builtins, "open", watching)
    kind = get_method(name)
    run = api.train(name, kind.smoke_test.data, out=tmp_path / "run", quiet=True, **kind.smoke_test.options)
    assert run.info["selection_metric"]["name"] in {metric.split("/")[1] for metric in run.evaluate()}
    assert (run.path / "report.html").stat().st_size > 10_000
    shared = Path(__file__).resolve().parents[3] / "shared"
    assert not [path for path in opened if str(path).startswith(str(shared))]
    if "sample" in kind.abilities():
        assert len(next(iter(run.sample(3).values()))) == 3
