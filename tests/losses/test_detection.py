"""The losses of a detector against their formulas in NumPy, and where there is nothing to learn from."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import anchor_focal, hard_negatives, mined_cross_entropy, multibox, offset_loss

BATCH, ANCHORS, CLASSES = 3, 40, 4


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(BATCH, ANCHORS, 1 + CLASSES)) * 2
    labels = rng.choice([-1, 0, 1, 2, 3, 4], (BATCH, ANCHORS), p=[0.1, 0.7, 0.05, 0.05, 0.05, 0.05])
    labels[2] = np.minimum(labels[2], 0)  # an image without an object
    return torch.from_numpy(logits), torch.from_numpy(labels)


def log_softmax(z):
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def numpy_mined(logits, labels, ratio, least):
    log_prob, total = log_softmax(logits), 0.0
    for b in range(len(labels)):
        hit = labels[b] > 0
        total -= log_prob[b, np.flatnonzero(hit), labels[b][hit]].sum()
        background = np.sort(-log_prob[b, labels[b] == 0, 0])[::-1]
        total += background[: max(int(ratio * hit.sum()), least)].sum()
    return total / max((labels > 0).sum(), 1)


@pytest.mark.parametrize(("ratio", "least"), [(3, 3), (1, 0), (100, 1)])
def test_mined_cross_entropy_is_its_formula(batch, ratio, least):
    logits, labels = batch
    expected = numpy_mined(logits.numpy(), labels.numpy(), ratio, least)
    assert mined_cross_entropy(logits, labels, ratio, least).item() == pytest.approx(expected, rel=1e-12)


def test_hard_negatives_are_three_to_one_and_never_ignored_ones(batch):
    logits, labels = batch
    loss = -logits.log_softmax(-1)[..., 0]
    chosen = hard_negatives(loss, labels)
    assert chosen.sum(1).tolist() == [max(3 * int((row > 0).sum()), 3) for row in labels]
    assert (labels[chosen] == 0).all()
    for b in range(BATCH):
        left = (labels[b] == 0) & ~chosen[b]
        assert loss[b][chosen[b]].min() >= loss[b][left].max()
    assert (
        hard_negatives(torch.ones(1, 6), torch.zeros(1, 6).long(), min_negatives=2)[0].tolist()
        == [True, True] + [False] * 4
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_anchor_focal_is_its_formula(batch, gamma):
    logits, labels = (x.numpy() for x in batch)
    total = 0.0
    for z, y in zip(log_softmax(logits).reshape(-1, 1 + CLASSES), labels.ravel(), strict=True):
        if y >= 0:
            total -= (0.25 if y > 0 else 0.75) * (1 - np.exp(z[y])) ** gamma * z[y]
    assert anchor_focal(*batch, gamma=gamma).item() == pytest.approx(total / (labels > 0).sum(), rel=1e-10)


@pytest.mark.parametrize("kind", ["smooth_l1", "l1", "l2"])
@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_offset_loss_is_its_formula(batch, kind, sigma):
    rng = np.random.default_rng(1)
    p, t = rng.normal(size=(2, BATCH, ANCHORS, 4))
    positive = (batch[1] > 0).numpy()
    u = np.abs(p - t)[positive]
    forms = {
        "smooth_l1": np.where(u < 1 / sigma**2, (sigma * u) ** 2 / 2, u - 1 / (2 * sigma**2)),
        "l1": u,
        "l2": u**2,
    }
    found = offset_loss(torch.from_numpy(p), torch.from_numpy(t), torch.from_numpy(positive), kind, sigma)
    assert found.item() == pytest.approx(forms[kind].sum() / positive.sum(), rel=1e-12)


@pytest.mark.parametrize("classes", ["mining", "focal"])
def test_multibox_is_the_sum_over_positives(batch, classes):
    logits, labels = batch
    offsets, target = torch.randn(
        2, BATCH, ANCHORS, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    named = (mined_cross_entropy if classes == "mining" else anchor_focal)(logits, labels)
    expected = named + 0.5 * offset_loss(offsets, target, labels > 0)
    assert multibox(logits, offsets, labels, target, 0.5, classes).item() == pytest.approx(
        expected.item(), rel=1e-12
    )


@pytest.mark.parametrize("classes", ["mining", "focal"])
@pytest.mark.parametrize("label", [0, -1])
def test_no_positive_anchor_gives_a_number(classes, label):
    logits = torch.randn(2, 5, 3, requires_grad=True)
    offsets = torch.randn(2, 5, 4, requires_grad=True)
    loss = multibox(
        logits, offsets, torch.full((2, 5), label), torch.full((2, 5, 4), torch.nan), classes=classes
    )
    loss.backward()
    assert loss.isfinite()
    assert (loss > 0) == (label == 0)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert offsets.grad is not None
    assert not offsets.grad.nan_to_num(0).any()


@pytest.mark.parametrize("loss", [mined_cross_entropy, anchor_focal])
def test_gradients_and_half_precision(batch, loss):
    logits, labels = batch
    assert torch.autograd.gradcheck(lambda z: loss(z, labels), logits.clone().requires_grad_())
    half = loss(logits.bfloat16(), labels)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(loss(logits.bfloat16().double(), labels).item(), rel=1e-5)
    assert loss(logits.sign() * 1e4, labels).isfinite()


@pytest.mark.parametrize(
    "call",
    [
        lambda: mined_cross_entropy(torch.zeros(2, 5, 3), torch.zeros(2, 4).long()),
        lambda: mined_cross_entropy(torch.zeros(2, 5, 3), torch.full((2, 5), 3)),
        lambda: mined_cross_entropy(torch.zeros(2, 5, 3), torch.zeros(2, 5).long(), ratio=-1),
        lambda: anchor_focal(torch.zeros(2, 5, 3), torch.zeros(2, 5).long(), alpha=2),
        lambda: anchor_focal(torch.zeros(2, 0, 3), torch.zeros(2, 0).long()),
        lambda: offset_loss(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), torch.ones(2, 5).bool(), "l3"),
        lambda: offset_loss(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), torch.ones(2, 5).bool(), sigma=0),
        lambda: offset_loss(torch.zeros(2, 5, 4), torch.zeros(2, 6, 4), torch.ones(2, 5).bool()),
        lambda: multibox(
            torch.zeros(1, 1, 2),
            torch.zeros(1, 1, 4),
            torch.zeros(1, 1).long(),
            torch.zeros(1, 1, 4),
            classes="x",
        ),
    ],
)
def test_errors(call):
    with pytest.raises(ConfigError) as caught:
        call()
    assert caught.value.expected
    assert caught.value.fix
