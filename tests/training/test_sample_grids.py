"""Grids of samples are drawn from one noise, are few, and leave the training as it was."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from contract.checks import Bench, same
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.training import sample_grids as grids
from hibiscus.training.sample_grids import SampleGrids, epochs_between


def looped(folder, **options):
    bench = Bench(DCGAN, folder, batch_norm=True, **options)
    loop = bench.loop()
    loop.callbacks = {**loop.callbacks, "grids": SampleGrids(folder / "samples")}
    loop.callbacks["grids"].seconds = 1e9
    return bench, loop


def names(folder):
    return sorted(path.name for path in (folder / "samples").iterdir())


def test_the_training_is_the_same_with_grids_and_without(tmp_path):
    without = Bench(DCGAN, tmp_path / "without", batch_norm=True).run()
    bench, loop = looped(tmp_path / "with")
    (tmp_path / "with" / "samples").mkdir()
    (tmp_path / "with" / "samples" / "epoch-mine.png").touch()
    loop.run()
    assert same(without.weights(), bench.weights())
    assert names(tmp_path / "with") == ["epoch-0001.png", "epoch-0002.png", "epoch-mine.png"]
    with Image.open(tmp_path / "with" / "samples" / "epoch-0002.png") as image:
        assert image.size == (8 * 10 - 2, 8 * 10 - 2)


def test_a_resumed_training_draws_what_an_uninterrupted_one_does(tmp_path):
    whole, loop = looped(tmp_path / "whole", epochs=3)
    loop.run()
    _, loop = looped(tmp_path / "parts", epochs=3, stop_after_epochs=1)
    loop.run()
    shutil.copytree(tmp_path / "parts" / "samples", tmp_path / "early")
    resumed, loop = looped(tmp_path / "parts", epochs=3)
    torch.manual_seed(99)
    loop.load(tmp_path / "parts" / "checkpoints" / "last.safetensors")
    loop.stop_reason = ""
    loop.run()
    assert same(whole.weights(), resumed.weights())
    assert (
        names(tmp_path / "parts")
        == names(tmp_path / "whole")
        == [f"epoch-000{epoch}.png" for epoch in (1, 2, 3)]
    )
    for name in names(tmp_path / "whole"):
        assert (tmp_path / "parts" / "samples" / name).read_bytes() == (
            tmp_path / "whole" / "samples" / name
        ).read_bytes()
    assert (tmp_path / "early" / "epoch-0001.png").exists()


def test_the_noise_is_the_same_every_time(tmp_path):
    _, loop = looped(tmp_path, epochs=1)
    loop.run()
    (path,) = (tmp_path / "samples").iterdir()
    first = np.array(Image.open(path))
    assert first.std() > 1
    torch.manual_seed(5)
    loop.callbacks["grids"]._write_grid(loop)
    assert np.array_equal(np.array(Image.open(path)), first), "the same weights, the same grid"


@pytest.mark.parametrize(("epoch", "between"), [(1, 1), (30, 1), (31, 2), (60, 2), (61, 4), (1000, 64)])
def test_there_are_never_more_than_thirty(epoch, between):
    assert epochs_between(epoch) == between
    assert sum((each - 1) % between == 0 for each in range(1, epoch + 1)) <= grids.MAX_GRIDS


def test_a_long_training_takes_back_every_second(tmp_path, monkeypatch):
    monkeypatch.setattr(grids, "MAX_GRIDS", 3)
    _, loop = looped(tmp_path, epochs=8)
    loop.run()
    assert names(tmp_path) == ["epoch-0001.png", "epoch-0005.png", "epoch-0008.png"]


def test_slow_drawing_has_to_wait_until_its_time_is_earned(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 10))  # every look at it is ten seconds later: a grid costs ten
    _, loop = looped(tmp_path, epochs=4)
    callback = loop.callbacks["grids"]
    callback.seconds = 0.0
    drawn = []
    monkeypatch.setattr(grids, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    loop.stage = next(iter(loop.method.stages(loop.data)))
    for loop.epoch in range(1, 21):
        callback.on_epoch(loop, {"seconds": 100.0})
        drawn.append(callback.last_epoch)
    assert sorted(set(drawn)) == [1, 2, 10, 15, 20], (
        "two seconds are earned in an epoch, and the first grid is free"
    )


def test_a_training_that_ends_within_an_epoch_leaves_no_grid_of_it(tmp_path):
    _, loop = looped(tmp_path, max_rounds=1)
    loop.run()
    assert not (tmp_path / "samples").exists()
