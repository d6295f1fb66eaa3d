"""The pool of images made in earlier rounds."""

from __future__ import annotations

import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.methods.gan.image_pool import ImagePool


def shown(pool, first, count):
    made = torch.arange(first, first + count, dtype=torch.float32).view(-1, 1, 1, 1)
    return pool.exchange(Batch(a=made), made).flatten().int().tolist()


def test_at_first_every_image_comes_back_and_is_kept():
    torch.manual_seed(0)
    pool = ImagePool(12, (1, 1, 1))
    assert shown(pool, 1, 4) == [1, 2, 3, 4]
    assert sorted(pool.images.flatten().int().tolist())[-4:] == [1, 2, 3, 4]
    assert pool.filled.sum() == 4


def test_later_half_of_the_images_are_older_ones_and_none_is_lost():
    torch.manual_seed(0)
    pool, old, given = ImagePool(12, (1, 1, 1)), 0, []
    for number in range(200):
        back = shown(pool, 1 + 4 * number, 4)
        given += back
        old += sum(value <= 4 * number for value in back) if number >= 20 else 0
    assert old / (180 * 4) == pytest.approx(0.5, abs=0.06)
    assert pool.filled.all()
    again = [value for value in given if given.count(value) == 2]
    assert len(set(again)) == 12  # shown when they filled the pool, and once more when they left it
    assert max(given.count(value) for value in given) <= 2
    assert not set(pool.images.flatten().int().tolist()) - set(range(1, 801))


@pytest.mark.parametrize(("size", "count"), [(0, 4), (3, 8), (50, 32), (50, 50), (50, 64), (7, 1)])
def test_any_size_of_batch(size, count):
    torch.manual_seed(1)
    pool = ImagePool(size, (1, 1, 1))
    for number in range(30):
        back = shown(pool, 1 + number * count, count)
        assert len(back) == count
        assert min(back) >= 1  # an empty slot is never shown
        assert back[size:] == list(range(1 + number * count, 1 + (number + 1) * count))[size:]


def test_its_images_are_saved_and_decide():
    pool, again = ImagePool(6, (1, 1, 1)), ImagePool(6, (1, 1, 1))
    for number in range(9):
        shown(pool, 10 * number, 3)
    again.load_state_dict(pool.state_dict())
    for number in range(9, 20):
        torch.manual_seed(number)
        one = shown(pool, 10 * number, 3)
        torch.manual_seed(number)
        assert one == shown(again, 10 * number, 3)
    assert not list(pool.parameters())
