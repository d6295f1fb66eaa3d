import numpy as np
import pytest
import torch

from hibiscus.data.batches import BatchBuilder, Normalize, PairBatchBuilder, as_tensor, iterate
from hibiscus.data.images.augment import Augment
from hibiscus.data.sources import ShuffledBatches

CPU = torch.device("cpu")
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (23, 6, 5, 3), dtype=np.uint8)
FIELDS = {"image": as_tensor(PIXELS), "label": torch.arange(23)}
MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.3, 0.1]


FINISH = Normalize(MEAN, STD, CPU)


def finisher():
    return BatchBuilder({"image": FINISH}, CPU)


def source(seed=3, items=None, augment=None, batch_size=5):
    return ShuffledBatches(
        FIELDS, np.arange(23) if items is None else items, batch_size, seed, finisher(), augment
    )


def drawn(batches, count):
    return [batches.next() for _ in range(count)]


def same(left, right):
    return all(
        torch.equal(a.image, b.image) and torch.equal(a.label, b.label)
        for a, b in zip(left, right, strict=True)
    )


def test_every_item_once_an_epoch_in_a_new_order():
    batches = source()
    assert batches.batches_per_epoch == 5
    epochs = [torch.cat([batch.label for batch in drawn(batches, 5)]) for _ in range(3)]
    assert all(torch.equal(epoch.sort().values, torch.arange(23)) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])


def test_a_pair_is_a_image_and_its_changed_copy():
    def pairs(augment):
        made = BatchBuilder({"image": FINISH}, CPU)
        return ShuffledBatches(
            {"image": FIELDS["image"]}, np.arange(23), 5, 3, PairBatchBuilder(made), augment
        )

    first, second = pairs(Augment(brightness=0.5)), source()
    for _ in range(7):
        pair = first.next()
        assert set(pair) == {"image", "transformed"}
        assert torch.equal(pair["image"], second.next().image)
        assert not torch.equal(pair["image"], pair["transformed"])
    again = pairs(Augment(brightness=0.5))
    again.restore(first.position())
    assert torch.equal(again.next()["transformed"], first.next()["transformed"])
    still = pairs(Augment()).next()
    assert torch.equal(still["image"], still["transformed"])


def test_the_last_batch_is_short():
    assert [len(batch.label) for batch in drawn(source(), 6)] == [5, 5, 5, 5, 3, 5]


def test_only_its_own_items():
    items = np.array([20, 3, 7])
    assert {int(i) for batch in drawn(source(items=items), 9) for i in batch.label} == {3, 7, 20}


@pytest.mark.parametrize("augment", [None, Augment(flip=True, translate=0.3, rotation=20, brightness=0.2)])
def test_same_seed_same_batches(augment):
    assert same(drawn(source(augment=augment), 12), drawn(source(augment=augment), 12))
    assert not same(drawn(source(augment=augment), 12), drawn(source(seed=4, augment=augment), 12))


@pytest.mark.parametrize("taken", [0, 1, 4, 5, 7, 10])
def test_a_restored_source_goes_on_exactly(taken):
    augment = Augment(flip=True, crop=2, contrast=0.3)
    first, second = source(augment=augment), source(augment=augment)
    drawn(first, taken)
    second.restore(first.position())
    assert same(drawn(first, 9), drawn(second, 9))


def test_augmentation_only_where_it_is_asked_for():
    for augment in (None, Augment()):
        batch = source(augment=augment).next()
        assert torch.equal(batch.image, FINISH(as_tensor(PIXELS[batch.label.numpy()])))
    batch = source(augment=Augment(brightness=1.0)).next()
    assert not torch.equal(batch.image, FINISH(as_tensor(PIXELS[batch.label.numpy()])))


def test_the_data_are_never_changed():
    before = PIXELS.copy()
    drawn(source(augment=Augment(flip=True, cutout=3, brightness=0.5)), 20)
    assert np.array_equal(PIXELS, before)


@pytest.mark.parametrize("augment", [None, lambda x: x])
def test_standardized_against_numpy(augment):
    finished = FINISH(as_tensor(PIXELS), augment)
    assert finished.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(
        finished.numpy(), ((PIXELS / 255 - MEAN) / STD).transpose(0, 3, 1, 2), atol=1e-5
    )


def test_augmentation_sees_images_in_the_unit_interval():
    seen = []
    FINISH(as_tensor(PIXELS), lambda x: seen.append(x.clone()) or x)
    np.testing.assert_allclose(seen[0].numpy(), PIXELS.transpose(0, 3, 1, 2) / 255, atol=1e-6)


def test_walk_gives_all_items_in_order():
    finish = finisher()
    batches = list(iterate(FIELDS, np.array([5, 1, 22]), finish, batch_size=2))
    assert [batch.label.tolist() for batch in batches] == [[5, 1], [22]]
    np.testing.assert_allclose(batches[1].image[0, 2], (PIXELS[22, :, :, 2] / 255 - 0.3) / 0.1, atol=1e-5)
    assert list(iterate(FIELDS, np.array([], np.int64), finish)) == []


def test_a_memory_map_stays_on_the_disk(tmp_path):
    np.save(tmp_path / "pixels.npy", PIXELS)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="c")
    assert as_tensor(mapped).data_ptr() == mapped.ctypes.data


def test_a_read_only_array_is_copied_without_a_warning():
    fixed = PIXELS.copy()
    fixed.flags.writeable = False
    assert torch.equal(as_tensor(fixed), as_tensor(PIXELS))


def test_a_batch_larger_than_the_data():
    assert len(source(batch_size=100).next().label) == 23


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [(21, 5, [5, 5, 5, 6]), (11, 10, [11]), (1, 5, [1]), (3, 1, [1, 1, 1]), (20, 5, [5] * 4)],
)
def test_a_last_batch_of_one_joins_the_one_before(count, size, expected):
    batches = source(items=np.arange(count), batch_size=size)
    assert batches.batches_per_epoch == len(expected)
    assert [len(batch.label) for batch in drawn(batches, len(expected))] == expected
    assert len(batches.next().label) == expected[0]
