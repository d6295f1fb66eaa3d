"""Each method learns something real to a stated threshold. Slow: one training at a time, all threads."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hibiscus import api

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason=f"the real data sets are not at hand ({SHARED})"
)
pytestmark = pytest.mark.slow


def evaluated(tmp_path, method, data, **options):
    run = api.train(method, str(data), out=tmp_path / "run", quiet=True, **options)
    return run.evaluation()


def test_digits_beat_the_linear_model(tmp_path):
    found = evaluated(tmp_path, "classify", "digits", net="cnn", epochs=20)
    assert found["metrics"]["test/accuracy"] >= 0.97
    assert found["metrics"]["test/accuracy"] > found["baselines"]["linear model"]["test/accuracy"]


@pytest.mark.parametrize(("name", "least"), [("wine", 0.93), ("breast-cancer", 0.93)])
def test_small_tables(tmp_path, name, least):
    assert (
        evaluated(tmp_path, "classify", name, epochs=40, batch_size=16)["metrics"]["test/accuracy"] >= least
    )


def test_iris_over_folds(tmp_path):
    """A test part of 25 flowers says little (one flower is four points), so all folds are measured."""
    run = api.crossval("classify", "iris", folds=5, out=tmp_path / "cv", quiet=True, epochs=40)
    assert run.folder.read("crossval.json")["mean"] >= 0.93


def test_diabetes_beats_the_mean(tmp_path):
    found = evaluated(
        tmp_path,
        "regress",
        "diabetes",
        net_options={"hidden": [32]},
        epochs=40,
        weight_decay=0.1,
        optimizer="adamw",
    )
    assert found["metrics"]["test/rmse"] < 0.85 * found["baselines"]["mean of the training part"]["test/rmse"]


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize(
    ("net", "epochs", "least"),
    [("mlp", 4, 0.975), ("cnn", 3, 0.99), ("lstm", 3, 0.97), ("rnn", 3, 0.95)],
)
def test_mnist(tmp_path, net, epochs, least):
    found = evaluated(
        tmp_path,
        "classify",
        SHARED / "mnist",
        net=net,
        epochs=epochs,
        optimizer="adamw",
        learning_rate=2e-3,
        clip_grad_norm=1.0,
    )
    assert found["metrics"]["test/accuracy"] >= least


@pytest.mark.shared
@needs_shared
def test_cifar_with_resnet(tmp_path):
    recipe = {
        "optimizer": "sgd",
        "learning_rate": 0.2,
        "weight_decay": 5e-4,
        "label_smoothing": 0.1,
        "flip": True,
        "crop": 4,
    }
    found = evaluated(
        tmp_path, "classify", SHARED / "cifar10" / "cifar10_subset.npz", net="resnet20", epochs=5, **recipe
    )
    assert found["metrics"]["test/accuracy"] >= 0.68


@pytest.mark.shared
@needs_shared
def test_adult(tmp_path):
    test_data = str(SHARED / "tabular" / "adult_test.csv.gz")
    found = evaluated(
        tmp_path, "classify", SHARED / "tabular" / "adult_train.csv.gz", target="income", test_data=test_data
    )
    assert found["metrics"]["test/accuracy"] >= 0.85


@pytest.mark.shared
@needs_shared
def test_california_is_a_quarter_below_the_line(tmp_path):
    found = evaluated(
        tmp_path, "regress", SHARED / "tabular" / "california_housing.csv", target="median_house_value"
    )
    assert found["metrics"]["test/rmse"] <= 0.75 * found["baselines"]["linear regression"]["test/rmse"]


@pytest.mark.shared
@needs_shared
def test_alphabets_never_seen_are_told_apart_from_one_example(tmp_path):
    zipfile.ZipFile(SHARED / "omniglot" / "omniglot_images.zip").extractall(tmp_path)
    found = evaluated(tmp_path, "protonet", tmp_path / "omniglot", image_size=28, epochs=20)
    assert found["metrics"]["test/few_shot_5way_1shot"] >= 0.90
    assert found["baselines"]["prototypes of raw pixels"]["test/few_shot_5way_1shot"] < 0.75


@pytest.mark.shared
@needs_shared
def test_digits_are_clustered_without_labels(tmp_path):
    found = evaluated(tmp_path, "iic", SHARED / "mnist", epochs=8)
    assert found["metrics"]["test/cluster_accuracy"] >= 0.90
    assert (
        found["metrics"]["test/cluster_accuracy"]
        > 1.5 * found["baselines"]["k-means on pixels"]["test/cluster_accuracy"]
    )


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("dcgan", {"epochs": 60, "width": 32}),
        ("lsgan", {"epochs": 60, "width": 32}),
        ("cgan", {"epochs": 60, "width": 32, "learning_rate": 1e-3}),
        ("wgan", {"epochs": 100, "width": 32, "learning_rate": 1e-3}),
        ("wgan-gp", {"epochs": 100, "width": 32}),
        ("progan", {"epochs": 40, "batch_size": 32, "width": 32, "latent_dim": 32, "initial_size": 4}),
    ],
)
def test_digits_are_made_of_every_class(tmp_path, method, options):
    """Nearer to the real ones than blends of two of them are, and no class forgotten, as a classifier reads
    them.
    """
    found = evaluated(tmp_path, method, "digits", **options)
    assert (
        found["metrics"]["test/frechet"]
        < 0.75 * found["baselines"]["mean of two training images"]["test/frechet"]
    )
    assert found["metrics"]["test/classes_found"] == 10
    assert found["metrics"]["test/min_class_share"] > 0.03
    if method == "cgan":
        assert found["metrics"]["test/conditional_accuracy"] > 0.9
        assert found["baselines"]["mean of two training images"]["test/conditional_accuracy"] < 0.2


@pytest.mark.parametrize(
    ("options", "figure", "most", "share"),
    [
        ({}, "nll_dynamic_500is", 23.4, 0.87),
        ({"likelihood": "gaussian", "latent_dim": 2}, "nll_8bit_500is", 300, 0.96),
    ],
)
def test_digits_are_likelier_than_their_pixels_by_themselves(tmp_path, options, figure, most, share):
    """In nats per image, and the bound lies above what importance samples find."""
    found = evaluated(tmp_path, "vae", "digits", **options)
    assert found["metrics"][f"test/{figure}"] <= most
    assert found["metrics"][f"test/{figure}"] < found["metrics"]["test/neg_elbo"]
    assert (
        found["metrics"]["test/neg_elbo"] < share * found["baselines"]["independent pixels"]["test/neg_elbo"]
    )
    assert found["metrics"]["test/active_units"] >= 2


def test_a_pole_is_balanced(tmp_path):
    """What counts as solved is a mean return of 475, over 100 starts that training never saw."""
    found = evaluated(tmp_path, "dqn", "gym:CartPole-v1")
    assert found["metrics"]["test/mean_return"] >= 475
    assert found["baselines"]["random actions"]["test/mean_return"] < 50
