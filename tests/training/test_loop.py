from __future__ import annotations

import json
import signal

import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError, InterruptedRunError, TrainingError
from hibiscus.training.callbacks import Callback
from hibiscus.training.checkpoint import load_checkpoint
from training.toy_methods import Game, Growing, array_data, make_loop


def weights(loop):
    return {name: value.clone() for name, value in loop.method.tensors().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def played(loop):
    loop.run()
    return loop


def log_without_times(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        {key: value for key, value in line.items() if key not in ("seconds", "items_per_second", "digest")}
        for line in lines
    ]


class InterruptAt(Callback):
    """Sends the interrupt that a person's Ctrl-C sends."""

    def __init__(self, round_number):
        self.round_number = round_number

    def on_rounds(self, loop, line):
        if loop.round == self.round_number:
            signal.raise_signal(signal.SIGINT)


def test_rounds_follow_from_batches_and_players(tmp_path):
    loop = make_loop(Game, tmp_path, epochs=3)
    loop.run()
    # 50 items in batches of 8 are 7 batches; the critic takes 3 a round, so an epoch has 2 rounds
    assert (loop.round, loop.epoch) == (6, 3)
    assert loop.callbacks["history"].lines[-1]["round"] == 6


def test_a_player_moves_its_own_parameters_and_nobody_elses(tmp_path):
    loop = make_loop(Game, tmp_path)
    stage = next(iter(loop.method.stages(loop.data)))
    loop.method.train_mode()
    for player, own in zip(stage.players, ("critic", "generator"), strict=True):
        before = {name: [p.clone() for p in net.parameters()] for name, net in loop.method.nets.items()}
        player.set_lr(0.0)
        player.step(stage.source.next(), loop._precision)
        for name, net in loop.method.nets.items():
            moved = any(not torch.equal(p, q) for p, q in zip(net.parameters(), before[name], strict=True))
            assert moved == (name == own), (player.name, name)
            assert name == own or all(p.grad is None for p in net.parameters()) or own == "generator"


def test_followers_average_the_leader(tmp_path):
    loop = make_loop(Game, tmp_path, epochs=1, max_rounds=1)
    average = [p.clone() for p in loop.method.average.parameters()]
    loop.run()
    for before, after, leader in zip(
        average, loop.method.average.parameters(), loop.method.generator.parameters(), strict=True
    ):
        torch.testing.assert_close(after, 0.9 * before + 0.1 * leader)


def test_terms_of_several_players_are_named_by_player(tmp_path):
    loop = make_loop(Game, tmp_path)
    loop.run()
    line = loop.callbacks["history"].lines[0]
    assert {
        "train/critic.loss",
        "train/generator.loss",
        "train/generator.spread",
        "val/distance",
        "lr/critic",
    } <= line.keys()


def test_logged_means_are_the_means_of_the_rounds(tmp_path):
    seen = []
    loop = make_loop(Growing, tmp_path, epochs=1)
    original = loop._step

    def recording(player, batch):
        seen.append(player.loss(batch)[0].item())
        original(player, batch)

    loop._step = recording
    loop.run()
    first = loop.callbacks["history"].lines[0]
    assert first["train/loss"] == pytest.approx(sum(seen[:7]) / 7)


@pytest.mark.parametrize("kind", [Game, Growing])
@pytest.mark.parametrize("round_number", [2, 4, 8, 10])
def test_interrupted_and_resumed_equals_uninterrupted(tmp_path, kind, round_number):
    whole = make_loop(kind, tmp_path / "whole", epochs=5, clip_grad_norm=1.0)
    whole.run()
    stopped = make_loop(
        kind, tmp_path / "parts", epochs=5, clip_grad_norm=1.0, extra={"stop": InterruptAt(round_number)}
    )
    with pytest.raises(InterruptedRunError):
        stopped.run()
    torch.manual_seed(99)
    resumed = make_loop(kind, tmp_path / "parts", epochs=5, clip_grad_norm=1.0)
    torch.manual_seed(100)
    resumed.load(tmp_path / "parts" / "checkpoints" / "last.safetensors")
    resumed.run()
    assert same(weights(whole), weights(resumed))
    assert log_without_times(tmp_path / "whole" / "log.jsonl") == log_without_times(
        tmp_path / "parts" / "log.jsonl"
    )
    assert whole.callbacks["best"].state() == resumed.callbacks["best"].state()


def test_growing_resumes_across_the_border_of_a_stage(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=1, extra={"stop": InterruptAt(8)})  # 7 rounds a stage
    with pytest.raises(InterruptedRunError):
        loop.run()
    _, state = load_checkpoint(tmp_path / "checkpoints" / "last.safetensors")
    assert (state["stage"], state["stage_round"]) == (1, 1)
    resumed = make_loop(Growing, tmp_path, epochs=1)
    resumed.load(tmp_path / "checkpoints" / "last.safetensors")
    resumed.run()
    assert len(resumed.method.net) == 3
    assert resumed.round == 21


def test_same_seed_same_bits_other_seed_other_bits(tmp_path):
    runs = [played(make_loop(Game, tmp_path / str(i), seed=seed)) for i, seed in enumerate((3, 3, 4))]
    assert same(weights(runs[0]), weights(runs[1]))
    assert not same(weights(runs[0]), weights(runs[2]))


def test_measuring_leaves_the_random_numbers_of_the_training_alone(tmp_path):
    loops = []
    for validate in (True, False):
        loop = make_loop(Game, tmp_path / str(validate))
        loop.validate = validate
        loops.append(played(loop))
    assert same(weights(loops[0]), weights(loops[1]))


def test_a_loss_that_is_no_number_names_its_round_and_keeps_the_last_good_checkpoint(tmp_path):
    class Exploding(Growing):
        calls = 0

        def loss(self, batch):
            Exploding.calls += self.net.training
            factor = float("nan") if Exploding.calls == 10 else 1.0
            value, terms = super().loss(batch)
            return value * factor, terms

    loop = make_loop(Exploding, tmp_path, epochs=5, log_every=2)
    with pytest.raises(TrainingError, match="round 10"):
        loop.run()
    tensors, state = load_checkpoint(tmp_path / "checkpoints" / "last.safetensors")
    assert state["round"] == 7  # the end of the first epoch
    assert all(torch.isfinite(value).all() for name, value in tensors.items() if name.startswith("network"))


def test_max_rounds_ends_the_training(tmp_path):
    loop = make_loop(Growing, tmp_path, epochs=50, max_rounds=3)
    loop.run()
    assert loop.round == 3
    assert "max_rounds" in loop.stop_reason


def test_batches_may_be_ragged_or_single(tmp_path):
    for size in (1, 49, 64):
        loop = make_loop(Growing, tmp_path / str(size), data=array_data(70), batch_size=size, epochs=1)
        loop.run()
        assert loop.epoch == 3


def test_weights_that_are_no_numbers_never_become_a_checkpoint(tmp_path):
    class Poisoned(Growing):
        def loss(self, batch):
            value, terms = super().loss(batch)
            # a finite loss with a gradient that is not: the weights are lost before any loss shows it
            root = (self.net[0].weight * 0).square().sum().sqrt()
            return value + (root if self.net.training and self.poisoned else 0), terms

    loop = make_loop(Poisoned, tmp_path, epochs=3, log_every=100)
    loop.method.poisoned = False
    loop.run()
    good = (tmp_path / "checkpoints" / "last.safetensors").read_bytes()
    loop = make_loop(Poisoned, tmp_path, epochs=5, log_every=100)
    loop.method.poisoned = True
    loop.load(tmp_path / "checkpoints" / "last.safetensors")
    with pytest.raises(TrainingError, match="not a finite number"):
        loop.run()
    assert (tmp_path / "checkpoints" / "last.safetensors").read_bytes() == good


@pytest.mark.parametrize("wanted", [True, False])
def test_networks_are_compiled_where_that_is_asked_for_again_when_they_have_grown(
    tmp_path, monkeypatch, wanted
):
    compiled = []
    monkeypatch.setattr(
        nn.Module, "compile", lambda network: compiled.append(sum(p.numel() for p in network.parameters()))
    )
    loop = make_loop(Growing, tmp_path, compile=wanted)
    loop.run()
    assert len(compiled) == (loop.stage_index + 1) * len(loop.method.nets) * wanted
    assert len(set(compiled)) == (loop.stage_index + 1) * wanted


def test_a_method_with_gradients_of_gradients_says_that_it_does_not_compile(tmp_path, monkeypatch):
    monkeypatch.setattr(Game, "compiles", False)
    with pytest.raises(ConfigError, match="gradients of gradients"):
        make_loop(Game, tmp_path, compile=True)


@pytest.mark.slow
def test_compiled_networks_compute_the_same(tmp_path):
    plain, compiled = (
        played(make_loop(Game, tmp_path / str(wanted), compile=wanted)) for wanted in (False, True)
    )
    assert plain.method.tensors().keys() == compiled.method.tensors().keys()
    for name, value in plain.method.tensors().items():
        torch.testing.assert_close(compiled.method.tensors()[name], value, rtol=1e-4, atol=1e-5)


def test_a_run_that_grew_can_be_loaded(tmp_path):
    loop = played(make_loop(Growing, tmp_path, epochs=1))
    tensors, state = load_checkpoint(tmp_path / "checkpoints" / "best.safetensors")
    assert state["stage"] == 2
    again = make_loop(Growing, tmp_path / "other", epochs=1).method
    for stage in range(state["stage"] + 1):
        again.grow(stage)
    again.load_tensors(tensors)
    assert len(again.net) == len(loop.method.net) == 3


def test_a_stage_may_be_validated_on_other_data(tmp_path, monkeypatch):
    validated, other = [], array_data(40)
    loop = make_loop(Game, tmp_path, epochs=1)
    stages = loop.method.stages

    def with_other_data(data):
        for stage in stages(data):
            stage.data = lambda: other
            yield stage

    monkeypatch.setattr(loop.method, "stages", with_other_data)
    monkeypatch.setattr(loop.method, "validate", lambda data, part: validated.append(data) or {"distance": 1})
    loop.run()
    assert validated == [other]
