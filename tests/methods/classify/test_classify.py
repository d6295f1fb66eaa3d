"""The formulas in the docstring of `classify`, computed in NumPy; the head; the loss's choices."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.arrays.open import dataset_from_arrays
from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.batch import Batch
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.classify.classify import Classify
from methods.learning import SHARED, needs_shared, trained

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)


def method(classes=3, **options):
    names = [f"c{i}" for i in range(classes)]
    preparation = Preparation({"array": ArrayPreparation.fit(X), "label": LabelPreparation(tuple(names))})
    torch.manual_seed(0)
    made = Classify(Classify.resolve(Classify.Config(net="linear", **options), preparation), preparation)
    made.counts, made.items = torch.tensor([4.0] * classes), 12
    return made


def batch(classes=3):
    return Batch(array=torch.tensor(X), label=torch.arange(12) % classes)


def softmax(logits):
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_objective_is_its_formula(smoothing):
    made, data = method(label_smoothing=smoothing), batch()
    logits = made.network(data.array).detach().numpy()
    target = (1 - smoothing) * np.eye(3)[data.label.numpy()] + smoothing / 3
    expected = -(target * np.log(softmax(logits))).sum(1).mean()
    assert made.loss(data)[0].item() == pytest.approx(expected, rel=1e-5)


def test_two_classes_have_one_output_and_the_sigmoid():
    made, data = method(2), batch(2)
    logits = made.network(data.array).detach().numpy()
    assert logits.shape == (12, 1)
    second = 1 / (1 + np.exp(-logits[:, 0]))
    chosen = np.where(data.label.numpy() == 1, second, 1 - second)
    assert made.loss(data)[0].item() == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    np.testing.assert_allclose(
        made.probabilities(torch.tensor(logits)).numpy(), np.stack([1 - second, second], 1), rtol=1e-5
    )


def test_focal_weights_items_by_their_error():
    made, data = method(loss="focal", focal_gamma=2.0), batch()
    p = softmax(made.network(data.array).detach().numpy())[np.arange(12), data.label.numpy()]
    assert made.loss(data)[0].item() == pytest.approx((-((1 - p) ** 2) * np.log(p)).mean(), rel=1e-5)


def test_focal_weights_classes_by_the_inverse_of_their_frequency():
    made, data = method(loss="focal", focal_gamma=2.0), batch()
    made.counts = torch.tensor([1.0, 3.0, 8.0])
    p = softmax(made.network(data.array).detach().numpy())[np.arange(12), data.label.numpy()]
    alpha = (12 / (3 * np.array([1.0, 3.0, 8.0])))[data.label.numpy()]
    assert made.loss(data)[0].item() == pytest.approx((-alpha * (1 - p) ** 2 * np.log(p)).mean(), rel=1e-5)


def test_alpha_is_for_two_classes():
    with pytest.raises(ConfigError, match="focal_alpha"):
        method(3, loss="focal", focal_alpha=0.3)


@pytest.mark.parametrize("alpha", [0.25, 0.6])
def test_focal_weights_the_second_of_two_classes_by_alpha(alpha):
    made, data = method(2, loss="focal", focal_alpha=alpha, focal_gamma=1.0), batch(2)
    second = 1 / (1 + np.exp(-made.network(data.array).detach().numpy()[:, 0]))
    positive = data.label.numpy() == 1
    p, weight = np.where(positive, second, 1 - second), np.where(positive, alpha, 1 - alpha)
    assert made.loss(data)[0].item() == pytest.approx((-weight * (1 - p) * np.log(p)).mean(), rel=1e-5)


def test_balanced_gives_each_class_the_same_weight():
    made, data = method(class_weight="balanced"), batch()
    made.counts = torch.tensor([1.0, 3.0, 8.0])
    logits = made.network(data.array).detach().numpy()
    weights = (12 / (3 * np.array([1.0, 3.0, 8.0])))[data.label.numpy()]
    nll = -np.log(softmax(logits)[np.arange(12), data.label.numpy()])
    assert made.loss(data)[0].item() == pytest.approx((weights * nll).mean(), rel=1e-5)


def test_the_accuracy_term_is_the_accuracy():
    made, data = method(), batch()
    predicted = made.network(data.array).argmax(1)
    assert made.loss(data)[1]["accuracy"].item() == pytest.approx(
        (predicted == data.label).float().mean().item()
    )


@pytest.mark.slow
def test_it_learns_digits_better_than_a_linear_model(tmp_path):
    evaluation = trained(tmp_path, "classify", "digits", net="cnn", epochs=20)
    assert evaluation["metrics"]["test/accuracy"] >= 0.97
    assert evaluation["metrics"]["test/accuracy"] > evaluation["baselines"]["linear model"]["test/accuracy"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("wine", 0.93), ("breast-cancer", 0.93)])
def test_it_learns_small_tables(tmp_path, name, least):
    evaluation = trained(tmp_path, "classify", name, epochs=40, batch_size=16)
    assert evaluation["metrics"]["test/accuracy"] >= least


@pytest.mark.slow
def test_it_learns_iris_over_folds(tmp_path):
    """A test part of 25 flowers says little (one flower is four points), so all folds are evaluated."""
    run = api.crossval("classify", "iris", folds=5, out=tmp_path / "cv", quiet=True, epochs=40)
    assert run.folder.read("crossval.json")["mean"] >= 0.93


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize(
    ("net", "epochs", "least"), [("mlp", 4, 0.975), ("cnn", 3, 0.99), ("lstm", 3, 0.97), ("rnn", 3, 0.95)]
)
def test_it_learns_mnist(tmp_path, net, epochs, least):
    options = {"optimizer": "adamw", "learning_rate": 2e-3, "clip_grad_norm": 1.0}
    evaluation = trained(tmp_path, "classify", SHARED / "mnist", net=net, epochs=epochs, **options)
    assert evaluation["metrics"]["test/accuracy"] >= least


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_cifar_with_a_resnet(tmp_path):
    recipe = {"optimizer": "sgd", "learning_rate": 0.2, "weight_decay": 5e-4, "label_smoothing": 0.1}
    data = SHARED / "cifar10" / "cifar10_subset.npz"
    evaluation = trained(tmp_path, "classify", data, net="resnet20", epochs=5, flip=True, crop=4, **recipe)
    assert evaluation["metrics"]["test/accuracy"] >= 0.68


@pytest.mark.slow
@pytest.mark.shared
@needs_shared
def test_it_learns_the_adult_table(tmp_path):
    tables = SHARED / "tabular"
    test_data = str(tables / "adult_test.csv.gz")
    evaluation = trained(
        tmp_path, "classify", tables / "adult_train.csv.gz", target="income", test_data=test_data
    )
    assert evaluation["metrics"]["test/accuracy"] >= 0.85


def test_weights_sampling_and_focal_find_items_of_a_rare_class(tmp_path):
    """6 % of the items are of the second class, and they overlap with the first."""
    rng = np.random.default_rng(0)
    y = (rng.random(1500) < 0.06).astype(np.int64)
    x = rng.normal(size=(1500, 4)) + y[:, None] * np.array([1.3, 0.65, 0, 0])
    data = dataset_from_arrays("rare", "rare", {"": {"image": x, "label": y}})
    options = {
        "net": "mlp",
        "net_options": {"hidden": [16]},
        "epochs": 4,
        "batch_size": 64,
        "test": 0.3,
        "quiet": True,
    }
    recall = {}
    plain = {"loss": "cross-entropy"}
    for option in (plain, {"class_weight": "balanced"}, {"sampling": "balanced"}, {"loss": "focal"}):
        name = "-".join(option.values()) + "-".join(option)
        run = api.train("classify", data, out=tmp_path / name, **option, **options)
        predicted = np.array(run.predict(x.astype(np.float32))["label"]) == "1"
        recall[name] = predicted[y == 1].mean()
    lowest = recall.pop("cross-entropyloss")
    assert min(recall.values()) > lowest + 0.2, recall


def test_a_confident_error_costs_its_logit_and_not_the_smallest_number():
    """In float32, 1 - sigmoid(17) is 0, whose logarithm a metric can only limit: 36 nats instead of 17."""
    probabilities = method(2).probabilities(torch.tensor([[17.0], [-17.0], [0.0]])).numpy()
    assert -np.log(probabilities[0, 0]) == pytest.approx(17, abs=1e-3)
    assert -np.log(probabilities[1, 1]) == pytest.approx(17, abs=1e-3)
    assert probabilities[2].tolist() == [0.5, 0.5]
