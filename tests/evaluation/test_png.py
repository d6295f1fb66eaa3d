"""Images as PNG: both forms return the same pixels, and nothing outside the folder is read."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.evaluation.png import decode_png, embed_png, encode_png


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_embedded_images_and_files_have_the_same_pixels(shape, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "image.png").write_bytes(encode_png(image))
    np.testing.assert_array_equal(decode_png("image.png", tmp_path), image)
    np.testing.assert_array_equal(decode_png(embed_png(image), tmp_path), image)


def test_files_outside_the_folder_are_not_read(tmp_path):
    (tmp_path / "image.png").write_bytes(encode_png(np.zeros((2, 2), np.uint8)))
    with pytest.raises(ValueError, match="outside the folder"):
        decode_png("../image.png", tmp_path / "items")
