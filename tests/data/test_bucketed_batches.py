import numpy as np
import torch

from hibiscus.data.batches import BatchBuilder, trimmed
from hibiscus.data.bucketed_batches import BucketedBatches


def texts(count=230, steps=40):
    lengths = np.random.default_rng(0).integers(0, steps + 1, count)
    tokens = np.where(np.arange(steps) < lengths[:, None], 7, 0).astype(np.int32)
    return torch.from_numpy(tokens), lengths


def source(seed=0, batch_size=10, count=230):
    tokens, _ = texts(count)
    fields = {"text": tokens, "number": torch.arange(count)}
    return BucketedBatches(fields, np.arange(count), batch_size, seed, BatchBuilder({}, torch.device("cpu")))


def test_every_item_once_in_each_epoch():
    batches = source(count=235)
    for _ in range(2):
        seen = torch.cat([batches.next()["number"] for _ in range(batches.batches_per_epoch)])
        assert sorted(seen.tolist()) == list(range(235))


def test_little_padding():
    batches = source()
    bucketed = sum(batches.next()["text"].numel() for _ in range(batches.batches_per_epoch))
    tokens, lengths = texts()
    assert bucketed < 1.15 * lengths.sum() < 0.75 * tokens.numel()


def test_restored_position_gives_the_same_batches():
    first, second = source(), source()
    for _ in range(30):
        first.next()
    second.restore(first.position())
    for _ in range(30):
        assert torch.equal(first.next()["number"], second.next()["number"])
    assert not torch.equal(source(1).next()["number"], source(0).next()["number"])


def test_batches_are_not_in_order_of_length():
    batches = source()
    longest = [batches.next()["text"].shape[1] for _ in range(batches.batches_per_epoch)]
    assert longest != sorted(longest)


def test_trimmed():
    tokens = torch.tensor([[4, 5, 0, 0], [6, 0, 0, 0]], dtype=torch.int32)
    assert trimmed(tokens).tolist() == [[4, 5], [6, 0]]
    assert trimmed(tokens).dtype == torch.int64
    assert trimmed(torch.zeros(2, 3, dtype=torch.int32)).shape == (2, 1)
