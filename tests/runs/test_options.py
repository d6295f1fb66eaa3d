"""Options: words to values, the round trip through YAML, ranges in words, and every error."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import yaml

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, UsageError
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.runs.foreign_options import FOREIGN
from hibiscus.runs.option_words import ALIASES, parse_words, resolve_aliases
from hibiscus.runs.options import (
    build_options,
    check_options,
    explain_range,
    split_options,
)

Config = get_method("classify").Config


@pytest.mark.parametrize("method", [entry.name for entry in METHODS])
def test_round_trip_through_yaml(method):
    kind = get_method(method).Config
    config = build_options(kind, {"epochs": "3", "learning_rate": "1e-2", "clip_grad_norm": "none"})
    text = yaml.safe_dump(config.model_dump(mode="json"))
    assert build_options(kind, yaml.safe_load(text)) == config
    assert (config.epochs, config.learning_rate, config.clip_grad_norm) == (3, 0.01, None)


def literals(annotation):
    """The values of a `Literal`, wherever it stands in an annotation."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return list(arguments)
    return [value for argument in arguments for value in literals(argument)]


@pytest.mark.parametrize("kind", [DataConfig, *(get_method(entry.name).Config for entry in METHODS)])
def test_every_value_that_an_option_lists_is_accepted_as_text(kind):
    for name, field in kind.model_fields.items():
        for value in literals(field.annotation):
            chosen = getattr(build_options(kind, {name: str(value)}), name)
            assert (chosen, type(chosen)) == (value, type(value)), f"{name}={value}"


@pytest.mark.parametrize(
    ("method", "option", "value", "expected"),
    [("ssd", "finest_stride", "4", 4), ("cyclegan", "kernel_size", "5", 5), ("ssd", "channels", "3", 3)],
)
def test_a_listed_integer_is_accepted_as_text(method, option, value, expected):
    config, data = check_options(get_method(method).Config, {option: value})
    assert {**config.model_dump(), **data.model_dump()}[option] == expected


def test_a_listed_integer_out_of_the_list_is_refused_without_suggesting_it():
    with pytest.raises(ConfigError) as caught:
        build_options(get_method("ssd").Config, {"finest_stride": "5"})
    assert caught.value.expected.startswith("4 | 8 | 16")
    assert "finest_stride=5" not in caught.value.fix


def test_every_option_has_a_description_and_a_range():
    for kind in (DataConfig, *(get_method(entry.name).Config for entry in METHODS)):
        for name, field in kind.model_fields.items():
            assert field.description, name
            assert explain_range(kind, name), name


def test_words_become_options():
    words = [
        "epochs=3",
        "net.hidden=64,64",
        "net.dropout=0.5",
        "net.batch-norm=true",
        "net.units=none",
        "batch-size=8",
        "net=a:b=c",
    ]
    assert parse_words(words) == {
        "epochs": "3",
        "net.hidden": [64, 64],
        "net.dropout": 0.5,
        "net.batch_norm": True,
        "net.units": None,
        "batch_size": "8",
        "net": "a:b=c",
    }
    assert parse_words(["target="]) == {"target": ""}


@pytest.mark.parametrize(
    "words", [["epochs"], ["=3"], ["epochs=1", "epochs=2"], ["batch-size=1", "batch_size=1"]]
)
def test_words_that_are_not_understood(words):
    with pytest.raises(UsageError):
        parse_words(words)


def test_options_find_their_owner():
    data, method = split_options(
        Config, {"target": "y", "epochs": 3, "net.hidden": [8], "net_options": {"dropout": 0.1}}
    )
    assert data == {"target": "y"}
    assert method == {"epochs": 3, "net_options": {"hidden": [8], "dropout": 0.1}}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epohcs": 3}, "did you mean epochs?"),
        ({"tarjet": "y"}, "did you mean target"),
        ({"net_options": "hidden"}, "write them as net.NAME=VALUE"),
    ],
)
def test_options_without_an_owner(options, said):
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        split_options(Config, options)


def test_aliases_and_hyphens_are_resolved():
    config, data = check_options(
        Config, {"lr": 0.01, "bs": "8", "weight-decay": 0.1, "optimiser": "sgd", "ema": 0.9}
    )
    assert (config.learning_rate, config.batch_size, config.weight_decay) == (0.01, 8, 0.1)
    assert (config.optimizer, config.ema_decay) == ("sgd", 0.9)
    assert data == DataConfig()
    dqn, _ = check_options(get_method("dqn").Config, {"discount": 0.5})
    assert dqn.gamma == 0.5
    assert list(resolve_aliases({"wd": 1, "val": 0.2})) == ["weight_decay", "val"]


@pytest.mark.parametrize(
    "options",
    [{"lr": 1, "learning_rate": 1}, {"learning_rate": 1, "lr": 1}, {"batch-size": 1, "batch_size": 1}],
)
def test_an_option_under_two_names_is_refused(options):
    first, second = options
    with pytest.raises(ConfigError, match=f"is given twice, as {first} and as {second}"):
        split_options(Config, options)


def test_aliases_are_names_of_no_option_and_lead_to_one():
    names = {name for entry in METHODS for name in get_method(entry.name).Config.model_fields} | set(
        DataConfig.model_fields
    )
    assert not names & ALIASES.keys()
    assert set(ALIASES.values()) <= names
    assert not ALIASES.keys() & FOREIGN.keys()


@pytest.mark.parametrize(
    ("method", "foreign", "name"),
    [
        ("classify", "rate", "learning_rate"),
        ("classify", "batch", "batch_size"),
        ("classify", "imgsz", "image_size"),
        ("classify", "n_epochs", "epochs"),
        ("classify", "dropout_rate", "net.dropout"),
        ("classify", "clip_norm", "clip_grad_norm"),
        ("classify", "from", "extend"),
        ("cyclegan", "to", "target_domain"),
        ("dcgan", "latent", "latent_dim"),
        ("dcgan", "average", "ema_decay"),
        ("dqn", "n_envs", "num_envs"),
    ],
)
def test_foreign_and_former_names_are_answered_in_one_line(method, foreign, name):
    with pytest.raises(ConfigError) as caught:
        split_options(get_method(method).Config, {foreign: 1})
    assert str(caught.value) == f"there is no option '{foreign}'; use {name}"


def test_a_word_that_resembles_no_option_gets_no_suggestion():
    with pytest.raises(ConfigError) as caught:
        split_options(Config, {"ext": 1}, "classify")
    assert caught.value.fix == "hibiscus train classify --help lists all"


def test_a_foreign_name_for_what_the_method_lacks_is_an_unknown_option():
    with pytest.raises(ConfigError, match="hibiscus train classify --help lists all"):
        split_options(Config, {"n_envs": 1}, "classify")


@pytest.mark.parametrize("word", ["zzz", "l", "epochz", "qqqqqqqqqqqqqqqqqqqqqq"])
def test_an_unknown_option_names_at_most_three(word):
    with pytest.raises(ConfigError) as caught:
        split_options(Config, {word: 1})
    names = {*Config.model_fields, *DataConfig.model_fields}
    assert sum(name in names for name in caught.value.fix.replace(",", " ").replace("?", " ").split()) <= 3
    assert "--help lists all" in caught.value.fix


@pytest.mark.parametrize(
    ("kind", "options", "received", "expected", "fix"),
    [
        (Config, {"epochs": "x"}, "epochs=x", "whole number >= 1 (passes over", "leave it out for epochs=10"),
        (Config, {"epochs": 0}, "epochs=0", "whole number >= 1", "epochs=10"),
        (Config, {"epochs": 1.5}, "epochs=1.5", "whole number >= 1", "epochs=10"),
        (Config, {"focal_gamma": float("inf")}, "focal_gamma=inf", "number >= 0", "focal_gamma=2"),
        (Config, {"focal_gamma": "nan"}, "focal_gamma=nan", "number >= 0", "focal_gamma=2"),
        (Config, {"momentum": 1}, "momentum=1", "0 <= number < 1, or none", "leave it out"),
        (Config, {"clip_grad_norm": -1}, "clip_grad_norm=-1", "number > 0, or none", "leave it out"),
        (
            Config,
            {"loss": "focl"},
            "loss=focl",
            "cross-entropy | focal",
            "did you mean loss=focal?",
        ),
        (Config, {"epochs": None}, "epochs=None", "whole number >= 1", "epochs=10"),
        (Config, {"epohcs": 1}, "there is no option 'epohcs'", "a known option", "did you mean epochs?"),
        (
            DataConfig,
            {"image_size": "a"},
            "image_size=a",
            "1 <= whole number <= 4096, or a,b, or none",
            "leave it out",
        ),
        (DataConfig, {"channels": "2"}, "channels=2", "1 | 3, or none", "leave it out"),
        (DataConfig, {"val": 0}, "val=0", "0 < number < 1", "val=0.1"),
    ],
)
def test_values_out_of_range(kind, options, received, expected, fix):
    with pytest.raises(ConfigError) as caught:
        build_options(kind, options)
    error = caught.value
    assert error.received == received
    assert error.expected.startswith(expected)
    assert fix in error.fix
    assert error.exit_code == 4


def test_values_in_range():
    chosen = build_options(
        DataConfig,
        {
            "image_size": "32,48",
            "channels": "3",
            "scaling": "none",
            "test_data": Path("other"),
            "group": "none",
        },
    )
    assert chosen.image_size == (32, 48)
    assert chosen.channels == 3
    assert chosen.scaling == "none"
    assert chosen.test_data == "other"
    assert chosen.group is None
    assert build_options(Config, {"flip": "true"}).flip is True


def test_a_seed_that_the_generators_do_not_take_is_refused():
    assert build_options(Config, {"seed": 2**63 - 1}).seed == 2**63 - 1
    with pytest.raises(ConfigError, match="seed"):
        build_options(Config, {"seed": 2**63})
