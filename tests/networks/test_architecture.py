import json

import pytest
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.architecture import BUILDERS, Architecture, architecture_of, rebuild
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.segmentation import FCN
from hibiscus.networks.unet import build_unet
from hibiscus.networks.vae import build_encoder

SHAPE = (3, 32, 32)
NETWORKS = {
    "network": lambda: build_network("cnn", SHAPE, 5, filters=(4, 8), initializer="zeros"),
    "backbone": lambda: build_backbone("own", SHAPE, depth=1, strides=(2, 4)),
    "encoder": lambda: build_encoder("pool", SHAPE, 3, filters=4),
    "unet": lambda: build_unet(SHAPE, 2, 4, depth=2),
    "trunk": lambda: FCN(SHAPE, 4, width=4, blocks=1).trunk,
}


@pytest.mark.parametrize("builder", NETWORKS)
def test_a_network_is_built_again_from_plain_values(builder):
    network = NETWORKS[builder]()
    architecture = architecture_of(network)
    assert architecture.builder == builder
    again = rebuild(Architecture(builder, json.loads(json.dumps(architecture.arguments))))
    assert filters(again) == filters(network)


def filters(network):
    """The shapes of convolutions, but not of a last layer."""
    named = network.named_parameters()
    return {name: weight.shape for name, weight in named if weight.ndim == 4 and "head" not in name}


def test_every_builder_exists():
    assert NETWORKS.keys() | {"hub"} == BUILDERS.keys()
    assert architecture_of(nn.Linear(1, 1)) is None


def test_layers_after_the_last_map_have_one_unit():
    encoder = rebuild(
        Architecture("encoder", {"kind": "cnn", "shape": list(SHAPE), "outputs": 9, "hidden": 99})
    )
    assert [layer.out_features for layer in encoder if isinstance(layer, nn.Linear)] == [1, 1]


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (Architecture("os:system", {}), "kind 'os:system'"),
        (Architecture("network", {"name": "cnn"}), "cannot be built"),
        (Architecture("network", {"name": "subprocess:Popen", "input_shape": SHAPE, "outputs": 1}), "code"),
        (Architecture("encoder", {"kind": "cnn", "shape": 3, "outputs": 1}), "cannot be built"),
        (Architecture("backbone", {"name": "nothing", "image_shape": SHAPE}), "backbone='nothing'"),
    ],
)
def test_what_is_no_architecture(architecture, message):
    with pytest.raises(ConfigError, match=message):
        rebuild(architecture)
