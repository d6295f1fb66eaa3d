from collections import Counter

import pytest

from hibiscus.data.tables.listed_images import ImageList
from hibiscus.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for name in ("images/a.png", "images/sub/b.PNG", "x.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    "text", ["images/a.png", "a.png", "A.PNG", "C:\\data\\a.png", "images\\a.png", "../other/a.png", "a"]
)
def test_an_image_is_found_by_the_end_of_its_path(folder, text):
    found = ImageList.of("f", Counter([text]), folder)
    assert found.path(text, 1) == folder / "images" / "a.png"


def test_columns_that_list_no_images(folder):
    assert ImageList.of("f", Counter(["red", "green"]), folder) is None
    assert ImageList.of("f", Counter(["a.txt"]), folder) is None
    assert ImageList.of("f", Counter(), folder) is None
    found = ImageList.of("f", Counter(["gone.png"]), folder)
    assert not found.files
    assert "none was found below" in found.notes[0]


def test_missing_images_get_a_path_that_does_not_exist(folder):
    found = ImageList.of("f", Counter(["a.png", "gone.png"]), folder)
    assert not found.path("gone.png", 2).exists()
    assert "no path in row 3" in found.path(None, 3).name


def test_two_images_of_one_name(folder):
    (folder / "other").mkdir()
    (folder / "other" / "a.png").touch()
    with pytest.raises(DataError, match="2 images have this name"):
        ImageList.of("f", Counter(["a.png"]), folder)
    found = ImageList.of("f", Counter(["other\\a.png"]), folder)
    assert found.path("other\\a.png", 1) == folder / "other" / "a.png"
