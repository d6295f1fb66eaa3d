import torch

from hibiscus.networks.sequence_pooling import (
    at_least,
    pool_steps,
    reverse_steps,
    token_lengths,
    valid_steps,
)


def test_lengths_end_at_the_last_token_and_are_at_least_one():
    tokens = torch.tensor([[4, 5, 0, 0], [4, 0, 5, 0], [0, 0, 0, 0], [1, 2, 3, 4]])
    assert token_lengths(tokens).tolist() == [2, 3, 1, 4]
    assert valid_steps(torch.tensor([1, 3]), 3).tolist() == [[True, False, False], [True, True, True]]


def test_at_least_pads_at_the_end():
    assert at_least(torch.tensor([[7]]), 3).tolist() == [[7, 0, 0]]
    assert at_least(torch.zeros(2, 0, dtype=torch.int64), 1).shape == (2, 1)
    assert at_least(torch.ones(2, 4), 3).shape == (2, 4)


def test_each_sequence_is_reversed_within_its_length():
    x = torch.tensor([[1.0, 2, 3, 9], [1, 2, 3, 4]])[:, :, None]
    assert reverse_steps(x, torch.tensor([3, 4]))[:, :, 0].tolist() == [[3, 2, 1, 9], [4, 3, 2, 1]]


def test_pools_by_hand():
    states = torch.tensor([[[1.0, -4], [3, -2], [8, 9]], [[1, 1], [2, 2], [3, 6]]])
    lengths = torch.tensor([2, 3])
    assert pool_steps(states, lengths, "last").tolist() == [[3, -2], [3, 6]]
    assert pool_steps(states, lengths, "max").tolist() == [[3, -2], [3, 6]]
    assert pool_steps(states, lengths, "mean").tolist() == [[2, -3], [2, 3]]
