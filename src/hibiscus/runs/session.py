"""A run during training, created by `Session.new`, `.extend` or `.resume`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from hibiscus.damage import reading
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError, DataError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.progress import show_line
from hibiscus.runs.announcement import describe_data, describe_training
from hibiscus.runs.creation_order import next_order
from hibiscus.runs.extension import PATHS, check_extension, copy_run, load_last
from hibiscus.runs.folder import RunFolder, find_run, make_run_folder
from hibiscus.runs.info import absolute_path, initial_info, open_run, read_info
from hibiscus.runs.open_vectors import load_initial
from hibiscus.runs.recorded_loop import build_callbacks, record_start, run_loop, training_memory
from hibiscus.runs.same_data import check_data, has_moved, reopen_dataset
from hibiscus.runs.saved_files import checked_files, file_digests, saved_options, saved_preparation
from hibiscus.runs.training_data import Data, Parts, saved_parts
from hibiscus.runs.training_setup import set_up_training
from hibiscus.runs.trust import run_signature
from hibiscus.training.callbacks import BestCheckpoint, Callback
from hibiscus.training.config import TrainingConfig
from hibiscus.training.device import choose_device, tune_process
from hibiscus.training.distributed import is_main_process, rank, world_size
from hibiscus.training.limited_networks import limited_networks
from hibiscus.training.loop import Loop
from hibiscus.training.method import Method

__all__ = ["Session"]


@dataclass
class Session:
    """A run during training.

    Args:
        method_name: the name of the method in the registry.
        config: the method's options.
        dataset: the opened data.
        options: the options of the data.
        parts: indices by part.
        preparation: what was learned from the training part.
        folder: the run folder.
        device: where the run is computed.
        quiet: no progress on the screen.
        validate: evaluate the validation part after each epoch.
        is_new: whether this session created the folder.
        rounds_trained: by this session.
        callbacks: of the training, by name.
        reduce_lr_after: epochs after which the learning rate is reduced, instead of on plateaus.
    """

    method_name: str
    config: TrainingConfig
    dataset: Dataset
    options: DataConfig
    parts: Parts
    preparation: Preparation
    folder: RunFolder
    device: torch.device
    quiet: bool = True
    validate: bool = True
    is_new: bool = False
    rounds_trained: int = 0
    callbacks: dict[str, Callback] = field(default_factory=dict)
    reduce_lr_after: Sequence[int] | None = None

    @classmethod
    def new(
        cls,
        method: str,
        data: Data,
        options: Mapping[str, Any],
        *,
        out: str | os.PathLike[str] | None = None,
        device: str = "auto",
        quiet: bool = True,
        parts: Parts | None = None,
    ) -> Session:
        """Opens and splits the data, fits the preparation, and creates an empty run folder.

        Args:
            method: the name of the method.
            data: a path, a bundled name, or a Dataset.
            options: options of the method and of the data.
            out: the run folder; by default the next in `runs/`.
            device: where to compute.
            quiet: no progress on the screen.
            parts: indices by part; by default the split that the options describe.

        Raises:
            HibiscusError: an option, the data or the folder cannot be used; no folder is left behind.
        """
        chosen_device = choose_device(device)
        setup = set_up_training(method, data, options, parts)
        parts = setup.parts
        about = method, setup.config, setup.dataset, setup.options, parts, setup.preparation
        session = cls(*about, RunFolder(Path()), chosen_device, quiet, "val" in parts, is_new=True)
        load_initial(session.build_method())  # errors in the network or its options leave no folder behind
        if is_main_process():
            session.folder = make_run_folder(method, setup.dataset.name, out)
        return session

    @classmethod
    def extend(
        cls,
        method: str,
        data: Data,
        previous: str | os.PathLike[str],
        options: Mapping[str, Any],
        *,
        out: str | os.PathLike[str] | None = None,
        device: str = "auto",
        quiet: bool = True,
        trust: bool = False,
    ) -> Session:
        """Continues a finished run in a new folder, with the data, preparation, log and weights of that run.

        Args:
            method: the name of the method, that of the previous run.
            data: the data of the previous run.
            previous: the folder of that run.
            options: options that may change, such as `epochs`.
            out: the new run folder; by default the next in `runs/`.
            device: where to compute.
            quiet: no progress on the screen.
            trust: load code that the previous run names, whoever wrote it.

        Raises:
            ConfigError: an option that cannot change, or no more epochs than before.
            RunError: the previous run cannot be read, names code that is not trusted, or has no checkpoint.
        """
        uses_named = isinstance(data, Dataset) or has_moved(read_info(RunFolder(find_run(previous))))
        named_data = data if uses_named else None
        session = cls.resume(previous, data=named_data, device=device, quiet=quiet, trust=trust)
        tensors, state = load_last(session.folder)
        named = None if isinstance(data, Dataset) else os.fspath(data)
        config = check_extension(
            session.config,
            options,
            state,
            os.fspath(previous),
            method=(method, session.method_name),
            data=(named, session.dataset.path),
            data_options=session.options,
        )
        old, session.config, session.folder = session.folder, config, RunFolder(Path())
        session.is_new = True
        if is_main_process():
            session.folder = make_run_folder(method, session.dataset.name, out)
            files = checked_files(session.preparation, session.dataset, session.parts)
            copy_run(old, session.folder, tensors, state, files)
        return session

    @classmethod
    def resume(
        cls,
        run: str | os.PathLike[str],
        *,
        data: Data | None = None,
        device: str = "auto",
        quiet: bool = True,
        trust: bool = False,
    ) -> Session:
        """Opens the session of an existing run folder; its data is opened again and must not have changed.

        Args:
            run: the run folder, or `runs/latest`.
            data: the data, if the run was trained on a Dataset in memory, or its new location.
            device: where to compute; `auto` is the device of the run.
            quiet: no progress on the screen.
            trust: load code that the run names, whoever wrote it.

        Raises:
            RunError: the folder cannot be read, names code that is not trusted, or the data has changed.
        """
        folder, info = open_run(run, trust)
        config, options = saved_options(folder, info)
        dataset = reopen_dataset(folder.path, info, options, data)
        check_data(dataset, folder.path, info)
        return cls(
            method_name=info["method"],
            config=config,
            dataset=dataset,
            options=options,
            parts=saved_parts(dataset, folder),
            preparation=saved_preparation(folder),
            folder=folder,
            device=choose_device(info.get("device", device) if device == "auto" else device),
            quiet=quiet,
            validate=bool(info.get("validate", True)),
        )

    def build_method(self) -> Method:
        """The method with newly initialized networks, the same for the same seed."""
        tune_process()
        torch.manual_seed(self.config.seed)
        with training_memory(self.config, self.preparation):
            method = get_method(self.method_name)(self.config, self.preparation)
            method.to(self.device)
        return method

    def prepared(self) -> PreparedData:
        """The prepared data."""
        about = self.dataset, self.preparation, self.parts, self.device
        with training_memory(self.config, self.preparation):
            return PreparedData(*about, share=(rank(), world_size()))

    def write_folder(self, argv: list[str], evaluate: bool = True) -> None:
        """Writes everything known before the first step, `run.json` last.

        If several processes train together, the main process writes.

        Raises:
            RunError: another process has started a run here.
        """
        if not is_main_process():
            return
        if (self.folder.path / "run.json").exists():
            raise RunError(f"{self.folder.path}: already holds a run", "a new folder", "another --out FOLDER")
        options = self.options.model_dump(mode="json", exclude_defaults=True)
        options |= {name: absolute_path(options[name]) for name in options.keys() & set(PATHS)}
        summary = self.dataset.summary(self.parts, "target" in get_method(self.method_name).needs)
        about = self.config, self.preparation, self.dataset, summary, self.device
        info = initial_info(get_method(self.method_name), *about)
        info |= {"method": self.method_name, "name": self.folder.path.name, "argv": argv}
        info |= {"data_options": options, "validate": self.validate, "evaluate": evaluate}
        info["order"] = next_order(self.folder.path)
        info |= run_signature(info, self.preparation.to_json())
        for name, content in checked_files(self.preparation, self.dataset, self.parts).items():
            self.folder.write(name, content)
        self.folder.write_config(self.method_name, info["data"]["location"], info["config"], options)
        self.folder.write("run.json", info)

    @contextlib.contextmanager
    def discarded_if_untrained(self) -> Iterator[None]:
        """Removes the new folder if an option or the data turns out to be unusable before the first round.

        Some faults show only when a stage builds its source: for example, too few classes for an episode.
        """
        try:
            yield
        except (ConfigError, DataError) as error:
            is_unused = self.is_new and self.rounds_trained == 0 and is_main_process()
            if is_unused and not isinstance(error, RunError):
                self.folder.discard()
            raise

    def train(self) -> None:
        """Trains from the start, or from the last checkpoint of the run if there is one.

        Raises:
            InterruptedRunError: interrupted by the user; everything is saved.
            TrainingError: the training failed; `run.json` records why.
        """
        last = self.folder.checkpoints / "last.safetensors"
        with reading(self.folder.path / "run.json"), limited_networks(last):
            method = self.build_method()
        best = BestCheckpoint(self.folder.checkpoints / "best.safetensors", method.selection_metric)
        self.callbacks = build_callbacks(method, best, self.folder, self.quiet, self.reduce_lr_after)
        files = file_digests(self.folder) if is_main_process() else {}
        loop = Loop(method, self.prepared(), self.callbacks, last.parent, self.device, self.validate, files)
        loop.load(last) if last.is_file() else load_initial(method)
        before = loop.round
        try:
            self._run(loop, best)
        finally:
            self.rounds_trained = loop.round - before

    def _run(self, loop: Loop, best: BestCheckpoint) -> None:
        if not is_main_process():
            loop.run()
            return
        info = record_start(loop, self.folder)
        if not self.quiet:
            about = info["parameters"], self.device, info["precision"], self.folder.path
            training = describe_training(self.config, *about)
            show_line(f"{describe_data(self.dataset, self.parts)}\n{training}")
        run_loop(loop, best, self.folder, float(info.get("seconds", 0)))
