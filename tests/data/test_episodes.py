"""Episodes: what they hold, that they come back exactly, that turned classes are turned whole."""

import numpy as np
import pytest
import torch

from hibiscus.data.batches import BatchBuilder, Normalize, as_tensor
from hibiscus.data.episodes import EpisodePlan, Episodes, usable_classes
from hibiscus.data.images.augment import Augment
from hibiscus.errors import DataError

CPU = torch.device("cpu")
LABEL = np.repeat(np.arange(6), 5)
PIXELS = (
    np.arange(30, dtype=np.uint8)[:, None, None, None].repeat(4, 1).repeat(4, 2).copy()
)  # each image is its own number
PIXELS[:, 0, 0] += 100  # a mark in the corner shows how it was turned


def finisher():
    return BatchBuilder({"image": Normalize([0.0], [1 / 255], CPU)}, CPU)


def episodes(plan, seed=3, augment=None):
    return Episodes(as_tensor(PIXELS), usable_classes(LABEL, plan, "data"), plan, seed, finisher(), augment)


def items(batch):
    return batch.image[:, 0, 1, 1].round().long().numpy()  # the mark is in a corner, never here


def test_an_episode_holds_way_classes_of_different_items():
    plan = EpisodePlan(way=3, shot=1, queries=2, per_epoch=4)
    source = episodes(plan)
    assert source.batches_per_epoch == 4
    for _ in range(9):
        batch = source.next()
        chosen = items(batch).reshape(3, 3)
        assert batch.label.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert all(len(set(LABEL[row])) == 1 and len(set(row)) == 3 for row in chosen)
        assert len(set(LABEL[chosen[:, 0]])) == 3


def test_all_classes_and_items_come():
    source = episodes(EpisodePlan(2, 1, 1))
    assert set(np.concatenate([items(source.next()) for _ in range(300)])) == set(range(30))


@pytest.mark.parametrize("augment", [None, Augment(rotation=10, translate=0.3)])
@pytest.mark.parametrize("taken", [0, 1, 4, 5, 9])
def test_a_restored_source_goes_on_exactly(taken, augment):
    plan = EpisodePlan(3, 1, 2, per_epoch=4, turned=True)
    source = episodes(plan, augment=augment)
    for _ in range(taken):
        source.next()
    other = episodes(plan, augment=augment)
    other.restore(source.position())
    for _ in range(6):
        first, second = source.next(), other.next()
        assert torch.equal(first.image, second.image)


def test_another_seed_other_episodes():
    plan = EpisodePlan(3, 1, 2)
    assert not torch.equal(episodes(plan).next().image, episodes(plan, seed=4).next().image)


def test_turned_classes_are_turned_whole_and_all_ways():
    source, seen = episodes(EpisodePlan(8, 1, 2, turned=True)), set()
    for _ in range(10):
        image = source.next().image.view(8, 3, 4, 4)
        for row in image:
            corners = torch.stack([row[:, 0, 0], row[:, 3, 0], row[:, 3, 3], row[:, 0, 3]], 1) >= 100
            assert (corners.sum(1) == 1).all()
            assert len(set(corners.int().argmax(1).tolist())) == 1
            seen.add(int(corners.int().argmax(1)[0]))
    assert seen == {0, 1, 2, 3}


def test_classes_with_too_few_items_are_left_out_and_too_few_classes_told():
    label = np.array([0] * 5 + [1] * 2 + [2] * 5)
    assert [list(places) for places in usable_classes(label, EpisodePlan(2, 1, 3), "data")] == [
        list(range(5)),
        list(range(7, 12)),
    ]
    with pytest.raises(
        DataError, match="data: the training part: 3 classes, 2 of which have at least 4 items"
    ) as caught:
        usable_classes(label, EpisodePlan(3, 1, 3), "data: the training part")
    assert caught.value.expected == "3 such classes"
    assert "way" in caught.value.fix
    assert len(usable_classes(label, EpisodePlan(8, 1, 3, turned=True), "data")) == 2
