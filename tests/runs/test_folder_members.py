"""Whatever a stranger put into a run folder, nothing outside of it changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hibiscus import api
from hibiscus.errors import RunError
from hibiscus.runs.folder import RunFolder, find_run, make_run_folder
from hibiscus.runs.folder_members import check_members
from hibiscus.temporary_files import process_name

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs links")

FILES = ("lock", "log.jsonl", "run.json", "evaluation.json", "report.html", "split.json", "fold-1/log.jsonl")
FOLDERS = ("checkpoints", "samples", "evaluation", "fold-1")
INSIDE = ("checkpoints/last.safetensors", "evaluation/item-00-000.png", "samples/epoch-0001.png")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    api.train("classify", "iris", out=folder, quiet=True, net="linear", epochs=1)
    return folder


@pytest.fixture
def run(trained, tmp_path) -> Path:
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.rglob("*")}


def put_link(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("member", [*FILES, *FOLDERS, *INSIDE])
def test_a_member_that_leads_out_is_refused_by_every_use(run, member):
    mine = run.parent / "mine"
    put_link(run / member, mine if member in FOLDERS else mine / "file")
    if member == "run.json":  # otherwise it is no run at all
        (mine / "file").write_text("{}")
    before = contents(mine)
    for use in (api.load, api.resume):
        with pytest.raises(RunError) as error:
            use(run)
        assert str(run / member) in error.value.received
        assert "leads out" in error.value.received
    with pytest.raises(RunError), RunFolder(run).locked():
        pass
    with pytest.raises(RunError):
        make_run_folder("classify", "iris", run, may_exist=True)
    assert contents(mine) == before


@pytest.mark.parametrize("target", ["../mine/absent", "/proc/self/mem", "self", ".."])
def test_links_to_nothing_and_in_circles_are_refused(run, target):
    (run / "self").symlink_to(target)
    if target == "self":
        check_members(run)  # leads nowhere, and so not out
    else:
        with pytest.raises(RunError, match="leads out"):
            find_run(run)


def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(run):
    (run / "preparation.json").unlink()
    os.mkfifo(run / "preparation.json")
    with pytest.raises(RunError, match="named pipe"):
        api.load(run)


def test_the_folder_itself_may_be_a_link_and_links_may_stay_inside(run):
    (run.parent / "newest").symlink_to(run)
    (run / "copy.json").symlink_to("run.json")
    assert api.load(run.parent / "newest").evaluate()


@pytest.mark.parametrize("member", ["lock", "log.jsonl", "evaluation.json", "report.html"])
def test_a_file_with_a_second_name_outside_is_left_as_it_is(run, member):
    mine = run.parent / "mine" / "file"
    if (run / member).exists():
        mine.write_bytes((run / member).read_bytes())
    before = mine.read_bytes()
    (run / member).unlink(missing_ok=True)
    os.link(mine, run / member)
    api.train("classify", "iris", extend=run, epochs=2, out=run.parent / "longer", quiet=True)
    shutil.rmtree(run.parent / "longer")
    with RunFolder(run).locked():
        api.load(run).evaluate(again=True)
        api.load(run).report()
    assert mine.read_bytes() == before


def test_what_a_killed_process_left_is_removed_by_the_next_use(run):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    machine, own, _ = process_name().split("-")
    for parent in (run, run / "checkpoints", run / "evaluation"):
        (parent / f".a.{machine}-{ended.pid}-0.part").mkdir()
        (parent / f".a.{machine}-{ended.pid}-0.part" / "a").touch()
        (parent / f".b.{machine}-{own}-0.part").mkdir()
    api.load(run)
    assert not list(run.rglob(".a.*"))
    assert len(list(run.rglob(".b.*"))) == 3


def test_all_files_of_a_run_have_the_permissions_of_the_umask(trained):
    modes = {path.name: path.stat().st_mode & 0o777 for path in trained.rglob("*") if path.is_file()}
    assert set(modes.values()) == {0o666 & ~current_umask()}, modes


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
