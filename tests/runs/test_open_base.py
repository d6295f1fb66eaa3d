import json
import shutil

import pytest
import torch

from hibiscus import api, published_files
from hibiscus.errors import ConfigError, MissingExtraError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.networks.bases import EFFICIENTNET, build_base
from hibiscus.runs import open_base as module
from hibiscus.runs.open_base import load_bases, open_base, with_base
from hibiscus.training.pretrained import load_pretrained

QUICK = {"epochs": 1, "max_rounds": 2, "quiet": True, "evaluate": False}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A run of a small network on grayscale images."""
    out = tmp_path_factory.mktemp("first") / "run"
    return api.train("classify", "digits", net="conv4", net_options={"filters": 4}, out=out, **QUICK).path


@pytest.fixture
def second(first, tmp_path):
    """A run with the first one as its base, and a copy of the first."""
    copy = shutil.copytree(first, tmp_path / "first")
    return api.train("classify", "digits", net=f"run:{copy}", out=tmp_path / "second", **QUICK).path, copy


def settings(run):
    return json.loads((run / "run.json").read_text())["config"]


def test_the_description_is_recorded_and_the_base_needed_no_more(second):
    run, base = second
    assert settings(run)["net"] == f"run:{base}"
    assert settings(run)["net_options"]["base"]["arguments"]["name"] == "conv4"
    shutil.rmtree(base)
    again = api.load(run)
    assert again.method().network.base.description.source == f"run:{base}"
    assert 0 <= again.evaluate()["test/accuracy"] <= 1
    longer = {**QUICK, "epochs": 3, "max_rounds": 4}
    api.train("classify", "digits", extend=run, out=run.parent / "longer", **longer)


def test_training_begins_with_the_weights_of_the_base(first, tmp_path):
    options = {**QUICK, "learning_rate": 1e-12}
    run = api.train("classify", "digits", net=f"run:{first}", out=tmp_path / "run", **options)
    weights, base = run.method().network.base.state_dict(), open_base(f"run:{first}")[1]
    name = "stages.0.1.0.weight"
    torch.testing.assert_close(weights[name], base[name], atol=1e-6, rtol=0)


def test_other_methods_take_a_base_too(first, tmp_path):
    for method in ("protonet", "iic"):
        smoke = get_method(method).smoke_test
        options = {**smoke.options, "net": f"run:{first}", "net_options": {}, **QUICK}
        run = api.train(method, "digits", out=tmp_path / method, **options)
        assert settings(run.path)["net_options"]["base"]["source"] == f"run:{first}"


def test_a_run_that_has_no_checkpoint_yet_reads_the_weights_again(second):
    run, base = second
    for file in (run / "checkpoints").iterdir():
        file.unlink()
    opened = module.open_base(f"run:{base}")
    assert opened[0].digest == settings(run)["net_options"]["base"]["digest"]
    shutil.rmtree(base)
    with pytest.raises(RunError, match="no run here"):
        open_base(f"run:{base}")


def test_other_weights_than_at_the_beginning_are_refused(second, monkeypatch):
    method = api.load(second[0]).method()
    load_bases(method)  # the same
    monkeypatch.setattr(module, "tensors_digest", lambda *_: "other")
    with pytest.raises(RunError, match="its weights have changed since this run began"):
        load_bases(method)


class Toy:
    def __init__(self, **networks):
        self.nets = networks


def test_published_weights_are_loaded_into_every_network():
    networks = {name: build_base(EFFICIENTNET, (3, 32, 32), strides=(2, 4)) for name in ("network", "ema")}
    load_bases(Toy(**networks))
    expected = load_pretrained()["stages.0.1.weight"]
    assert all(torch.equal(network.stages[0][1].weight, expected) for network in networks.values())


def test_a_network_without_a_base_stays_as_it_is():
    layer = torch.nn.Linear(2, 2)
    before = layer.weight.clone()
    load_bases(Toy(network=layer))
    assert torch.equal(layer.weight, before)


def test_a_missing_package_is_named_before_a_folder_is_made(monkeypatch):
    monkeypatch.setattr(published_files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="pretrained weights of efficientnet-lite0"):
        open_base("efficientnet-lite0")


def config(**options):
    return get_method("classify").Config(**options)


def test_other_networks_are_no_bases():
    for net in ("auto", "cnn", "efficientnet-lite0", "mynets:build"):
        assert with_base(config(net=net)) == config(net=net)
    assert with_base(get_method("dcgan").Config()) == get_method("dcgan").Config()


def test_a_module_named_run_stays_one(tmp_path, monkeypatch, first):
    (tmp_path / "run.py").write_text("raise RuntimeError('imported')")
    monkeypatch.chdir(tmp_path)
    assert with_base(config(net="run:build")).net == "run:build"
    shutil.copytree(first, tmp_path / "build")
    with pytest.raises(ConfigError, match="the run build, or build in the module") as caught:
        with_base(config(net="run:build"))
    assert "net=run:./build" in caught.value.fix
    assert with_base(config(net="run:./build")).net == f"run:{tmp_path / 'build'}"
    (tmp_path / "run.py").unlink()
    (tmp_path / "run").mkdir()  # could be imported, but defines nothing
    assert with_base(config(net="run:build")).net == f"run:{tmp_path / 'build'}"


def test_no_run_is_left_when_a_base_cannot_be_opened(tmp_path):
    api.train("classify", "iris", out=tmp_path / "iris", **QUICK)
    for name, message in (("nothing/here", "no run here"), (tmp_path / "iris", "classify on table")):
        with pytest.raises((RunError, ConfigError), match=message):
            api.train("classify", "digits", net=f"run:{name}", out=tmp_path / "run", **QUICK)
        assert not (tmp_path / "run").exists()


def test_tables_take_no_base(first, tmp_path):
    with pytest.raises(ConfigError, match="a table"):
        api.train("classify", "iris", net=f"run:{first}", out=tmp_path / "run", **QUICK)
