"""The one training loop: stages, rounds, players in declared order. It knows players, not methods."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.errors import InterruptedRunError, TrainingError
from hibiscus.training.callbacks import Callback
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.device import choose_precision, compile_networks, precision_context
from hibiscus.training.distributed import (
    any_process,
    average_gradients,
    convert_sync_batch_norm,
    is_main_process,
    raise_lost_process,
    world_size,
)
from hibiscus.training.interrupt import Interrupt
from hibiscus.training.meter import Meter
from hibiscus.training.method import Method
from hibiscus.training.player import Player, Stage

__all__ = ["Callback", "Loop"]


class Loop:
    """Plays a method's stages on its data, and saves so that nothing is lost.

    Args:
        method: networks, stages and the metric that decides.
        data: the prepared data that the method's sources draw from.
        callbacks: what watches; called in this order.
        checkpoints: the folder that `last.safetensors` is written to.
        device: where the networks are.
        validate: whether to measure the validation part after each epoch.
    """

    def __init__(
        self,
        method: Method,
        data: Any,
        callbacks: Mapping[str, Callback],
        checkpoints: Path,
        device: torch.device,
        validate: bool = True,
    ):
        self.method, self.data, self.callbacks = method, data, callbacks
        self.checkpoints, self.device, self.validate = checkpoints, device, validate
        self.config = method.config
        self.precision = choose_precision(self.config.precision, device, method.nets)
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
        """Plays all stages from where the loop stands to the end.

        Raises:
            InterruptedRunError: the person asked to stop; everything is saved.
            TrainingError: a loss is not a number; the last good checkpoint is kept.
        """
        with Interrupt() as interrupt, raise_lost_process():
            for index, stage in self._stages():
                self._enter(index, stage)
                while self.stage_round < stage.rounds and not self._ended():
                    self._play_round(stage)
                    due = time.monotonic() - self._last_save > self.config.checkpoint_interval
                    due, asked = any_process(due, interrupt.asked)
                    if self.stage_round % stage.rounds_per_epoch == 0:
                        self._end_epoch(stage)
                    elif due:
                        self.save()
                    if asked:
                        self.save()
                        raise InterruptedRunError(
                            f"stopped after round {self.round} as asked; everything is saved", "", "hibiscus resume RUN"
                        )
                if self._limit():
                    break
            self.save()
        for callback in self.callbacks.values():
            callback.on_end(self)

    def _stages(self) -> Iterator[tuple[int, Stage]]:
        """The stages that are still to be played, with the networks grown for each before it is built.

        On a resumption the networks are grown to the saved stage and take its weights first, so that whatever a method
        does between two yields sees trained networks.
        """
        for index in range(self.stage_index + 1):
            self.method.grow(index)
        self._place()
        if self._saved is not None:
            self.method.load_tensors(self._saved[0])
        stages = self.method.stages(self.data)
        first = self.stage_index
        for index, stage in enumerate(stages):
            if index > first:
                self.method.grow(index)
                self._place()
            if index >= first:
                yield index, stage

    def _place(self) -> None:
        """Brings the networks to the device; where several processes divide a batch, with the statistics of all."""
        self.method.to(self.device)
        for network in self.method.nets.values():
            convert_sync_batch_norm(network)
        if self.config.compile:
            compile_networks(self.method.nets.values(), self.device)

    def _ended(self) -> bool:
        """Whether the stage ends before its last round: a callback said so, or a limit of the options is reached."""
        self.stop_reason = self._limit() or self.stop_reason
        return bool(self.stop_reason)

    def _limit(self) -> str:
        """The limit of the options that ends the training, whatever stages are left, if one is reached."""
        if 0 < self.config.max_rounds <= self.round:
            return f"max_rounds={self.config.max_rounds} reached"
        if 0 < self.config.stop_after_epochs <= self.epoch:
            return f"stop_after_epochs={self.config.stop_after_epochs} reached"
        return ""

    def _enter(self, index: int, stage: Stage) -> None:
        self.stage = stage
        self.method.train_mode()
        if self._saved is not None:
            self._restore(stage, *self._saved)
            self._saved = None
        else:
            self.stage_index, self.stage_round, self.stop_reason = index, 0, ""
            self.interval.clear()
            for callback in self.callbacks.values():
                callback.on_stage(self)
        self._epoch_start, self._items = time.monotonic(), 0

    def _play_round(self, stage: Stage) -> None:
        progress = self.stage_round / stage.rounds
        if stage.before_round is not None:
            stage.before_round(progress)
        for player in stage.players:
            player.set_rate(progress)
            for _ in range(player.batches_per_round):
                self.batch = stage.source.next()
                self._items += self.batch.total
                self._step(player, self.batch)
            if player.batches_per_round == 0:
                assert self.batch is not None, "the first player of a stage must take fresh batches"
                self._step(player, self.batch)
        for follower in stage.followers:
            follower.follow(self.stage_round)
        self.stage_round += 1
        self.round += 1
        if self.round % self.config.log_every == 0:
            self._log_rounds(stage)

    def _step(self, player: Player, batch: Batch) -> None:
        loss, terms = player.step(batch, self._precision, self._combine)
        names = {"loss": loss, **terms} if len(self._players) == 1 else _named(player.name, loss, terms)
        self.meter.add(names, self.round + 1)

    @property
    def _players(self) -> Sequence[Player]:
        assert self.stage is not None
        return self.stage.players

    def _precision(self) -> Any:
        return precision_context(self.device, self.precision)

    def _read_terms(self) -> None:
        """Brings the terms of the last rounds from the device, in one transfer, and looks for what is no number."""
        values, bad = self.meter.read()
        self.interval.merge(values)
        if bad is not None:
            raise self._not_finite(bad[1], bad[0], self.epoch + 1)

    def _not_finite(self, name: str, round_number: int, epoch: int | None = None) -> TrainingError:
        kept = "the last good checkpoint is kept" if (self.checkpoints / "last.safetensors").exists() else "no checkpoint was saved before"
        return TrainingError(
            f"{name} is not a finite number in round {round_number} (epoch {epoch or self.epoch})",
            "finite losses",
            f"a smaller learning rate (learning_rate=1e-4), clip_grad_norm=1, or precision=float32; {kept}",
        )

    def _log_rounds(self, stage: Stage) -> None:
        self._read_terms()
        line: dict[str, Any] = {"event": "rounds", "round": self.round, "epoch": self.epoch + 1, "stage": self.stage_index}
        line.update({f"train/{name}": value for name, value in self.interval.means().items()})
        self.interval.clear()
        line["of_rounds"] = stage.rounds
        for callback in self.callbacks.values():
            callback.on_rounds(self, line)

    def _end_epoch(self, stage: Stage) -> None:
        self._read_terms()
        self.epoch += 1
        line: dict[str, Any] = {"event": "epoch", "epoch": self.epoch, "round": self.round, "stage": self.stage_index}
        line.update({f"train/{name}": value for name, value in self.meter.means().items()})
        self.meter.clear()
        training_seconds = time.monotonic() - self._epoch_start
        if self.validate:
            line.update({f"val/{name}": value for name, value in self._measure("val").items()})
        line.update({f"lr/{player.name}": player.optimizer.rate for player in stage.players})
        line["seconds"] = round(time.monotonic() - self._epoch_start, 3)
        line["items_per_second"] = round(self._items / max(training_seconds, 1e-9), 1)
        for callback in self.callbacks.values():
            callback.on_epoch(self, line)
        self.save()
        self._epoch_start, self._items = time.monotonic(), 0

    def _measure(self, part: str) -> dict[str, float]:
        """The method's metrics on a part, in float32, with the random numbers of the training left as they were."""
        self.method.train_mode(False)
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda), torch.inference_mode():
            torch.manual_seed(self.config.seed)
            metrics = self.method.validate(self.data, part)
        self.method.train_mode()
        return {name: float(value) for name, value in metrics.items()}

    def save(self) -> None:
        """Writes the checkpoint `last`, from which the run goes on as if it had never stopped."""
        assert self.stage is not None
        self._read_terms()
        self.check_finite()
        self._last_save = time.monotonic()
        if not is_main_process():
            return
        tensors = dict(self.method.tensors())
        tensors["random/cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.device)
        for player in self.stage.players:
            tensors |= {f"optimizer/{player.name}/{name}": value for name, value in player.optimizer.tensors().items()}
        position = self.stage.source.position()
        tensors |= {f"source/{name}": value for name, value in position.items() if isinstance(value, Tensor)}
        state = {
            "format": 1,
            "stage": self.stage_index,
            "stage_round": self.stage_round,
            "stage_rounds": self.stage.rounds,
            "round": self.round,
            "epoch": self.epoch,
            "stop_reason": self.stop_reason,
            "meter": self.meter.state(),
            "interval": self.interval.state(),
            "source": {name: value for name, value in position.items() if not isinstance(value, Tensor)},
            "rate_factors": {player.name: player.rate_factor for player in self.stage.players},
            "callbacks": {name: callback.state() for name, callback in self.callbacks.items()},
        }
        save_checkpoint(self.checkpoints / "last.safetensors", tensors, state)
        self._last_save = time.monotonic()

    def check_finite(self) -> None:
        """Raises TrainingError where a weight is not a finite number: such weights must not become a checkpoint."""
        for name, tensor in self.method.tensors().items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise self._not_finite(name, self.round)

    def load(self, path: Path) -> None:
        """Takes up the checkpoint `last` of a run."""
        tensors, state = load_checkpoint(path)
        self.stage_index, self.stage_round = state["stage"], state["stage_round"]
        self.round, self.epoch = state["round"], state["epoch"]
        self.stop_reason = state["stop_reason"]
        self.meter.restore(state["meter"])
        self.interval.restore(state["interval"])
        for name, callback in self.callbacks.items():
            callback.restore(state["callbacks"].get(name, {}))
        self._saved = (tensors, state)

    def _restore(self, stage: Stage, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        for player in stage.players:
            player.optimizer.load(_below(f"optimizer/{player.name}/", tensors))
            player.rate_factor = state["rate_factors"][player.name]
        stage.source.restore({**state["source"], **_below("source/", tensors)})
        torch.set_rng_state(tensors["random/cpu"])
        if self.device.type == "cuda" and "random/cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random/cuda"], self.device)


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _named(player: str, loss: Tensor, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{player}.{name}": value for name, value in {"loss": loss, **terms}.items()}
