import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.known_weights import recognize
from hibiscus.networks.published_names import efficientnet_names


def shapes(name, channels=3, prefix=""):
    with torch.device("meta"):
        network = build_network(name, (channels, 64, 64), 7)
    return {prefix + name: list(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_residual_networks(depth, prefix):
    described, names = recognize(shapes(f"resnet{depth}", prefix=prefix), "w.safetensors")
    assert described.arguments["name"] == f"resnet{depth}"
    assert described.source == "w.safetensors"
    assert described.mean == (0.485, 0.456, 0.406)
    assert names[f"{prefix}layer4.1.bn2.weight"] == "layer4.1.bn2.weight"
    assert not any(".fc" in name or name.startswith("fc") for name in names)


def test_efficientnet_by_both_names():
    own = shapes("efficientnet-lite0")
    described, names = recognize(own, "w")
    assert described.arguments["name"] == "efficientnet-lite0"
    assert names["stages.3.0.layers.0.weight"] == "stages.3.0.layers.0.weight"
    published = {f"{name}.weight": [1] for name in efficientnet_names()}
    described, names = recognize(published, "w")
    assert described.arguments["name"] == "efficientnet-lite0"
    assert names["_conv_stem.weight"] == "stages.0.1.weight"


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({}, "0 tensors of an unknown architecture"),
        (
            {"encoder.weight": [3, 3], "bias": [3]},
            "2 tensors of an unknown architecture: encoder.weight",
        ),
        ({f"tensor-{i}" * 20: [1] for i in range(5000)}, "5000 tensors"),
        ({"network/network/0.weight": [3, 3]}, "the checkpoint of a run"),
        ({"layer1.0.conv1.weight": [64, 64, 3, 3]}, r"\(1, 0, 0, 0\) blocks"),
        (
            shapes("resnet18", 1),
            r"conv1 of shape \[64, 1, 7, 7\]",
        ),
    ],
)
def test_other_weights(tensors, message):
    with pytest.raises(ConfigError, match=message) as caught:
        recognize(tensors, "w.safetensors")
    assert len(str(caught.value)) < 1000
