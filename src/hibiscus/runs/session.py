"""A training put together: data, preparation, method, folder and loop; begun anew or taken up again."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hibiscus.data.builtin.open import BUNDLED
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import InterruptedRunError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.runs.folder import FORMAT, RunFolder, now
from hibiscus.runs.options import build_options
from hibiscus.training.callbacks import BestCheckpoint, Callback, EarlyStop, LogFile, Progress, ReduceOnPlateau
from hibiscus.training.config import TrainingConfig
from hibiscus.training.device import choose_device, describe_machine, tune_process
from hibiscus.training.distributed import is_main_process, rank, world_size
from hibiscus.training.loop import Loop
from hibiscus.training.method import Method
from hibiscus.training.sample_grids import SampleGrids

__all__ = ["Session", "read_info"]


def read_info(folder: RunFolder) -> dict[str, Any]:
    """`run.json`, with all that a run must say of itself.

    Raises:
        RunError: it is absent, damaged, or of a newer format.
    """
    info = folder.read("run.json")
    needed = {"method": str, "config": dict, "data": dict, "data_options": dict, "selection_metric": dict, "status": str}
    wrong = [name for name, kind in needed.items() if not isinstance(info, dict) or not isinstance(info.get(name), kind)]
    if wrong:
        raise RunError(
            f"{folder.path / 'run.json'}: damaged, it does not tell {', '.join(wrong)}",
            "the file as Hibiscus wrote it",
            "restore it from a copy",
        )
    return info


@dataclass
class Session:
    """One run while it is being trained.

    Args:
        method_name: as the registry knows it.
        config: the method's options.
        dataset: the opened data.
        options: the data's options.
        parts: indices by part.
        preparation: what was learned from the training part.
        folder: where the run lies.
        device: where it is computed.
        quiet: no progress on the screen.
        validate: measure the validation part after each epoch.
    """

    method_name: str
    config: TrainingConfig
    dataset: Dataset
    options: DataConfig
    parts: dict[str, np.ndarray]
    preparation: Preparation
    folder: RunFolder
    device: torch.device
    quiet: bool = True
    validate: bool = True
    callbacks: dict[str, Callback] = field(default_factory=dict)

    @classmethod
    def reopened(cls, path: Path, data: Dataset | None, device: str, quiet: bool) -> Session:
        """A session on a run folder that is there already; its data is opened again and must be the same.

        Raises:
            RunError: the data have changed since.
        """
        folder = RunFolder(path)
        info = read_info(folder)
        method = get_method(info["method"])
        options = build_options(DataConfig, info["data_options"])
        dataset = data if data is not None else open_data(info["data"].get("location", info["data"]["path"]), **options.opening())
        if dataset.fingerprint != info["data"]["fingerprint"]:
            raise RunError(
                f"{dataset.path}: the data have changed since {path} was trained",
                "the same items in the same order",
                "bring them back, or train anew on the changed data",
            )
        parts = _saved_parts(dataset, folder)
        config = build_options(method.Config, info["config"])
        preparation = Preparation.from_json(folder.read("preparation.json"))
        validate = bool(info.get("validate", True))
        chosen = choose_device(info.get("device", device) if device == "auto" else device)
        return cls(info["method"], config, dataset, options, parts, preparation, folder, chosen, quiet, validate)

    def build_method(self) -> Method:
        """The method with freshly initialised networks, the same for the same seed."""
        tune_process()
        torch.manual_seed(self.config.seed)
        method = get_method(self.method_name)(self.config, self.preparation)
        method.to(self.device)
        return method

    def prepared(self) -> PreparedData:
        """The data as the method sees it."""
        return PreparedData(self.dataset, self.preparation, self.parts, self.device, share=(rank(), world_size()))

    def write_folder(self, argv: list[str]) -> None:
        """Writes all that is known before the first step into the run folder; `run.json` last, so that a run there is whole.

        Of several processes that train together the first writes.

        Raises:
            RunError: another process has begun a run here.
        """
        if not is_main_process():
            return
        if (self.folder.path / "run.json").exists():
            raise RunError(f"{self.folder.path}: there is a run here already", "a folder of its own", "another --out FOLDER")
        config = self.config.model_dump(mode="json")
        options = self.options.model_dump(mode="json", exclude_defaults=True)
        options |= {name: _absolute(options[name]) for name in ("test_data", "target_domain") if name in options}
        summary, kind = self.dataset.summary(self.parts), get_method(self.method_name)
        info = {
            "format": FORMAT,
            "method": self.method_name,
            "title": kind.title,
            "abilities": kind.abilities(),
            "gives_images": kind.gives_images,
            "name": self.folder.path.name,
            "status": "running",
            "error": None,
            "seed": self.config.seed,
            "argv": argv,
            "started": now(),
            "seconds": 0.0,
            "versions": _versions(),
            "device": str(self.device),
            "machine": describe_machine(self.device),
            "threads": torch.get_num_threads(),
            "data": {**summary, "kind": _kind(self.dataset), "location": _absolute(self.dataset.path)},
            "data_options": options,
            "config": config,
            "validate": self.validate,
            "selection_metric": vars(kind.choose_selection_metric(self.config)),
            "best": None,
        }
        self.folder.write("preparation.json", self.preparation.to_json())
        self.folder.write("split.json", {part: [self.dataset.ids[i] for i in items] for part, items in self.parts.items()})
        self.folder.write_config(self.method_name, self.dataset.path, config, options)
        self.folder.write("run.json", info)

    def train(self) -> None:
        """Trains from the start, or from the run's last checkpoint where there is one.

        Raises:
            InterruptedRunError: stopped by the person; everything is saved.
            TrainingError: the training went wrong; `run.json` says how.
        """
        method = self.build_method()
        selection_metric = method.selection_metric
        best = BestCheckpoint(self.folder.checkpoints / "best.safetensors", selection_metric)
        self.callbacks = {}
        if self.config.reduce_lr_patience:
            self.callbacks["plateau"] = ReduceOnPlateau(selection_metric, self.config.reduce_lr_patience, self.config.reduce_lr_factor)
        if self.config.early_stopping_patience:
            self.callbacks["early_stopping_patience"] = EarlyStop(selection_metric, self.config.early_stopping_patience)
        if is_main_process():  # what writes and shows; those above change the training, in every process alike
            self.callbacks = {"best": best, **self.callbacks, "log": LogFile(self.folder.log)}
            if "sample" in method.abilities() and "image" in self.preparation:
                self.callbacks["grids"] = SampleGrids(self.folder.samples)
            if not self.quiet:
                self.callbacks["progress"] = Progress()
        loop = Loop(method, self.prepared(), self.callbacks, self.folder.checkpoints, self.device, self.validate)
        last = self.folder.checkpoints / "last.safetensors"
        if last.is_file():
            loop.load(last)
        if not is_main_process():
            loop.run()
            return
        for left in self.folder.checkpoints.glob(".*.part"):  # of a process killed while it saved
            left.unlink(missing_ok=True)
        if not last.is_file():
            self.folder.log.unlink(missing_ok=True)  # lines of a run that was stopped before its first checkpoint
        counts = {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in method.nets.items()}
        parameters = {name: count for name, count in counts.items() if count}
        precision = str(loop.precision).removeprefix("torch.")
        spent = float(self.folder.update(status="running", error=None, parameters=parameters, precision=precision)["seconds"])
        self._run(loop, best, spent)

    def _run(self, loop: Loop, best: BestCheckpoint, spent: float) -> None:
        began = time.monotonic()
        status, reason = "failed", None
        try:
            loop.run()
            status = "done"
        except InterruptedRunError as error:
            status = "interrupted"
            error.fix = f"hibiscus resume {self.folder.path}"
            raise
        except BaseException as error:
            reason = str(error) or type(error).__name__
            raise
        finally:
            chosen = {"epoch": best.epoch, "value": best.best} if best.best is not None else None
            changes = {"status": status, "error": reason, "best": chosen, "stop_reason": loop.stop_reason, "epochs_done": loop.epoch}
            try:
                self.folder.update(seconds=round(spent + time.monotonic() - began, 3), **changes)
            except RunError:  # no room on the disk: the first error is the one to tell
                if status == "done":
                    raise


def _saved_parts(dataset: Dataset, folder: RunFolder) -> dict[str, np.ndarray]:
    place = {name: i for i, name in enumerate(dataset.ids)}
    try:
        return {part: np.array([place[name] for name in ids], np.int64) for part, ids in folder.read("split.json").items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{dataset.path}: there is no item {error} that {folder.path / 'split.json'} names",
            "items by the same names as in training",
            "give them their names back, or train anew",
        ) from None


def _absolute(path: str) -> str:
    """A path that means the same from every folder; other names as they are."""
    if path in BUNDLED or path.startswith("hf:"):
        return path
    return str(Path(path).expanduser().resolve()) if Path(path).expanduser().exists() else path


def _kind(dataset: Dataset) -> str:
    return " and ".join(
        {"image": "images", "table": "table", "array": "arrays"}[name] for name in dataset.fields if name in ("image", "table", "array")
    )


def _versions() -> dict[str, str]:
    return {
        "hibiscus": importlib.metadata.version("hibiscus"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}" if sys.platform != "linux" else f"Linux {platform.machine()}",
    }
