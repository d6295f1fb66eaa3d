"""The loss of IIC against its formula in NumPy, and what its minimum is."""

import math

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import invariant_information, joint_distribution

RNG = np.random.default_rng(0)


def views(clusters=4, items=50):
    return [RNG.dirichlet(np.ones(clusters), items) for _ in range(2)]


def formula(p, q, w=1.0):
    joint = sum(np.outer(a, b) for a, b in zip(p, q, strict=True)) / len(p)
    joint = (joint + joint.T) / 2
    rows, columns = joint.sum(1), joint.sum(0)
    return -sum(
        joint[c, d] * (np.log(joint[c, d]) - w * np.log(rows[c]) - w * np.log(columns[d]))
        for c in range(len(rows))
        for d in range(len(columns))
    )


@pytest.mark.parametrize("w", [1.0, 1.5])
def test_it_is_its_formula(w):
    p, q = views()
    assert invariant_information(torch.tensor(p), torch.tensor(q), w).item() == pytest.approx(
        formula(p, q, w), rel=1e-9
    )


def test_it_is_the_mutual_information_of_scikit_learn():
    from sklearn.metrics import mutual_info_score

    first = RNG.integers(0, 3, 400)
    second = np.where(RNG.random(400) < 0.8, first, RNG.integers(0, 3, 400))
    both = np.concatenate([first, second]), np.concatenate([second, first])  # what makes the joint symmetric
    hot = [torch.eye(3, dtype=torch.float64)[torch.tensor(values)] for values in (first, second)]
    assert -invariant_information(*hot).item() == pytest.approx(mutual_info_score(*both), abs=1e-6)


def test_a_head_each():
    pairs = [views() for _ in range(3)]
    first, second = (torch.tensor(np.stack([pair[i] for pair in pairs])) for i in (0, 1))
    expected = [formula(*pair) for pair in pairs]
    np.testing.assert_allclose(invariant_information(first, second).numpy(), expected, rtol=1e-9)


def test_equal_certain_clusters_are_best_and_collapse_is_worst():
    even = torch.eye(5).repeat(4, 1)
    assert invariant_information(even, even).item() == pytest.approx(-math.log(5), abs=1e-5)
    one = torch.eye(5)[:1].repeat(20, 1)
    assert invariant_information(one, one).item() == pytest.approx(0, abs=1e-5)


def test_the_joint_is_symmetric_sums_to_one_and_the_gradient_is_finite():
    logits = torch.zeros(2, 6, 3)
    logits[..., 0] = 200.0  # softmax gives exact zeros
    logits.requires_grad_()
    first, second = logits.softmax(-1)
    joint = joint_distribution(first, second)
    assert torch.equal(joint, joint.T)
    assert joint.sum().item() == pytest.approx(1)
    invariant_information(first, second).backward()
    assert torch.isfinite(logits.grad).all()


def test_half_precision_is_raised_to_float32():
    p, q = (torch.tensor(v, dtype=torch.bfloat16) for v in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert invariant_information(p, q).dtype == torch.float32


def test_views_of_different_shapes_are_told():
    with pytest.raises(ConfigError, match="views of shape"):
        invariant_information(torch.ones(3, 2), torch.ones(4, 2))
