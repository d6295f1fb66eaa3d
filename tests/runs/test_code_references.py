from __future__ import annotations

import pytest

from hibiscus.data.config import DataConfig
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.runs.code_references import code_in_options, code_in_run


def info(config=None, options=None, **data):
    return {"config": config or {}, "data_options": options or {}, "data": {"path": "digits", **data}}


def names(run, preparation=None):
    return [str(one) for one in code_in_run(run, preparation or {})]


def test_the_code_of_a_run():
    assert names(info({"net": "subprocess:Popen"})) == [
        "net=subprocess:Popen would import the module subprocess and call its Popen"
    ]
    assert names(info({"metric_features": "/x/f.pt"})) == [
        "metric_features=/x/f.pt would load the TorchScript file /x/f.pt"
    ]
    assert names(info(location="gym:evil.mod:Env-v0")) == [
        "data=gym:evil.mod:Env-v0 would import the module evil.mod"
    ]
    assert names(info(path="gym:evil:Env-v0")) == ["data=gym:evil:Env-v0 would import the module evil"]
    for option in ("test_data", "target_domain"):
        assert names(info(options={option: "gym:evil:E"})) == [
            f"{option}=gym:evil:E would import the module evil"
        ]


@pytest.mark.parametrize("options", [{}, {"base": 3}, {"other": {}}, None, []])
def test_a_base_that_was_not_opened_may_be_a_module(options):
    config = {"net": "run:build", "net_options": options}
    assert names(info(config)) == ["net=run:build would import the module run and call its build"]


def test_the_environment_of_the_preparation_counts_whatever_the_data_is():
    preparation = {"fields": {"x": {"kind": "environment", "name": "evil:Env-v0"}}}
    assert names(info(), preparation) == ["environment=evil:Env-v0 would import the module evil"]
    assert len(names(info(location="gym:evil:Env-v0"), preparation)) == 1


@pytest.mark.parametrize(
    "run",
    [
        info({"net": "resnet20", "metric_features": "own", "reduce_lr_metric": "selection"}),
        info({"metric_features": "inception"}),  # a file that the user has put into the own cache
        info({"net_options": {"hidden": [8], "initializer": "he"}}),
        info({"net": "run:runs/a-001"}),
        info({"net": "run:build", "net_options": {"base": {"source": "run:build"}}}),
        info(location="gym:CartPole-v1", options={"label_separator": ":", "missing": ["a:b"]}),
        info(location="hf:owner/name:part"),
        info(location="C:\\photos"),
    ],
)
def test_runs_without_code(run):
    assert code_in_run(run, {"fields": {"environment": {"kind": "environment", "name": "CartPole-v1"}}}) == []


@pytest.mark.parametrize("damaged", [None, [], {"fields": []}, {"fields": {"a": 3}}, {"fields": {"a": {}}}])
def test_a_damaged_preparation_names_no_code(damaged):
    assert code_in_run(info(), damaged) == []


def test_the_code_of_a_file_of_options():
    options = {"method": "dqn", "data": "gym:evil:Env-v0", "net": "evil:build", "label_separator": ":"}
    modules = [one.module for one in code_in_options(options, DataConfig.model_fields)]
    assert modules == ["evil", "evil"]
    assert code_in_options({"data": "a:b", "extend": "c:\\run"}, DataConfig.model_fields) == []


def test_no_default_of_a_method_names_code():
    for entry in METHODS:
        defaults = get_method(entry.name).Config().model_dump(mode="json")
        assert code_in_run(info(defaults), {}) == []


def test_a_long_name_is_shortened_in_the_message():
    (text,) = names(info({"net": "a" * 5000 + ":b"}))
    assert len(text) < 400
