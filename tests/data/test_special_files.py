"""Named pipes, sockets and devices are refused at once, wherever data is read."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from data import make_files as make
from hibiscus.data.boxes.formats import read_boxes
from hibiscus.data.file_kinds import special_kind
from hibiscus.data.files import folders_in, walk_files
from hibiscus.data.masks.pairs import find_mask_pairs
from hibiscus.data.open import open_data
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.special_files import check_regular
from hibiscus.errors import DataError
from hibiscus.runs.inputs import open_inputs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has none of them in folders")
NAMES = (
    "t.csv",
    "t.parquet",
    "t.npz",
    "t.mat",
    "t.zip",
    "t.xlsx",
    "x-idx3-ubyte",
    "t.json",
    "t.png",
    "t.mp4",
    "t",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_in_the_place_of_a_file(tmp_path, name):
    os.mkfifo(tmp_path / name)
    prepared = Preparation({"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.2,) * 3)})
    for read in (open_data, read_boxes, lambda path: open_inputs(path, prepared)):
        with pytest.raises(DataError, match=f"{name}: a named pipe"):
            read(str(tmp_path / name))


def test_a_pipe_in_a_folder_is_named(tmp_path):
    folder = make.classes(tmp_path / "images", count=20)
    os.mkfifo(folder / "ant" / "x.png")
    assert [bad.path for bad in open_data(folder).skipped] == [str(folder / "ant" / "x.png")]
    os.mkfifo(folder / "ant" / "x.txt")
    with pytest.raises(DataError, match=r"images/ant/x\.txt: a named pipe"):
        open_data(folder)
    os.rename(folder / "ant" / "x.txt", folder / "ant" / ".x.txt")  # hidden, as sockets of programs are
    assert len(open_data(folder)) == 40


def test_what_a_path_leads_to(tmp_path, monkeypatch):
    os.symlink("/dev/zero", tmp_path / "zero.csv")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s")
    assert special_kind("zero.csv") == "a device"
    assert special_kind("s") == "a socket"
    assert (
        special_kind(tmp_path)
        == special_kind("gone")
        == special_kind("x\0")
        == special_kind("x" * 5000)
        == ""
    )
    check_regular("gone")
    with pytest.raises(DataError, match="s: a socket"):
        check_regular(".")


def test_links_lead_into_no_loop_and_not_above_the_folder(tmp_path):
    folder = make.classes(tmp_path / "above" / "images")
    for name, target in (
        ("self", "self"),
        ("here", "."),
        ("up", "../../.."),
        ("root", "/"),
        ("gone", "nowhere"),
    ):
        os.symlink(target, folder / "ant" / name)
    os.symlink(folder / "bee", folder / "ant" / "again")
    found = [file.relative_to(folder).as_posix() for file in walk_files(folder)]
    images = [f"{name}/{i}.png" for name in ("ant", "ant/again") for i in range(3)]
    assert found == [*images[:3], "ant/gone", "ant/self", *images[3:]]


def test_a_link_to_its_own_folder_is_no_folder_in_it(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "train").symlink_to(".")
    (tmp_path / "images" / "up").symlink_to("..")
    (tmp_path / "other").symlink_to("images")
    assert folders_in(tmp_path) == [tmp_path / "images", tmp_path / "other"]
    assert folders_in(tmp_path / "images") == []
    assert find_mask_pairs(tmp_path / "images") == []  # it looks into a single folder
