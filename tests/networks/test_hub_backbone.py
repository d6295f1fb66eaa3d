"""With transformers (extra `hub`), tested on tiny models; without it, the message is."""

import importlib.util
import sys

import pytest
import torch

from hibiscus.errors import ConfigError, MissingExtraError
from hibiscus.networks.hub_backbone import build_hub_backbone

needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the extra hub is not installed: transformers"
)
RESNET = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
RESNET |= {"layer_type": "basic", "num_channels": 3}


@needs_transformers
def test_the_last_map():
    network = build_hub_backbone(RESNET).eval()
    assert network(torch.rand(2, 3, 33, 64)).shape == (2, 16, 5, 8)


@needs_transformers
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "nothing"}, "a model of type nothing"),
        ({"model_type": "timm_backbone"}, "a model of type timm_backbone"),
        ({"auto_map": {"AutoBackbone": "evil.Model"}}, "whose architecture is code"),
        ({"model_type": "gpt2"}, "cannot be built"),
        ({"hidden_sizes": "x"}, "cannot be built"),
    ],
)
def test_what_is_no_backbone(change, message):
    with pytest.raises(ConfigError, match=message):
        build_hub_backbone({**RESNET, **change})


def test_without_transformers(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)  # as if it were not installed
    with pytest.raises(MissingExtraError, match="requires the package transformers") as caught:
        build_hub_backbone(RESNET)
    assert caught.value.exit_code == 5
    assert "pip install 'hibiscus[hub]'" in caught.value.fix
