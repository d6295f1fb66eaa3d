"""The formula in the docstring of `pspnet`, computed in NumPy, and that its auxiliary head is used in
training only.
"""

from __future__ import annotations

import pytest
import torch

from hibiscus.methods.segment.pspnet import PSPNet
from methods.learning import learns_scenes
from methods.segment_fixtures import build, by_formula, scenes


@pytest.mark.parametrize("loss", ["cross-entropy", "dice"])
def test_the_objective_is_its_formula(loss):
    method, batch = build(PSPNet, width=2, blocks=1, filters=4, loss=loss, auxiliary_weight=0.3), scenes()
    torch.manual_seed(3)  # both heads have dropout
    value, terms = method.loss(batch)
    torch.manual_seed(3)
    scores, auxiliary = (one.detach().numpy() for one in method.network(batch.image))
    main, second = (
        by_formula(method, scores, batch.mask.numpy()),
        by_formula(method, auxiliary, batch.mask.numpy()),
    )
    assert value.item() == pytest.approx(main + 0.3 * second, rel=1e-4)
    assert float(terms["auxiliary"]) == pytest.approx(second, rel=1e-4)


def test_it_predicts_with_its_main_head():
    method, batch = build(PSPNet, width=2, blocks=1, filters=4), scenes()
    method.train_mode(False)
    with torch.inference_mode():
        torch.testing.assert_close(method.probabilities(batch.image), method.network(batch.image).softmax(1))


@pytest.mark.slow
def test_it_learns_the_class_of_each_pixel(tmp_path):
    learns_scenes(tmp_path, "pspnet", 0.6, epochs=20, width=8, blocks=1, filters=32)
