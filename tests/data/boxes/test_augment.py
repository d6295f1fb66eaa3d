import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.data.boxes.augment import MAX_TRIALS, BoxAugment
from hibiscus.data.dataset import CROWD, PADDING
from hibiscus.data.images.augment import Augment
from hibiscus.errors import ConfigError, DataError

GEOMETRY = {
    "flip": True, "vertical_flip": True, "turns": True, "zoom_out": 3.0, "iou_crop": True,
    "scale_jitter": 0.3, "aspect_jitter": 0.4,
}  # fmt: skip
COLORS = {"brightness": 0.3, "contrast": 0.5, "saturation": 0.5, "hue": 18.0}
EVERYTHING = {**GEOMETRY, **COLORS}
NOTHING = torch.tensor([0.0, 0.0, 0.0, 0.0, PADDING])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rectangles(batch=8, height=80, width=96, rows=5, seed=0):
    """Images in each of whose three channels one rectangle is 1 and the rest 0; its box has the channel for a
    class.
    """
    random = np.random.default_rng(seed)
    images, boxes = torch.zeros(batch, 3, height, width), NOTHING.repeat(batch, rows, 1)
    for item in range(batch):
        for channel, row in enumerate(random.permutation(rows)[:3]):
            high, wide = random.integers(16, height // 2), random.integers(16, width // 2)
            top, left = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
            images[item, channel, top : top + high, left : left + wide] = 1
            edges = (left / width, top / height, (left + wide) / width, (top + high) / height)
            boxes[item, row] = torch.tensor([*edges, channel])
    return images, boxes


def extent(channel):
    """Left, top, right, bottom of the bright pixels, or None."""
    rows, columns = np.nonzero(channel.numpy() > 0.5)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None


def check_boxes(images, boxes, kept_classes=False):
    """Each box encloses the pixels of its colour; how many there are."""
    height, width = images.shape[2:]
    found = 0
    for image, rows in zip(images, boxes, strict=True):
        for *edges, kind in rows.tolist():
            if kind == PADDING:
                assert edges == [0, 0, 0, 0]
                continue
            pixels = np.array(edges) * [width, height, width, height]
            np.testing.assert_allclose(pixels, extent(image[int(kind)]), atol=1.5)
            found += 1
    return found


@pytest.mark.parametrize("size", [(80, 96), (64, 64), (97, 71)])
@pytest.mark.parametrize("names", [*((name,) for name in GEOMETRY), tuple(GEOMETRY)], ids="+".join)
def test_boxes_enclose_their_pixels(names, size):
    found = 0
    for seed in range(12):
        images, boxes = rectangles(8, *size, seed=seed)
        new_images, new_boxes = BoxAugment(**{name: GEOMETRY[name] for name in names})(
            images, generator(seed), boxes
        )
        assert not torch.equal(new_images, images) or names == ("turns",)
        found += check_boxes(new_images, new_boxes)
        was_padding = boxes[..., 4] == PADDING
        assert (new_boxes[was_padding] == NOTHING).all()
        stays = new_boxes[..., 4] != PADDING
        assert torch.equal(new_boxes[..., 4][stays], boxes[..., 4][stays])
    everything = 12 * 8 * 3
    loses = {"iou_crop", "scale_jitter", "aspect_jitter"} & set(names)
    assert everything * 0.3 < found < everything if loses else found == everything


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 2, 5]), st.integers(40, 70), st.integers(40, 70),
    st.sets(st.sampled_from(sorted(EVERYTHING))),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float64]), st.booleans(), st.integers(0, 999),
)  # fmt: skip
def test_any_combination_keeps_its_promises(batch, height, width, names, dtype, is_last, seed):
    augment = BoxAugment(**{name: EVERYTHING[name] for name in names})
    layout = torch.channels_last if is_last else torch.contiguous_format
    images, boxes = rectangles(batch, height, width, seed=seed)
    images = images.to(dtype).contiguous(memory_format=layout)
    before = images.clone(), boxes.clone()
    new_images, new_boxes = augment(images, generator(seed), boxes)
    again = augment(images, generator(seed), boxes)
    assert torch.equal(new_images, again[0])
    assert torch.equal(new_boxes, again[1])
    assert torch.equal(images, before[0])
    assert torch.equal(boxes, before[1])
    assert (new_images.shape, new_images.dtype, new_boxes.shape, new_boxes.dtype) == (
        images.shape,
        dtype,
        boxes.shape,
        torch.float32,
    )
    assert new_images.is_contiguous(memory_format=layout)
    assert new_images.min() >= 0
    assert new_images.max() <= 1
    assert new_boxes[..., :4].min() >= 0
    assert new_boxes[..., :4].max() <= 1
    assert (new_boxes[..., :2] <= new_boxes[..., 2:4]).all()
    assert augment.active == bool(names)
    assert (new_images is images) == (not names)
    assert (new_boxes is boxes) == (not names & set(GEOMETRY))
    if not names & set(COLORS):
        check_boxes(new_images.float(), new_boxes)


def test_flips_and_turns_move_pixels_as_they_are():
    images, boxes = torch.rand(200, 2, 12, 12, generator=generator(1)), rectangles(200)[1]
    new, _ = BoxAugment(turns=True)(images, generator(), boxes)
    counts = [
        sum(torch.equal(a, torch.rot90(b, turn, (1, 2))) for a, b in zip(new, images, strict=True))
        for turn in range(4)
    ]
    assert sum(counts) == 200
    assert min(counts) > 30
    wide, _ = BoxAugment(turns=True)(images[:, :, :8], generator(), boxes)
    halves = [
        torch.equal(a, torch.rot90(b, 2, (1, 2))) or torch.equal(a, b)
        for a, b in zip(wide, images[:, :, :8], strict=True)
    ]
    assert all(halves)
    last, _ = BoxAugment(turns=True)(images.contiguous(memory_format=torch.channels_last), generator(), boxes)
    assert torch.equal(last, new)


def test_index_and_sampling_agree():
    images, boxes = rectangles(32, 40, 40)
    whole = {"flip": True, "vertical_flip": True, "turns": True}
    moved, sampled = (
        BoxAugment(**whole, scale_jitter=jitter)(images, generator(), boxes) for jitter in (0.0, 1e-9)
    )
    torch.testing.assert_close(moved[0], sampled[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(moved[1], sampled[1], atol=1e-6, rtol=0)


def test_a_lost_box_has_lost_its_centre_or_its_area():
    """A centre that stays keeps a quarter of its box at least, so that 0.25 drops none but boxes larger than
    the image.
    """
    images, boxes = rectangles(64)
    for least in (0.0, 0.6, 0.9):
        _, new = BoxAugment(scale_jitter=0.6, min_kept=least)(images, generator(3), boxes)
        _, anything = BoxAugment(scale_jitter=0.6, min_kept=0.0)(images, generator(3), boxes)
        area = (anything[..., 2:4] - anything[..., :2]).prod(-1)
        factor = 1 / (1 + 0.6 * (2 * torch.rand(15 + 4 * MAX_TRIALS, 64, generator=generator(3))[7] - 1)) ** 2
        share = area * factor[:, None] / (boxes[..., 2:4] - boxes[..., :2]).prod(-1)
        expected = (anything[..., 4] >= 0) & (share >= least - 1e-4)
        assert torch.equal(new[..., 4] >= 0, expected)
        assert least == 0 or not torch.equal(new, anything)


def test_zoom_out_shrinks_half_of_the_images_onto_their_mean():
    images, boxes = torch.rand(64, 3, 40, 40, generator=generator(1)), rectangles(64)[1]
    new, moved = BoxAugment(zoom_out=4.0)(images, generator(), boxes)
    same = [torch.allclose(a, b, atol=1e-5) for a, b in zip(new, images, strict=True)]
    assert 20 < sum(same) < 44
    ratio = ((moved[..., 2:4] - moved[..., :2]) / (boxes[..., 2:4] - boxes[..., :2]))[boxes[..., 4] >= 0]
    assert ratio.min() > 0.25 - 1e-4
    assert ratio.max() < 1 + 1e-4
    corners = new[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    is_canvas = (corners - images.mean((2, 3))[..., None]).abs().amax(1) < 1e-5
    assert not (is_canvas.any(1) & torch.tensor(same)).any()
    assert is_canvas.any(1).sum() > 20


def test_crops_have_the_overlap_and_keep_an_object():
    """Each crop is some window of the image with an object in it; a crowd or padding alone is not cropped
    for.
    """
    ramp_x, ramp_y = torch.meshgrid(torch.arange(300) + 0.5, torch.arange(200) + 0.5, indexing="xy")
    images = torch.stack((ramp_x / 300, ramp_y / 200)).repeat(100, 1, 1, 1)
    boxes = torch.tensor(
        [[[0.1, 0.2, 0.6, 0.7, 3.0], [0.5, 0.5, 0.9, 0.9, 0.0], [0.0, 0.0, 0.3, 0.3, CROWD]]]
    ).repeat(100, 1, 1)
    new, moved = BoxAugment(iou_crop=True)(images, generator(), boxes)
    assert (moved[..., 4] >= 0).any(1).all()
    # Two middle pixels say which window it was: positions are linear in it.
    x0, x1, y0, y1 = new[:, 0, 100, 100], new[:, 0, 100, 200], new[:, 1, 50, 150], new[:, 1, 150, 150]
    width, height = (x1 - x0) * 3, (y1 - y0) * 2
    ratio = width / height
    assert ratio.max() < 2 + 1e-3
    assert ratio.min() > 0.5 - 1e-3
    assert min(width.min(), height.min()) > 0.3 / math.sqrt(2) - 1e-3
    assert 1 < len({round(float(w), 3) for w in width}) < 100  # some whole, the others each its own
    for rows in (boxes[:, 2:], boxes[:, :0], NOTHING.repeat(100, 2, 1)):
        same, _ = BoxAugment(iou_crop=True)(images, generator(), rows)
        torch.testing.assert_close(same, images, atol=1e-4, rtol=0)


def test_crowds_move_along():
    images, boxes = rectangles()
    crowds = boxes.clone()
    crowds[..., 4] = torch.where(boxes[..., 4] == 2, float(CROWD), boxes[..., 4])
    augment = BoxAugment(flip=True, turns=True, zoom_out=2.0, scale_jitter=0.3)
    _, moved = augment(images, generator(), boxes)
    _, moved_crowds = augment(images, generator(), crowds)
    assert torch.equal(moved[..., :4], moved_crowds[..., :4])
    assert torch.equal(moved[..., 4] == 2, moved_crowds[..., 4] == CROWD)


def test_a_crowd_stays_while_any_of_it_is_seen():
    images, boxes = rectangles(batch=200)
    boxes[..., 4] = torch.where(boxes[..., 4] > 0, CROWD - boxes[..., 4], boxes[..., 4])  # colours 1 and 2
    moved, found = BoxAugment(iou_crop=True, scale_jitter=0.3)(images, generator(), boxes)
    for image, rows in zip(moved, found, strict=True):
        kinds = rows[:, 4].tolist()
        for color in (1, 2):
            kept, visible = CROWD - color in kinds, extent(image[color]) is not None
            assert kept or not visible
            if kept and visible:
                edges = rows[kinds.index(CROWD - color), :4].numpy() * [96, 80, 96, 80]
                np.testing.assert_allclose(edges, extent(image[color]), atol=1.5)


@pytest.mark.parametrize(
    "names", [("brightness",), ("contrast",), ("saturation",), ("hue",), tuple(COLORS)], ids="+".join
)
@pytest.mark.parametrize("channels_last", [False, True])
def test_colors_equal_the_formula(names, channels_last):
    options = {name: COLORS[name] for name in names}
    images = 0.3 + 0.3 * torch.rand(24, 3, 9, 11, generator=generator(1))
    layout = torch.channels_last if channels_last else torch.contiguous_format
    new, _ = BoxAugment(**options)(
        images.contiguous(memory_format=layout), generator(), NOTHING.repeat(24, 1, 1)
    )
    uniform = torch.rand(15 + 4 * MAX_TRIALS, 24, generator=generator()).numpy()
    yiq = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
    for item in range(24):
        b, c, s, h = (
            options.get(name, 0) * (0 if u < 0.5 else 4 * u - 3)
            for name, u in zip(COLORS, uniform[11:, item], strict=False)
        )
        angle = math.radians(h)
        turn = (1 + s) * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        middle = np.block([[np.ones((1, 1)), np.zeros((1, 2))], [np.zeros((2, 1)), turn]])
        x = np.einsum("ij,jhw->ihw", np.linalg.inv(yiq) @ middle @ yiq, images[item].numpy())
        expected = np.clip((1 + b) * (x.mean() + (x - x.mean()) * (1 + c)), 0, 1)
        np.testing.assert_allclose(new[item].numpy(), expected, atol=1e-4)


def test_greys_have_no_hue():
    gray = torch.rand(8, 1, 5, 5, generator=generator()).expand(8, 3, 5, 5)
    new, _ = BoxAugment(saturation=1.0, hue=180.0)(gray, generator(), NOTHING.repeat(8, 1, 1))
    torch.testing.assert_close(new, gray.contiguous(), atol=1e-3, rtol=0)
    with pytest.raises(ConfigError, match="hue=9"):
        BoxAugment(hue=9.0)(gray[:, :1], generator(), NOTHING.repeat(8, 1, 1))
    assert BoxAugment(brightness=0.5, contrast=0.5)(gray[:, :1], generator(), NOTHING.repeat(8, 1, 1))[
        0
    ].shape == (8, 1, 5, 5)


def test_the_canvas_has_the_changed_mean():
    images = torch.rand(16, 3, 30, 30, generator=generator()) * 0.2 + 0.4
    new, _ = BoxAugment(zoom_out=10.0, brightness=0.3, hue=18.0)(
        images, generator(2), NOTHING.repeat(16, 1, 1)
    )
    plain, _ = BoxAugment(brightness=0.3, hue=18.0)(images, generator(2), NOTHING.repeat(16, 1, 1))
    far = [item for item in range(16) if new[item].flatten(1).std(1).max() < 0.03]  # mostly canvas
    assert far
    for item in far:
        torch.testing.assert_close(
            new[item].flatten(1).median(1).values, plain[item].mean((1, 2)), atol=1e-4, rtol=0
        )


def test_one_more_option_leaves_the_others_draws_alone():
    images, boxes = rectangles()
    _, zoomed = BoxAugment(zoom_out=3.0)(images, generator(), boxes)
    _, both = BoxAugment(zoom_out=3.0, flip=True, brightness=0.4, hue=5.0)(images, generator(), boxes)
    flipped = zoomed.clone()
    flipped[..., 0], flipped[..., 2] = 1 - zoomed[..., 2], 1 - zoomed[..., 0]
    flipped[zoomed[..., 4] == PADDING] = NOTHING
    same = torch.stack([torch.isclose(both, each, atol=1e-6).flatten(1).all(1) for each in (zoomed, flipped)])
    assert same.any(0).all()
    assert same.any(1).all()


def test_nothing_asked_empty_batches_and_images_without_boxes():
    images, boxes = rectangles()
    augment = BoxAugment(**EVERYTHING)
    same = BoxAugment()(images, generator(), boxes)
    assert same[0] is images
    assert same[1] is boxes
    assert augment(images[:0], generator(), boxes[:0])[0].shape == (0, 3, 80, 96)
    new, none = augment(images, generator(), boxes[:, :0])
    assert (new.shape, none.shape) == (images.shape, (8, 0, 5))
    new, padding = augment(images[:1], generator(), NOTHING.repeat(1, 4, 1))
    assert torch.equal(padding, NOTHING.repeat(1, 4, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zoom_out": 0.5}, "from 1 to 10"), ({"scale_jitter": 1.0}, "below 1"),
        ({"aspect_jitter": -1}, "aspect_jitter=-1"),
        ({"hue": 181}, "0 to 180"), ({"contrast": math.nan}, "contrast=nan"),
        ({"brightness": True}, "brightness=True"),
        ({"saturation": "much"}, "saturation='much'"), ({"min_kept": 2}, "min_kept=2"),
        ({"flip": 1}, "True or False"),
        ({"iou_crop": "yes"}, "iou_crop='yes'"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, message):
    with pytest.raises(ConfigError) as caught:
        BoxAugment(**options)
    assert message in str(caught.value)


def test_images_and_boxes_are_checked():
    images, boxes = rectangles()
    augment = BoxAugment(flip=True)
    for wrong in (images.byte(), images[0], images.numpy()):
        with pytest.raises(DataError, match="images: "):
            augment(wrong, generator(), boxes)
    for wrong in (boxes.double(), boxes[:3], boxes[..., :4], boxes[0], None):
        with pytest.raises(DataError, match="boxes: "):
            augment(images, generator(), wrong)


def test_everything_at_once_is_cheap():
    images, boxes = rectangles(8, 300, 300, rows=100)
    augment, source = BoxAugment(**EVERYTHING), generator()
    times = {"augmented": [], "copied": [], "augment.py": []}
    for _ in range(10):
        for name, work in {
            "augmented": lambda: augment(images, source, boxes), "copied": images.clone,
            "augment.py": lambda: Augment(rotation=9.0, brightness=0.2)(images, source),
        }.items():  # fmt: skip
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    print({name: f"{1000 * min(each):.2f} ms" for name, each in times.items()})
    assert min(times["augmented"]) < 0.15  # several times what it takes, for busy machines
