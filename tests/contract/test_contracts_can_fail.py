"""A toy method that keeps every contract, and others that each break one: every contract can fail."""

from __future__ import annotations

import itertools
import os

import pytest
import torch
from pydantic import Field
from torch import nn

from contract import checks
from hibiscus.errors import ConfigError, TrainingError
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage
from hibiscus.training.schedules import constant

__doc__ += """

    loss = mean((network(x) - label)^2)

Use it to try the contracts. What most often goes wrong is on purpose.

Differences from the paper: there is none.

Reference: none.
"""


class Config(TrainingConfig):
    """Options of the toy."""

    width: int = Field(4, ge=1, description="units of the hidden layer")


class Toy(Method):
    """Two players with a network each, both learning the label from the pixels."""

    name, title, family = "toy", "Toy", "toys"
    needs = frozenset({"label"})
    selection_metric = SelectionMetric("error", higher_is_better=False)
    smoke_test = SmokeTest("digits", {"epochs": 2, "batch_size": 50})
    Config = Config

    def networks(self):
        return {
            name: nn.Sequential(
                nn.Flatten(), nn.Linear(64, self.config.width), nn.ReLU(), nn.Linear(self.config.width, 1)
            )
            for name in "ab"
        }

    def stages(self, data):
        first = self.config.player("first", self.nets["a"], self.first_loss)
        second = self.config.player("second", self.nets["b"], self.second_loss, batches_per_round=0)
        yield Stage(
            [first, second],
            self.config.epochs,
            data.source("train", self.config.batch_size, self.config.seed),
        )

    def error(self, network, batch):
        return (self.nets[network](batch.image)[:, 0].float() - batch.label).square().mean()

    def first_loss(self, batch):
        return self.error("a", batch), {}

    def second_loss(self, batch):
        return self.error("b", batch), {}

    def predict(self, data, part):
        return {"values": torch.cat([self.nets["a"](batch.image) for batch in data.iterate(part)]).numpy()}

    def validate(self, data, part):
        return {"error": torch.stack([self.error("a", batch) for batch in data.iterate(part)]).mean().item()}

    def evaluate(self, data, part):
        from hibiscus.evaluation.items import Table

        return Evaluation(self.validate(data, part), {"zero": {"error": 1.0}}, [Table("t", ["a"], [["b"]])])


class MovesAnothers(Toy):
    def second_loss(self, batch):
        with torch.no_grad():
            self.nets["a"][1].bias.add_(0.1)
        return self.error("b", batch), {}


class LeavesItsOwn(Toy):
    def second_loss(self, batch):
        return self.error("a", batch) + self.nets["b"][3].bias.sum() ** 2 + 0 * self.error("b", batch), {}


class DrawsFromTheClock(Toy):
    def first_loss(self, batch):
        return self.error("a", batch) * (1 + int.from_bytes(os.urandom(2), "little") / 2**16), {}


class IgnoresTheSeed(Toy):
    def networks(self):
        torch.manual_seed(0)
        return super().networks()

    def stages(self, data):
        for stage in super().stages(data):
            stage.source = data.source("train", self.config.batch_size, 0)
            yield stage


class RemembersOutsideTheCheckpoint(Toy):
    def __init__(self, *given):
        super().__init__(*given)
        self.steps = itertools.count(1)

    def first_loss(self, batch):
        return self.error("a", batch) * next(self.steps), {}


class HidesANetwork(Toy):
    def __init__(self, *given):
        super().__init__(*given)
        self.hidden = nn.Linear(1, 1)

    def predict(self, data, part):
        return {"values": self.hidden(torch.from_numpy(super().predict(data, part)["values"])).numpy()}


class CannotTakeOneItem(Toy):
    def networks(self):
        return {
            name: nn.Sequential(net[0], nn.BatchNorm1d(64), *net[1:])
            for name, net in super().networks().items()
        }


class LeavesAnOptionUnused(Toy):
    def stages(self, data):
        for stage in super().stages(data):
            for player in stage.players:
                player.schedule = constant
            yield stage


class IsNoNumberInSixteenBits(Toy):
    def error(self, network, batch):
        answer = self.nets[network](batch.image)
        return super().error(network, batch) * (1 if answer.dtype == torch.float32 else 1e38 * 1e38)


class MeasuresSomethingElse(Toy):
    def validate(self, data, part):
        return {"mistake": 1.0}


class ReturnsAnUnknownMetric(Toy):
    def validate(self, data, part):
        return {**super().validate(data, part), "no_such_metric": 1.0}


class ConfigWithAnObject(Config):
    """An option that JSON does not keep."""

    shape: tuple[int, ...] | object = Field((2, 3), description="a shape that comes back as a list")


class LosesAnOption(Toy):
    Config = ConfigWithAnObject


class ConfigWithAnIdleOption(Config):
    """An option that nothing reads."""

    idle: float = Field(1.0, description="an option that does nothing")


class HasAnIdleOption(Toy):
    Config = ConfigWithAnIdleOption


class HasNoTest(Toy):
    name = "no-such-method"


class SaysNothing(Toy):
    __doc__ = None
    title = ""


NEEDS_A_FILE = checks.formula_and_learning_are_tested
BROKEN = [
    (checks.each_player_moves_its_own_and_nobody_elses, MovesAnothers),
    (checks.each_player_moves_its_own_and_nobody_elses, LeavesItsOwn),
    (checks.same_seed_same_bits, DrawsFromTheClock),
    (checks.same_seed_same_bits, IgnoresTheSeed),
    (checks.resumed_equals_uninterrupted, RemembersOutsideTheCheckpoint),
    (checks.saved_and_loaded_answers_alike, HidesANetwork),
    (checks.ragged_and_single_batches, CannotTakeOneItem),
    (checks.common_options_do_something, LeavesAnOptionUnused),
    (checks.own_options_do_something, HasAnIdleOption),
    (checks.both_precisions, IsNoNumberInSixteenBits),
    (checks.deciding_metric_is_measured_and_evaluated, MeasuresSomethingElse),
    (checks.metrics_are_in_the_catalog, ReturnsAnUnknownMetric),
    (checks.config_goes_through_json_unchanged, LosesAnOption),
    (checks.formula_and_learning_are_tested, HasNoTest),
    (checks.docstring_is_complete, SaysNothing),
]


@pytest.mark.parametrize(
    "check", [check for check in checks.CHECKS if check is not checks.formula_and_learning_are_tested]
)
def test_the_whole_toy_keeps_every_contract(check, tmp_path):
    check(Toy, tmp_path)


@pytest.mark.parametrize(("check", "broken"), BROKEN, ids=lambda one: one.__name__)
def test_a_broken_toy_breaks_it(check, broken, tmp_path):
    with pytest.raises((AssertionError, ConfigError, ValueError, TrainingError)):
        check(broken, tmp_path)


def test_every_contract_can_fail():
    assert {check for check, _ in BROKEN} == set(checks.CHECKS)
