import subprocess
import sys

import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import build_network, count_parameters, list_networks

IMAGE_NETWORKS = [
    "linear",
    "mlp",
    "cnn",
    "ynetwork",
    "rnn",
    "lstm",
    "gru",
    "vgg11",
    "vggf",
    "resnet-cifar-8",
    "resnet-cifar-11-v2",
    "resnet18",
    "resnet50",
    "densenet-bc-10-12",
]


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (1, 28), (3, 32), (4, 28), (3, 96)])
def test_every_network_takes_every_image(name, channels, side):
    network = build_network(name, (channels, side, side), 7).eval()
    with torch.no_grad():
        assert network(torch.randn(2, channels, side, side)).shape == (2, 7)
        assert network(torch.randn(1, channels, side, side)).shape == (1, 7)  # a batch of one


@pytest.mark.parametrize(
    "name", ["vgg16", "resnet20", "resnet20-v2", "densenet-bc-22-12", "cnn", "ynetwork", "lstm"]
)
def test_images_need_not_be_square(name):
    with torch.no_grad():
        assert build_network(name, (3, 20, 45), 3).eval()(torch.randn(2, 3, 20, 45)).shape == (2, 3)


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
def test_gradient_reaches_every_parameter(name):
    torch.manual_seed(0)
    network = build_network(name, (3, 16, 16), 5)
    x = torch.randn(8, 3, 16, 16)
    before = x.clone()
    network(x).square().sum().backward()
    assert torch.equal(x, before)  # no in-place layer writes over the input
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
def test_bfloat16_and_channels_last(name):
    network = build_network(name, (3, 16, 16), 5).to(memory_format=torch.channels_last)
    x = torch.randn(4, 3, 16, 16).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        loss = network(x).float().square().mean()
    loss.backward()
    assert torch.isfinite(loss)


def test_list_names_each_network_with_its_options():
    rows = {row.name: row for row in list_networks()}
    assert list(rows) == sorted(rows)
    assert rows["mlp"].options == {
        "hidden": (256, 256),
        "activation": "relu",
        "dropout": 0.0,
        "batch_norm": False,
        "weighting": None,
        "initializer": None,
    }
    assert "depth" not in rows["resnet-cifar-<depth>[-v1|-v2]"].options
    assert "cell" not in rows["lstm"].options
    assert all(row.description for row in rows.values())


def test_names():
    assert count_parameters(build_network("resnet20", (3, 32, 32), 10)) == count_parameters(
        build_network("resnet20-v1", (3, 32, 32), 10)
    )
    assert isinstance(build_network("gru", (5, 3), 1).layers[0].core, nn.GRU)


def test_initializer_goes_with_every_network():
    network = build_network("vggf", (1, 8, 8), 2, initializer="zeros")
    assert all(bool((layer.weight == 0).all()) for layer in network if isinstance(layer, nn.Conv2d))


@pytest.mark.parametrize(
    ("name", "shape", "options", "words"),
    [
        ("resent20", (3, 32, 32), {}, "did you mean resnet20"),
        ("vgg15", (3, 32, 32), {}, "did you mean vgg1"),
        ("mlpp", (4,), {}, "did you mean mlp"),
        ("resnet21", (3, 32, 32), {}, "20 or 26"),
        ("resnet57-v2", (3, 32, 32), {}, "56 or 65"),
        ("resnet2", (3, 32, 32), {}, "8 or 14"),
        ("resnet26", (3, 32, 32), {}, "net=resnet-cifar-26"),
        ("resnet101-v2", (3, 32, 32), {}, "net=resnet-cifar-101-v2"),
        ("resnet-cifar-21", (3, 32, 32), {}, "20 or 26"),
        ("resnet50", (13,), {}, "net=mlp"),
        ("densenet-bc-101-12", (3, 32, 32), {}, "100 or 106"),
        ("mlp", (4,), {"hiden": (3,)}, "did you mean hidden"),
        ("resnet20", (3, 32, 32), {"depth": 32}, "no option 'depth'"),
        ("resnet20", (13,), {}, "net=mlp"),
        ("cnn", (10, 3), {}, "a sequence of 10 steps of 3 values"),
        ("vgg16", (3, 4, 4), {}, "image_size=32"),
        ("lstm", (13,), {}, "net=mlp"),
        ("mlp", ((3,), (4,)), {}, "net=ynetwork"),
        ("mlp", (), {}, "(features,)"),
        ("mlp", (3, -1), {}, "(features,)"),
        ("mlp", "abc", {}, "(features,)"),
        ("mlp", (4,), {"activation": "rleu"}, "did you mean relu"),
        ("mlp", (4,), {"dropout": 1.0}, "dropout=1.0"),
        ("mlp", (4,), {"hidden": [0]}, "hidden=0"),
        ("mlp", (4,), {"initializer": "he"}, "he_normal"),
        ("cnn", (1, 28, 28), {"padding": "sam"}, "did you mean same"),
        ("cnn", (1, 28, 28), {"kernel": (1, 2, 3)}, "height and width"),
        ("cnn", (1, 8, 8), {"padding": "valid", "kernel": 7}, "padding=same"),
        ("resnet20", (3, 32, 32), {"shortcut": "zeros"}, "pad, projection"),
        ("resnet20", (3, 32, 32), {"width": 0}, "width=0"),
        ("ynetwork", ((4,), (5,), (6,)), {"merge": "dot"}, "two branches for dot"),
        ("ynetwork", (1, 28, 28), {"dilations": [1]}, "two branches"),
        ("ynetwork", ((4,), (5,)), {"units": 12}, "a multiple of 8"),
    ],
)
def test_refusals_say_what_to_do(name, shape, options, words):
    with pytest.raises(ConfigError) as caught:
        build_network(name, shape, 10, **options)
    assert words in str(caught.value)
    assert caught.value.expected
    assert caught.value.fix


@pytest.mark.parametrize("outputs", [0, -1, 2.5, True, "10"])
def test_outputs_are_a_whole_number(outputs):
    with pytest.raises(ConfigError, match="outputs"):
        build_network("linear", (4,), outputs)


OWN = """
from torch import nn
def build(input_shape, outputs, width=3):
    return nn.Sequential(nn.Linear(input_shape[0], width), nn.Linear(width, outputs))
def nothing(input_shape, outputs):
    return None
"""


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    (tmp_path / "hibiscus_own_nets.py").write_text(OWN)
    (tmp_path / "hibiscus_own_broken.py").write_text("import hibiscus_not_there\n")
    (tmp_path / "hibiscus_own_raises.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path not in ("", str(tmp_path))])
    yield tmp_path
    for name in [module for module in sys.modules if module.startswith("hibiscus_own_")]:
        del sys.modules[name]


def test_own_network_from_the_working_directory(own_folder):
    network = build_network("hibiscus_own_nets:build", (4,), 2, width=5)
    assert network(torch.randn(3, 4)).shape == (3, 2)
    assert str(own_folder) not in sys.path


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("hibiscus_own_net:build", {}, "there is no module"),
        ("hibiscus_own_nets:bild", {}, "did you mean build"),
        ("hibiscus_own_nets:nothing", {}, "returned NoneType"),
        ("hibiscus_own_nets:build", {"depth": 3}, "unexpected keyword argument 'depth'"),
        ("hibiscus_own_broken:build", {}, "needs the module 'hibiscus_not_there'"),
        ("hibiscus_own_raises:build", {}, "ZeroDivisionError"),
        ("hibiscus_own_nets:", {}, "module.path:function"),
    ],
)
def test_own_network_refusals(own_folder, name, options, words):
    with pytest.raises(ConfigError) as caught:
        build_network(name, (4,), 2, **options)
    assert words in str(caught.value)


def test_importing_the_package_does_not_import_torch():
    code = "import sys, hibiscus.networks; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
