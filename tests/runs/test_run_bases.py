"""Each method whose network has feature maps gives a base, which computes what that network computed."""

import json
import shutil

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.errors import ConfigError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.networks.bases import build_base
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.run_bases import open_run_base

QUICK = {"epochs": 1, "max_rounds": 2, "quiet": True, "evaluate": False}
OPTIONS = {
    "classify": {"net": "resnet20", "net_options": {}, "ema_decay": 0.9},
    "iic": {"net": "cnn", "net_options": {"filters": [4, 8], "pooling": "stride"}},
    "protonet": {},
    "autoencoder": {},
    "vae": {"net": "cnn", "filters": 4, "hidden": 8},
    "denoiser": {"width": 4},
    "ssd": {},
    "fcn": {},
    "unet": {},
    "pspnet": {},
}
LAYERS = {  # a layer whose map the base returns
    "classify": lambda method: method.ema[:-3],
    "iic": lambda method: method.network[:-2],
    "protonet": lambda method: method.embedder[:-1],
    "autoencoder": lambda method: method.encoder[:2],
    "ssd": lambda method: lambda x: method.ema.backbone(x)[-1],
    "fcn": lambda method: lambda x: method.ema.trunk(x)[-1],
    "pspnet": lambda method: lambda x: method.ema.trunk(x)[-1],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A function that trains a method for two rounds, once."""
    folder, trained = tmp_path_factory.mktemp("runs"), {}

    def run_of(name):
        if name not in trained:
            smoke = get_method(name).smoke_test
            options = {**smoke.options, **OPTIONS[name], **QUICK}
            trained[name] = api.train(name, smoke.data, out=folder / name, **options)
        return trained[name]

    return run_of


@pytest.mark.parametrize("name", OPTIONS)
def test_a_base_has_the_maps_of_the_run(runs, name):
    run = runs(name)
    description, tensors = open_run_base(f"run:{run.path}", str(run.path))
    image = run.preparation["image"]
    assert (description.mean, description.std) == (image.mean, image.std)
    base = build_base(description, image.shape)
    load_base(base, tensors, "test")
    scale_inputs(base, image.mean, image.std)
    pixels = torch.from_numpy(np.random.default_rng(0).random((2, *image.shape), np.float32))
    maps = base.eval()(pixels)
    assert maps[0].shape[:2] == (2, base.channels[0])
    if name in LAYERS:
        method = run.method()
        method.train_mode(False)
        torch.testing.assert_close(maps[0], LAYERS[name](method)(pixels))


def test_the_description_is_small_and_plain(runs):
    description, _ = open_run_base("run:x", str(runs("classify").path))
    assert len(json.dumps(description.to_json())) < 500
    assert description.source == f"run:{runs('classify').path}"


def test_a_run_with_a_base_is_a_base_of_the_same_network(runs, tmp_path):
    first = runs("protonet")
    second = api.train("classify", "digits", net=f"run:{first.path}", out=tmp_path / "second", **QUICK)
    description, tensors = open_run_base("run:x", str(second.path))
    original, before = open_run_base("run:x", str(first.path))
    assert description.arguments == original.arguments
    assert description.source == f"run:{second.path}"
    assert tensors.keys() == before.keys()
    assert any(not torch.equal(tensors[name], before[name]) for name in tensors)


@pytest.mark.parametrize(
    ("method", "data", "options", "message"),
    [
        ("classify", "iris", {}, "a run of classify on table"),
        ("classify", "digits", {"net": "mlp"}, "its network has no sequence of feature maps"),
        ("dcgan", "digits", {"width": 4}, "no network of dcgan"),
    ],
)
def test_runs_without_a_base(method, data, options, message, tmp_path):
    api.train(method, data, out=tmp_path / "run", **options, **QUICK)
    with pytest.raises(ConfigError, match=message) as caught:
        open_run_base("run:x", str(tmp_path / "run"))
    assert caught.value.received.startswith("net=run:x: ")


def test_code_of_a_user_gives_no_base(tmp_path, monkeypatch):
    text = "from torch import nn\nfrom hibiscus.networks import build_network\n"
    text += "def build(input_shape, outputs):\n    return build_network('conv4', input_shape, outputs)\n"
    (tmp_path / "base_nets.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    api.train("classify", "digits", net="base_nets:build", out="run", **QUICK)
    with pytest.raises(ConfigError, match="its network is code, net=base_nets:build"):
        open_run_base("run:x", "run")


def test_a_run_of_a_stranger_is_data(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs("classify").path, run)
    info = json.loads((run / "run.json").read_text())
    info["config"]["net"] = "subprocess:Popen"
    RunFolder(run).write("run.json", {name: value for name, value in info.items() if name != "digest"})
    with pytest.raises(RunError, match="would import the module subprocess"):
        open_run_base("run:x", str(run))
    with pytest.raises(RunError, match="no run here"):
        open_run_base("run:x", str(tmp_path / "nothing"))
