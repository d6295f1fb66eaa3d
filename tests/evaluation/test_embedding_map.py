"""Principal components against the singular value decomposition, and neighbors against all distances."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.evaluation.embedding_map import (
    embedding_maps,
    nearest_rows,
    neighbor_map,
    perplexity_for,
    principal_components,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(40, 6), (5, 30)])
def test_principal_components_are_those_of_the_singular_values(shape):
    x = RNG.normal(size=shape) * np.arange(1, shape[1] + 1)
    points, fractions = principal_components(x, 3)
    u, values, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(u * values)[:, :3], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fractions, values[:3] ** 2 / (values**2).sum(), rtol=1e-6)
    largest = points[np.abs(points).argmax(0), np.arange(3)]
    assert (largest > 0).all()


def test_a_single_component_and_equal_items_have_maps_too():
    points, fractions = principal_components(np.array([[1.0, 1], [2, 2], [4, 4]]))
    assert fractions[0] == pytest.approx(1)
    assert points[:, 1] == pytest.approx(0, abs=1e-6)
    assert principal_components(np.ones((4, 1)))[0].tolist() == [[0, 0]] * 4


def test_the_neighbor_map_keeps_groups_together_and_depends_on_the_seed_alone():
    groups = np.repeat(np.arange(3), 20)
    x = 20 * np.eye(3)[groups] @ RNG.normal(size=(3, 10)) + RNG.normal(size=(60, 10))
    points = neighbor_map(x)
    np.testing.assert_array_equal(points, neighbor_map(x))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + 1e9 * np.eye(60)
    assert (groups[distance.argmin(1)] == groups).all()
    assert perplexity_for(60) == pytest.approx(59 / 3)
    assert perplexity_for(2000) == 30


def test_the_maps_state_what_they_show():
    x, names = RNG.normal(size=(40, 5)), ["cat", "dog"] * 20
    wrong = [True] + [False] * 39
    components, neighbors = embedding_maps(x, names, wrong, "items of the test part")
    assert "40 items of the test part" in components.note
    assert "% of the variance of 5 dimensions. Crosses: wrong predictions." in components.note
    assert "perplexity 13 and seed 0" in neighbors.note
    assert components.groups == tuple(names)
    assert components.marked == tuple(wrong)


def test_t_sne_is_for_some_dozen_to_two_thousand_items():
    assert len(embedding_maps(RNG.normal(size=(12, 4)), ["a"] * 12)) == 1
    assert len(embedding_maps(RNG.normal(size=(2001, 3)), ["a"] * 2001)) == 1
    assert "Crosses" not in embedding_maps(np.ones((40, 4)), ["a"] * 40)[0].note


def test_nearest_rows_are_those_of_the_largest_cosines():
    queries, known = RNG.normal(size=(7, 4)), RNG.normal(size=(30, 4))
    rows, similarity = nearest_rows(queries, known, 3)
    cosines = queries @ known.T / np.linalg.norm(queries, axis=1)[:, None] / np.linalg.norm(known, axis=1)
    assert rows.tolist() == np.argsort(-cosines, axis=1)[:, :3].tolist()
    np.testing.assert_allclose(similarity, np.sort(cosines, axis=1)[:, ::-1][:, :3], rtol=1e-4, atol=1e-5)
    assert nearest_rows(queries, known[:2], 5)[0].shape == (7, 2)
