from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from hibiscus.errors import ConfigError
from hibiscus.training.callbacks import BestCheckpoint, EarlyStopping, ReduceLROnPlateau
from hibiscus.training.checkpoint import load_checkpoint
from hibiscus.training.method import SelectionMetric
from training.toy_methods import Growing, make_loop

HIGHER, LOWER = SelectionMetric("accuracy", True), SelectionMetric("error", False)


class FakeLoop:
    def __init__(self):
        self.stop_reason, self.epoch, self.callbacks, self.stage = "", 0, {}, None


def feed(callback, values, loop=None, name="accuracy"):
    loop = loop or FakeLoop()
    for value in values:
        loop.epoch += 1
        callback.on_epoch(loop, {f"val/{name}": value})
    return loop


def test_decides_knows_its_direction_and_no_number():
    assert HIGHER.better(0.9, 0.8)
    assert not HIGHER.better(0.8, 0.8)
    assert LOWER.better(0.1, 0.2)
    assert LOWER.better(5.0, None)
    assert not LOWER.better(float("nan"), None)


def test_early_stop_waits_for_its_patience():
    assert not feed(EarlyStopping(HIGHER, 3), [0.5, 0.6, 0.6, 0.6]).stop_reason
    assert "3 epochs" in feed(EarlyStopping(HIGHER, 3), [0.5, 0.6, 0.6, 0.6, 0.5]).stop_reason
    assert feed(EarlyStopping(LOWER, 2), [3.0, 4.0, 5.0], name="error").stop_reason


def test_early_stop_goes_on_counting_after_a_resumption():
    first = EarlyStopping(HIGHER, 3)
    feed(first, [0.6, 0.5, 0.5])
    second = EarlyStopping(HIGHER, 3)
    second.restore(json.loads(json.dumps(first.state())))
    assert feed(second, [0.5]).stop_reason


def test_plateau_multiplies_the_rate_again_and_again(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1)
    loop.stage = next(iter(loop.method.stages(loop.data)))
    plateau = ReduceLROnPlateau(LOWER, 2, 0.1)
    feed(plateau, [1.0, 1.0, 1.0, 1.0, 1.0], loop, "error")
    assert loop.stage.players[0].lr_factor == pytest.approx(0.01)


def test_plateau_stops_at_the_lowest_rate_and_never_raises_one(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1)
    loop.stage = next(iter(loop.method.stages(loop.data)))
    player = loop.stage.players[0]
    plateau = ReduceLROnPlateau(LOWER, 1, 0.1, minimum=player.settings.lr / 50)
    feed(plateau, [1.0, 1.0, 1.0, 1.0], loop, "error")
    assert player.lr_factor == pytest.approx(1 / 50)
    assert plateau.reductions == [2, 3, 4]
    player.lr_factor = 1e-3  # the base rate itself may be lower
    feed(plateau, [1.0], loop, "error")
    assert player.lr_factor == 1e-3


def test_plateau_watches_a_value_of_the_log_or_repeats_the_epochs_of_other_runs(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1)
    loop.stage = next(iter(loop.method.stages(loop.data)))
    plateau = ReduceLROnPlateau(HIGHER, 1, 0.1, watched="train/loss")
    for loop.epoch, loss in enumerate([3.0, 2.0, 2.5], start=1):
        plateau.on_epoch(loop, {"train/loss": loss, "val/accuracy": 0.5})
    assert plateau.reductions == [3]
    with pytest.raises(ConfigError, match="train/other") as caught:
        ReduceLROnPlateau(HIGHER, 1, 0.1, watched="train/other").on_epoch(loop, {"train/loss": 1.0})
    assert "train/loss" in caught.value.expected
    repeated = ReduceLROnPlateau(HIGHER, 1, 0.1, after=[2])
    feed(repeated, [0.1, 0.2, 0.3], loop=FakeLoop())
    assert repeated.reductions == [2]
    again = ReduceLROnPlateau(HIGHER, 1, 0.1)
    again.restore(json.loads(json.dumps(repeated.state())))
    assert again.reductions == [2]


def test_best_checkpoint_keeps_the_best_epochs_weights(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1)
    best = BestCheckpoint(tmp_path / "b.safetensors", LOWER)
    for epoch, value in enumerate([3.0, 1.0, 2.0], start=1):
        loop.epoch = epoch
        loop.method.net[0].weight.data.fill_(epoch)
        best.on_epoch(loop, {"val/error": value})
    tensors, state = load_checkpoint(tmp_path / "b.safetensors")
    assert state["epoch"] == best.epoch == 2
    assert (tensors["network/net/0.weight"] == 2).all()


def test_best_checkpoint_keeps_the_last_epoch_where_that_is_asked_for(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1, selected_epoch="last")
    best = BestCheckpoint(tmp_path / "b.safetensors", LOWER)
    for loop.epoch, value in enumerate([3.0, 1.0, 2.0, float("nan")], start=1):
        best.on_epoch(loop, {"val/error": value})
    assert load_checkpoint(tmp_path / "b.safetensors")[1]["epoch"] == best.epoch == 3
    assert best.best == 2.0


@pytest.mark.parametrize(("refines", "best"), [(True, 0.9), (False, None)])
def test_the_best_epoch_of_an_earlier_stage_counts_if_the_next_refines_its_networks(tmp_path, refines, best):
    loop, callback = FakeLoop(), BestCheckpoint(tmp_path / "best.safetensors", HIGHER)
    callback.best, loop.stage = 0.9, SimpleNamespace(refines=refines)
    callback.on_stage(loop)
    assert callback.best == best
