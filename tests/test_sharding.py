"""Shards: rows, random numbers and sums of a whole batch of which each process holds a part."""

from __future__ import annotations

import threading

import pytest
import torch
import torch.distributed as dist

from hibiscus import sharding
from hibiscus.losses import (
    cross_entropy,
    dice,
    gradient_penalty,
    invariant_information,
    multibox,
    pixel_cross_entropy,
)
from hibiscus.networks.dropout import Dropout2d, dropout
from hibiscus.networks.progan import minibatch_deviation
from hibiscus.sharding import Shard, gather_rows, global_rows, local_rows, shard_of, sharded, sum_over_shards


class Exchange:
    """A stand-in for the process group: threads that add their tensors."""

    def __init__(self, processes: int):
        self.barrier, self.values = threading.Barrier(processes), []

    def all_reduce(self, values: torch.Tensor) -> None:
        self.barrier.wait()
        self.values.append(values.clone())
        self.barrier.wait()
        total = torch.stack(self.values).sum(0)
        self.barrier.wait()
        self.values.clear()
        values.copy_(total)
        self.barrier.wait()


def in_processes(monkeypatch, total: int, processes: int, work) -> list:
    """The results of `work(first, last)` in each of several processes, for its shard of a batch."""
    exchange, stacks, results = Exchange(processes), threading.local(), [None] * processes
    monkeypatch.setattr(dist, "all_reduce", exchange.all_reduce)

    class Current(list):  # one stack per thread, as each process has its own
        def __getitem__(self, index):
            return stacks.shard

    monkeypatch.setattr(sharding, "_current", Current())

    def process(rank: int) -> None:
        stacks.shard = shard_of(total, rank, processes)
        results[rank] = work(stacks.shard.first, stacks.shard.first + stacks.shard.size)

    threads = [threading.Thread(target=process, args=(rank,)) for rank in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    monkeypatch.undo()
    return results


def test_a_batch_is_divided_into_shards_that_differ_by_one_item_at_most():
    shards = [shard_of(7, rank, 3) for rank in range(3)]
    assert shards == [Shard(0, 2, 7, 3), Shard(2, 2, 7, 3), Shard(4, 3, 7, 3)]
    assert sum(shard.weight for shard in shards) == pytest.approx(3)
    assert shard_of(2, 0, 3) is None
    assert shard_of(7, 0, 1) is None


def test_a_whole_batch_is_left_alone():
    x = torch.rand(4, 3)
    assert global_rows(4) == 4
    assert local_rows(x) is gather_rows(x) is sum_over_shards(x)[0] is x


def test_rows_of_several_sets_of_the_items_are_taken_from_each():
    with sharded(Shard(2, 3, 7, 2)):
        assert global_rows(6) == 14  # real and generated images in one batch
        assert local_rows(torch.arange(14)).tolist() == [2, 3, 4, 9, 10, 11]
        assert local_rows(torch.arange(14).view(1, 14), axis=1).tolist() == [[2, 3, 4, 9, 10, 11]]
    assert global_rows(6) == 6


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_dropout_of_a_shard_is_that_of_the_whole_batch(layout):
    x = torch.rand(7, 3, 5, 2).contiguous(memory_format=layout)
    for layer in (lambda x: dropout(x, 0.4), Dropout2d(0.4)):
        torch.manual_seed(1)
        expected = layer(x)
        with sharded(Shard(2, 3, 7, 2)):
            torch.manual_seed(1)
            assert torch.equal(layer(x[2:5]), expected[2:5])


def random_losses():
    """Losses that depend on all items of a batch, by name, as functions of outputs and a slice of items."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0, 1, 1, 1, 2])
    masks = torch.randint(0, 4, (5, 4, 4), generator=generator).where(torch.arange(5)[:, None, None] > 1, 255)
    anchors = torch.randint(0, 3, (5, 8), generator=generator) * (torch.arange(5)[:, None] < 3)
    offsets, views = torch.randn(5, 8, 4, generator=generator), torch.randn(5, 6, generator=generator)
    weights = torch.tensor([1.0, 2.0, 5.0, 1.0])
    return {
        "weighted": ((5, 4), lambda x, i: cross_entropy(x, labels[i], class_weights=weights)),
        "pixels": ((5, 4, 4, 4), lambda x, i: pixel_cross_entropy(x, masks[i], weights)),
        "dice": ((5, 4, 4, 4), lambda x, i: dice(x, masks[i])),
        "boxes": ((5, 8, 7), lambda x, i: multibox(x[..., :3], x[..., 3:], anchors[i], offsets[i])),
        "iic": ((5, 6), lambda x, i: invariant_information(x.softmax(1), views[i].softmax(1))),
        "deviation": ((5, 3, 2, 2), lambda x, i: minibatch_deviation(x)[:, 3].square().mean()),
    }


@pytest.mark.parametrize("name", random_losses())
def test_a_loss_over_shards_has_the_value_and_the_gradient_of_the_whole_batch(name, monkeypatch):
    shape, loss = random_losses()[name]
    outputs = torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float32)
    whole = outputs.clone().requires_grad_()
    expected = loss(whole, slice(0, 5))
    expected.backward()

    def process(first: int, last: int) -> tuple[torch.Tensor, torch.Tensor]:
        own = outputs[first:last].clone().requires_grad_()
        value = loss(own, slice(first, last)) * ((last - first) * 2 / 5)  # its weight in the mean of both
        value.backward()
        return value.detach(), own.grad / 2

    results = in_processes(monkeypatch, 5, 2, process)
    torch.testing.assert_close(sum(value for value, _ in results) / 2, expected.detach())
    torch.testing.assert_close(torch.cat([gradient for _, gradient in results]), whole.grad)


def test_a_gradient_penalty_over_shards_is_that_of_the_whole_batch(monkeypatch):
    images = torch.randn(8, 3, 2, 2, generator=torch.Generator().manual_seed(0))

    def gradient(first: int, last: int) -> torch.Tensor:
        factor = torch.full((4, 1, 1), 0.7, requires_grad=True)
        critic = lambda x: (factor * minibatch_deviation(x**3)).square().flatten(1).sum(1)  # noqa: E731
        real, mix = images[first:last], torch.full((last - first, 1, 1, 1), 0.3)
        loss = gradient_penalty(critic, real, real.flip(1), mix) * (last - first)
        return torch.autograd.grad(loss, factor)[0]

    parts = in_processes(monkeypatch, 8, 2, gradient)
    torch.testing.assert_close(sum(parts), gradient(0, 8))
