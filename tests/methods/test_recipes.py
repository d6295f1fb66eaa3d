from __future__ import annotations

import pytest

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.preparation import Preparation
from hibiscus.methods.recipes import RECIPES, recipe_for
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.methods.supervised_defaults import resolve_supervised
from hibiscus.training.optimizers import Optimizer

VECTORS = Preparation({"array": ArrayPreparation((4,), (0.0,) * 4, (1.0,) * 4)})


def test_every_network_has_a_recipe_with_a_source():
    from torch import nn

    assert recipe_for("resnet56-v2").optimizer == "sgd"
    assert recipe_for("mynets:build") is RECIPES[-1]
    for recipe in RECIPES:
        assert recipe.source
        Optimizer(recipe.optimizer, recipe.learning_rate).build([nn.Parameter(nn.Linear(2, 2).weight.data)])


def test_auto_takes_the_whole_recipe_and_what_was_given_stays():
    resolved = resolve_supervised(SupervisedConfig(), VECTORS)
    assert (resolved.net, resolved.optimizer, resolved.learning_rate, resolved.weight_decay) == (
        "mlp",
        "adamw",
        RECIPES[-1].learning_rate,
        RECIPES[-1].weight_decay,
    )
    assert resolve_supervised(SupervisedConfig(learning_rate=0.5), VECTORS).learning_rate == 0.5
    assert resolve_supervised(SupervisedConfig(net="lstm"), VECTORS).clip_grad_norm == 1.0
    other = resolve_supervised(SupervisedConfig(net="resnet20", optimizer="adam"), VECTORS)
    assert (other.optimizer, other.learning_rate, other.weight_decay) == ("adam", 1e-3, 0.0)


@pytest.mark.parametrize("net", ["auto", "cnn", "resnet20", "rnn"])
def test_resolving_twice_changes_nothing(net):
    once = resolve_supervised(SupervisedConfig(net=net), VECTORS)
    assert resolve_supervised(once, VECTORS) == once


def test_the_learning_rate_of_sgd_scales_with_the_batch_size():
    assert resolve_supervised(
        SupervisedConfig(net="resnet20", batch_size=64), VECTORS
    ).learning_rate == pytest.approx(0.1)
    assert (
        resolve_supervised(SupervisedConfig(net="lstm", batch_size=64), VECTORS).learning_rate
        == recipe_for("lstm").learning_rate
    )
