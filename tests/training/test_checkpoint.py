from __future__ import annotations

import errno
import os

import pytest
import torch

from hibiscus.errors import RunError
from hibiscus.training.atomic_files import write_atomically
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

TENSORS = {
    "a": torch.arange(6.0).reshape(2, 3),
    "b": torch.tensor(3),
    "c": torch.zeros(0),
    "d": torch.ones(2, dtype=torch.bfloat16),
}
STATE = {"round": 7, "rate": 0.1 + 0.2, "names": ["ü", "<b>"]}


def test_round_trip_is_exact(tmp_path):
    save_checkpoint(tmp_path / "last.safetensors", TENSORS, STATE)
    tensors, state = load_checkpoint(tmp_path / "last.safetensors")
    assert state == STATE
    assert all(
        torch.equal(tensors[name], value) and tensors[name].dtype == value.dtype
        for name, value in TENSORS.items()
    )
    assert os.listdir(tmp_path) == ["last.safetensors"]


def test_channels_last_weights_keep_their_values(tmp_path):
    weight = torch.randn(4, 3, 3, 3).contiguous(memory_format=torch.channels_last)
    save_checkpoint(tmp_path / "x.safetensors", {"w": weight}, {})
    assert torch.equal(load_checkpoint(tmp_path / "x.safetensors")[0]["w"], weight)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_cut_short_is_told(tmp_path, share):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(RunError, match=r"last.safetensors: the checkpoint is damaged"):
        load_checkpoint(path)


def test_any_altered_byte_is_told(tmp_path):
    path = tmp_path / "best.safetensors"
    save_checkpoint(path, TENSORS, STATE)
    whole = bytearray(path.read_bytes())
    for place in range(8, len(whole), 7):
        altered = whole.copy()
        altered[place] ^= 1
        path.write_bytes(altered)
        try:
            tensors, state = load_checkpoint(path)
        except RunError:
            continue
        # a byte that carries nothing (a blank of the header's padding) may change unseen; values may not
        assert state == STATE
        assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


def test_absent_is_told(tmp_path):
    with pytest.raises(RunError, match="no checkpoint"):
        load_checkpoint(tmp_path / "last.safetensors")


@pytest.mark.parametrize("what", ["save", "write"])
def test_full_disk_keeps_the_old_file_and_says_so(tmp_path, monkeypatch, what):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, STATE) if what == "save" else write_atomically(path, b"old")
    before = path.read_bytes()

    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="the disk is full"):
        save_checkpoint(path, {"a": torch.zeros(9)}, {}) if what == "save" else write_atomically(path, b"new")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["last.safetensors"]


@pytest.mark.skipif(os.name != "posix", reason="needs a limit of the size of files")
@pytest.mark.parametrize("bytes_left", [0, 100, 4000])
def test_a_write_that_ends_halfway_keeps_the_old_file(tmp_path, bytes_left):
    import resource

    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, STATE)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, limits[1]))
    try:
        with pytest.raises(RunError, match="what was saved before is intact"):
            save_checkpoint(path, {"a": torch.zeros(9999)}, STATE)
        with pytest.raises(RunError, match="what was saved before is intact"):
            write_atomically(path, bytes(9999))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["last.safetensors"]
