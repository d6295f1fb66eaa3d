"""With transformers (extra `hub`), tested on tiny models in folders; nothing is downloaded."""

import importlib.util
import json
import shutil

import pytest
import torch

from hibiscus import api
from hibiscus.errors import ConfigError, DataError, MissingExtraError
from hibiscus.networks.bases import build_base
from hibiscus.networks.hub_backbone import build_hub_backbone
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base
from hibiscus.runs.hub_bases import open_hub_base

HAS_TRANSFORMERS = importlib.util.find_spec("transformers") is not None
needs_transformers = pytest.mark.skipif(
    not HAS_TRANSFORMERS, reason="the extra hub is not installed: transformers"
)
RESNET = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
RESNET |= {"layer_type": "basic", "num_channels": 3}


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A tiny model with random weights, and the folder in which it is saved."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    torch.manual_seed(0)
    network = build_hub_backbone(RESNET).eval()
    network.model.save_pretrained(tmp_path / "model")
    return network, tmp_path / "model"


@needs_transformers
def test_the_base_has_the_map_of_the_model(model):
    network, folder = model
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.5] * 3, "image_std": [0.25] * 3})
    )
    description, tensors = open_hub_base("hub:x", str(folder))
    assert (description.source, description.mean, description.std) == (
        f"hub:{folder}",
        (0.5,) * 3,
        (0.25,) * 3,
    )
    base = build_base(description, (3, 64, 64)).eval()
    load_base(base, tensors, "test")
    scale_inputs(base, (0.0,) * 3, (1.0,) * 3)
    pixels = torch.rand(2, 3, 40, 64)
    torch.testing.assert_close(base(pixels)[0], network((pixels - 0.5) / 0.25))
    assert (base.channels, base.strides) == ((16,), (8,))


@needs_transformers
def test_a_run_needs_the_model_no_more(model, tmp_path):
    _, folder = model
    options = {"epochs": 1, "max_rounds": 1, "batch_size": 8, "quiet": True, "evaluate": False}
    run = api.train("classify", "digits", net=f"hub:{folder}", out=tmp_path / "run", **options)
    shutil.rmtree(folder)
    assert run.predict([[[0] * 8] * 8]) is not None


@needs_transformers
def test_what_cannot_be_loaded(model, tmp_path):
    _, folder = model
    with pytest.raises(ConfigError, match="net=hub:name"):
        open_hub_base("hub:name", "name")
    with pytest.raises(DataError, match="cannot be loaded"):
        open_hub_base("hub:owner/nothing", "owner/nothing")
    shutil.copytree(folder, tmp_path / "pickle")
    (tmp_path / "pickle" / "model.safetensors").rename(tmp_path / "pickle" / "pytorch_model.bin")
    with pytest.raises(DataError, match="cannot be loaded"):
        open_hub_base("hub:x", str(tmp_path / "pickle"))
    (folder / "config.json").write_text(json.dumps({**RESNET, "auto_map": {"AutoBackbone": "evil.Model"}}))
    with pytest.raises(ConfigError, match="is code"):
        open_hub_base("hub:x", str(folder))


@pytest.mark.skipif(HAS_TRANSFORMERS, reason="transformers is installed")
def test_without_transformers():
    with pytest.raises(MissingExtraError, match="transformers"):
        open_hub_base("hub:owner/name", "owner/name")
