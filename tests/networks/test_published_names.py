import torch

from hibiscus.networks import build_network
from hibiscus.networks.published_names import efficientnet_names, renamed


def test_each_layer_with_weights_has_a_published_name():
    own = build_network("efficientnet-lite0", (3, 32, 32), 1000).state_dict()
    layers = {name.rpartition(".")[0] for name in own} - {"stages.0.0"}  # the scale of the inputs
    names = efficientnet_names()
    assert sorted(names.values()) == sorted(layers)
    assert names["_blocks.0._depthwise_conv"] == "stages.1.0.layers.0"
    assert names["_blocks.15._bn2"] == "stages.7.0.layers.7"


def test_renamed_leaves_out_what_is_not_in_the_table():
    tensors = {"_fc.weight": torch.ones(2), "_fc.bias": torch.zeros(1), "other.weight": torch.zeros(1)}
    assert sorted(renamed(tensors, {"_fc": "head.3"})) == ["head.3.bias", "head.3.weight"]
