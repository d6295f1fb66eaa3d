"""Networks that are larger than the checkpoint they are built for are refused before they take memory."""

import resource

import pytest
from torch import nn

from hibiscus.errors import RunError
from hibiscus.training.limited_networks import limited_networks


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "checkpoints" / "best.safetensors"
    path.parent.mkdir()
    path.write_bytes(bytes(4 * 100 * 100))
    return path


def test_networks_of_the_size_of_the_checkpoint_are_built(checkpoint):
    with limited_networks(checkpoint):
        nn.Sequential(nn.Linear(100, 100), nn.BatchNorm1d(100))
    nn.Linear(1000, 1000)  # the limit has ended


@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.Linear(20_000, 30_000),  # 2.4 GB
        lambda: nn.BatchNorm1d(100_000_000),
        lambda: [nn.PReLU() for _ in range(100_000)],
    ],
)
def test_larger_networks_take_no_memory(checkpoint, build):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RunError, match="smaller than the networks"), limited_networks(checkpoint):
        build()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    nn.Linear(1000, 1000)


def test_without_a_checkpoint_there_is_no_limit(tmp_path):
    with limited_networks(tmp_path / "none"):
        nn.Linear(2000, 2000)
