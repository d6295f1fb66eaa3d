"""Masks that are easily read wrong: each is read right, or named."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hibiscus.data.dataset import IGNORED
from hibiscus.data.masks.folder import open_mask_folder
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

SIZE = (24, 32)  # height, width


def photo(path, exif=None, size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, **({"exif": exif} if exif else {}))


def dataset(folder, masks, name="{}.png", image="{}.jpg", images="images", where="masks"):
    """A folder of images and masks, which are arrays or images."""
    for index, mask in enumerate(masks):
        photo(folder / images / image.format(index))
        file = folder / where / name.format(index)
        file.parent.mkdir(parents=True, exist_ok=True)
        (mask if isinstance(mask, Image.Image) else Image.fromarray(np.asarray(mask))).save(file)
    return folder


def stripes(*values, dtype=np.uint8):
    """A mask with one vertical stripe for each value."""
    rows = np.array(values, dtype)[np.arange(SIZE[1]) * len(values) // SIZE[1]]
    return np.repeat(rows[None], SIZE[0], 0)


def disk(colors=(0, 255), mode="L", step=4):
    """An antialiased disk."""
    large = Image.new(mode, (SIZE[1] * step, SIZE[0] * step), colors[0])
    ImageDraw.Draw(large).ellipse([6 * step, 3 * step, 24 * step, 21 * step], fill=colors[1])
    return large.resize(SIZE[::-1], Image.Resampling.BOX)


def test_grays_on_the_edges_of_black_and_white(tmp_path):
    mask = disk()
    assert len(np.unique(np.asarray(mask))) > 5
    data = open_data(dataset(tmp_path, [mask, mask]))
    assert data.names["mask"] == ("black", "white")
    assert np.array_equal(data.fields["mask"][0], np.asarray(mask) > 127)
    assert any("on the edges" in note and "divided at 127.5" in note for note in data.notes)


@pytest.mark.parametrize("values", [(0, 85, 170, 255), (0, 128, 255), (0, 1, 3), (10, 20), (3, 7, 9, 255)])
def test_a_class_for_each_value_that_occurs(tmp_path, values):
    rng = np.random.default_rng(0)
    masks = [stripes(*values), rng.choice(np.array(values, np.uint8), SIZE)]
    data = open_data(dataset(tmp_path, masks))
    assert data.names["mask"] == tuple(f"class {value}" for value in values)
    assert np.array_equal(np.array(values)[data.fields["mask"]], np.stack(masks))
    assert any("one class each" in note for note in data.notes)


@pytest.mark.parametrize("top", [1, 2, 20])
def test_255_is_ignored_beside_dense_numbers(tmp_path, top):
    data = open_data(dataset(tmp_path, [stripes(*range(top + 1), 255)] * 2))
    assert data.names["mask"] == tuple(f"class {value}" for value in range(top + 1))
    assert (data.fields["mask"] == IGNORED).any()


def test_labelmap_of_cvat(tmp_path):
    sky, road = (70, 130, 180), (128, 64, 128)
    mask = np.zeros((*SIZE, 3), np.uint8)
    mask[:10], mask[10:20] = sky, road
    folder = dataset(tmp_path, [mask] * 2, images="JPEGImages", where="SegmentationClass")
    (folder / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:128,64,128::\nsky:70,130,180::\n"
    )
    data = open_data(folder)
    assert data.names["mask"] == ("background", "road", "sky")
    assert data.fields["mask"][0, [0, 12, 22], 0].tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("images/{}/a.jpg", "annotations/{}/a.png"),
        ("images/{}/city/a.jpg", "annotations/{}/city/a.png"),
        ("images/city/{}/a.jpg", "masks/city/{}/a.png"),
        ("{}/images/a.jpg", "{}/masks/a.png"),
        ("{}/a.jpg", "{}_masks/a.png"),
        ("{}_images/images/a.jpg", "{}_images/masks/a.png"),
    ],
)
@pytest.mark.parametrize("names", [("training", "validation"), ("train", "val"), ("Train", "Test")])
def test_parts_at_any_depth(tmp_path, images, masks, names):
    for index, part in enumerate(names):
        photo(tmp_path / images.format(part))
        file = tmp_path / masks.format(part)
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(stripes(0, index + 1)).save(file)
    data = open_data(tmp_path)
    assert list(map(len, data.parts.values())) == [1, 1]
    assert data.fields["mask"][data.parts["train"][0]].max() == 1
    assert len(data) == 2
    assert data.skipped == []


def test_parts_of_the_images_alone(tmp_path):
    for part, name in (("train", "a"), ("test", "b")):
        photo(tmp_path / "images" / part / f"{name}.jpg")
        dataset(tmp_path, [])
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray(stripes(0, 1)).save(tmp_path / "masks" / f"{name}.png")
    assert set(open_data(tmp_path).parts) == {"train", "test"}


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("{}.jpg", "{}_mask.png"),
        ("{}.jpg", "{}_segmentation.png"),
        ("{}.JPG", "{}.PNG"),
        ("{}_sat.jpg", "{}_mask.png"),
        ("a_{}_leftImg8bit.png", "a_{}_gtFine_labelIds.png"),
        ("{}_training.tif", "{}_manual1.gif"),
        ("{}.jpg", "mask_{}.png"),
    ],
)
def test_names_of_masks(tmp_path, image, mask):
    data = open_data(dataset(tmp_path, [stripes(0, 255)] * 3, mask, image))
    assert len(data) == 3
    assert len(data.names["mask"]) == 2


def test_images_and_masks_in_one_folder(tmp_path):
    for index in range(3):
        photo(tmp_path / f"{index}.jpg")
        Image.fromarray(stripes(0, 255)).save(tmp_path / f"{index}_mask.png")
    data = open_data(tmp_path)
    assert data.ids == ["0.jpg", "1.jpg", "2.jpg"]
    assert data.names["mask"] == ("black", "white")


def test_masks_without_an_image_and_images_without_a_mask_are_named(tmp_path):
    folder = dataset(tmp_path, [stripes(0, 1)] * 20)
    (folder / "images" / "3.jpg").unlink()
    (folder / "masks" / "5.png").unlink()
    data = open_data(folder, max_bad_fraction=0.1)
    assert len(data) == 18
    assert any(
        note.startswith("1 mask has no image of the same name") and "3.png" in note for note in data.notes
    )
    assert "no mask with this name" in data.skipped[0].reason
    with pytest.raises(DataError, match="1 of 19 files"):
        open_data(folder, max_bad_fraction=0.0)


def palette_image(values, colors):
    image = Image.fromarray(np.asarray(values, np.uint8), "P")
    image.putpalette([part for color in colors for part in color])
    return image


def test_palettes_that_agree_are_numbers_and_others_are_colors(tmp_path):
    red, green, black = (200, 0, 0), (0, 200, 0), (0, 0, 0)
    agree = [palette_image(stripes(0, 1, 2), [black, red, green]) for _ in range(2)]
    data = open_data(dataset(tmp_path / "a", agree))
    assert data.names["mask"] == ("class 0", "class 1", "class 2")
    differ = [agree[0], palette_image(stripes(0, 1, 2), [green, black, red])]
    data = open_data(dataset(tmp_path / "b", differ))
    assert data.names["mask"] == ("#000000", "#00c800", "#c80000")
    assert data.fields["mask"][:, 0, [0, 15, 31]].tolist() == [[0, 2, 1], [1, 0, 2]]
    gray = [palette_image(stripes(0, 1), [black, (255,) * 3]), stripes(0, 255)]
    data = open_data(dataset(tmp_path / "c", gray))
    assert data.names["mask"] == ("black", "white")
    assert np.array_equal(data.fields["mask"][0], data.fields["mask"][1])


def test_numbers_and_colors_in_one_folder_are_refused(tmp_path):
    color = np.zeros((*SIZE, 3), np.uint8)
    color[:9] = (200, 0, 0)
    with pytest.raises(DataError, match=r"1\.png: gray values, as class numbers are, but 0\.png has colors"):
        open_data(dataset(tmp_path, [color, stripes(0, 1, 2)]))


def test_gray_saved_as_color_is_gray(tmp_path):
    color = np.repeat(stripes(0, 255)[..., None], 3, 2)
    assert open_data(dataset(tmp_path, [color, stripes(0, 255)])).names["mask"] == ("black", "white")


def test_edges_between_colors(tmp_path):
    two = disk(((0, 0, 0), (200, 30, 60)), "RGB")
    data = open_data(dataset(tmp_path / "two", [two] * 2))
    assert data.names["mask"] == ("#000000", "#c81e3c")
    assert np.array_equal(data.fields["mask"][0], np.asarray(two)[..., 0] > 100)
    three = two.copy()
    three.paste((0, 0, 220), (0, 0, 8, 24))
    data = open_data(dataset(tmp_path / "three", [three] * 2))
    assert data.names["mask"] == ("#000000", "#0000dc", "#c81e3c")
    assert 0 < (data.fields["mask"] == IGNORED).mean() < 0.2
    (tmp_path / "two" / "classes.txt").write_text("0 0 0 ground\n200 30 60 thing\n")
    assert open_data(tmp_path / "two").names["mask"] == ("ground", "thing")


def test_one_bit_and_16_bits(tmp_path):
    bits = Image.fromarray(stripes(0, 255)).convert("1")
    assert open_data(dataset(tmp_path / "a", [bits])).names["mask"] == ("black", "white")
    deep = stripes(0, 1, 2, dtype=np.uint16)
    assert open_data(dataset(tmp_path / "b", [deep])).names["mask"] == ("class 0", "class 1", "class 2")
    white = stripes(0, 65535, dtype=np.uint16)
    assert open_data(dataset(tmp_path / "c", [white])).names["mask"] == ("black", "white")
    objects = stripes(0, 26001, 26002, dtype=np.uint16)
    with pytest.raises(DataError, match="values up to 26,002, which are object numbers"):
        open_data(dataset(tmp_path / "d", [objects]))


def test_a_mask_that_is_the_transparency(tmp_path):
    mask = np.zeros((*SIZE, 4), np.uint8)
    mask[..., 3] = stripes(0, 255)
    data = open_data(dataset(tmp_path, [mask] * 2))
    assert data.names["mask"] == ("black", "white")
    assert np.array_equal(data.fields["mask"][0], stripes(0, 1))
    assert any("transparency is the mask" in note for note in data.notes)


def test_another_size_and_turned_photos(tmp_path):
    with pytest.raises(DataError, match="16x12 pixels, but its image has 32x24"):
        open_data(dataset(tmp_path / "a", [stripes(0, 1)[::2, ::2]]))
    exif = Image.Exif()
    exif[0x0112] = 6
    folder = dataset(tmp_path / "b", [stripes(0, 1)])
    photo(folder / "images" / "0.jpg", exif)
    data = open_data(folder)
    assert data.fields["mask"].shape == (1, 32, 24)
    assert data.fields["mask"][0, :, 5].tolist() == [0] * 16 + [1] * 16  # the left half is at the top
    assert any("EXIF" in note for note in data.notes)


@pytest.mark.parametrize(
    ("values", "text", "names"),
    [
        ((0, 255), "ground\ncell\n", ("ground", "cell")),
        ((0, 128, 255), "ground\nedge\ncell\n", ("ground", "edge", "cell")),
        ((0, 1, 255), "ground\ncell\n", ("ground", "cell")),
        ((0, 255), "0 ground\n255 cell\n", ("ground", "cell")),
        ((0, 7, 255), "0 ground\n7 cell\n255 void\n", ("ground", "cell")),
        ((1, 2), "2 b\n1 a\n", ("a", "b")),
    ],
)
def test_lists_and_values(tmp_path, values, text, names):
    folder = dataset(tmp_path, [stripes(*values)] * 2)
    (folder / "classes.txt").write_text(text)
    data = open_data(folder)
    assert data.names["mask"] == names
    kept = [number for number in data.fields["mask"][0, 0, [0, 16, 31]].tolist() if number != IGNORED]
    assert sorted(set(kept)) == list(range(len(names)))


def test_a_list_that_does_not_say_what_white_is(tmp_path):
    folder = dataset(tmp_path, [stripes(0, 255)] * 2)
    (folder / "classes.txt").write_text("0 ground\n1 cell\n2 edge\n")
    with pytest.raises(DataError, match="does not name 255") as caught:
        open_data(folder)
    assert "255 void" in caught.value.fix


def test_classes_of_the_list_that_do_not_occur_are_told(tmp_path):
    folder = dataset(tmp_path, [stripes(0, 1)] * 2)
    (folder / "classes.txt").write_text("ground\ncell\nedge\n")
    assert "classes of the list without a pixel: edge" in open_data(folder).notes


@pytest.mark.parametrize("values", [(0, 2, 255), (2, 255), (0, 255), (1, 2)])
def test_other_data_are_read_as_the_training_was(tmp_path, values):
    dataset(tmp_path / "a", [stripes(0, 1, 2, 255)] * 3)
    dataset(tmp_path / "b", [stripes(*values)])
    data = open_data(tmp_path / "a", test_data=tmp_path / "b")
    test = data.fields["mask"][data.parts["test"][0]]
    assert np.array_equal(test, stripes(*values))
    dataset(tmp_path / "c", [stripes(0, 5)])
    with pytest.raises(DataError, match="values 5 belong to no class"):
        open_data(tmp_path / "a", test_data=tmp_path / "c")


def test_voc_lists_say_which_images_have_masks(tmp_path):
    folder = dataset(tmp_path, [stripes(0, 1, 255)] * 3, images="JPEGImages", where="SegmentationClass")
    photo(folder / "JPEGImages" / "9.jpg")
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n")
    (lists / "val.txt").write_text("2\n")
    data = open_data(folder)
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 2, "val": 1}
    assert data.skipped == []
    assert any("in no list" in note for note in data.notes)


def test_hidden_files_are_no_masks(tmp_path):
    folder = dataset(tmp_path, [stripes(0, 1)] * 2)
    (folder / "masks" / "Thumbs.db").write_bytes(b"x")
    (folder / "masks" / "._0.png").write_bytes(b"x")
    data = open_data(folder)
    assert len(data) == 2
    assert data.skipped == []


def test_masks_of_black_and_white_for_a_run_of_numbers(tmp_path):
    """255 was of no class in training, but beside 0 alone it is the object."""
    folder, two = dataset(tmp_path, [stripes(0, 255)] * 2), ("class 0", "class 1")
    data = open_mask_folder(folder, known=two)
    assert data.names["mask"] == two
    assert np.array_equal(data.fields["mask"][0], stripes(0, 1))
    assert any("0 is read as class 0, 255 as class 1" in note for note in data.notes)


def test_an_ignored_255_is_said(tmp_path):
    data = open_data(dataset(tmp_path, [stripes(0, 1, 255)] * 2))
    assert any("255 is of no class, as the other values are 0 to 1" in note for note in data.notes)
