import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.images.augment import DRAWS, Augment
from hibiscus.errors import ConfigError, DataError

EVERYTHING = {
    "translate": 0.2, "crop": 2, "flip": True, "vertical_flip": True, "rotation": 40.0, "scale_range": 0.2,
    "shear": 0.2,
    "brightness": 0.3, "contrast": 0.4, "cutout": 3,
}  # fmt: skip
NUMPY_FILL = {"zero": "constant", "nearest": "edge", "reflect": "symmetric"}
FILLS = sorted(NUMPY_FILL)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_images(batch=6, channels=3, height=9, width=11, seed=1):
    return torch.rand(batch, channels, height, width, generator=generator(seed))


def drawn(batch, seed=0):
    """The uniform numbers that the call will see, by name."""
    return dict(zip(DRAWS, torch.rand(len(DRAWS), batch, generator=generator(seed)).numpy(), strict=True))


def slow_move(image, augment, draws, item):
    """One image (channels, height, width): pad, cut a window, turn back the flips; every step with NumPy."""
    _, height, width = image.shape
    offsets = []
    for name, side in (("y", height), ("x", width)):
        most = round(augment.translate * side)
        offset = math.floor(draws[f"shift_{name}"][item] * (2 * most + 1)) - most
        offsets.append(
            offset + math.floor(draws[f"crop_{name}"][item] * (2 * augment.crop + 1)) - augment.crop
        )
    border = max(height, width)
    padded = np.pad(
        image, ((0, 0), (border, border), (border, border)), mode=NUMPY_FILL[augment.padding_mode]
    )
    top, left = border + offsets[0], border + offsets[1]
    window = padded[:, top : top + height, left : left + width]
    if augment.vertical_flip and draws["flip_y"][item] < 0.5:
        window = window[:, ::-1]
    if augment.flip and draws["flip_x"][item] < 0.5:
        window = window[:, :, ::-1]
    return window, offsets


def slow_sample(image, augment, draws, item):
    """The module's formula pixel by pixel: source = M (F (x, y) + d), read bilinearly from a padded image."""
    _, height, width = image.shape
    _, (down, right) = slow_move(image, augment, draws, item)
    signed = {name: 2 * float(draws[name][item]) - 1 for name in DRAWS}
    angle, shear = math.radians(augment.rotation) * signed["rotation"], augment.shear * signed["shear"]
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) / (1 + augment.scale_range * signed["zoom"])
    flips = [
        -1 if on and draws[name][item] < 0.5 else 1
        for on, name in ((augment.flip, "flip_x"), (augment.vertical_flip, "flip_y"))
    ]
    border = 4 * max(height, width)
    padded = np.pad(
        image, ((0, 0), (border, border), (border, border)), mode=NUMPY_FILL[augment.padding_mode]
    )
    result = np.zeros_like(image)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    for row in range(height):
        for column in range(width):
            x, y = matrix @ (flips * (np.array([column, row]) - centre) + (right, down)) + centre + border
            left, top = math.floor(x), math.floor(y)
            for r, c in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
                result[:, row, column] += padded[:, r, c] * (1 - abs(x - c)) * (1 - abs(y - r))
    return result


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "options", [{"translate": 0.4}, {"crop": 8}, {"flip": True}, {"vertical_flip": True}, "all"]
)
def test_whole_pixel_moves_equal_the_slow_twin(options, channels_last, fill):
    augment = (
        Augment(translate=0.3, crop=3, flip=True, vertical_flip=True, padding_mode=fill)
        if options == "all"
        else Augment(**options, padding_mode=fill)
    )
    images = random_images(batch=24)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    result = augment(images.contiguous(memory_format=layout), generator())
    draws = drawn(len(images))
    expected = np.stack(
        [slow_move(image, augment, draws, item)[0] for item, image in enumerate(images.numpy())]
    )
    assert np.array_equal(result.numpy(), expected)
    assert result.is_contiguous(memory_format=layout)
    assert not torch.equal(result, images)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(
    "options",
    [{"rotation": 90.0}, {"scale_range": 0.5}, {"shear": 0.7}, {"rotation": 30.0, "crop": 2}, "all"],
)
def test_sampled_moves_equal_the_slow_twin(options, fill):
    options = dict(list(EVERYTHING.items())[:7]) if options == "all" else options
    augment, images = (
        Augment(**options, padding_mode=fill),
        random_images(batch=4, channels=2, height=6, width=9),
    )
    result = augment(images, generator())
    draws = drawn(len(images))
    expected = np.stack(
        [slow_sample(image, augment, draws, item) for item, image in enumerate(images.numpy())]
    )
    np.testing.assert_allclose(result.numpy(), expected, atol=2e-5)


@pytest.mark.parametrize("fill", FILLS)
def test_the_two_ways_of_moving_agree(fill):
    images, whole = random_images(), {"translate": 0.2, "crop": 2, "flip": True, "vertical_flip": True}
    gathered = Augment(**whole, padding_mode=fill)(images, generator())
    sampled = Augment(**whole, rotation=1e-9, padding_mode=fill)(images, generator())
    torch.testing.assert_close(gathered, sampled, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("brightness", "contrast"), [(0.5, 0.0), (0.0, 0.5), (1.0, 1.0)])
def test_light_equals_the_formula(brightness, contrast):
    images = random_images()
    result = Augment(brightness=brightness, contrast=contrast)(images, generator())
    draws = drawn(len(images))
    for item, x in enumerate(images.numpy()):
        b, c = brightness * (2 * draws["brightness"][item] - 1), contrast * (2 * draws["contrast"][item] - 1)
        expected = np.clip((1 + b) * (x.mean() + (x - x.mean()) * (1 + c)), 0, 1)
        np.testing.assert_allclose(result[item].numpy(), expected, atol=1e-5)


def test_cutout_erases_one_square():
    images = random_images(batch=50) + 0.1
    result = Augment(cutout=4)(images, generator())
    draws = drawn(len(images))
    for item in range(len(images)):
        top, left = (
            math.floor(draws[f"cutout_{name}"][item] * side) - 2 for name, side in (("y", 9), ("x", 11))
        )
        expected = images[item].clone()
        expected[:, max(top, 0) : max(top + 4, 0), max(left, 0) : max(left + 4, 0)] = 0
        assert torch.equal(result[item], expected)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 2, 5]), st.sampled_from([1, 3]), st.integers(4, 9), st.integers(4, 9),
    st.sampled_from(FILLS),
    st.sets(st.sampled_from(sorted(EVERYTHING))),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float64]), st.integers(0, 99),
)  # fmt: skip
def test_any_combination_is_deterministic_and_in_range(
    batch, channels, height, width, fill, names, dtype, seed
):
    augment = Augment(**{name: EVERYTHING[name] for name in names}, padding_mode=fill)
    images = random_images(batch, channels, height, width).to(dtype)
    before = images.clone()
    result = augment(images, generator(seed))
    assert torch.equal(result, augment(images, generator(seed)))
    assert torch.equal(images, before)
    assert (result.shape, result.dtype) == (images.shape, dtype)
    assert result.min() >= 0
    assert result.max() <= 1
    assert augment.active == bool(names)
    assert (result is images) == (not names)


def test_generator_moves_on_and_images_differ():
    images, source = random_images(batch=1).expand(32, -1, -1, -1), generator()
    augment = Augment(crop=4, flip=True)
    first, second = augment(images, source), augment(images, source)
    assert not torch.equal(first, second)
    assert len({image.numpy().tobytes() for image in first}) > 20


def test_one_more_option_leaves_the_others_draws_alone():
    images = random_images()
    plain = Augment(crop=3)(images, generator())
    cut = Augment(crop=3, cutout=2)(images, generator())
    assert ((cut == plain) | (cut == 0)).all()


def test_offsets_are_uniform():
    images = torch.zeros(9000, 1, 5, 5)
    images[:, 0, 2, 2] = 1
    where = Augment(crop=1)(images, generator()).flatten(1).argmax(1)
    counts = torch.bincount(where, minlength=25).view(5, 5)[1:4, 1:4]
    assert counts.sum() == 9000
    assert (counts - 1000).abs().max() < 150


def test_empty_batch_and_nothing_switched_on():
    images = random_images()
    assert Augment()(images, generator()) is images
    assert Augment(**EVERYTHING)(images[:0], generator()).shape == (0, 3, 9, 11)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"translate": 1.0}, "from 0 to below 1"), ({"translate": -0.1}, "translate=-0.1"),
        ({"scale_range": 1.0}, "below 1"),
        ({"rotation": 181}, "0 to 180"), ({"shear": math.nan}, "shear=nan"),
        ({"brightness": True}, "brightness=True"), ({"contrast": "much"}, "contrast='much'"),
        ({"crop": 1.5}, "number of pixels"), ({"cutout": -1}, "cutout=-1"), ({"flip": 1}, "True or False"),
        ({"padding_mode": "reflct"}, "did you mean reflect?"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, message):
    with pytest.raises(ConfigError) as caught:
        Augment(**options)
    assert message in str(caught.value)


def test_images_are_checked():
    augment = Augment(crop=9, flip=True)
    with pytest.raises(ConfigError, match="crop=9, cutout=0 for images of 9 x 11"):
        augment(random_images(), generator())
    for images in (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), torch.zeros(3, 4, 4), np.zeros((2, 3, 4, 4))):
        with pytest.raises(DataError, match="images: ") as caught:
            augment(images, generator())
        assert "divide uint8 by 255" in str(caught.value)


def test_moving_a_batch_costs_a_few_milliseconds():
    images, augment, source = (
        torch.rand(128, 3, 32, 32),
        Augment(translate=0.1, crop=4, flip=True),
        generator(),
    )
    times = []
    for _ in range(20):
        started = time.perf_counter()
        augment(images, source)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.02  # ten times what it takes, for busy machines
