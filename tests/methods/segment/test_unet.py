"""The formula in the docstring of `unet`, computed in NumPy, with each of its losses."""

from __future__ import annotations

import pytest

from hibiscus.methods.segment.unet import UNet
from methods.learning import learns_scenes
from methods.segment_fixtures import build, by_formula, scenes


@pytest.mark.parametrize("loss", ["cross-entropy", "balanced", "focal", "dice"])
def test_the_objective_is_its_formula(loss):
    method, batch = build(UNet, width=2, depth=2, loss=loss), scenes()
    value, terms = method.loss(batch)
    scores = method.network(batch.image).detach()
    assert value.item() == pytest.approx(by_formula(method, scores.numpy(), batch.mask.numpy()), rel=1e-4)
    known = batch.mask != 255
    assert float(terms["pixel_accuracy"]) == pytest.approx(
        float((scores.argmax(1) == batch.mask)[known].float().mean())
    )


@pytest.mark.slow
def test_it_learns_the_class_of_each_pixel(tmp_path):
    learns_scenes(tmp_path, "unet", 0.8, epochs=20)
