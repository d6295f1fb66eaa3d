import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from data import make_files as make
from hibiscus.data import files
from hibiscus.data.files import find_images
from hibiscus.data.images.folder import open_image_folder
from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError, DataError


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pets"


def test_a_folder_for_each_class(folder):
    make.classes(folder)
    data = open_data(folder)
    assert data.fields["image"].shape == (6, 10, 12, 3)
    assert data.fields["label"].tolist() == ["ant"] * 3 + ["bee"] * 3
    assert data.ids[0] == "ant/0.png"
    assert data.parts == {}
    assert np.array_equal(data.fields["image"][4], np.asarray(Image.open(folder / "bee/1.png")))
    assert (data.name, data.path) == ("pets", str(folder))


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val", "test"),
        ("training", "validation", "testing"),
        ("Train", "valid", "TEST"),
        ("train", "dev", "test"),
    ],
)
def test_parts_by_their_names(folder, names):
    for name in names:
        make.classes(folder / name, count=2)
    data = open_data(folder)
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 4, "val": 4, "test": 4}
    assert set(data.fields["label"]) == {"ant", "bee"}
    assert all(data.ids[i].startswith(names[2]) for i in data.parts["test"])


@pytest.mark.parametrize("second", ["val", "test"])
def test_two_parts(folder, second):
    make.classes(folder / "train")
    make.classes(folder / second)
    assert set(open_data(folder).parts) == {"train", second}


def test_test_without_train_is_a_class(folder):
    make.classes(folder, names=("test", "control"))
    data = open_data(folder)
    assert data.parts == {}
    assert set(data.fields["label"]) == {"test", "control"}


def test_what_lies_beside_the_parts_is_told(folder):
    make.classes(folder / "train")
    make.classes(folder / "extra")
    data = open_data(folder)
    assert len(data) == 6
    assert any("ignored: extra" in note for note in data.notes)


def test_a_folder_around_the_parts_is_looked_through(folder):
    make.classes(folder / "unpacked" / "train")
    make.classes(folder / "unpacked" / "test")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    data = open_data(folder)
    assert set(data.parts) == {"train", "test"}
    assert set(data.fields["label"]) == {"ant", "bee"}
    assert data.ids[0] == "unpacked/test/ant/0.png"


def test_a_flat_folder_has_no_labels(folder):
    for i in range(4):
        make.image(folder / f"{i}.jpg", i)
    data = open_data(folder)
    assert set(data.fields) == {"image"}
    assert len(data) == 4
    with pytest.raises(DataError, match="target=species"):
        open_data(folder, target="species")


def test_nested_folders(folder):
    make.classes(folder / "greek", names=("alpha", "beta"))
    make.classes(folder / "latin", names=("alpha",))
    assert set(open_data(folder).fields["label"]) == {"greek/alpha", "greek/beta", "latin/alpha"}
    make.classes(folder, names=("loose",))  # now not all are deeper
    assert set(open_data(folder).fields["label"]) == {"greek", "latin", "loose"}


def test_images_outside_the_classes_are_left_out_and_told(folder):
    make.classes(folder)
    make.image(folder / "cover.png")
    data = open_data(folder)
    assert len(data) == 6
    assert any("1 image outside of class folders was left out" in note for note in data.notes)


def test_hidden_files_and_others(folder):
    make.classes(folder)
    make.image(folder / "ant" / ".thumb.png")
    make.image(folder / ".cache" / "x.png")
    (folder / "ant" / "notes.txt").write_text("not an image, and this is no folder of texts")
    data = open_data(folder)
    assert len(data) == 6
    assert any("1 file that is not an image was ignored" in note for note in data.notes)


def test_unicode_and_spaces(folder):
    make.classes(folder / "mes données 漢字", names=("été chaud", "naïve 'q'"))
    data = open_data(folder / "mes données 漢字")
    assert set(data.fields["label"]) == {"été chaud", "naïve 'q'"}
    assert data.ids[0] == "naïve 'q'/0.png" or data.ids[0] == "été chaud/0.png"


def test_a_loop_of_links_ends_with_each_image_once(folder):
    make.classes(folder)
    (folder / "ant" / "again").symlink_to(folder, target_is_directory=True)
    (folder / "bee" / "up").symlink_to("..", target_is_directory=True)
    assert len(find_images(folder)[0]) == 6
    assert len(open_data(folder)) == 6


def test_links_to_nowhere_are_bad_files(folder):
    make.classes(folder, count=20)
    (folder / "ant" / "self.png").symlink_to("self.png")
    (folder / "ant" / "gone.png").symlink_to("/nowhere/x.png")
    data = open_data(folder)
    assert len(data) == 40
    assert sorted(os.path.basename(bad.path) for bad in data.skipped) == ["gone.png", "self.png"]


def test_a_pipe_does_not_block(folder):
    make.classes(folder, count=20)
    os.mkfifo(folder / "ant" / "pipe.png")
    assert "not a file" in open_data(folder).skipped[0].reason


@pytest.mark.parametrize("content", ["zero", "truncated", "renamed", "bomb"])
def test_bad_images_are_skipped_counted_and_named(folder, content):
    make.classes(folder, count=20)
    bad = folder / "bee" / "5 bad.png"
    whole = make.image(bad, size=(40, 40)).read_bytes()
    if content == "bomb":
        make.bomb(bad)
    else:
        bad.write_bytes(
            {"zero": b"", "truncated": whole[: len(whole) // 2], "renamed": b"PK\x03\x04 an archive"}[content]
        )
    data = open_data(folder)
    assert len(data) == 40
    assert [item.path for item in data.skipped] == [str(bad)]
    assert str(bad) in data.skipped[0].reason
    assert "bee/5 bad.png" not in data.ids
    for i in (0, 25, 39):
        asked = (10, 12) if data.fields["image"].shape[1:3] == (10, 12) else None
        if asked:
            assert np.array_equal(data.fields["image"][i], np.asarray(Image.open(folder / data.ids[i])))
        assert data.fields["label"][i] == data.ids[i].split("/")[0]


def test_too_many_bad_images_stop(folder):
    make.classes(folder, count=5)
    for i in range(3):
        (folder / "ant" / f"bad{i}.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        open_data(folder)
    message = str(caught.value)
    assert f"{folder}: 3 of 13 files cannot be used" in message
    assert "bad0.png" in message
    assert "max_bad_fraction=0.24" in message
    assert len(open_data(folder, max_bad_fraction=0.5)) == 10
    with pytest.raises(DataError, match=r"max_bad_fraction=1\.5"):
        open_data(folder, max_bad_fraction=1.5)


def test_nothing_but_bad_images(folder):
    folder.mkdir()
    (folder / "x.png").write_bytes(b"")
    with pytest.raises(DataError, match="1 of 1 files cannot be used"):
        open_data(folder, max_bad_fraction=1)


def odd_images():
    noise = np.random.default_rng(1).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    rgb, exif = Image.fromarray(noise), Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray((noise[..., 0].astype(np.uint16) * 257).astype("<u2"))
    frames = [Image.new("P", (9, 9), i) for i in range(3)]
    yield "cmyk.jpg", rgb.convert("CMYK"), {}
    yield "deep.png", deep, {}
    yield "palette.png", rgb.quantize(16), {}
    yield "alpha.png", rgb.convert("RGBA"), {}
    yield "grey alpha.png", rgb.convert("LA"), {}
    yield "animated.gif", frames[0], {"save_all": True, "append_images": frames[1:]}
    yield "turned.jpg", rgb, {"exif": exif}
    yield "one pixel.png", Image.new("RGB", (1, 1), "red"), {}
    yield "bits.png", rgb.convert("1"), {}
    yield "UPPER.JPEG", rgb, {}
    yield "web.webp", rgb, {}
    yield "wide.tiff", rgb.resize((300, 3)), {}


def test_odd_images_all_load(folder):
    for name, image, options in odd_images():
        folder.mkdir(exist_ok=True)
        image.save(folder / name, **options)
    data = open_data(folder, image_size=(16, 20))
    assert data.skipped == []
    assert data.fields["image"].shape == (12, 16, 20, 3)
    red = data.fields["image"][data.ids.index("one pixel.png")]
    assert (red == [255, 0, 0]).all()


def test_images_turned_by_their_camera_keep_their_shape(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    for i in range(3):
        buffer = io.BytesIO()
        Image.new("RGB", (24, 16), (90 * i, 0, 0)).save(buffer, "JPEG", exif=exif)
        folder.mkdir(exist_ok=True)
        (folder / f"{i}.jpg").write_bytes(buffer.getvalue())
    assert open_data(folder).fields["image"].shape == (3, 24, 16, 3)


def test_gray_stays_gray_and_a_mixture_is_rgb(folder):
    make.classes(folder, mode="L")
    assert open_data(folder).fields["image"].shape == (6, 10, 12, 1)
    assert open_data(folder, channels=3).fields["image"].shape[3] == 3
    make.image(folder / "ant" / "colour.png")
    mixed = open_data(folder)
    assert mixed.fields["image"].shape[3] == 3
    assert (mixed.fields["image"][0] == mixed.fields["image"][0][..., :1]).all()


def test_color_to_gray_is_the_weighted_sum(folder):
    make.classes(folder)
    color, gray = open_data(folder).fields["image"], open_data(folder, channels=1).fields["image"]
    expected = color @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gray[..., 0] - expected).max() <= 0.51


def test_size_is_found_or_given(folder):
    make.classes(folder, count=2, size=(200, 150))
    assert open_data(folder).fields["image"].shape[1:3] == (96, 96)
    assert open_data(folder, image_size=50).fields["image"].shape[1:3] == (50, 50)
    assert open_data(folder, image_size=(30, 40)).fields["image"].shape[1:3] == (30, 40)
    make.classes(folder / "small", count=3, size=(20, 30))
    assert open_data(folder / "small").fields["image"].shape[1:3] == (20, 30)
    for wrong in (0, -1, (1, 2, 3), 10**6, (8, 0)):
        with pytest.raises(ConfigError, match="image_size="):
            open_data(folder, image_size=wrong)
    with pytest.raises(ConfigError, match="channels=2"):
        open_data(folder, channels=2)


def test_empty_folders_and_folders_of_other_things(folder):
    folder.mkdir()
    with pytest.raises(DataError, match="the folder is empty"):
        open_data(folder)
    (folder / "readme.md").write_text("x")
    with pytest.raises(DataError, match=r"no images \(1 other file: 1 \.md\)"):
        open_data(folder)
    (folder / "iris.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=f"pass the file: {folder}/iris.csv"):
        open_data(folder)


def test_an_unreadable_folder_is_told(folder, monkeypatch):
    make.classes(folder)

    scan = os.scandir

    def refusing(path):
        if str(path).endswith("ant"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(files.os, "scandir", refusing)
    with pytest.raises(DataError, match="ant: cannot be read"):
        open_image_folder(folder)


def test_inputs_are_never_modified(folder):
    make.classes(folder)
    before = make.tree(folder)
    open_data(folder)
    open_data(folder, channels=1, image_size=7)
    assert make.tree(folder) == before


def test_a_folder_in_the_cache_is_inspected_without_pytorch(tmp_path):
    """Importing it takes longer than opening 50,000 images."""
    folder = make.classes(tmp_path / "data", count=20)
    open_image_folder(folder)
    code = "import sys; sys.modules['torch'] = None\n"
    code += "from hibiscus.cli.inspect import inspect_data; inspect_data(sys.argv[1], {}, False)"
    output = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert "40 items" in output.stdout
