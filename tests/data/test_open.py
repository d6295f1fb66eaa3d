import numpy as np
import pytest

from data import make_files as make
from hibiscus.data.open import open_data
from hibiscus.errors import DataError


def refused(path, match, **options):
    with pytest.raises(DataError, match=match) as caught:
        open_data(path, **options)
    assert caught.value.expected
    assert caught.value.fix
    return str(caught.value)


def test_a_wrong_path_is_told_with_the_nearest(tmp_path):
    (tmp_path / "flowers").mkdir()
    message = refused(tmp_path / "flowrs", "no such file or folder")
    assert str(tmp_path / "flowrs") in message
    assert "did you mean flowers?" in message
    assert "did you mean digits" in refused("digit", "no such file or folder")
    assert "check the path" in refused("/qqqq/wwww/zzzz", "no such file or folder")


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("", "path is empty"),
        ("a\0b", "not a valid path|no such file or folder"),
        ("x" * 5000, "not a valid path"),
        ("gum:CartPole-v1", "(?s)gum:.*gym:NAME"),
    ],
)
def test_what_is_no_path(path, match):
    refused(path, match)


def test_a_image_and_unknown_files(tmp_path):
    image = make.image(tmp_path / "x.png")
    assert f"pass the folder: {tmp_path}" in refused(image, "a single image")
    for name in ("a.docx", "noending", "model.pkl"):
        (tmp_path / name).write_bytes(b"x")
        assert str(tmp_path / name) in refused(tmp_path / name, "unknown file type")


def test_strings_and_the_home_folder(tmp_path, monkeypatch):
    make.classes(tmp_path / "pets")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(open_data("~/pets")) == len(open_data(str(tmp_path / "pets"))) == 6
    monkeypatch.chdir(tmp_path)
    assert open_data("pets").path == "pets"
    monkeypatch.chdir(tmp_path / "pets")
    assert open_data(".").name == "pets"


def test_a_test_part_of_its_own(tmp_path):
    make.classes(tmp_path / "a", size=(10, 12))
    make.classes(tmp_path / "b", size=(30, 30), mode="L", count=2)
    data = open_data(tmp_path / "a", test_data=tmp_path / "b")
    assert data.fields["image"].shape == (10, 10, 12, 3)
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 6, "test": 4}
    assert data.ids[0] == "train/ant/0.png"
    assert data.ids[9] == "test/bee/1.png"
    assert len(set(data.ids)) == 10
    assert data.notes[0].startswith("train: ")


def test_own_parts_are_kept_beside_a_test_part(tmp_path):
    for part in ("train", "val"):
        make.classes(tmp_path / "a" / part)
    for part in ("train", "test"):
        make.classes(tmp_path / "b" / part, count=2)
    data = open_data(tmp_path / "a", test_data=tmp_path / "b")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 6, "val": 6, "test": 4}
    assert all("/test/" in data.ids[i] for i in data.parts["test"])
    refused(tmp_path / "b", "already has a test part", test_data=tmp_path / "a" / "val")


def test_parts_of_unlike_kinds_are_told(tmp_path):
    make.classes(tmp_path / "a")
    make.image(tmp_path / "flat" / "x.png")
    np.savez(tmp_path / "x.npz", x=np.eye(3), y=np.arange(3))
    message = refused(
        tmp_path / "a", "(?s)the test part has image\n.*image, label, as in", test_data=tmp_path / "flat"
    )
    assert str(tmp_path / "a") in message
    refused(tmp_path / "a", "the test part has array, label", test_data=tmp_path / "x.npz")
    np.savez(tmp_path / "y.npz", x=np.eye(4), y=np.arange(4))
    refused(tmp_path / "x.npz", "cannot be joined", test_data=tmp_path / "y.npz")


def test_the_options_are_remembered(tmp_path):
    make.classes(tmp_path / "a")
    assert open_data(tmp_path / "a", image_size=7).options == {"image_size": 7, "max_bad_fraction": 0.05}


def test_a_labels_folder_does_not_take_a_target(tmp_path):
    refused(make.classes(tmp_path / "a"), "target=kind", target="kind")


@pytest.mark.parametrize(
    ("path", "is_path"), [("digit", False), ("./digit", True), ("/nowhere/digit", True), ("digits.csv", True)]
)
def test_a_bundled_name_is_no_guess_for_a_path(path, is_path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no such file or folder") as error:
        open_data(path)
    assert ("digits" in error.value.fix) is not is_path
    assert ("bundled" in error.value.expected) is not is_path


@pytest.mark.parametrize("data", ["digits", "gym:CartPole-v1", np.zeros((3, 8, 8, 1), np.uint8)])
def test_pairs_are_of_folders_only(data):
    with pytest.raises(DataError, match=r"pairs=left"):
        open_data(data, pairs="left")
