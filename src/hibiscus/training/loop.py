"""The training loop: stages, rounds, and players in declared order; independent of the method."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hibiscus.damage import damaged, reading
from hibiscus.data.batch import Batch
from hibiscus.errors import InterruptedRunError
from hibiscus.progress import step
from hibiscus.run_format import FORMAT
from hibiscus.training.callbacks import Callback
from hibiscus.training.checkpoint import check_files, load_checkpoint, save_checkpoint
from hibiscus.training.device import (
    choose_precision,
    compile_networks,
    precision_context,
    resumed_precision,
)
from hibiscus.training.distributed import (
    any_process,
    average_gradients,
    broadcast,
    convert_sync_batch_norm,
    is_main_process,
    raise_lost_process,
    world_size,
)
from hibiscus.training.interrupt import Interrupt
from hibiscus.training.loop_tensors import Position, collect_tensors, not_finite_error, restore_tensors
from hibiscus.training.meter import Meter
from hibiscus.training.method import Method
from hibiscus.training.player import Player, Stage
from hibiscus.training.random_state import preserved_random_state
from hibiscus.typed_values import typed_value

__all__ = ["Loop"]


class Loop:
    """Trains a method stage by stage, and saves checkpoints from which the run resumes exactly.

    Args:
        method: networks, stages and the selection metric.
        data: the prepared data that the method's sources draw from.
        callbacks: observers by name, called in this order.
        checkpoints: the folder that `last.safetensors` is written to.
        device: the device of the networks.
        validate: whether to evaluate the validation part after each epoch.
        files: the digests of the run's files that checkpoints belong to, by name.
    """

    def __init__(
        self,
        method: Method,
        data: Any,
        callbacks: Mapping[str, Callback],
        checkpoints: Path,
        device: torch.device,
        validate: bool = True,
        files: Mapping[str, str] | None = None,
    ):
        self.method, self.data, self.callbacks = method, data, callbacks
        self.last, self.device, self.validate = checkpoints / "last.safetensors", device, validate
        self.config, self.files = method.config, dict(files or {})
        self.precision = choose_precision(self.config.precision, device, method.nets, self.config.batch_size)
        self.stage_index, self.stage_round, self.round, self.epoch = 0, 0, 0, 0
        self.stage: Stage | None = None
        self.batch: Batch | None = None
        self.stop_reason = ""
        self.meter, self.interval = Meter(), Meter()
        self._saved: tuple[dict[str, Tensor], dict[str, Any]] | None = None
        self._last_save = self._epoch_start = time.monotonic()
        self._items = 0
        self._combine = average_gradients if world_size() > 1 else None

    def run(self) -> None:
        """Trains from the current position to the end of the last stage.

        Raises:
            InterruptedRunError: the user interrupted the training; everything is saved.
            TrainingError: a loss is not finite; the last good checkpoint is kept.
        """
        with Interrupt() as interrupt, raise_lost_process():
            for index, stage in self._stages():
                self._enter(index, stage)
                while self.stage_round < stage.rounds and not self._ended():
                    self._train_round(stage)
                    due = time.monotonic() - self._last_save > self.config.checkpoint_interval
                    due, requested = any_process(due, interrupt.requested)
                    if self.stage_round % stage.rounds_per_epoch == 0:
                        self._end_epoch(stage)
                    elif due:
                        self.save()
                    if requested:
                        self.save()
                        received = f"interrupted after round {self.round}; everything is saved"
                        raise InterruptedRunError(received, "", "hibiscus resume RUN")
                if self._limit():
                    break
            self.save()
        for callback in self.callbacks.values():
            callback.on_end(self)

    def _stages(self) -> Iterator[tuple[int, Stage]]:
        """The remaining stages; the networks are grown for each stage before it is built.

        If a run is resumed, the networks are first grown to the saved stage and loaded, so that the code of a
        method between two yields always sees trained networks.
        """
        for index in range(self.stage_index + 1):
            self.method.grow(index)
        self._place_networks()
        if self._saved is not None:
            with reading(self.last):
                self.method.load_tensors(self._saved[0])
        stages = self.method.stages(self.data)
        first = self.stage_index
        for index, stage in enumerate(stages):
            if index > first:
                self.method.grow(index)
                self._place_networks()
            if index >= first:
                yield index, stage
        if self._saved is not None:
            raise damaged(self.last, f"of stage {first}, which {self.method.name} with these options lacks")

    def _place_networks(self) -> None:
        """Moves the networks to the device, with synchronized batch norm if several processes train."""
        self.method.to(self.device)
        for network in self.method.nets.values():
            convert_sync_batch_norm(network)
        if self.config.compile:
            compile_networks(self.method.nets.values(), self.device)

    def _ended(self) -> bool:
        """Whether the stage ends early: because of a callback, or because an option limits the training."""
        self.stop_reason = self._limit() or self.stop_reason
        return bool(self.stop_reason)

    def _limit(self) -> str:
        """The reason why an option ends the whole training here, or an empty text."""
        if 0 < self.config.max_rounds <= self.round:
            return f"max_rounds={self.config.max_rounds} reached"
        if 0 < self.config.stop_after_epochs <= self.epoch:
            return f"stop_after_epochs={self.config.stop_after_epochs} reached"
        return ""

    def _enter(self, index: int, stage: Stage) -> None:
        self.stage = stage
        self.method.train_mode()
        if self._saved is not None:
            with reading(self.last):
                restore_tensors(stage, *self._saved, self.device)
            self._saved = None
        else:
            self.stage_index, self.stage_round, self.stop_reason = index, 0, ""
            self.interval.clear()
            for callback in self.callbacks.values():
                callback.on_stage(self)
        self._epoch_start, self._items = time.monotonic(), 0

    def _train_round(self, stage: Stage) -> None:
        progress = self.stage_round / stage.rounds
        if stage.before_round is not None:
            stage.before_round(progress)
        for player in stage.players:
            player.set_lr(progress)
            for _ in range(player.batches_per_round):
                self.batch = stage.source.next()
                self._items += self.batch.total
                self._step(player, self.batch)
            if player.batches_per_round == 0:
                assert self.batch is not None, "the first player of a stage must take new batches"
                self._step(player, self.batch)
        for follower in stage.followers:
            follower.follow(self.stage_round)
        self.stage_round += 1
        self.round += 1
        if self.round % self.config.log_every == 0:
            self._log_rounds(stage)

    def _step(self, player: Player, batch: Batch) -> None:
        loss, terms = player.step(batch, self._precision, self._combine)
        assert self.stage is not None
        prefix = "" if len(self.stage.players) == 1 else f"{player.name}."
        named = {f"{prefix}{name}": value for name, value in {"loss": loss, **terms}.items()}
        self.meter.add(named, self.round + 1)

    def _precision(self) -> Any:
        return precision_context(self.device, self.precision)

    def _read_terms(self) -> None:
        """Reads the terms of the last rounds, in one transfer, and checks that they are finite."""
        values, not_finite = self.meter.read()
        self.interval.merge(values)
        if not_finite is not None:
            raise not_finite_error(not_finite[1], not_finite[0], self.epoch + 1, self.last.exists())

    def _log_rounds(self, stage: Stage) -> None:
        self._read_terms()
        line: dict[str, Any] = {"event": "rounds", "round": self.round, "epoch": self.epoch + 1}
        line["stage"] = self.stage_index
        line.update({f"train/{name}": value for name, value in self.interval.means().items()})
        self.interval.clear()
        line["of_rounds"] = stage.rounds
        for callback in self.callbacks.values():
            callback.on_rounds(self, line)

    def _end_epoch(self, stage: Stage) -> None:
        self._read_terms()
        self.epoch += 1
        line: dict[str, Any] = {
            "event": "epoch",
            "epoch": self.epoch,
            "round": self.round,
            "stage": self.stage_index,
        }
        line.update({f"train/{name}": value for name, value in self.meter.means().items()})
        self.meter.clear()
        training_seconds = time.monotonic() - self._epoch_start
        if self.validate:
            line.update({f"val/{name}": value for name, value in self._validation_metrics().items()})
        line.update({f"lr/{player.name}": player.optimizer.lr for player in stage.players})
        line["seconds"] = round(time.monotonic() - self._epoch_start, 3)
        line["items_per_second"] = round(self._items / max(training_seconds, 1e-9), 1)
        for callback in self.callbacks.values():
            callback.on_epoch(self, line)
        self.save()
        self._epoch_start, self._items = time.monotonic(), 0

    def _validation_metrics(self) -> dict[str, float]:
        """The metrics on the validation part, in float32; the random state of training is preserved."""
        self.method.train_mode(False)
        data = self.stage.data() if self.stage and self.stage.data else self.data
        with step("validating"), preserved_random_state(self.config.seed), torch.inference_mode():
            metrics = self.method.validate(data, "val")
        self.method.train_mode()
        numbers = {name: float(value) for name, value in metrics.items()}
        # Every process decides by those of the main process.
        return json.loads(broadcast(json.dumps(numbers)))

    def save(self) -> None:
        """Writes the checkpoint `last`, from which the run resumes as if it had never been interrupted."""
        assert self.stage is not None
        self._read_terms()
        self.check_finite()
        self._last_save = time.monotonic()
        if not is_main_process():
            return
        position = self.stage.source.position()
        tensors = collect_tensors(self.method, self.stage, position, self.device)
        state: dict[str, Any] = {"format": FORMAT, "files": self.files}
        state |= {"stage": self.stage_index, "stage_round": self.stage_round, "round": self.round}
        state |= {"epoch": self.epoch, "stop_reason": self.stop_reason}
        state |= {
            "stage_rounds": self.stage.rounds,
            "precision": str(self.precision).removeprefix("torch."),
            "meter": self.meter.state(),
            "interval": self.interval.state(),
            "source": {name: value for name, value in position.items() if not isinstance(value, Tensor)},
            "lr_factors": {player.name: player.lr_factor for player in self.stage.players},
            "callbacks": {name: callback.state() for name, callback in self.callbacks.items()},
        }
        save_checkpoint(self.last, tensors, state)
        self._last_save = time.monotonic()

    def check_finite(self) -> None:
        """Raises TrainingError if a weight is not finite: such weights must never be saved."""
        for name, tensor in self.method.tensors().items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise not_finite_error(name, self.round, self.epoch, self.last.exists())

    def load(self, path: Path) -> None:
        """Loads the checkpoint `last` of a run, to resume it.

        Raises:
            RunError: it is damaged, or a file that it belongs to was changed.
        """
        tensors, state = load_checkpoint(path)
        check_files(path, state, self.files)
        with reading(path):
            typed_value(Position, state)
            self.stage_index, self.stage_round = state["stage"], state["stage_round"]
            self.round, self.epoch = state["round"], state["epoch"]
            self.stop_reason = state["stop_reason"]
            if self.config.precision == "auto":
                self.precision = resumed_precision(state.get("precision"), self.precision, self.device)
            self.meter.restore(state["meter"])
            self.interval.restore(state["interval"])
            for name, callback in self.callbacks.items():
                callback.restore(state["callbacks"].get(name, {}))
        self._saved = (tensors, state)
