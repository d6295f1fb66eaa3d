"""Trains a run from the beginning, extends one, or resumes one; then evaluates it and writes its report."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from hibiscus.data.disk_cache import cache_limit
from hibiscus.progress import show_line, step
from hibiscus.runs.destination import check_run_folder
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.info import absolute_path, open_run
from hibiscus.runs.run import Run
from hibiscus.runs.session import Session
from hibiscus.runs.threads import recorded_threads
from hibiscus.runs.training_data import Data
from hibiscus.training.denormals import flushed_denormals
from hibiscus.training.distributed import broadcast, init_distributed, is_main_process, main_process_first

__all__ = ["resume_run", "train_run"]


@flushed_denormals()
def train_run(
    method: str,
    data: Data,
    options: dict[str, Any],
    *,
    out: Any = None,
    device: str = "auto",
    quiet: bool = False,
    evaluate: bool = True,
    argv: list[str] | None = None,
    trust: bool = False,
) -> Run:
    """Trains a new run, or extends the one that the option `extend` names; see `hibiscus.train`."""
    options = dict(options)
    previous = options.pop("extend", None)
    check_run_folder(out)
    cache_limit()  # an invalid setting is an error now, not in the first validation
    device = init_distributed(device)
    quiet = quiet or not is_main_process()
    with main_process_first():
        if previous is not None:
            session = Session.extend(
                method, data, previous, options, out=out, device=device, quiet=quiet, trust=trust
            )
        else:
            session = Session.new(method, data, options, out=out, device=device, quiet=quiet)
    session.folder = RunFolder(Path(broadcast(str(session.folder.path))))
    with session.discarded_if_untrained(), _locked_by_main_process(session.folder):
        session.write_folder(argv or [], evaluate)
        session.train()
        return _finish(session, evaluate and is_main_process())


@flushed_denormals()
def resume_run(
    run: Any,
    *,
    data: Data | None = None,
    device: str = "auto",
    quiet: bool = False,
    evaluate: bool | None = None,
    trust: bool = False,
) -> Run:
    """Resumes an interrupted run, or returns one that is finished; see `hibiscus.resume`."""
    device = init_distributed(device)
    quiet = quiet or not is_main_process()
    folder, stored = open_run(run, trust)
    info = json.loads(broadcast(json.dumps(stored)))
    evaluate = bool(info.get("evaluate", True)) if evaluate is None else evaluate
    done = info["status"] == "done"
    finished = done and (not evaluate or (folder.path / "report.html").exists())
    if finished and not quiet:
        longer = f"{info['data']['path']} epochs={2 * info['config']['epochs']} extend={folder.path}"
        show_line(
            f"{folder.path}: already finished; to train it longer: hibiscus train {info['method']} {longer}"
        )
    if finished and data is None:
        return Run(folder.path, device, trust=trust)
    with main_process_first():
        session = Session.resume(folder.path, data=data, device=device, quiet=quiet, trust=trust)
    with _locked_by_main_process(session.folder), recorded_threads(session.folder, session.device):
        if data is not None and is_main_process():
            location = absolute_path(session.dataset.path)
            session.folder.update(data={**session.folder.read("run.json")["data"], "location": location})
        if not done:
            session.train()
        return _finish(session, evaluate and not finished and is_main_process())


def _locked_by_main_process(folder: RunFolder) -> contextlib.AbstractContextManager[None]:
    return folder.locked() if is_main_process() else contextlib.nullcontext()


def _finish(session: Session, evaluate: bool) -> Run:
    run = Run(session.folder.path, str(session.device), session.dataset, trust=True)  # as the session has it
    if evaluate:
        run.evaluate()
        with step("writing the report"):
            run.report()
    return run
