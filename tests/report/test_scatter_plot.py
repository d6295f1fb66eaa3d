from __future__ import annotations

from hibiscus.report.scatter_plot import scatter


def test_groups_are_named_and_marked_points_have_crosses():
    x, y, groups = [0.0, 1, 2, 3], [0.0, 1, 4, 9], ["cat", "cat", "dog", "dog"]
    plain = scatter(x, y, "map", groups=groups, names=["cat", "dog"])
    marked = scatter(x, y, "map", groups=groups, names=["cat", "dog"], marked=[False, True, False, False])
    assert ">cat<" in plain
    assert ">dog<" in plain
    assert "stroke: var(--ink)" not in plain
    assert "stroke: var(--ink)" in marked


def test_points_that_are_not_finite_are_left_out():
    shown = scatter([0.0, float("nan"), 2], [0.0, 1, 2], "map", marked=[False, True, False])
    assert "stroke: var(--ink)" not in shown
