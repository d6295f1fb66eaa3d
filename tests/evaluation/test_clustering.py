"""Evaluation of clusterings: known mutual information, k-means against scikit-learn, and the report items."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.clustering import (
    evaluate_clusters,
    fixed_augmentation,
    head_metrics,
    validation_owner,
)

LABEL = np.repeat([0, 1, 2], [40, 30, 30])[np.random.default_rng(0).permutation(100)]
TRAIN, TEST = np.arange(50), np.arange(50, 100)
OPTIONS = SimpleNamespace(seed=0, num_clusters=3, build_augment=lambda: lambda images, generator: images)


def prepared(spread=5, labels=True):
    """Images 4x4 around three gray levels, one for each class."""
    rng = np.random.default_rng(1)
    noise = rng.integers(-spread, spread + 1, (100, 4, 4, 1))
    images = np.clip(np.array([20, 120, 220])[LABEL][:, None, None, None] + noise, 0, 255).astype(np.uint8)
    fields = {"image": images} | ({"label": np.array(["a", "b", "c"])[LABEL]} if labels else {})
    known = {"image": ImagePreparation(4, 4, 1, (0.5,), (0.5,)), "label": LabelPreparation(("a", "b", "c"))}
    dataset = Dataset("d", "d", fields, [str(i) for i in range(100)], content_keys(images))
    preparation = Preparation({name: known[name] for name in fields})
    return PreparedData(dataset, preparation, {"train": TRAIN, "test": TEST})


def one_hot(*clusters, count=3):
    """The certain assignments of each head, `(heads, items, clusters)`."""
    return torch.eye(count)[torch.from_numpy(np.stack(clusters))]


def symmetric(first, second):
    """The mutual information of two assignments, counted in both orders."""
    return mutual_info_score(np.concatenate([first, second]), np.concatenate([second, first]))


def test_clusters_equal_to_the_classes_have_all_of_their_information():
    heads = one_hot((LABEL[TEST] + 1) % 3)
    share = np.bincount(LABEL[TEST]) / 50
    entropy = -(share * np.log(share)).sum()
    metrics = head_metrics(heads, heads, 0, prepared(), "test")
    assert metrics == pytest.approx({"mutual_information": entropy, "cluster_accuracy": 1, "nmi": 1})
    assert list(head_metrics(heads, heads, 0, prepared(labels=False), "test")) == ["mutual_information"]


def test_metrics_of_two_views_match_scikit_learn():
    rng = np.random.default_rng(2)
    clusters, other = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    views = [one_hot(np.zeros(50, int), assigned) for assigned in (clusters, other)]
    metrics = head_metrics(*views, 1, prepared(), "test")
    assert metrics["mutual_information"] == pytest.approx(symmetric(clusters, other), rel=1e-4)
    assert metrics["nmi"] == pytest.approx(normalized_mutual_info_score(LABEL[TEST], clusters))


def test_heads_are_sorted_by_mutual_information_and_the_selected_one_is_marked():
    coarse = np.minimum(LABEL[TEST], 1)
    heads = one_hot(np.zeros(50, int), LABEL[TEST], coarse)
    evaluation = evaluate_clusters(heads, heads, 2, prepared(), "test", OPTIONS)
    assert evaluation.metrics == head_metrics(heads, heads, 2, prepared(), "test")
    table = evaluation.report_items[-1]
    assert table.columns == ("head", "mutual information", "cluster accuracy", "nmi", "selected")
    assert [(row[0], row[-1]) for row in table.rows] == [("2", ""), ("3", "yes"), ("1", "")]
    expected = [symmetric(assigned, assigned) for assigned in (LABEL[TEST], coarse, np.zeros(50, int))]
    np.testing.assert_allclose([row[1] for row in table.rows], expected, atol=1e-6)


def test_one_cluster_has_no_information_and_k_means_matches_scikit_learn():
    data, heads = prepared(spread=120), one_hot(LABEL[TEST])
    options = SimpleNamespace(seed=0, num_clusters=3, build_augment=lambda: lambda images, _: 1 - images)
    baselines = evaluate_clusters(heads, heads, 0, data, "test", options).baselines
    largest = np.bincount(LABEL[TEST]).max() / 50
    expected = {"mutual_information": 0, "cluster_accuracy": largest, "nmi": 0}
    assert baselines["one cluster"] == pytest.approx(expected, abs=1e-6)
    pixels = data.arrays["image"].reshape(100, 16).astype(np.float32) / 255
    peer = KMeans(3, n_init=3, random_state=0).fit(pixels[TRAIN])
    first, second = peer.predict(pixels[TEST]), peer.predict(1 - pixels[TEST])
    metrics = baselines["k-means on pixels"]
    assert metrics["nmi"] == pytest.approx(normalized_mutual_info_score(LABEL[TEST], first))
    assert metrics["mutual_information"] == pytest.approx(symmetric(first, second), rel=1e-4)


def test_the_class_of_each_cluster_is_fitted_on_the_validation_part():
    data = prepared()
    data.parts = {"train": TRAIN[:30], "val": TRAIN[30:], "test": TEST}
    assert validation_owner(data, "test") is data
    assert validation_owner(data, "val") is None, "nothing else to fit it on"
    validation = one_hot((LABEL[data.parts["val"]] + 1) % 3)
    heads = one_hot((LABEL[TEST] + 1) % 3)
    metrics = evaluate_clusters(heads, heads, 0, data, "test", OPTIONS, validation).metrics
    assert (metrics["cluster_accuracy"], metrics["nmi"]) == (1, pytest.approx(1))
    renamed = one_hot(LABEL[TEST])  # perfect clusters, but under the names of other ones
    metrics = evaluate_clusters(renamed, renamed, 0, data, "test", OPTIONS, validation).metrics
    assert (metrics["cluster_accuracy"], metrics["nmi"]) == (0, pytest.approx(1))


def test_shuffled_clusters_score_at_chance_and_have_no_information():
    data = prepared()
    data.parts = {"train": TRAIN[:30], "val": TRAIN[30:], "test": TEST}
    rng, scores = np.random.default_rng(0), []
    validation, heads = one_hot(LABEL[data.parts["val"]]), one_hot(LABEL[TEST])
    for seed in range(40):
        options = SimpleNamespace(**{**vars(OPTIONS), "seed": seed})
        data.parts["val"] = rng.permutation(data.parts["val"])
        evaluation = evaluate_clusters(heads, heads, 0, data, "test", options, validation)
        scores.append(evaluation.baselines["shuffled clusters"])
    chance = (np.bincount(LABEL[TEST]) / 50) ** 2
    assert np.mean([row["cluster_accuracy"] for row in scores]) == pytest.approx(chance.sum(), abs=0.04)
    assert np.mean([row["mutual_information"] for row in scores]) < 0.06


def test_the_table_of_clusters_and_classes_follows_the_order_of_the_classes():
    clusters = np.array([3, 0, 1])[LABEL[TEST]]  # cluster 2 stays empty
    heads = one_hot(clusters, count=4)
    matrix = evaluate_clusters(heads, heads, 0, prepared(), "test", OPTIONS).report_items[0]
    assert matrix.title == "Clusters and classes"
    assert matrix.rows == ("cluster 3 (a)", "cluster 0 (b)", "cluster 1 (c)", "cluster 2")
    assert matrix.columns == ("a", "b", "c")
    np.testing.assert_array_equal(matrix.values, [*np.diag(np.bincount(LABEL[TEST])), [0, 0, 0]])


def test_without_labels_the_gallery_shows_the_images_of_highest_confidence():
    data, rng = prepared(labels=False), np.random.default_rng(3)
    probabilities = rng.dirichlet([0.1, 0.1, 0.1], 50).astype(np.float32)
    heads = torch.from_numpy(probabilities)[None]
    gallery, table = evaluate_clusters(heads, heads, 0, data, "test", OPTIONS).report_items
    assert table.columns == ("head", "mutual information", "selected")
    shown, captions = [], []
    for cluster in range(3):
        members = [i for i in range(50) if probabilities[i].argmax() == cluster]
        members = sorted(members, key=lambda i: -probabilities[i, cluster])[:20]
        shown += members
        captions += [f"cluster {cluster} ({probabilities[i, cluster]:.1%})" for i in members]
    assert gallery.captions == tuple(captions)
    np.testing.assert_array_equal(gallery.images, data.values("image", "test")[shown, :, :, 0])


def test_large_images_are_reduced_to_28_pixels_for_k_means(monkeypatch):
    seen = []
    fit = KMeans.fit
    monkeypatch.setattr(KMeans, "fit", lambda self, x: seen.append(x) or fit(self, x))
    blocks = np.random.default_rng(4).integers(0, 256, (12, 28, 28, 3), dtype=np.uint8)
    images = blocks.repeat(2, axis=1).repeat(2, axis=2)
    dataset = Dataset("d", "d", {"image": images}, [str(i) for i in range(12)], content_keys(images))
    preparation = Preparation({"image": ImagePreparation(56, 56, 3, (0.5,) * 3, (0.5,) * 3)})
    data = PreparedData(dataset, preparation, {"train": np.arange(8), "test": np.arange(8, 12)})
    heads = one_hot(np.array([0, 1, 2, 0]))
    evaluate_clusters(heads, heads, 0, data, "test", OPTIONS)
    expected = blocks[:8].transpose(0, 3, 1, 2).reshape(8, -1) / 255
    np.testing.assert_allclose(seen[0], expected, atol=1e-6)


def test_every_evaluation_sees_the_same_augmented_images():
    augment = lambda images, generator: images + torch.rand(images.shape, generator=generator)  # noqa: E731
    options = SimpleNamespace(seed=7, num_clusters=3, build_augment=lambda: augment)
    expected = torch.rand(2, 3, generator=torch.Generator().manual_seed(7))
    for _ in range(2):
        torch.testing.assert_close(fixed_augmentation(options)(torch.zeros(2, 3)), expected)
