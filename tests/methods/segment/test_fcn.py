"""The formula in the docstring of `fcn`, computed in NumPy, with each of its losses."""

from __future__ import annotations

import pytest

from hibiscus.methods.segment.fcn import FCN
from methods.learning import learns_scenes
from methods.segment_fixtures import build, by_formula, scenes


@pytest.mark.parametrize("loss", ["cross-entropy", "balanced", "focal", "dice"])
def test_the_objective_is_its_formula(loss):
    method, batch = build(FCN, width=2, blocks=1, levels=2, filters=4, loss=loss), scenes()
    value, terms = method.loss(batch)
    scores = method.network(batch.image).detach()
    assert value.item() == pytest.approx(by_formula(method, scores.numpy(), batch.mask.numpy()), rel=1e-4)
    known = batch.mask != 255
    assert float(terms["pixel_accuracy"]) == pytest.approx(
        float((scores.argmax(1) == batch.mask)[known].float().mean())
    )


@pytest.mark.slow
def test_it_learns_the_class_of_each_pixel(tmp_path):
    learns_scenes(tmp_path, "fcn", 0.75, epochs=15, width=8, blocks=2, filters=32)
