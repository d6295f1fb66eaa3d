from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.scores import ClassScores, Explained
from hibiscus.methods.explained import EXPLAINED, explained
from hibiscus.methods.registry import METHODS, get_method

IMAGE = ImagePreparation(8, 8, 1, (0.5,), (0.5,))


@pytest.fixture(autouse=True)
def _without_gradients():
    with torch.no_grad():
        yield


def method_of(name, preparation=None, **options):
    kind = get_method(name)
    prepared = preparation or Preparation({"image": IMAGE})
    method = kind(kind.resolve(kind.Config(**options), prepared), prepared)
    method.train_mode(False)
    return method


def test_the_methods_of_the_table_exist():
    assert set(EXPLAINED) <= {entry.name for entry in METHODS}


def test_a_classifier_is_explained_with_its_average_of_weights():
    prepared = Preparation({"image": IMAGE, "label": LabelPreparation(("a", "b"))})
    method = method_of("classify", prepared, net="cnn", ema_decay=0.9)
    what = explained(method, None)
    assert what.network is method.nets["ema"]
    assert what.scores.names == ["a", "b"]


def test_the_head_that_predicts_is_explained():
    method = method_of("iic", net="mlp", num_heads=3, num_clusters=4, num_overclusters=5)
    method.head_loss.copy_(torch.tensor([0.0, -1.0, 0.0]))
    data = PreparedData(
        Dataset("d", "d", {"image": np.zeros((1, 8, 8, 1), np.uint8)}, ["0"], np.zeros(1, np.uint64)),
        Preparation({"image": IMAGE}),
        {"inputs": np.arange(1)},
    )
    what = explained(method, data)
    images = next(iter(data.iterate("inputs"))).image
    np.testing.assert_allclose(
        what.scores.amounts(what.network(images)),
        method.predict(data, "inputs")["probabilities"][0],
        rtol=1e-5,
    )


def test_a_discriminator_is_explained_as_real_against_generated():
    method = method_of("dcgan", width=4)
    what = explained(method, None)
    outputs = what.network(torch.zeros(1, 1, 8, 8))
    assert what.scores.names == ["generated", "real"]
    assert float(what.scores.amounts(outputs)[1]) == pytest.approx(float(outputs.sigmoid()))


@pytest.mark.parametrize(("name", "options"), [("autoencoder", {}), ("vae", {"net": "cnn"})])
def test_an_encoder_sees_the_images_that_it_was_trained_on(name, options):
    method = method_of(name, filters=4, hidden=8, latent_dim=3, **options)
    data = PreparedData(
        Dataset(
            "d",
            "d",
            {"image": np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1)).astype(np.uint8)},
            ["0", "1"],
            np.arange(2, dtype=np.uint64),
        ),
        Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.5,))}),
        {"inputs": np.arange(2)},
    )
    what = explained(method, data)
    codes = what.network(next(iter(data.iterate("inputs"))).image)
    assert what.scores is None
    expected = method.embed(data, "inputs")[:, :3]
    np.testing.assert_allclose(codes[:, :3].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_a_method_of_another_package_may_say_what_is_explained():
    own = Explained(torch.nn.Linear(1, 1), ClassScores(["a"]))
    assert explained(SimpleNamespace(name="mine", explained=lambda data: own), None) is own


def test_a_method_that_cannot_be_explained():
    with pytest.raises(UsageError, match="mine has no network whose scores or layers"):
        explained(SimpleNamespace(name="mine"), None)
