"""Networks of a user's own module, and what in a module is not one."""

from __future__ import annotations

import sys

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.custom import build_custom

OWN = """
import functools
from math import prod
from subprocess import Popen, run

from torch.nn import Linear, Module, Sequential


def build(input_shape, outputs, width=3):
    return Sequential(Linear(prod(input_shape), width), Linear(width, outputs))


class Net(Module):
    def __init__(self, input_shape, outputs):
        super().__init__()
        self.layer = Linear(input_shape[0], outputs)

    def forward(self, x):
        return self.layer(x)


class Builder:
    def __call__(self, input_shape, outputs):
        open("executed", "w")


class Other:
    def __init__(self, input_shape, outputs):
        open("executed", "w")


builder, partial = Builder(), functools.partial(build, width=9)
wide = lambda shape, outputs: Net(shape, outputs)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "custom_nets.py").write_text(OWN)
    (tmp_path / "custom_others.py").write_text("from custom_nets import Net, build\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("custom_nets", "custom_others"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["build", "Net", "wide"])
def test_functions_and_classes_of_networks_that_the_module_defines(name):
    assert build_custom(f"custom_nets:{name}", (4,), 2, {})(torch.randn(3, 4)).shape == (3, 2)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("subprocess:Popen", "'subprocess:Popen' is a class, but not a torch.nn.Module"),
        ("os:system", "'os:system' is a builtin_function_or_method"),
        ("builtins:exec", "'builtins:exec' is a builtin_function_or_method"),
        ("custom_nets:Popen", "is a class, but not a torch.nn.Module"),
        ("custom_nets:run", "is defined in subprocess"),
        ("custom_nets:Linear", "is defined in torch.nn.modules.linear"),
        ("custom_nets:builder", "is a Builder"),
        ("custom_nets:Other", "is a class, but not a torch.nn.Module"),
        ("custom_nets:partial", "is a partial"),
        ("custom_others:build", "net=custom_nets:build"),
        ("custom_others:Net", "net=custom_nets:Net"),
        ("custom_nets:build:x", "module.path:function"),
        ("custom_nets:build()", "module.path:function"),
        (".custom_nets:build", "module.path:function"),
        (":build", "module.path:function"),
        ("custom nets:build", "module.path:function"),
    ],
)
def test_anything_else_of_a_module_is_not_called(folder, name, words):
    with pytest.raises(ConfigError) as caught:
        build_custom(name, (4,), 2, {})
    assert words in str(caught.value)
    assert not (folder / "executed").exists()
