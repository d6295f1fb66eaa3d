"""What every registered method must do, by being registered."""

from __future__ import annotations

import inspect
import math
import sys

import numpy as np
import pytest
import torch

from hibiscus._config import build_options
from hibiscus._prepare import fit_preparation, prepare_parts
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.options import DataConfig
from hibiscus.data.prepare import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.training.callbacks import BestCheckpoint, History, LogFile
from hibiscus.training.loop import Loop
from hibiscus.training.player import Batch

NAMES = [entry.name for entry in METHODS]


class Bench:
    """One method on a small part of the bundled data of its own trial."""

    def __init__(self, name: str, folder, count: int = 190, **options):
        kind = get_method(name)
        whole = open_data(kind.trial.data)
        fields = {key: values[:count] for key, values in whole.fields.items()}
        given = {part: items[items < count] for part, items in whole.parts.items()}
        dataset = Dataset(whole.name, whole.path, fields, whole.ids[:count], whole.keys[:count], given, roles=whole.roles)
        self.options = DataConfig()
        parts = prepare_parts(dataset, self.options, other_classes=kind.parts_hold_other_classes)
        self.config = build_options(kind.Config, {"log_every": 4, **kind.trial.options, **options})
        self.preparation = fit_preparation(dataset, parts["train"], kind.needs, self.options, kind.uses, kind.parts_hold_other_classes)
        self.config = kind.resolve(self.config, self.preparation)
        torch.manual_seed(self.config.seed)
        self.method = kind(self.config, self.preparation)
        self.method.to(torch.device("cpu"))
        self.data = PreparedData(dataset, self.preparation, parts, Batch)
        self.folder = folder
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)

    def loop(self) -> Loop:
        best = BestCheckpoint(self.folder / "checkpoints" / "best.safetensors", self.method.decides)
        callbacks = {"best": best, "log": LogFile(self.folder / "log.jsonl"), "history": History()}
        return Loop(self.method, self.data, callbacks, self.folder / "checkpoints", torch.device("cpu"))

    def run(self, **kwargs) -> Bench:
        self.loop().run()
        return self

    def weights(self):
        return {name: value.clone() for name, value in self.method.tensors().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_docstring_is_complete_and_describes_itself(name):
    kind = get_method(name)
    text = sys.modules[kind.__module__].__doc__
    assert text.splitlines()[0].endswith(".")
    assert any(line.startswith("    ") and "=" in line for line in text.splitlines()), "an objective as a displayed formula"
    for word in ("Use it", "most often goes wrong", "Departs:", "Reference:"):
        assert word in text, word
    assert inspect.getdoc(kind)
    assert kind.title
    assert kind.family


def test_every_option_has_a_sentence(name):
    for option, field in get_method(name).Config.model_fields.items():
        assert len(field.description or "") > 8, option


def test_config_goes_through_json_unchanged(name):
    kind = get_method(name)
    config = build_options(kind.Config, kind.trial.options)
    assert build_options(kind.Config, config.model_dump(mode="json")) == config


def test_one_round_moves_each_players_own_parameters_and_nobody_elses(name, tmp_path):
    bench = Bench(name, tmp_path)
    bench.method.train_mode()
    stage = next(iter(bench.method.stages(bench.data)))
    everything = {id(p): p for net in bench.method.nets.values() for p in net.parameters()}
    for player in stage.players:
        before = {key: p.clone() for key, p in everything.items()}
        player.set_rate(0.5)
        player.step(stage.source.next(), lambda: torch.enable_grad())
        own = {id(p) for p in player.parameters}
        assert own
        moved = {key for key, p in everything.items() if not torch.equal(p, before[key])}
        assert moved == own


def test_same_seed_same_bits(name, tmp_path):
    first, second, other = (Bench(name, tmp_path / str(i), seed=seed).run() for i, seed in enumerate((1, 1, 2)))
    assert same(first.weights(), second.weights())
    assert not same(first.weights(), other.weights())


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_stopped_and_resumed_equals_uninterrupted(name, tmp_path, stop):
    whole = Bench(name, tmp_path / "whole").run()
    stopped = Bench(name, tmp_path / "parts", max_rounds=stop).run()
    resumed = Bench(name, tmp_path / "parts", seed=stopped.config.seed)
    torch.manual_seed(1234)
    loop = resumed.loop()
    loop.load(tmp_path / "parts" / "checkpoints" / "last.safetensors")
    loop.stop_reason = ""
    loop.run()
    assert same(whole.weights(), resumed.weights())


def test_saved_and_loaded_answers_alike(name, tmp_path):
    bench = Bench(name, tmp_path).run()
    from hibiscus.training.checkpoint import load_checkpoint

    tensors, _ = load_checkpoint(tmp_path / "checkpoints" / "last.safetensors")
    again = type(bench.method)(bench.config, Preparation.from_json(bench.preparation.to_json()))
    again.load_tensors(tensors)
    bench.method.train_mode(False)
    again.train_mode(False)
    with torch.inference_mode():
        first, second = bench.method.predict(bench.data, "val"), again.predict(bench.data, "val")
    for key, values in first.items():
        np.testing.assert_array_equal(np.asarray(values), np.asarray(second[key]))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_ragged_and_single_batches(name, tmp_path, batch_size):
    bench = Bench(name, tmp_path, count=60, batch_size=batch_size, epochs=1).run()
    assert all(torch.isfinite(value.float()).all() for value in bench.weights().values())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precisions(name, tmp_path, precision):
    bench = Bench(name, tmp_path, precision=precision)
    loop = bench.loop()
    loop.run()
    assert all(p.dtype == torch.float32 for net in bench.method.nets.values() for p in net.parameters())
    assert all(math.isfinite(v) for line in loop.callbacks["history"].lines for v in line.values() if isinstance(v, float))


def test_the_metric_that_decides_is_measured_and_examined(name, tmp_path):
    bench = Bench(name, tmp_path).run()
    bench.method.train_mode(False)
    with torch.inference_mode():
        assert bench.method.decides.name in bench.method.measure(bench.data, "val")
        found = bench.method.examine(bench.data, "test")
    assert bench.method.decides.name in found.metrics
    assert found.baselines
    assert all(bench.method.decides.name in metrics for metrics in found.baselines.values())
    assert found.exhibits
