"""What every method must do, as functions of a method's class; each raises AssertionError where it
does not.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from pathlib import Path

import numpy as np
import torch

from contract.option_values import OF_IMAGES, otherwise
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.metrics.catalog import get_metric
from hibiscus.runs.options import build_options
from hibiscus.runs.prepare import fit_preparation, prepare_parts
from hibiscus.training.callbacks import BestCheckpoint
from hibiscus.training.checkpoint import load_checkpoint
from hibiscus.training.config import TrainingConfig
from hibiscus.training.log_file import LogFile
from hibiscus.training.loop import Loop
from training.toy_methods import Lines

ROOT = Path(__file__).resolve().parents[2]


class Bench:
    """One method on a small part of the bundled data of its own trial."""

    def __init__(self, kind, folder, count: int = 190, **options):
        whole = open_data(kind.smoke_test.data)
        fields = {key: values[:count] for key, values in whole.fields.items()}
        given = {part: items[items < count] for part, items in whole.parts.items()}
        dataset = Dataset(
            whole.name,
            whole.path,
            fields,
            whole.ids[:count],
            whole.keys[:count],
            given,
            roles=whole.roles,
            names=whole.names,
        )
        self.options = DataConfig()
        parts = prepare_parts(dataset, self.options, kind)
        self.config = build_options(kind.Config, {"log_every": 4, **kind.smoke_test.options, **options})
        self.preparation = fit_preparation(dataset, parts["train"], kind, self.options, self.config)
        self.config = kind.resolve(self.config, self.preparation)
        torch.manual_seed(self.config.seed)
        self.method = kind(self.config, self.preparation)
        self.method.to(torch.device("cpu"))
        self.data = PreparedData(dataset, self.preparation, parts)
        self.folder = folder
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)

    def loop(self) -> Loop:
        best = BestCheckpoint(self.folder / "checkpoints" / "best.safetensors", self.method.selection_metric)
        callbacks = {"best": best, "log": LogFile(self.folder / "log.jsonl"), "lines": Lines()}
        return Loop(self.method, self.data, callbacks, self.folder / "checkpoints", torch.device("cpu"))

    def run(self) -> Bench:
        self.loop().run()
        return self

    def weights(self):
        return {name: value.clone() for name, value in self.method.tensors().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def answers(method, data):
    """What the trained method says: its answers or samples where it has such an ability, else its figures."""
    method.train_mode(False)
    torch.manual_seed(7)
    with torch.inference_mode():
        if "predict" in method.abilities():
            return method.predict(data, "val")
        return method.sample(5) if "sample" in method.abilities() else method.validate(data, "val")


def docstring_is_complete(kind, folder):
    text = sys.modules[kind.__module__].__doc__ or ""
    assert text.splitlines()[0].endswith("."), "a first sentence"
    assert any(line.startswith("    ") and "=" in line for line in text.splitlines()), (
        "an objective as a displayed formula"
    )
    for word in ("Use it", "goes wrong", "Reference:"):
        assert word in " ".join(text.split()), word
    assert "Differences from the paper:" in text
    assert "What most often goes wrong" in " ".join(text.split())
    assert inspect.getdoc(kind)
    assert kind.title
    assert kind.family
    for option, field in kind.Config.model_fields.items():
        assert len(field.description or "") > 8, f"a sentence for {option}"


def formula_and_learning_are_tested(kind, folder):
    file = ROOT / "tests" / "methods" / kind.family / f"test_{kind.name.replace('-', '_')}.py"
    assert file.exists(), f"a test of the method's own at {file}"
    text = file.read_text(encoding="utf-8")
    assert "def test_the_objective_is_its_formula" in text
    assert re.search(
        r"@pytest\.mark\.slow\n(@pytest\.mark\.[^@]+\n|@needs_shared\n)*def test_it_learns", text
    ), "a slow test"


def config_goes_through_json_unchanged(kind, folder):
    config = build_options(kind.Config, kind.smoke_test.options)
    assert build_options(kind.Config, config.model_dump(mode="json")) == config


def each_player_moves_its_own_and_nobody_elses(kind, folder):
    bench = Bench(kind, folder)
    bench.method.grow(0)
    for index, stage in enumerate(bench.method.stages(bench.data)):
        if index:
            bench.method.grow(index)
        bench.method.train_mode()
        _players_of(
            stage, bench.method, all_of_it=index == 0
        )  # a network that grows may leave old layers behind


def _players_of(stage, method, all_of_it):
    everything = {id(p): p for net in method.nets.values() for p in net.parameters()}
    batch = None
    for player in stage.players:
        batch = stage.source.next() if player.batches_per_round or batch is None else batch
        before = {key: p.clone() for key, p in everything.items()}
        player.set_lr(0.5)
        player.step(batch, torch.enable_grad)
        own = {id(p) for p in player.parameters}
        assert own, f"{player.name} owns something"
        moved = {key for key, p in everything.items() if not torch.equal(p, before[key])}
        assert not moved - own, f"{player.name} moved what is not its own"
        assert moved == own or not all_of_it, (
            f"{player.name} left {len(own - moved)} of its own parameters where they were"
        )


def same_seed_same_bits(kind, folder):
    first, second, other = (Bench(kind, folder / str(i), seed=seed).run() for i, seed in enumerate((1, 1, 2)))
    assert same(first.weights(), second.weights()), "the same seed gave other weights"
    assert not same(first.weights(), other.weights()), "another seed gave the same weights"


def resumed_equals_uninterrupted(kind, folder, stops=(1, 3, 4)):
    whole = Bench(kind, folder / "whole").run()
    for stop in stops:
        stopped = Bench(kind, folder / f"parts-{stop}", max_rounds=stop).run()
        resumed = Bench(kind, folder / f"parts-{stop}", seed=stopped.config.seed)
        torch.manual_seed(1234)
        loop = resumed.loop()
        loop.load(folder / f"parts-{stop}" / "checkpoints" / "last.safetensors")
        loop.stop_reason = ""
        loop.run()
        assert same(whole.weights(), resumed.weights()), (
            f"stopped after round {stop} and resumed, the weights are others"
        )
        logs = [(folder / name / "log.jsonl").read_text().count("\n") for name in ("whole", f"parts-{stop}")]
        assert logs[0] == logs[1], "a line of the log is missing or stands twice"


def saved_and_loaded_answers_alike(kind, folder):
    bench = Bench(kind, folder).run()
    tensors, state = load_checkpoint(folder / "checkpoints" / "last.safetensors")
    again = type(bench.method)(bench.config, Preparation.from_json(bench.preparation.to_json()))
    for stage in range(state["stage"] + 1):
        again.grow(stage)
    again.load_tensors(tensors)
    again.to(
        bench.data.device
    )  # as a run does: the layout of weights decides in which order products are summed
    first, second = answers(bench.method, bench.data), answers(again, bench.data)
    assert first
    for key, values in first.items():
        assert np.array_equal(np.asarray(values), np.asarray(second[key])), f"{key} is another after loading"


def ragged_and_single_batches(kind, folder, sizes=(1, 7, 1000)):
    for size in sizes:
        bench = Bench(kind, folder / str(size), count=60, batch_size=size, epochs=1, max_rounds=6).run()
        assert all(torch.isfinite(value.float()).all() for value in bench.weights().values()), (
            f"batch_size={size}"
        )


OTHERWISE = (
    {"learning_rate": 7e-4},
    {"optimizer": "sgd"},
    {"weight_decay": 0.3},
    {"schedule": "cosine"},
    {"clip_grad_norm": 1e-3},
    {"clip_grad_value": 1e-5},
)


def common_options_do_something(kind, folder):
    """Each option that all methods share leads to other weights than it did before."""
    base = {
        "batch_size": 12,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "schedule": "constant",
        "clip_grad_norm": None,
        "clip_grad_value": None,
    }
    changes = [{}, *OTHERWISE, {"optimizer": "sgd", "momentum": 0.1}]
    found = [
        Bench(kind, folder / str(i), count=60, **{**base, **change}).run().weights()
        for i, change in enumerate(changes)
    ]
    for change, weights in zip(changes[1:-1], found[1:-1], strict=True):
        assert not same(found[0], weights), f"{change} changes nothing"
    assert not same(found[2], found[-1]), "momentum=0.1 changes nothing"


def own_options_do_something(kind, folder):
    """Each option of the method's own leads to other weights or, where it is about measuring, to other
    answers or figures.
    """
    small = {"batch_size": 12, "max_rounds": 6}
    usual, idle = Bench(kind, folder / "usual", count=60, **small).run(), []
    for name in kind.Config.model_fields.keys() - TrainingConfig.model_fields.keys():
        value, beside = otherwise(kind, name)
        if value is None or (name in OF_IMAGES and "image" not in usual.data.arrays):
            continue
        before = (
            Bench(kind, folder / f"{name}-before", count=60, **{**small, **beside}).run() if beside else usual
        )
        after = Bench(kind, folder / name, count=60, **{**small, **beside, name: value}).run()
        if same(before.weights(), after.weights()):
            idle += [f"{name}={value}"] if said(before) == said(after) else []
    assert not idle, f"{', '.join(idle)}: nothing changes"


def said(bench):
    """Answers and figures, as text."""
    first = answers(bench.method, bench.data)
    torch.manual_seed(7)
    with torch.inference_mode():
        return repr(first) + repr(bench.method.evaluate(bench.data, "test").metrics)


def both_precisions(kind, folder):
    for precision in ("float32", "bfloat16"):
        bench = Bench(kind, folder / precision, precision=precision)
        loop = bench.loop()
        loop.run()
        assert all(
            p.dtype == torch.float32 for net in bench.method.nets.values() for p in net.parameters()
        ), "weights are float32"
        lines = loop.callbacks["lines"].lines
        assert all(
            math.isfinite(value) for line in lines for value in line.values() if isinstance(value, float)
        ), precision


def deciding_metric_is_measured_and_evaluated(kind, folder):
    bench = Bench(kind, folder).run()
    bench.method.train_mode(False)
    name = bench.method.selection_metric.name
    with torch.inference_mode():
        assert name in bench.method.validate(bench.data, "val")
        found = bench.method.evaluate(bench.data, "test")
    assert name in found.metrics
    assert found.baselines
    assert all(name in metrics for metrics in found.baselines.values()), f"each baseline tells its {name}"
    assert found.report_items


def metrics_are_in_the_catalog(kind, folder):
    bench = Bench(kind, folder).run()
    bench.method.train_mode(False)
    with torch.inference_mode():
        validated = bench.method.validate(bench.data, "val")
        evaluation = bench.method.evaluate(bench.data, "test")
    names = {
        *validated,
        *evaluation.metrics,
        *(name for metrics in evaluation.baselines.values() for name in metrics),
    }
    unknown = sorted(name for name in names if not (get_metric(name).label and get_metric(name).description))
    assert not unknown, f"{', '.join(unknown)}: add to hibiscus.metrics.catalog"
    assert kind.choose_selection_metric(bench.config).name in names
    direction = get_metric(bench.method.selection_metric.name).higher_is_better
    assert bench.method.selection_metric.higher_is_better == direction, "the direction that the catalog says"


CHECKS = (
    docstring_is_complete,
    formula_and_learning_are_tested,
    config_goes_through_json_unchanged,
    each_player_moves_its_own_and_nobody_elses,
    same_seed_same_bits,
    resumed_equals_uninterrupted,
    saved_and_loaded_answers_alike,
    ragged_and_single_batches,
    common_options_do_something,
    own_options_do_something,
    both_precisions,
    deciding_metric_is_measured_and_evaluated,
    metrics_are_in_the_catalog,
)
