"""Each loss against its formula in NumPy, against PyTorch's own, and at the edges."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from hibiscus.errors import ConfigError
from hibiscus.losses import (
    balanced_cross_entropy,
    balanced_weights,
    binary_cross_entropy,
    binary_focal,
    cross_entropy,
    focal,
    multi_label_cross_entropy,
    positive_weights,
)

ITEMS, CLASSES = 17, 5


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(ITEMS, CLASSES, generator=generator, dtype=torch.float64)
    return logits, torch.randint(0, CLASSES, (ITEMS,), generator=generator)


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(4)
    return 3 * torch.randn(ITEMS, generator=generator, dtype=torch.float64), torch.randint(
        0, 2, (ITEMS,), generator=generator
    )


def softmax(z):
    e = np.exp(z)
    return e / e.sum(1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def numpy_cross_entropy(logits, target, eps, weights):
    prob, w = softmax(logits), np.asarray(weights, dtype=float)
    total = mass = 0.0
    for n in range(len(logits)):
        for c in range(logits.shape[1]):
            smooth = (1 - eps) * target[n, c] + eps / logits.shape[1]
            total += -w[c] * smooth * np.log(prob[n, c])
            mass += w[c] * target[n, c]
    return total / mass


@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 1.0, 0.0, 3.0]])
def test_cross_entropy_is_its_formula_and_pytorchs(batch, eps, weights):
    logits, labels = batch
    one_hot = F.one_hot(labels, CLASSES)
    expected = numpy_cross_entropy(logits.numpy(), one_hot.numpy(), eps, weights or [1] * CLASSES)
    w = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    assert cross_entropy(logits, labels, eps, weights).item() == pytest.approx(expected, rel=1e-12)
    assert cross_entropy(logits, one_hot, eps, weights).item() == pytest.approx(expected, rel=1e-12)
    assert F.cross_entropy(logits, labels, weight=w, label_smoothing=eps).item() == pytest.approx(
        expected, rel=1e-12
    )


def test_cross_entropy_of_soft_targets(batch):
    logits, _ = batch
    shares = torch.distributions.Dirichlet(torch.ones(CLASSES, dtype=torch.float64)).sample((ITEMS,))
    weights = torch.tensor([0.5, 2.0, 1.0, 0.2, 3.0], dtype=torch.float64)
    assert torch.allclose(
        cross_entropy(logits, shares, 0.1), F.cross_entropy(logits, shares, label_smoothing=0.1)
    )
    # PyTorch divides by the batch size here; we divide by the weights of the targets.
    torchs = (
        F.cross_entropy(logits, shares, weight=weights, label_smoothing=0.1)
        * ITEMS
        / (weights * shares).sum()
    )
    assert torch.allclose(cross_entropy(logits, shares, 0.1, weights), torchs)


def test_cross_entropy_over_places():
    logits, labels = torch.randn(2, 3, 4, 5), torch.randint(0, 3, (2, 4, 5))
    assert torch.allclose(
        cross_entropy(logits, labels, 0.1), F.cross_entropy(logits, labels, label_smoothing=0.1)
    )
    assert torch.allclose(
        focal(logits, labels, gamma=2),
        focal(logits.permute(0, 2, 3, 1).reshape(-1, 3), labels.flatten(), gamma=2),
    )


@pytest.mark.parametrize("eps", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [0.5, 2.0]])
def test_binary_cross_entropy_is_its_formula_and_two_class_cross_entropy(pair, eps, weights):
    logits, target = pair
    w0, w1 = weights or (1.0, 1.0)
    p, y = sigmoid(logits.numpy()), target.numpy()
    smooth = (1 - eps) * y + eps / 2
    expected = np.sum(-w1 * smooth * np.log(p) - w0 * (1 - smooth) * np.log(1 - p)) / np.sum(
        w1 * y + w0 * (1 - y)
    )
    loss = binary_cross_entropy(logits, target, eps, weights)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    assert binary_cross_entropy(logits[:, None], target, eps, weights).item() == loss.item()
    assert binary_cross_entropy(logits, target[:, None].bool(), eps, weights).item() == loss.item()
    two = torch.stack([torch.zeros_like(logits), logits], 1)
    assert cross_entropy(two, target, eps, weights).item() == pytest.approx(expected, rel=1e-12)
    if weights is None:
        assert torch.allclose(loss, F.binary_cross_entropy_with_logits(logits, torch.from_numpy(smooth)))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
@settings(deadline=None, max_examples=50)
def test_balanced_weights_have_mean_one_and_equal_say(counts):
    weights = balanced_weights(counts).double().numpy()
    shares = weights * counts
    assert shares.sum() / sum(counts) == pytest.approx(1, rel=1e-5)
    assert np.allclose(shares[np.array(counts) > 0], sum(counts) / np.count_nonzero(counts))
    assert (weights[np.array(counts) == 0] == 0).all()


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0] * 50 + [1] * 7 + [2] * 3)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert np.allclose(balanced_weights(np.bincount(labels)).numpy(), expected)


def test_balanced_cross_entropy_is_its_formula(batch, pair):
    logits, labels = batch
    counts = torch.tensor([10.0, 20.0, 5.0, 40.0, 1.0], dtype=torch.float64)
    weights = counts.sum().item() / (CLASSES * counts.numpy())
    prob = softmax(logits.numpy())
    expected = np.mean([-weights[y] * np.log(prob[n, y]) for n, y in enumerate(labels.tolist())])
    assert balanced_cross_entropy(logits, labels, counts).item() == pytest.approx(expected, rel=1e-12)
    # Batches of one add up to the whole, so a rare item keeps its weight.
    alone = [
        balanced_cross_entropy(logits[i : i + 1], labels[i : i + 1], counts).item() for i in range(ITEMS)
    ]
    assert np.mean(alone) == pytest.approx(expected, rel=1e-12)

    z, y = pair
    two = torch.stack([torch.zeros_like(z), z], 1)
    assert torch.allclose(balanced_cross_entropy(z, y, [9, 3]), balanced_cross_entropy(two, y, [9, 3]))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_binary_focal_is_its_formula(pair, alpha, gamma):
    logits, target = pair
    p, y = sigmoid(logits.numpy()), target.numpy()
    p_t = np.where(y == 1, p, 1 - p)
    alpha_t = 1.0 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    expected = np.mean(-alpha_t * (1 - p_t) ** gamma * np.log(p_t))
    assert binary_focal(logits, target, alpha, gamma).item() == pytest.approx(expected, rel=1e-12)
    assert focal(logits[:, None], target, alpha, gamma).item() == pytest.approx(expected, rel=1e-12)
    if gamma == 0 and alpha is None:
        assert torch.allclose(binary_focal(logits, target, None, 0), binary_cross_entropy(logits, target))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alpha", [None, 0.25, [1.0, 0.5, 2.0, 0.1, 3.0]])
def test_focal_over_a_softmax_is_its_formula(batch, alpha, gamma):
    logits, labels = batch
    p_t = softmax(logits.numpy())[np.arange(ITEMS), labels.numpy()]
    alpha_t = np.array(alpha)[labels.numpy()] if isinstance(alpha, list) else 1.0  # a scalar has no effect
    expected = np.mean(-alpha_t * (1 - p_t) ** gamma * np.log(p_t))
    assert focal(logits, labels, alpha, gamma).item() == pytest.approx(expected, rel=1e-9)
    assert focal(logits, F.one_hot(labels, CLASSES), alpha, gamma).item() == pytest.approx(expected, rel=1e-9)
    if gamma == 0 and alpha is None:
        assert torch.allclose(focal(logits, labels, gamma=0), cross_entropy(logits, labels))


CALLS = {
    "cross_entropy": lambda z, y: cross_entropy(z, y, 0.1, [1.0, 2.0, 0.5, 1.0, 1.0]),
    "shares": lambda z, y: cross_entropy(z, F.one_hot(y, CLASSES), 0.1),
    "balanced": lambda z, y: balanced_cross_entropy(z, y, [1, 2, 3, 4, 5]),
    "focal": focal,
    "focal, small gamma": lambda z, y: focal(z, y, gamma=0.5),
    "binary": lambda z, y: binary_cross_entropy(z[:, 0], y % 2, 0.1, [1.0, 3.0]),
    "balanced binary": lambda z, y: balanced_cross_entropy(z[:, :1], y % 2, [4, 6]),
    "binary focal": lambda z, y: focal(z[:, 0], y % 2),
    "binary focal, small gamma": lambda z, y: focal(z[:, 0], y % 2, gamma=0.5),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_gradients(batch, call):
    logits, labels = batch
    assert torch.autograd.gradcheck(lambda z: call(z, labels), logits.clone().requires_grad_())


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extreme_logits_stay_finite(call, dtype):
    logits = (torch.randn(8, CLASSES).sign() * 1e4).to(dtype).requires_grad_()
    loss = call(logits, torch.arange(8) % CLASSES)
    loss.backward()
    assert loss.isfinite()
    assert loss.dtype == torch.float32
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_half_precision_is_summed_in_float32_also_under_autocast(batch, call):
    logits, labels = batch
    half = logits.bfloat16()
    exact = call(half.double(), labels).item()
    with torch.autocast("cpu", torch.bfloat16):
        inside = call(half, labels)
    assert inside.dtype == torch.float32
    assert call(half, labels).item() == pytest.approx(exact, rel=1e-5)
    assert inside.item() == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_batch_of_one_and_a_perfect_answer(batch, call):
    logits, labels = batch
    assert call(logits[:1], labels[:1]).ndim == 0
    assert call(logits[:1], labels[:1]) > 0


def test_confident_and_right_costs_nothing():
    logits, labels = 100 * torch.eye(3), torch.arange(3)
    assert cross_entropy(logits, labels) == 0
    assert focal(logits, labels) == 0
    assert cross_entropy(torch.zeros(4, 8), torch.arange(4)).item() == pytest.approx(np.log(8))


def test_only_items_of_weight_zero_cost_nothing():
    assert cross_entropy(torch.randn(2, 3), torch.tensor([1, 1]), class_weights=[1.0, 0.0, 1.0]) == 0


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4, 1, dtype=torch.long)), r"\(4, 1\)"),
        (lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4)), "float32"),
        (lambda: cross_entropy(torch.zeros(4, 3), torch.full((4,), 3)), "labels between 3 and 3"),
        (lambda: cross_entropy(torch.zeros(4, 3), torch.full((4,), -1)), "labels between -1"),
        (lambda: cross_entropy(torch.zeros(4, 1), torch.zeros(4, dtype=torch.long)), "binary_cross_entropy"),
        (lambda: cross_entropy(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)), "empty batch"),
        (lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4).long(), 1.0), "label_smoothing=1.0"),
        (lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4).long(), 0.0, [1, 2]), "3 classes"),
        (lambda: binary_cross_entropy(torch.zeros(4, 2), torch.zeros(4)), r"\(4, 2\)"),
        (lambda: binary_cross_entropy(torch.zeros(4), torch.full((4,), 2)), "between 2 and 2"),
        (lambda: binary_focal(torch.zeros(4), torch.zeros(4), 1.5), "alpha=1.5"),
        (lambda: focal(torch.zeros(4, 3), torch.zeros(4).long(), gamma=-1), "gamma=-1"),
        (lambda: focal(torch.zeros(4), torch.zeros(4), [0.1, 0.2, 0.7]), "for 2 classes"),
        (lambda: balanced_weights([0, 0]), "class counts"),
        (lambda: balanced_weights([3, -1]), "class counts"),
    ],
)
def test_errors_say_what_was_received_expected_and_how_to_mend(call, word):
    with pytest.raises(ConfigError, match=word) as caught:
        call()
    assert caught.value.received
    assert caught.value.expected
    assert caught.value.fix


def test_multi_label_cross_entropy_is_its_formula():
    generator = np.random.default_rng(0)
    z, y = generator.normal(size=(6, 3)), generator.integers(0, 2, (6, 3))
    p, smooth = 1 / (1 + np.exp(-z)), 0.9 * y + 0.05
    terms = -(np.array([1.0, 2.0, 5.0]) * smooth * np.log(p) + (1 - smooth) * np.log(1 - p))
    value = multi_label_cross_entropy(torch.tensor(z), torch.tensor(y), torch.tensor([1.0, 2.0, 5.0]), 0.1)
    assert value.item() == pytest.approx(terms.mean(), rel=1e-12)
    plain = F.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y).double())
    torch.testing.assert_close(multi_label_cross_entropy(torch.tensor(z), torch.tensor(y)), plain)


def test_positive_weights_balance_each_label():
    weights = positive_weights([5, 10, 0], 20)
    assert weights.tolist() == [3.0, 1.0, 1.0]
    with pytest.raises(ConfigError, match="counts of items"):
        positive_weights([21], 20)
