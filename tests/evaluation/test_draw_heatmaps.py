import numpy as np
import pytest

from hibiscus.evaluation.draw_heatmaps import draw_grid, draw_heatmap, heat_colors, overlay_heat


def test_the_ends_and_the_middle_of_the_color_scales():
    assert heat_colors(np.array([0.0, 1.0])).tolist() == [[0, 0, 4], [247, 209, 61]]
    blue, white, red = heat_colors(np.array([-1.0, 0.0, 1.0]), signed=True)
    assert blue[2] > 2 * blue[0]
    assert red[0] > 2 * red[2]
    assert white.tolist() == [247, 247, 247]


def test_the_image_stays_where_the_map_is_zero():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    heatmap = np.zeros((8, 8))
    heatmap[2:4, 2:4] = 5
    drawn, limit = overlay_heat(image, heatmap)
    assert limit == 5
    np.testing.assert_array_equal(drawn[6:], image[6:])
    assert (drawn[2:4, 2:4] != image[2:4, 2:4]).any(2).all()


def test_a_signed_map_is_red_and_blue_over_gray():
    image = np.full((10, 10, 1), 128, np.uint8)
    heatmap = np.zeros((10, 10))
    heatmap[:5], heatmap[5:] = 2, -2
    drawn, limit = overlay_heat(image, heatmap, signed=True)
    assert limit == 2
    red, blue = drawn[0, 0].astype(int), drawn[9, 9].astype(int)
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50


@pytest.mark.parametrize("signed", [False, True])
def test_a_map_without_values_shows_the_image(signed):
    image = np.full((6, 5, 3), 90, np.uint8)
    drawn, limit = overlay_heat(image, np.zeros((3, 3)), signed)
    assert limit == 0
    np.testing.assert_array_equal(drawn, image)


@pytest.mark.parametrize("shape", [(28, 28, 1), (60, 400, 3), (700, 30, 3), (1, 1, 1)])
def test_images_of_any_shape_are_drawn_with_long_captions(shape):
    image = np.full(shape, 200, np.uint8)
    drawn = draw_heatmap(image, np.ones((2, 2)), ["日本 " * 80, "é" * 900, ""], signed=True)
    assert drawn.dtype == np.uint8
    assert drawn.shape[2] == 3


def test_a_grid_has_a_row_for_each_eight_tiles():
    tiles = [np.full((4, 4, 3), value, np.uint8) for value in range(20)]
    drawn = draw_grid(tiles, [str(number) for number in range(20)], "layer", side=40)
    one = draw_grid(tiles[:8], [str(number) for number in range(8)], "layer", side=40)
    assert drawn.shape[1] == one.shape[1]
    assert drawn.shape[0] - one.shape[0] == 2 * (40 + 21)
    gray = draw_grid([np.zeros((300, 200), np.uint8)], ["0"], "large", side=100)
    assert gray.shape[0] < 200
