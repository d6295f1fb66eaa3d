"""Environments by name: also of modules in the working directory; those that cannot be created are told."""

from __future__ import annotations

import sys

import gymnasium
import pytest

from hibiscus.data.environments.create import DEFAULT_LIMIT, make_environment
from hibiscus.errors import DataError

MODULE = """
import gymnasium
import numpy as np

class Endless(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}

    def step(self, action):
        return np.zeros(2, np.float32), 1.0, False, False, {}

gymnasium.register("EndlessOfModule-v0", entry_point=Endless)
gymnasium.register("BrokenOfModule-v0", entry_point=lambda: 1 / 0)
gymnasium.register("ForeignOfModule-v0", entry_point=dict)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "endless_module.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    yield "endless_module"
    sys.modules.pop("endless_module", None)
    for name in [name for name in gymnasium.registry if name.endswith("OfModule-v0")]:
        del gymnasium.registry[name]


def test_the_limit_is_that_of_the_environment_unless_one_is_given():
    assert make_environment("CartPole-v1").limit == 500
    assert make_environment("CartPole-v1", 20).limit == 20


def test_a_module_of_the_working_directory_is_found(module):
    path = list(sys.path)
    environment = make_environment(f"{module}:EndlessOfModule-v0")
    assert environment.limit == DEFAULT_LIMIT
    assert environment.reset(0).shape == (2,)
    assert sys.path == path


@pytest.mark.parametrize(("name", "said"), [
    ("no_such_module:X-v0", "there is no module no_such_module"),
    ("endless_module:EndlesOfModule-v0", "did you mean EndlessOfModule-v0"),
    ("endless_module:BrokenOfModule-v0", "ZeroDivisionError"),
    ("endless_module:ForeignOfModule-v0", "must inherit from the gymnasium.Env class"),
    ("CartPol-v1", "did you mean CartPole-v1"),
])  # fmt: skip
def test_what_cannot_be_created_is_told(module, name, said):
    with pytest.raises(DataError) as error:
        make_environment(name)
    assert said in str(error.value)
    assert error.value.fix
