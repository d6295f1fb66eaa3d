from __future__ import annotations

import gc

import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.training import device


def test_devices_by_name():
    assert device.choose_device("cpu").type == "cpu"
    assert device.choose_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(ConfigError, match="device=toaster"):
        device.choose_device("toaster")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_an_absent_gpu_is_told():
    with pytest.raises(ConfigError, match="device=cuda"):
        device.choose_device("cuda")


def test_precision_follows_hardware_and_layers(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(device, "hardware_bf16", lambda _: True)
    assert device.choose_precision("auto", cpu, {"n": nn.LSTM(2, 2)}) == torch.bfloat16
    assert device.choose_precision("auto", cpu, {"n": nn.Sequential(nn.GRU(2, 2))}) == torch.float32
    assert (
        device.choose_precision("auto", cpu, {"n": nn.Sequential(nn.GRU(2, 2), nn.Linear(2, 4))})
        == torch.float32
    )
    wide = nn.Sequential(nn.GRU(2, 2), nn.Linear(2, 400))
    assert device.choose_precision("auto", cpu, {"n": wide}) == torch.bfloat16
    monkeypatch.setattr(device, "hardware_bf16", lambda _: False)
    assert device.choose_precision("auto", cpu, {"n": nn.LSTM(2, 2)}) == torch.float32
    assert device.choose_precision("bf16", cpu, {}) == torch.bfloat16
    with pytest.raises(ConfigError, match="precision=half"):
        device.choose_precision("half", cpu, {})


@pytest.mark.parametrize(
    ("amx", "avx512", "vendor", "faster"),
    [
        (True, True, "GenuineIntel", True),
        (False, True, "GenuineIntel", False),
        (False, True, "AuthenticAMD", True),
        (False, False, "", False),
    ],
)
def test_bfloat16_is_taken_where_it_was_measured_to_be_faster(monkeypatch, amx, avx512, vendor, faster):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(device, "_cpu_info", lambda key: vendor)
    assert device.hardware_bf16(torch.device("cpu")) is faster


def test_linear_layers_with_amx_are_measured(monkeypatch):
    cpu, calls = torch.device("cpu"), []
    monkeypatch.setattr(device, "_cpu_has", lambda check: True)
    monkeypatch.setattr(
        device, "faster_in_bfloat16", lambda sizes, batch_size, _: calls.append((sizes, batch_size)) or False
    )
    mlp = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    assert device.choose_precision("auto", cpu, {"n": mlp}, 50) == torch.float32
    assert calls == [([(8, 4), (4, 2)], 50)]
    known = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2))
    assert device.choose_precision("auto", cpu, {"n": known}) == torch.bfloat16
    monkeypatch.setattr(device, "_cpu_has", lambda check: check != "_is_amx_tile_supported")
    monkeypatch.setattr(device, "_cpu_info", lambda key: "AuthenticAMD")
    assert device.choose_precision("auto", cpu, {"n": mlp}) == torch.bfloat16
    assert len(calls) == 1


def test_a_resumed_run_keeps_its_precision_where_the_device_has_it(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(device, "hardware_bf16", lambda _: True)
    assert device.resumed_precision("float32", torch.bfloat16, cpu) == torch.float32
    assert device.resumed_precision("bfloat16", torch.float32, cpu) == torch.bfloat16
    assert device.resumed_precision(None, torch.bfloat16, cpu) == torch.bfloat16
    monkeypatch.setattr(device, "hardware_bf16", lambda _: False)
    assert device.resumed_precision("bfloat16", torch.float32, cpu) == torch.float32


def test_context_and_machine():
    with device.precision_context(torch.device("cpu"), torch.bfloat16):
        assert (torch.ones(4, 4) @ torch.ones(4, 4)).dtype == torch.bfloat16
    with device.precision_context(torch.device("cpu"), torch.float32):
        assert (torch.ones(4, 4) @ torch.ones(4, 4)).dtype == torch.float32
    device.tune_process()
    frozen = gc.get_freeze_count()
    device.tune_process()
    assert gc.get_freeze_count() <= frozen, "a second call would keep what the first training left behind"
    assert "cores" in device.describe_machine(torch.device("cpu"))


def test_compiling_without_a_compiler_is_told(monkeypatch):
    monkeypatch.setattr(device.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="no C\\+\\+ compiler"):
        device.compile_networks([nn.Linear(2, 2)], torch.device("cpu"))
