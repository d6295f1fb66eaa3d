"""The published logits are those of `efficientnet_lite_pytorch` 0.1.0, the implementation for which the
weights were converted, with padding that depends on the size of the image.
"""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters
from hibiscus.networks.efficientnet import FEATURES, STAGES, efficientnet_stages
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base
from hibiscus.training.pretrained import load_pretrained
from methods.learning import SHARED, needs_shared

PUBLISHED = Path(__file__).with_name("efficientnet_lite0_logits.npz")


@pytest.fixture(scope="module")
def network():
    network = build_network("efficientnet-lite0", (3, 224, 224), 1000).eval()
    load_base(network, load_pretrained(), "the published weights")
    scale_inputs(network, (0.0,) * 3, (1.0,) * 3)  # pixels in [0, 1]
    return network


def images():
    """Waves, blocks, and a disc in an image of odd size, uint8 (3, height, width)."""
    rows, columns = np.mgrid[0:224, 0:224]
    waves = np.stack([np.sin(rows / a) * np.cos(columns / b) for a, b in ((9, 14), (23, 7), (31, 40))])
    blocks = (rows // 16 + columns // 24) % 3 == np.arange(3)[:, None, None]
    disc = ((rows - 112) ** 2 + (columns - 90) ** 2 < 60**2) * np.array([0.9, 0.3, 0.2])[:, None, None]
    return [
        np.round(255 * pixels).astype(np.uint8)
        for pixels in ((waves + 1) / 2, blocks * 0.8 + 0.1, disc[:, :193, :150])
    ]


@torch.no_grad()
def test_the_logits_are_those_of_the_published_implementation(network):
    for pixels, expected in zip(images(), np.load(PUBLISHED)["logits"], strict=True):
        logits = network(torch.from_numpy(pixels)[None].float() / 255)[0]
        np.testing.assert_allclose(logits, expected, atol=2e-4)


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize(
    ("data", "folder", "label", "correct"),
    [
        ("flowers/flowers5.tar.gz", "test/daisy", 985, 31),
        ("ants_bees/ants_bees.zip", "val/ants", 310, 21),
        ("ants_bees/ants_bees.zip", "val/bees", 309, 29),
    ],
)
@torch.no_grad()
def test_the_classes_of_known_photos(network, data, folder, label, correct):
    """Of the first 40 photos, the published implementation predicts this many correctly."""
    found = [network(pixels).argmax().item() == label for pixels in photos(SHARED / data, folder)]
    assert len(found) == 40
    assert abs(sum(found) - correct) <= 1


def photos(archive, folder):
    """The first 40 photos of a folder in an archive, as pixels in [0, 1] (1, 3, 224, 224)."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as file:
            contents = {name: file.read(name) for name in file.namelist() if f"{folder}/" in name}
    else:
        with tarfile.open(archive) as file:
            members = [member for member in file if f"{folder}/" in member.name and member.isfile()]
            contents = {member.name: file.extractfile(member).read() for member in members}
    for name in sorted(name for name in contents if name.endswith(".jpg"))[:40]:
        image = Image.open(io.BytesIO(contents[name])).convert("RGB")
        pixels = np.array(image.resize((224, 224), Image.Resampling.BICUBIC))
        yield torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def test_parameters_and_maps():
    network = build_network("efficientnet-lite0", (3, 64, 64), 1000)
    assert count_parameters(network) == 4_652_008
    stages, channels, strides = efficientnet_stages(3)
    assert len(stages) == len(channels) == len(strides) == STAGES
    x = torch.rand(2, 3, 65, 96)
    for stage, count, stride in zip(stages, channels, strides, strict=True):
        x = stage(x)
        assert x.shape == (2, count, -(-65 // stride), -(-96 // stride))
    assert count == FEATURES


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 9, 40), (3, 8, 8)])
def test_small_images_also_train(shape):
    network = build_network("efficientnet-lite0", shape, 5)
    network(torch.rand(1, *shape)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert network(torch.rand(3, *shape)).shape == (3, 5)


def test_dropout_is_an_option():
    network = build_network("efficientnet-lite0", (3, 32, 32), 5, dropout=0.4)
    assert [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)] == [0.4]
    with pytest.raises(ConfigError, match="images with 4 channels"):
        build_network("efficientnet-lite0", (4, 32, 32), 5)
    with pytest.raises(ConfigError, match="a table"):
        build_network("efficientnet-lite0", (13,), 5)


def test_gradients_of_depthwise_convolutions_are_computed_in_float32():
    network = build_network("efficientnet-lite0", (3, 32, 32), 2)
    outputs = {}
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d) and module.groups > 1:
            module.register_forward_hook(lambda _, __, y, name=name: outputs.update({name: y.dtype}))
    x = torch.rand(2, 3, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        network(x)
        assert set(outputs.values()) == {torch.float32}
        with torch.no_grad():
            network(x)
        assert set(outputs.values()) == {torch.bfloat16}
