"""A value means the same in every order of the files, and in every part: images, masks, arrays, in memory."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.runs.prepare import prepare_parts

COUNT = 12
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
orders = st.permutations(range(COUNT))


def picture(index, kind):
    """One image of a set; `deep` and `float` need one white level for all."""
    rng = np.random.default_rng(index)
    if kind == "deep":
        return Image.fromarray(rng.integers(0, 300 * (index + 1), (8, 8)).astype(np.uint16))
    if kind == "float":
        return Image.fromarray((rng.random((8, 8)) * (index + 0.5)).astype(np.float32))
    if kind == "mixed" and index % 5:
        return Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8))
    return Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))


def ending(kind):
    return ".tif" if kind in ("deep", "float") else ".png"


def by_content(data, fields):
    """The values of each item by its key."""
    return {
        int(key): [np.asarray(data.fields[name][i]).tolist() for name in fields]
        for i, key in enumerate(data.keys)
    }


@quick
@given(order=orders, kind=st.sampled_from(["deep", "float", "mixed", "color"]))
def test_names_and_order_of_image_files(tmp_path_factory, order, kind):
    root = tmp_path_factory.mktemp("images")
    for name, places in (("first", range(COUNT)), ("second", order)):
        for place, index in enumerate(places):
            file = root / name / "ab"[index % 2] / f"{place:02}{ending(kind)}"
            file.parent.mkdir(parents=True, exist_ok=True)
            picture(index, kind).save(file)
    first, second = open_data(root / "first"), open_data(root / "second")
    assert by_content(first, ["image", "label"]) == by_content(second, ["image", "label"])
    parts = [
        {int(data.keys[i]): part for part, items in prepare_parts(data, DataConfig()).items() for i in items}
        for data in (first, second)
    ]
    assert parts[0] == parts[1]


@quick
@given(
    cut=st.sets(st.integers(0, COUNT - 1), min_size=2, max_size=COUNT - 2),
    kind=st.sampled_from(["mixed", "deep"]),
)
def test_images_of_a_second_folder_are_read_as_those_of_the_first(tmp_path_factory, cut, kind):
    """The test part is read with the size, colors and white level of the training part."""
    root = tmp_path_factory.mktemp("images")
    for index in range(COUNT):
        for place in ("train", "test") if index in cut else ("train",):
            file = root / place / "ab"[index % 2] / f"{index}{ending(kind)}"
            file.parent.mkdir(parents=True, exist_ok=True)
            picture(index, kind).save(file)
    data = open_data(root / "train", test_data=root / "test")
    train, test = (by_content_of(data, data.parts[part]) for part in ("train", "test"))
    assert all(train[key] == pixels for key, pixels in test.items())


def by_content_of(data, items):
    return {int(data.keys[i]): data.fields["image"][i].tolist() for i in items}


def masks_of(values, kind, seed):
    """A mask with areas of these values, some with antialiased edges, in one of several forms."""
    rng = np.random.default_rng(seed)
    mask = np.array(values)[np.sort(rng.integers(0, len(values), 16))]
    mask = np.repeat(mask[None], 16, 0).astype(np.uint8)
    if kind == "palette":
        image = Image.fromarray(mask, "P")
        image.putpalette([part for index in range(256) for part in (index, 255 - index, 7 * index % 256)])
        return image
    if kind == "color":
        return Image.fromarray(np.stack([mask, 255 - mask, mask // 2], -1))
    return Image.fromarray(mask)


@quick
@given(
    order=orders,
    values=st.sampled_from([(0, 1, 2), (0, 1, 255), (0, 255), (0, 85, 170, 255), (3, 9)]),
    kind=st.sampled_from(["gray", "palette", "color"]),
)
def test_names_and_order_of_masks(tmp_path_factory, order, values, kind):
    root = tmp_path_factory.mktemp("masks")
    for name, places in (("first", range(COUNT)), ("second", order)):
        for place, index in enumerate(places):
            for folder, image in (("images", picture(index, "color").resize((16, 16))), ("masks", None)):
                file = root / name / folder / f"{place:02}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                (image or masks_of(values, kind, index)).save(file)
    first, second = open_data(root / "first"), open_data(root / "second")
    assert first.names == second.names
    assert by_content(first, ["mask"]) == by_content(second, ["mask"])


@quick
@given(cut=st.sets(st.integers(0, COUNT - 1), min_size=1, max_size=6))
@pytest.mark.parametrize("values", [(0, 1, 2, 255), (0, 255), (0, 85, 170, 255)])
def test_masks_of_a_second_folder_mean_the_same(tmp_path_factory, values, cut):
    """However few of the classes occur in it."""
    root = tmp_path_factory.mktemp("masks")
    for index in range(COUNT):
        part = "test" if index in cut else "train"
        shown = values if part == "train" else values[:: 1 + index % 2][-2:]
        for place in (part, "whole"):
            for folder, image in (("images", picture(index, "color").resize((16, 16))), ("masks", None)):
                file = root / place / folder / f"{index:02}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                (image or masks_of(shown, "gray", index)).save(file)
    apart, whole = open_data(root / "train", test_data=root / "test"), open_data(root / "whole")
    assert apart.names == whole.names
    assert by_content(apart, ["mask"]) == by_content(whole, ["mask"])


@quick
@given(order=orders, kind=st.sampled_from(["bytes", "unit", "deep", "first"]))
def test_order_of_arrays(tmp_path_factory, order, kind):
    root = tmp_path_factory.mktemp("arrays")
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 9, 3))
    forms = {
        "bytes": pixels.astype(np.uint8),
        "unit": pixels / 255,
        "deep": (pixels * 16).astype(np.uint16),
        "first": pixels.astype(np.uint8).transpose(0, 3, 1, 2),
    }
    x, y, order = forms[kind], np.arange(COUNT) % 3 + 1, list(order)
    half = COUNT // 2
    x[half - 1].flat[0] = x.max()  # the training part decides about the range
    np.savez(root / "whole.npz", x=x, y=y)
    np.savez(root / "shuffled.npz", x=x[order], y=y[order])
    np.savez(root / "parts.npz", x_train=x[:half], y_train=y[:half], x_test=x[half:], y_test=y[half:])
    whole = by_content(open_data(root / "whole.npz"), ["image", "label"])
    for other in (root / "shuffled.npz", root / "parts.npz", (x[order], y[order])):
        assert by_content(open_data(other), ["image", "label"]) == whole


def test_an_archive_means_what_its_folder_means(tmp_path):
    for index in range(COUNT):
        file = tmp_path / "set" / "ab"[index % 2] / f"{index}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(index, "deep").save(file)
    archive = shutil.make_archive(str(tmp_path / "set"), "gztar", tmp_path / "set")
    first, second = open_data(tmp_path / "set"), open_data(archive)
    assert by_content(first, ["image", "label"]) == by_content(second, ["image", "label"])
    assert first.about == second.about
