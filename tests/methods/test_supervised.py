from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.errors import ConfigError, UsageError
from hibiscus.methods.outputs import before_last
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.networks.registry import build_network


def small(count=60):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, 8, 8, 1), dtype=np.uint8)
    fields = {"image": images, "label": np.arange(count) % 3}
    return Dataset("noise", "noise", fields, [str(i) for i in range(count)], content_keys(images))


def trained(tmp_path, **options):
    options = {"net": "mlp", "net_options": {"hidden": [8]}, "epochs": 2, "batch_size": 16, **options}
    return api.train("classify", small(), out=tmp_path / "run", quiet=True, evaluate=False, **options)


def test_penalty_enters_the_loss_and_the_log(tmp_path):
    run = trained(tmp_path, l2=0.01)
    line = run.history[-1]
    assert line["train/penalty"] > 0
    assert line["train/loss"] > line["train/penalty"]


def test_max_norm_holds_after_training(tmp_path):
    run = trained(tmp_path, max_norm=0.5, learning_rate=0.1)
    run.method("last")
    for name, weight in run.method("last").network.named_parameters():
        if weight.ndim > 1:
            assert weight.flatten(1).norm(dim=1).max() <= 0.5 + 1e-5, name


def test_clipped_weights_stay_inside(tmp_path):
    run = trained(tmp_path, weight_clip=0.02, learning_rate=0.1)
    assert max(p.abs().max().item() for p in run.method("last").network.parameters()) <= 0.02 + 1e-6


def test_predictions_use_the_ema(tmp_path):
    run = trained(tmp_path, ema_decay=0.5, learning_rate=0.05)
    method = run.method("last")
    weight, averaged = (next(iter(method.nets[name].parameters())) for name in ("network", "ema"))
    assert not torch.equal(weight, averaged)
    before = run.predict(small().fields["image"], "last")["probabilities"]
    weight.data.zero_()
    np.testing.assert_array_equal(before, run.predict(small().fields["image"], "last")["probabilities"])


def test_augmentation_reaches_training_only(tmp_path):
    config = SupervisedConfig(flip=True, crop=2, cutout=3)
    assert config.build_augment().active
    assert not SupervisedConfig().build_augment().active


def test_flip_averaging_at_test_time(tmp_path):
    """The prediction is the softmax of the mean of both logits, so that an image and its flipped copy get the
    same.
    """
    run, images = trained(tmp_path, tta_flip=True), small().fields["image"]
    predicted = run.predict(images, "last")["probabilities"]
    np.testing.assert_allclose(run.predict(images[:, :, ::-1], "last")["probabilities"], predicted, atol=1e-6)
    plain = trained(tmp_path / "plain")
    both = [np.log(plain.predict(one, "last")["probabilities"]) for one in (images, images[:, :, ::-1])]
    mean = np.exp((both[0] + both[1]) / 2)
    np.testing.assert_allclose(predicted, mean / mean.sum(1, keepdims=True), atol=1e-5)


def test_an_unknown_option_of_a_network_is_reported_before_a_folder_is_created(tmp_path):
    with pytest.raises(ConfigError, match="hiden"):
        trained(tmp_path, net_options={"hiden": [4]})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("net", "shape", "options"),
    [
        ("mlp", (5,), {"hidden": [8]}),
        ("linear", (5,), {}),
        ("cnn", (1, 8, 8), {}),
        ("lstm", (7, 3), {}),
        ("gru", (7, 3), {}),
        ("rnn", (7, 3), {}),
        ("conv4", (1, 28, 28), {}),
        ("densenet-bc-40-12", (3, 16, 16), {}),
        ("resnet20", (3, 16, 16), {}),
        ("resnet20-v2", (3, 16, 16), {}),
        ("resnet18", (3, 32, 32), {}),
        ("vgg11", (3, 32, 32), {}),
        ("ynetwork", (1, 28, 28), {}),
    ],
)
def test_the_last_layer_makes_the_outputs_of_what_comes_before_it(net, shape, options):
    network = build_network(net, shape, 4, **options).eval()
    items = torch.rand(6, *shape)
    with torch.no_grad():
        features, outputs = before_last(network)(items), network(items)
    assert features.ndim == 2
    last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Linear)][-1]
    torch.testing.assert_close(last(features), outputs)
    assert not any(layer._forward_pre_hooks for layer in network.modules())


def test_the_last_layer_of_a_custom_network_is_the_one_that_is_applied_last():
    class Reversed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.output, self.hidden = torch.nn.Linear(3, 2), torch.nn.Linear(5, 3)

        def forward(self, x):
            return self.output(self.hidden(x).tanh())

    network, items = Reversed(), torch.rand(4, 5)
    with torch.no_grad():
        torch.testing.assert_close(before_last(network)(items), network.hidden(items).tanh())


def test_a_network_without_a_linear_layer_has_no_features():
    with pytest.raises(UsageError, match="no linear layer"):
        before_last(torch.nn.Flatten())(torch.rand(2, 3))
