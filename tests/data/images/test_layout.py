"""The part and the class of an image by its folders."""

import pytest
from PIL import Image

from hibiscus.data.images.layout import read_layout


def tree(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(root / name)
    return read_layout(root)


@pytest.mark.parametrize(
    ("names", "parts", "labels"),
    [
        (["1.png", "2.png"], ["", ""], ["", ""]),
        (["a/1.png", "b/1.png"], ["", ""], ["a", "b"]),
        (["test/a/1.png", "train/a/1.png"], ["test", "train"], ["a", "a"]),
        (["a/test/1.png", "a/train/1.png", "b/train/1.png"], ["test", "train", "train"], ["a", "a", "b"]),
        (["x/a/test/1.png", "x/b/train/1.png"], ["test", "train"], ["a", "b"]),
        (["x/a/1.png", "y/b/1.png"], ["", ""], ["x/a", "y/b"]),
        (["x/a/1.png", "y/1.png"], ["", ""], ["x", "y"]),
    ],
)
def test_layouts(tmp_path, names, parts, labels):
    layout = tree(tmp_path, *names)
    assert (layout.parts, layout.labels) == (parts, labels)


def test_other_files_are_counted_by_ending(tmp_path):
    layout = tree(tmp_path, "a/1.png")
    assert layout.other_endings() == ""
    for name in ("a/1.txt", "a/2.txt", "a/x"):
        (tmp_path / name).write_text("x")
    assert read_layout(tmp_path).other_endings() == "2 .txt, 1 no ending"
