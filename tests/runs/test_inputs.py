"""What a person may give a finished run to predict, and how `hibiscus.runs.inputs` brings it to the shape
that was learned.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.labels import LabelPreparation
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import DataError
from hibiscus.runs.inputs import open_inputs

IMAGES = Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.2,))})
ROWS = Preparation(
    {"array": ArrayPreparation.fit(np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32))}
)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "photos"
    place.mkdir()
    for number in range(3):
        Image.fromarray(np.full((20, 30, 3), 60 * number, np.uint8)).save(place / f"{number}.png")
    return place


def test_images_are_brought_to_the_learned_size_and_colors(folder):
    for given, count in (
        (folder, 3),
        (folder / "1.png", 1),
        (str(folder / "1.png"), 1),
        ([folder, folder / "0.png"], 4),
    ):
        found = open_inputs(given, IMAGES)
        assert found.fields["image"].shape == (count, 8, 8, 1)
        assert len(found.ids) == count


def test_a_bad_image_among_good_ones_is_skipped(folder):
    (folder / "bad.png").write_bytes(b"")
    found = open_inputs(folder, IMAGES)
    assert len(found) == 3
    assert "bad.png" in found.skipped[0].path
    with pytest.raises(DataError, match=r"bad\.png"):
        open_inputs(folder / "bad.png", IMAGES)


@pytest.mark.parametrize("shape", [(8, 8), (3, 8, 8), (8, 8, 1), (3, 8, 8, 1)])
def test_arrays_of_images(shape, tmp_path):
    values = np.zeros(shape, np.uint8)
    assert open_inputs(values, IMAGES).fields["image"].shape[1:] == (8, 8, 1)
    if len(shape) == 3 and shape[-1] == 8:
        np.savez(tmp_path / "new.npz", x=values)
        assert len(open_inputs(tmp_path / "new.npz", IMAGES)) == 3


@pytest.mark.parametrize(
    "values",
    [
        np.full((3, 9, 9), 255, np.uint8),
        np.ones((3, 8, 8), np.float32),
        np.full((3, 8, 8, 3), 255, np.int64),
        np.ones((3, 3, 20, 30), np.float32),
        [np.ones((8, 8)), np.ones((9, 5, 3)), np.full((7, 7, 1), 255)],
        [Image.new("L", (30, 20), 255), Image.new("RGB", (9, 9), "white"), Image.new("RGBA", (8, 8))],
    ],
)
def test_arrays_and_images_are_brought_to_the_learned_shape(values):
    found = open_inputs(values, IMAGES)
    assert found.fields["image"].shape == (3, 8, 8, 1)
    assert (found.fields["image"] == 255).all()


def test_a_pil_image_is_read_as_its_file(folder):
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 24), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(folder / "turned.png", exif=exif)
    with Image.open(folder / "turned.png") as opened:
        in_memory = open_inputs(opened, IMAGES)
        assert opened.size == (24, 16)
    assert np.array_equal(
        in_memory.fields["image"], open_inputs(folder / "turned.png", IMAGES).fields["image"]
    )
    squashed = Preparation({"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.2,) * 3, resize="squash")})
    assert open_inputs([Image.new("RGB", (30, 20))], squashed).fields["size"].tolist() == [[20, 30]]


def test_tensors():
    import torch

    images = open_inputs(torch.ones(2, 1, 8, 8), IMAGES).fields["image"]
    assert images.shape == (2, 8, 8, 1)
    assert images.min() == 255
    assert open_inputs(torch.ones(5), ROWS).fields["array"].shape == (1, 5)


def test_arrays_that_do_not_fit():
    for values in (np.zeros((3, 8, 8, 7), np.uint8), np.zeros((1, 1, 1, 1, 1)), np.array(["a"])):
        with pytest.raises(DataError):
            open_inputs(values, IMAGES)
    with pytest.raises(DataError, match="inputs of type dict"):
        open_inputs([{}], IMAGES)
    with pytest.raises(DataError, match="no inputs"):
        open_inputs([], IMAGES)


def test_an_archive_of_images(folder, tmp_path):
    import shutil

    file = shutil.make_archive(str(tmp_path / "photos"), "zip", folder)
    found = open_inputs(file, IMAGES)
    assert found.ids == [f"{file}/{number}.png" for number in range(3)]


def test_images_of_another_size_are_brought_to_that_of_two_domains():
    both = Preparation({**IMAGES.fields, "domain": LabelPreparation(("a", "b"))})
    for shape in ((3, 16, 16), (3, 5, 9, 1), (3, 8, 8, 3)):
        assert open_inputs(np.zeros(shape, np.uint8), both).fields["image"].shape == (3, 8, 8, 1)
    with pytest.raises(DataError, match="1, 3 or 4 channels"):
        open_inputs(np.zeros((3, 8, 8, 7), np.uint8), both)


def test_rows_and_one_row():
    assert open_inputs(np.zeros((4, 5)), ROWS).fields["array"].shape == (4, 5)
    assert open_inputs(np.zeros(5), ROWS).fields["array"].shape == (1, 5)


def test_tables_frames_and_bundled_data(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    frame.to_csv(tmp_path / "new.csv", index=False)
    assert open_inputs(frame, ROWS).ids == ["row 1", "row 2"]
    assert len(open_inputs(tmp_path / "new.csv", ROWS)) == 2
    assert len(open_inputs("iris", ROWS)) == 150
    assert open_inputs("digits", IMAGES).fields["image"].shape == (1797, 8, 8, 1)


def test_what_cannot_be_opened(tmp_path):
    (tmp_path / "empty").mkdir()
    for given, said in (
        (tmp_path / "gone.png", "no such file or folder"),
        (tmp_path / "empty", "no images"),
        ([tmp_path / "a.npz", tmp_path / "b.npz"], "2 inputs"),
    ):
        with pytest.raises(DataError, match=said):
            open_inputs(given, IMAGES)


def test_sizes_are_compared_with_the_memory_as_in_training(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((1000, 1000)))
    preparation = Preparation({"array": ArrayPreparation.fit(np.zeros((2, 1000), np.float32))})
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "2MB")
    with pytest.raises(DataError, match=r"a\.npz: 8\.0 MB of data"):
        open_inputs(str(tmp_path / "a.npz"), preparation)
    with pytest.raises(DataError, match=r"array: 4\.0 MB of data"):
        open_inputs(np.zeros((1000, 1000)), preparation)


def test_a_dictionary_is_no_list_of_paths():
    with pytest.raises(DataError, match="a dictionary") as error:
        open_inputs({"a": [1.0]}, Preparation({}))
    assert "DataFrame" in error.value.fix


def test_a_table_that_lists_images_is_those_images(folder):
    (folder / "list.csv").write_text("image\n0.png\n2.png\nmissing.png\n")
    squashed = Preparation({"image": ImagePreparation(6, 9, 3, (0.5,) * 3, (0.2,) * 3, resize="squash")})
    found = open_inputs(folder / "list.csv", squashed)
    assert found.fields["image"].shape == (2, 6, 9, 3)
    assert found.fields["size"].tolist() == [[20, 30]] * 2
    assert found.ids == [str(folder / "0.png"), str(folder / "2.png")]
    assert "missing.png" in found.skipped[0].path
    assert open_inputs(folder / "list.csv", IMAGES).fields["image"].shape == (2, 8, 8, 1)
