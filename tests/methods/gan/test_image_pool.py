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
    assert pool.images.flatten().int().tolist()[:4] == [1, 2, 3, 4]
    assert pool.filled.sum() == 4


def one_after_another(pool, new, draws):
    """The pool of Zhu et al. as they describe it, one image at a time; `pool` is a list of numbers."""
    returned = []
    for value, (decides, place) in zip(new, draws, strict=True):
        slot = int(place * SIZE)
        if len(pool) < SIZE:
            pool.append(value)
        elif decides < 0.5:
            value, pool[slot] = pool[slot], value
        returned.append(value)
    return returned


SIZE = 50


@pytest.mark.parametrize("count", [1, 32, 50, 64])
def test_it_is_the_pool_of_the_paper_and_fills_all_slots(count):
    pool, expected = ImagePool(SIZE, (1, 1, 1)), []
    for number in range(40):
        torch.manual_seed(number)
        draws = torch.rand(count, 2).tolist()
        torch.manual_seed(number)
        first = 1 + number * count
        returned = shown(pool, first, count)
        assert returned == one_after_another(expected, range(first, first + count), draws), number
        stored = pool.images.flatten().int().tolist()
        assert stored[: len(expected)] == expected
        assert pool.filled.sum() == min(SIZE, (number + 1) * count)


def test_older_images_are_as_old_as_those_of_the_paper():
    torch.manual_seed(0)
    pool, ages = ImagePool(SIZE, (1, 1, 1)), []
    for number in range(400):
        back = shown(pool, 1 + 32 * number, 32)
        ages += [number - (value - 1) // 32 for value in back if number >= 40]
    old = [age for age in ages if age]
    assert len(old) / len(ages) == pytest.approx(0.43, abs=0.02), "half, some of them from the same batch"
    survives = (1 - 0.5 / SIZE) ** 32  # probability that an image is still in the pool a round later
    assert sum(old) / len(old) == pytest.approx(1 / (1 - survives), rel=0.05)


def test_slots_that_are_empty_anywhere_are_filled_first():
    pool = ImagePool(6, (1, 1, 1))
    pool.filled[[0, 3]] = True
    pool.images[[0, 3]] = 9.0
    assert shown(pool, 1, 4) == [1, 2, 3, 4]
    assert pool.images.flatten().int().tolist() == [9, 1, 2, 9, 3, 4]


def test_without_a_pool_every_image_comes_back():
    assert shown(ImagePool(0, (1, 1, 1)), 1, 4) == [1, 2, 3, 4]


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
