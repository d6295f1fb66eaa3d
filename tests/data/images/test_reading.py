"""One size, one color space and one white level for all images."""

import numpy as np
from PIL import Image

from hibiscus.data.images import file_records, reading
from hibiscus.data.images.headers import read_headers, scan_headers
from hibiscus.data.images.reading import plan_reading


def test_the_size_of_all_images_or_a_square_of_the_median(tmp_path):
    files = [tmp_path / f"{index}.png" for index in range(4)]
    for file in files[:3]:
        Image.new("L", (30, 20)).save(file)
    assert plan_reading(files[:3]).shape == (20, 30, 1)
    Image.new("RGB", (300, 200)).save(files[3])
    assert plan_reading(files).shape == (20, 20, 3)
    assert plan_reading(files, 8, 1).shape == (8, 8, 1)
    assert read_headers(files) == ([(20, 30)] * 3 + [(200, 300)], False)
    assert scan_headers([tmp_path / "missing.png"]) == [None]


def test_the_white_level_of_the_training_part(tmp_path):
    files = [tmp_path / f"{index}.png" for index in range(2)]
    for file, top in zip(files, (300, 900), strict=True):
        Image.fromarray(np.full((4, 4), top, np.uint16)).save(file)
    assert plan_reading(files).white_level == 900
    assert plan_reading(files, train=[True, False]).white_level == 300
    assert plan_reading(files, white_level=1000).about == {"longer_side": 4, "image": {"white_level": 1000}}


def test_largest_values_come_from_the_cache_until_a_file_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(file_records, "FEW", 0)
    files = [tmp_path / f"{i}.png" for i in range(3)]
    for index, file in enumerate(files):
        Image.fromarray(np.full((4, 4), 300 + index, np.uint16)).save(file)
    read = []
    largest = reading._largest
    monkeypatch.setattr(reading, "_largest", lambda file: read.append(file) or largest(file))
    assert [plan_reading(files).white_level for _ in range(2)] == [302, 302]
    assert read == files
    Image.fromarray(np.full((4, 4), 900, np.uint16)).save(files[1])
    assert plan_reading(files).white_level == 900
    assert read == [*files, files[1]]
