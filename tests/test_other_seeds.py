"""A slow test that fails is decided by two other seeds; every other test by itself."""

import pytest

from hibiscus import api
from other_seeds import OtherSeeds

pytest_plugins = ["pytester"]
FILE = """
import pytest
from hibiscus import api

@pytest.mark.slow
def test_it_learns(tmp_path):
    assert not list(tmp_path.iterdir())
    (tmp_path / "run").touch()
    assert api.train("classify", "iris", seed={given}) not in {failing}

def test_other():
    pass
"""


@pytest.fixture
def outcome(pytester, monkeypatch):
    seeds = []

    def of(failing, marked="slow", given=0):
        monkeypatch.setattr(api, "train", lambda *_, **options: seeds.append(options["seed"]) or seeds[-1])
        text = FILE.format(failing=set(failing), given=given).replace("slow", marked)
        pytester.makepyfile(text)
        result = pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", "-W", "ignore", plugins=[OtherSeeds()]
        )
        return result.parseoutcomes(), seeds, result.stdout.str()

    return of


@pytest.mark.parametrize(
    ("failing", "ends", "tried"),
    [
        ([-1], {"passed": 2}, [0]),
        ([0], {"passed": 2}, [0, 100, 200]),
        ([0, 100], {"passed": 1, "failed": 1}, [0, 100, 200]),
        ([0, 200], {"passed": 1, "failed": 1}, [0, 100, 200]),
        ([0, 100, 200], {"passed": 1, "failed": 1}, [0, 100, 200]),
    ],
)
def test_two_of_three_seeds_decide(outcome, failing, ends, tried):
    outcomes, seeds, text = outcome(failing)
    assert {name: outcomes[name] for name in ends} == ends
    assert seeds == tried
    assert ("repeated with other seeds" in text) == (len(tried) > 1)


def test_the_seeds_that_a_test_gives_are_changed_too(outcome):
    outcomes, seeds, text = outcome([3], given=3)
    assert (outcomes["passed"], seeds) == (2, [3, 103, 203])
    assert "seed 0 failed, seed 100 passed, seed 200 passed; first: AssertionError" in text


def test_a_default_test_is_never_repeated(outcome):
    outcomes, seeds, _ = outcome([0], marked="skipif(False, reason='')")
    assert (outcomes["failed"], seeds) == (1, [0])
