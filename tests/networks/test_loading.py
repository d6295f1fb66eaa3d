import pytest
import torch

from hibiscus.errors import DataError
from hibiscus.networks import build_network
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base


@pytest.fixture(scope="module")
def weights():
    return build_network("efficientnet-lite0", (3, 32, 32), 7).state_dict()


def test_a_backbone_that_ends_earlier_takes_what_it_has(weights):
    backbone = build_backbone("efficientnet-lite0", (1, 64, 64), strides=(4, 8))
    scale_inputs(backbone, (0.3,), (0.2,))
    scale = backbone.stages[0][0].scale.clone()
    load_base(backbone, weights, "a run")
    assert torch.equal(backbone.stages[2][0].layers[0].weight, weights["stages.2.0.layers.0.weight"])
    assert torch.equal(backbone.stages[0][0].scale, scale)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensor: None, "no tensor stages.1.0.layers.0.weight"),
        (lambda tensor: tensor[:3], r"of shape \(3, 1, 3, 3\)"),
        (lambda tensor: tensor * float("nan"), "not finite"),
    ],
)
def test_weights_that_do_not_fit(weights, change, message):
    backbone = build_backbone("efficientnet-lite0", (3, 64, 64))
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    name = "stages.1.0.layers.0.weight"
    changed = {**weights, name: change(weights[name])}
    if changed[name] is None:
        del changed[name]
    with pytest.raises(DataError, match=message) as caught:
        load_base(backbone, changed, "FILE")
    assert caught.value.received.startswith("FILE: ")
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())
