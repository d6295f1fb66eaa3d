"""The source with equally frequent classes: hibiscus.data.balanced_batches."""

from __future__ import annotations

import numpy as np
import torch

from hibiscus.data.balanced_batches import BalancedBatches
from hibiscus.data.batch import Batch

LABELS = np.array([0] * 90 + [1] * 8 + [2] * 3)
ITEMS = np.arange(101)[::-1].copy()


def source(seed=0, batch_size=10):
    fields = {"item": torch.arange(101), "label": torch.from_numpy(LABELS)}
    arguments = fields, ITEMS, batch_size, seed, lambda raw, augment: Batch(raw)
    return BalancedBatches(*arguments, labels=LABELS[ITEMS])


def epoch(batches):
    return torch.cat([batches.next()["item"] for _ in range(batches.batches_per_epoch)]).numpy()


def test_classes_are_equally_frequent_and_their_items_too():
    drawn = epoch(source())
    assert len(drawn) == 101
    assert sorted(np.bincount(LABELS[drawn])) == [33, 34, 34]
    times = np.bincount(drawn, minlength=101)
    assert set(times[LABELS == 0]) == {0, 1}
    assert max(times[LABELS == 1]) - min(times[LABELS == 1]) <= 1
    assert max(times[LABELS == 2]) - min(times[LABELS == 2]) <= 1


def test_epochs_differ_and_together_cover_the_frequent_class():
    batches = source()
    drawn = [epoch(batches) for _ in range(12)]
    assert not np.array_equal(drawn[0], drawn[1])
    assert len(np.unique(np.concatenate(drawn))) == 101
    assert np.array_equal(epoch(source()), drawn[0])
    assert not np.array_equal(epoch(source(seed=1)), drawn[0])


def test_a_restored_position_gives_the_same_batches():
    batches = source()
    for _ in range(14):  # into the second epoch
        batches.next()
    position, expected = batches.position(), [batches.next()["item"] for _ in range(10)]
    other = source()
    other.restore(position)
    assert all(torch.equal(batch, other.next()["item"]) for batch in expected)
