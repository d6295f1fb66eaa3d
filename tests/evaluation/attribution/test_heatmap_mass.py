import numpy as np
import pytest

from hibiscus.evaluation.attribution.heatmap_mass import mass_inside


def test_a_uniform_map_has_the_fraction_of_the_area():
    mass, area = mass_inside(np.ones((8, 10)), np.array([[0.1, 0.25, 0.5, 0.75]]))
    assert mass == area == pytest.approx(0.4 * 0.5)


def test_overlapping_boxes_count_once_and_negative_values_not_at_all():
    heatmap = -np.ones((4, 4))
    heatmap[0, 0], heatmap[3, 3] = 3, 1
    boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.25, 0.25]])
    assert mass_inside(heatmap, boxes) == (0.75, 0.25)


def test_an_empty_map_has_no_mass():
    assert mass_inside(np.zeros((3, 3)), np.array([[0, 0, 1, 1]])) == (0.0, 1.0)
