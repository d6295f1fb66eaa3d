"""Two image domains: folders, two data sets side by side, their parts and their batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from data import make_files as make
from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.data.sources import UnpairedBatches
from hibiscus.data.unpaired import bring_to_shape, check_domains, domain_folders
from hibiscus.errors import ConfigError, DataError
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare import fit_preparation, prepare_parts
from hibiscus.sharding import Shard

CYCLEGAN = get_method("cyclegan")


def folder(root, names, count=3, **options):
    for place, name in enumerate(names):
        for i in range(count + place):
            make.image(root / name / f"{i}.png", 100 * place + i, **options)
    return root


def arrays(path, count, side, channels=1, first=0, labels=True):
    x = (
        (np.arange(count * side * side * channels) * 7 + first)
        .astype(np.uint8)
        .reshape(count, side, side, channels)
    )
    np.savez(path, x=x, **({"y": np.arange(count) % 2} if labels else {}))
    return path


def prepared(dataset, **options):
    chosen = DataConfig(**options)
    parts = prepare_parts(dataset, chosen, CYCLEGAN)
    return PreparedData(dataset, fit_preparation(dataset, parts["train"], CYCLEGAN, chosen), parts)


@pytest.mark.parametrize(
    "names", [("trainA", "trainB", "testA", "testB"), ("train_a", "train-B", "test A", "TESTB")]
)
def test_a_folder_of_parts_and_domains(tmp_path, names):
    data = open_data(folder(tmp_path / "looks", names))
    assert data.fields["domain"].tolist().count("A") == 3 + 5
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 7, "test": 11}
    assert all((data.fields["domain"][i] == "A") == ("a/" in data.ids[i].lower()) for i in range(len(data)))
    assert "domains: A 8, B 10" in repr(data)


def test_other_folders_are_no_domains(tmp_path):
    assert domain_folders(folder(tmp_path / "one", ("trainA", "testB"))) == {}
    assert domain_folders(folder(tmp_path / "classes", ("training", "brainB"))) == {}
    assert "label" in open_data(tmp_path / "one").fields


def test_a_folder_of_two_folders_has_two_domains(tmp_path):
    data = prepared(open_data(folder(tmp_path / "pets", ("horses", "zebras"), 40)))
    assert data.preparation["domain"].names == ("horses", "zebras")
    for part in ("train", "val", "test"):
        assert all(len(data.of_domain(part, domain)) for domain in (0, 1))


@pytest.mark.parametrize("names", [("one",), ("one", "two", "three")])
def test_other_than_two_domains_are_refused(tmp_path, names):
    data = open_data(folder(tmp_path / "pets", names, 20))
    with pytest.raises(DataError, match=f"{len(names)} classes or domains") as caught:
        prepared(data)
    assert "target_domain=" in caught.value.fix
    with pytest.raises(DataError):
        check_domains("x", np.array(["a", "b", "c"]))


def test_two_data_sets_side_by_side(tmp_path):
    small, large = arrays(tmp_path / "small.npz", 6, 5), arrays(tmp_path / "large.npz", 4, 9, channels=3)
    data = open_data(small, target_domain=large)
    assert data.fields["image"].shape == (10, 9, 9, 3)
    assert data.fields["domain"].tolist() == ["small"] * 6 + ["large"] * 4
    assert data.fields["label"].tolist() == ["0", "1"] * 5
    assert np.array_equal(data.fields["image"][6:], np.load(large)["x"])
    assert np.ptp(data.fields["image"][:6], axis=3).max() == 0  # grey, three times
    assert data.fingerprint != open_data(large, target_domain=small).fingerprint
    assert "resized to 9x9, RGB" in data.notes[0]
    assert len(set(data.ids)) == 10


def test_the_first_is_a_whatever_its_name(tmp_path):
    for first, second in (("a", "b"), ("b", "a")):
        data = open_data(
            arrays(tmp_path / f"{first}.npz", 60, 5),
            target_domain=arrays(tmp_path / f"{second}.npz", 60, 5, first=3),
        )
        assert prepared(data).preparation["domain"].names == (first, second)


def test_size_and_channels_may_be_asked_for(tmp_path):
    paths = arrays(tmp_path / "small.npz", 6, 5), arrays(tmp_path / "large.npz", 4, 9, channels=3)
    assert open_data(paths[0], target_domain=paths[1], image_size=7, channels=1).fields["image"].shape == (
        10,
        7,
        7,
        1,
    )


def test_labels_of_other_classes_are_left_out(tmp_path):
    first, second = arrays(tmp_path / "a.npz", 6, 5), arrays(tmp_path / "b.npz", 6, 5, labels=False)
    assert "label" not in open_data(first, target_domain=second).fields
    np.savez(second, x=np.zeros((6, 5, 5), np.uint8), y=np.arange(6))
    assert "label" not in open_data(first, target_domain=second).fields


def test_what_is_no_image_and_methods_of_one_domain_are_refused(tmp_path):
    images = arrays(tmp_path / "a.npz", 6, 5)
    with pytest.raises(DataError, match=r"iris: it holds .*table"):
        open_data(images, target_domain="iris")
    with pytest.raises(ConfigError, match="target_domain=b"):
        prepare_parts(open_data(images), DataConfig(target_domain="b"), get_method("dcgan"))


def test_each_domain_gets_the_parts_that_it_lacks(tmp_path):
    """One came with a test part, the other whole."""
    x = np.random.default_rng(0).integers(0, 256, (80, 5, 5), np.uint8)
    np.savez(tmp_path / "a.npz", x_train=x[:60], x_test=x[60:])
    np.savez(tmp_path / "b.npz", x=np.random.default_rng(1).integers(0, 256, (200, 5, 5), np.uint8))
    data = prepared(open_data(tmp_path / "a.npz", target_domain=tmp_path / "b.npz"))
    assert data.of_domain("test", 0).tolist() == list(range(60, 80))
    assert 15 <= len(data.of_domain("test", 1)) <= 50
    assert sum(map(len, data.parts.values())) == 280
    assert all(len(data.of_domain("val", domain)) for domain in (0, 1))


def test_shapes():
    image = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    assert bring_to_shape(image, (4, 4, 3)) is image
    assert bring_to_shape(image, (4, 4, 1)).shape == (1, 4, 4, 1)
    flat = np.full((2, 4, 6, 1), 77, np.uint8)
    assert np.array_equal(bring_to_shape(flat, (8, 8, 3)), np.full((2, 8, 8, 3), 77))


def batches(count=(7, 10), batch_size=3, seed=0, share=(0, 1)):
    images = torch.arange(sum(count), dtype=torch.float32)
    members = [np.arange(count[0]), np.arange(count[0], sum(count))]
    return UnpairedBatches(images, members, batch_size, seed, lambda x, change: x, share=share)


def test_every_image_of_a_domain_is_seen_once_in_a_pass_and_in_another_order_in_the_next():
    source = batches()
    assert source.batches_per_epoch == 3
    seen = {name: [] for name in "ab"}
    for _ in range(70):
        batch = source.next()
        for name in "ab":
            assert len(batch[name]) == 3
            seen[name] += batch[name].int().tolist()
    for name, items in (("a", range(7)), ("b", range(7, 17))):
        size = len(items)
        passes = [seen[name][start : start + size] for start in range(0, 210 - size, size)]
        assert all(sorted(one) == list(items) for one in passes)
        assert passes[0] != passes[1]


def test_the_two_are_not_paired():
    source = UnpairedBatches(torch.arange(20), [np.arange(10), np.arange(10, 20)], 10, 0, lambda x, change: x)
    assert not torch.equal(source.next().a + 10, source.next().b)


@pytest.mark.parametrize("stop", [0, 1, 4, 23])
def test_a_restored_source_goes_on_alike(stop):
    source, other = batches(), batches()
    for _ in range(stop):
        source.next()
    other.restore(source.position())
    for _ in range(9):
        one, two = source.next(), other.next()
        assert all(torch.equal(one[name], two[name]) for name in "ab")


def test_seeds_and_sizes():
    assert not torch.equal(batches(seed=1).next().a, batches(seed=2).next().a)
    assert batches(batch_size=1000).next().size == 7
    assert batches(count=(1, 1), batch_size=5).next().b.tolist() == [1]


def test_processes_take_slices_of_one_batch():
    whole = batches(batch_size=5)
    parts = [batches(batch_size=5, share=(rank, 2)) for rank in (0, 1)]
    for _ in range(6):
        expected, found = whole.next(), [part.next() for part in parts]
        assert [one.shard for one in found] == [Shard(0, 2, 5, 2), Shard(2, 3, 5, 2)]
        for name in "ab":
            assert torch.equal(torch.cat([one[name] for one in found]), expected[name])


def test_changes_are_another_for_each_domain_and_the_same_again():
    data = prepared(open_data("digits-inverted"))
    from hibiscus.data.images.augment import Augment

    one, two = (data.domains("train", 20, 0, Augment(crop=2)).next() for _ in range(2))
    plain = data.domains("train", 20, 0).next()
    assert torch.equal(one.a, two.a)
    assert not torch.equal(one.a, plain.a)
