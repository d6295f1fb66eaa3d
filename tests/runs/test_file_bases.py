import pytest
import torch
from safetensors.torch import save_file

from hibiscus import api
from hibiscus.errors import ConfigError, DataError
from hibiscus.networks import build_network
from hibiscus.networks.bases import build_base
from hibiscus.networks.loading import load_base
from hibiscus.runs import file_bases
from hibiscus.runs.file_bases import open_file_base
from hibiscus.runs.open_base import open_base
from hibiscus.training.pretrained import load_pretrained


@pytest.fixture
def resnet(tmp_path):
    """Weights of a resnet18, with the names of torchvision and without the counters of batch norm."""
    network = build_network("resnet18", (3, 64, 64), 1000).eval()
    tensors = {name: each for name, each in network.state_dict().items() if "num_batches" not in name}
    return network, tensors, tmp_path / "weights.safetensors"


def test_the_base_has_the_maps_of_the_network(resnet):
    network, tensors, path = resnet
    save_file(tensors, path)
    description, loaded = open_file_base(str(path))
    base = build_base(description, (3, 64, 64)).eval()
    load_base(base, loaded, "test")
    x = torch.rand(1, 3, 70, 64)
    expected = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
        expected = layer(expected)
    torch.testing.assert_close(base(x)[0], expected)
    assert open_base(str(path))[0].digest


def test_a_run_with_a_file_needs_it_no_more(resnet, tmp_path):
    _, tensors, path = resnet
    save_file({name: tensor.half() for name, tensor in tensors.items()}, path)
    options = {"epochs": 1, "max_rounds": 1, "batch_size": 8, "quiet": True, "evaluate": False}
    run = api.train("classify", "digits", net=str(path), out=tmp_path / "run", **options)
    path.unlink()
    assert run.predict([[[0] * 8] * 8]) is not None


def test_the_published_weights_as_a_file(tmp_path):
    save_file(
        {name: each.contiguous() for name, each in load_pretrained().items()}, tmp_path / "w.safetensors"
    )
    description, tensors = open_file_base(str(tmp_path / "w.safetensors"))
    assert description.arguments["name"] == "efficientnet-lite0"
    assert torch.equal(tensors["stages.0.1.weight"], load_pretrained()["stages.0.1.weight"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update({"bn1.bias": torch.ones(63)}), r"tensor bn1\.bias of shape \(63,\)"),
        (lambda t: t.pop("layer4.1.bn2.weight"), r"no tensor layer4\.1\.bn2\.weight"),
        (lambda t: t["bn1.bias"].fill_(float("inf")), "not finite"),
        (lambda t: t.update({"bn1.bias": torch.ones(64, dtype=torch.int8)}), r"of type torch\.int8"),
    ],
)
def test_weights_that_do_not_fit(resnet, change, message):
    _, tensors, path = resnet
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    change(tensors)
    save_file(tensors, path)
    with pytest.raises(DataError, match=message) as caught:
        open_file_base(str(path))
    assert str(path) in caught.value.received


def test_what_is_no_file_of_weights(resnet, tmp_path, monkeypatch):
    _, tensors, path = resnet
    with pytest.raises(ConfigError, match="there is no such file"):
        open_file_base(str(path))
    path.write_bytes(b"\x80\x04pickle" * 9)
    with pytest.raises(DataError, match="cannot be read"):
        open_file_base(str(path))
    save_file({"weight": torch.ones(1)}, path)
    with pytest.raises(ConfigError, match="unknown architecture: weight"):
        open_file_base(str(path))
    save_file(tensors, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="cannot be read"):
        open_file_base(str(path))
    monkeypatch.setattr(file_bases, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="at most"):
        open_file_base(str(path))


def test_the_checkpoint_of_a_run_is_named_by_its_folder(tmp_path):
    options = {"epochs": 1, "max_rounds": 1, "quiet": True, "evaluate": False}
    run = api.train("classify", "digits", net="conv4", out=tmp_path / "run", **options)
    with pytest.raises(ConfigError, match="the checkpoint of a run") as caught:
        open_file_base(str(run.path / "checkpoints" / "last.safetensors"))
    assert "net=run:RUN" in caught.value.fix
