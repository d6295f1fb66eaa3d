"""Errors of metrics and networks name the run that they come from; those of the data stay as they are."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from hibiscus import api
from hibiscus.errors import DataError
from hibiscus.runs.computing import computing


def entered(received):
    method = SimpleNamespace(config=None, preparation={})
    data = SimpleNamespace(dataset=SimpleNamespace(path="photos"))
    with computing(Path("runs/a"), method, 0, "to evaluate", data):
        raise DataError(received, "other values", "check them")


@pytest.mark.parametrize(
    ("received", "named"),
    [
        ("probabilities from nan", "runs/a: probabilities from nan"),
        ("photos/1.jpg: cannot be read", "photos/1.jpg: cannot be read"),
        ("runs/a/run.json: damaged", "runs/a/run.json: damaged"),
    ],
)
def test_an_error_without_a_path_is_given_that_of_the_run(received, named):
    with pytest.raises(DataError) as caught:
        entered(received)
    assert caught.value.received == named
    assert (caught.value.expected, caught.value.fix) == ("other values", "check them")


def test_the_evaluation_of_a_network_that_outputs_nan_names_the_run(tmp_path):
    run = api.train("classify", "iris", out=tmp_path / "run", quiet=True, epochs=1)
    parameter = next(run.method().network.parameters())
    parameter.data.fill_(torch.nan)
    with pytest.raises(DataError, match=str(run.path)):
        run.evaluate(again=True)
