import json

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.bases import EFFICIENTNET, BaseDescription, base_stages, build_base
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def described(name="resnet20", **options):
    arguments = {"name": name, "input_shape": [3, 32, 32], "outputs": 5, **options}
    return BaseDescription("run:r", "network", arguments, MEAN, STD)


def test_the_base_has_the_maps_of_the_network_it_is_part_of():
    network = build_network("resnet20", (3, 32, 32), 5).eval()
    stages, _ = base_stages(build_network("resnet20", (3, 32, 32), 5), described(), 3)
    base = build_base(described(), (3, 40, 40)).eval()
    tensors = dict(zip(base.state_dict(), [*stage_tensors(stages)], strict=True))
    load_base(base, tensors, "test")
    scale_inputs(base, MEAN, STD)  # the new images are prepared as the old ones
    network.load_state_dict(dict(zip(network.state_dict(), [*weights(stages), *head(network)], strict=True)))
    x = torch.rand(2, 3, 40, 40)
    torch.testing.assert_close(base(x)[0], network[:-3](x))
    assert (base.channels, base.strides, base.description) == ((64,), (4,), described())


def stage_tensors(stages):
    return [tensor for stage in stages for tensor in stage.state_dict().values()]


def weights(stages):
    return stage_tensors(stages)[2:]  # without the scale of the inputs


def head(network):
    return list(network.state_dict().values())[-2:]


def test_grayscale_images_on_a_base_for_color():
    base = build_base(described(), (1, 32, 32)).eval()
    scale_inputs(base, (0.1,), (0.5,))
    gray = torch.rand(1, 1, 32, 32)
    color = build_base(described(), (3, 32, 32)).eval()
    load_base(color, base.state_dict(), "test")
    scale_inputs(color, (0.1,) * 3, (0.5,) * 3)
    torch.testing.assert_close(base(gray)[0], color(gray.expand(-1, 3, -1, -1))[0])


def test_other_channels_are_refused():
    with pytest.raises(ConfigError, match="images with 4 channels"):
        build_base(described(), (4, 32, 32))


def test_strides_select_maps_and_the_last_stage_that_sees_more_than_a_point():
    base = build_base(EFFICIENTNET, (3, 64, 64), strides=(8, 16, 32))
    same = build_backbone("efficientnet-lite0", (3, 64, 64), strides=(8, 16, 32))
    assert (base.taps, base.channels, base.strides) == (same.taps, same.channels, same.strides)
    assert base.state_dict().keys() == same.state_dict().keys()
    dilated = build_base("efficientnet-lite0", (3, 64, 64), strides=(8, 32), output_stride=8)
    assert (dilated.channels, dilated.strides) == ((40, 320), (8, 8))
    assert build_base("efficientnet-lite0", (3, 64, 64)).channels == (1280,)


@pytest.mark.parametrize(
    ("base", "options", "message"),
    [
        ("efficientnet-lite1", {}, "net='efficientnet-lite1'"),
        ("efficientnet-lite0", {"strides": (1, 8)}, r"strides=\[1, 8\]"),
        ("efficientnet-lite0", {"strides": (16, 8)}, r"strides=\[16, 8\]"),
        (described("conv4"), {"strides": (4,)}, r"strides=\[4\]"),  # its maps are rounded down
        (described(), {"output_stride": 2}, "output_stride=2"),
        (described(), {"image_shape": (3, 4, 4)}, "an image of 4x4 pixels"),
        (described("mlp"), {}, "no sequence of feature maps"),
    ],
)
def test_what_a_base_does_not_have(base, options, message):
    with pytest.raises(ConfigError, match=message):
        build_base(base, **{"image_shape": (3, 64, 64), **options})


def test_a_description_is_plain_values():
    saved = json.loads(json.dumps(EFFICIENTNET.to_json()))
    assert BaseDescription.from_json(saved) == EFFICIENTNET


@pytest.mark.parametrize(
    "change",
    [
        {"mean": [0.5]},
        {"std": [0.0, 1.0, 1.0]},
        {"arguments": [1]},
        {"stages": "all"},
        {"builder": None},
        {"source": 3},
        {"mean": [], "std": []},
        {"mean": [float("nan")] * 3},
    ],
)
def test_damaged_descriptions(change):
    with pytest.raises(ConfigError, match="the description of a base is damaged"):
        BaseDescription.from_json({**EFFICIENTNET.to_json(), **change})


def test_fewer_stages():
    described = BaseDescription.from_json({**EFFICIENTNET.to_json(), "stages": 4})
    base = build_base(described, (3, 64, 64))
    assert (len(base.stages), base.channels, base.strides) == (4, (40,), (8,))
