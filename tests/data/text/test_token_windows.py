import numpy as np
import pytest
import torch

from hibiscus.data.text.token_windows import TokenWindows, join_tokens
from hibiscus.errors import DataError

CPU = torch.device("cpu")


def test_texts_are_joined():
    assert join_tokens([[5, 6], [7]], continuous=True).tolist() == [5, 6, 7]
    assert join_tokens([[5, 6], [], [7]], continuous=False).tolist() == [5, 6, 3, 3, 7, 3]
    assert join_tokens([], continuous=True).tolist() == []


def epoch(source):
    return [source.next().tokens for _ in range(source.batches_per_epoch)]


@pytest.mark.parametrize("tokens", [2, 5, 11, 12, 13, 100, 1003])
def test_an_epoch_predicts_each_token_at_most_once(tokens):
    source = TokenWindows(torch.arange(tokens), 10, 4, 0, CPU)
    length = min(10, tokens - 1)
    for _ in range(3):
        windows = torch.cat(epoch(source))
        assert windows.shape[1] == length + 1
        assert torch.equal(windows[:, 1:] - windows[:, :-1], torch.ones_like(windows[:, 1:]))
        targets = windows[:, 1:].flatten().tolist()
        assert len(set(targets)) == len(targets)
        assert len(targets) > tokens - 1 - 2 * length


def test_epochs_differ_and_a_position_is_restored():
    source = TokenWindows(torch.arange(500), 10, 4, 3, CPU)
    first, second = epoch(source), epoch(source)
    assert not torch.equal(first[0], second[0])
    assert {int(window[0]) % 10 for window in torch.cat(first)} != {
        int(window[0]) % 10 for window in torch.cat(second)
    }
    position = source.position()
    third = epoch(source)
    other = TokenWindows(torch.arange(500), 10, 4, 3, CPU)
    other.restore(position)
    assert all(torch.equal(one, two) for one, two in zip(third, epoch(other), strict=True))


def test_processes_share_a_batch():
    whole = TokenWindows(torch.arange(500), 10, 4, 3, CPU)
    shards = [TokenWindows(torch.arange(500), 10, 4, 3, CPU, (rank, 2)) for rank in (0, 1)]
    for _ in range(15):
        batch, parts = whole.next(), [shard.next() for shard in shards]
        assert torch.equal(
            torch.cat([part.tokens for part in parts if part.shard is not None] or [parts[0].tokens]),
            batch.tokens,
        )


def test_a_text_of_one_token_is_refused():
    with pytest.raises(DataError, match="1 tokens"):
        TokenWindows(torch.from_numpy(np.array([4])), 10, 4, 0, CPU)
