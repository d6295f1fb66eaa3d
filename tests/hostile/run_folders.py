"""The targets of the fuzzer that use run folders: loaded, evaluated, reported, compared and resumed.

A run is trained once for each family, and everything that is served of it is noted. A changed run may give
the same, an error, or a warning (in a report: a notice). Anything else is a number that changed silently.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hibiscus.errors import DataError
from hostile.harness import Target
from hostile.run_mutations import damage_run

__all__ = ["Case", "ServedSilently", "prepare", "serve"]

STORED = Path(__file__).parents[1] / "runs" / "stored"
TRAINED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "classify": ("classify", "iris", {"net": "mlp", "net_options": {"hidden": [4]}, "epochs": 2}),
    "regress": ("regress", "diabetes", {"net": "mlp", "net_options": {"hidden": [4]}, "epochs": 2}),
    "vae": ("vae", "digits", {"epochs": 2, "hidden": 8, "latent_dim": 2, "importance_samples": 2}),
    "unet": ("unet", "scenes", {"epochs": 1, "width": 2, "depth": 1}),
}
WEIGHTS = {"report": 1, "compare": 1}  # drawing pages takes the longest
OLDER = ("classify-iris", "vae", "dqn")  # runs without digests, whose numbers cannot be checked


class Case(NamedTuple):
    """A changed run, what is served of it when it is unchanged, and whether its changes may go unnoticed."""

    run: Path
    expected: dict[str, Any]
    inputs: Any
    unnoticed: bool


class ServedSilently(Exception):
    """A run that was changed gave other numbers, without an error or a warning."""


class Reached(BaseException):
    """A training has been restored, and would now go on."""


def prepare(root: Path) -> list[Target]:
    """A target for each run; the runs are trained below `root` once."""
    import torch

    import hibiscus

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the threads of a pool would not survive a fork
    targets = []
    try:
        for name, (method, data, options) in TRAINED.items():
            run = root / name
            hibiscus.train(method, data, out=run, quiet=True, batch_size=32, **options)
            targets.append(_target(f"run-{name}", run, _inputs(data), unnoticed=False))
        for name in OLDER:
            run = Path(shutil.copytree(STORED / name, root / f"older-{name}"))
            targets.append(_target(f"run-older-{name}", run, None, unnoticed=True))
    finally:
        torch.set_num_threads(threads)
    return targets


def _inputs(data: str) -> Any:
    import hibiscus

    dataset = hibiscus.open(data)
    field = dataset.fields["image" if "image" in dataset.fields else "table"]
    return field.iloc[:5] if hasattr(field, "iloc") else np.asarray(field[:3])


def _target(name: str, run: Path, inputs: Any, unnoticed: bool) -> Target:
    expected = {verb: serve(verb, run, inputs, root=run.parent / "unchanged") for verb in VERBS}

    def build(folder: Path, rng: random.Random) -> Case:
        copy = Path(shutil.copytree(run, folder / "run"))
        forged = damage_run(copy, rng)
        return Case(copy, expected, inputs, unnoticed or forged)

    return Target(name, build, act)


def act(case: Case, folder: Path, rng: random.Random) -> str:
    """Uses a changed run in one way, in a copy, since some verbs write into it."""
    verb = rng.choice([verb for verb in VERBS for _ in range(WEIGHTS.get(verb, 3))])
    (folder / "out").mkdir()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            served = serve(verb, case.run, case.inputs, folder / "out")
        except DataError as error:
            if str(error).startswith(("gym:", "iris", "digits", "diabetes", "scenes", "DataFrame")):
                return "the data named"
            raise
    notices = served.pop("notices", ()) if isinstance(served, dict) else ()
    known = case.expected[verb]
    same = _same(served, {key: value for key, value in known.items() if key != "notices"})
    if not (same or case.unnoticed or caught or notices):
        raise ServedSilently(f"{verb}: {served!r:.400} instead of {known!r:.400}")
    return f"{verb}, {'the same' if same else 'noticed' if not case.unnoticed else 'another'}"


def serve(verb: str, run: Path, inputs: Any, root: Path) -> dict[str, Any]:
    """What is served of a run, used in one way, from a copy below `root`."""
    copy = root / run.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy, symlinks=True, copy_function=_copy)
    return VERBS[verb](copy, inputs)


def _copy(source: str, target: str) -> None:
    """Copies a file, and special files as what they are."""
    if os.path.isfile(source):
        size = os.path.getsize(source)
        with open(source, "rb") as file, open(target, "wb") as copy:
            if size < 2**28:
                shutil.copyfileobj(file, copy)
            else:
                copy.truncate(size)
    else:
        os.mkfifo(target)


def _info(run: Path, inputs: Any) -> dict[str, Any]:
    import hibiscus

    loaded = hibiscus.load(run)
    info = loaded.info
    repr(loaded)
    return {"best": info.get("best"), "config": info["config"], "history": loaded.history}


def _predict(run: Path, inputs: Any) -> dict[str, Any]:
    import hibiscus

    loaded = hibiscus.load(run)
    method = loaded.method()
    if inputs is None:
        return {name: tensor.clone() for name, tensor in method.tensors().items()}
    served = {}
    abilities = method.abilities()
    if "predict" in abilities:
        served |= loaded.predict(inputs)
    if "embed" in abilities:
        served |= loaded.embed(inputs)
    if "sample" in abilities:
        served |= {"sample": loaded.sample(2)["image"]}
    return served


def _evaluate(run: Path, inputs: Any) -> dict[str, Any]:
    import hibiscus

    return dict(hibiscus.load(run).evaluate()) if inputs is not None else {}


def _report(run: Path, inputs: Any) -> dict[str, Any]:
    from hibiscus.report import write_report
    from hibiscus.report.load import read_run

    write_report(run)
    record = read_run(run)
    served = {"metrics": record.evaluation.metrics, "baselines": record.evaluation.baselines}
    lines = [(line.epoch, line.round, line.terms, line.seconds) for line in record.lines]
    best = record.info.best.epoch, record.info.best.value
    items = [vars(item) | {"images": None} for item in record.report_items]
    return served | {"lines": lines, "best": best, "items": items, "notices": record.notices}


def _compare(run: Path, inputs: Any) -> dict[str, Any]:
    from hibiscus.cli import comparison
    from hibiscus.report.load import read_run

    printed: list[dict[str, Any]] = []
    with _replaced(comparison, "emit", lambda content, text, as_json: printed.append(content)):
        comparison.compare([run, run], str(run.parent / f"{run.name}.html"), True)
    (result,) = printed
    served = {"runs": list(result["runs"].values()), "validation": result["validation"].get("metric")}
    served["values"] = list(result["validation"].get("values", {}).values())
    return served | {"notices": read_run(run).notices}


def _resume(run: Path, inputs: Any) -> dict[str, Any]:
    """Resumes an interrupted run up to the point at which it is restored."""
    from hibiscus.runs.session import Session
    from hibiscus.training.loop import Loop

    def reached(loop: Loop, stage: Any) -> None:
        raise Reached

    session = Session.resume(run, quiet=True)
    goes_on = _replaced(Loop, "_ended", lambda loop: False)
    with contextlib.suppress(Reached), goes_on, _replaced(Loop, "_train_round", reached):
        session.train()
    loop = session.callbacks["log"]
    return {"digest": loop.digest, "config": session.config.model_dump()}  # type: ignore[attr-defined]


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Any:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


VERBS: dict[str, Callable[[Path, Any], dict[str, Any]]] = {
    "info": _info,
    "predict": _predict,
    "evaluate": _evaluate,
    "report": _report,
    "compare": _compare,
    "resume": _resume,
}


def _same(one: Any, other: Any) -> bool:
    """Whether values are equal, NaN included."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if hasattr(one, "shape") or hasattr(other, "shape"):
        return np.array_equal(np.asarray(one), np.asarray(other))
    return one == other or (one != one and other != other)
