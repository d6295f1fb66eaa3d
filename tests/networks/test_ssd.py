import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.networks import count_parameters
from hibiscus.networks.ssd import BACKGROUND, build_ssd, map_sizes

LIGHT = {"own": {"width": 0.25}, "resnet": {"depth": 11, "width": 0.5}, "vgg": {"width": 0.125, "depth": 11}}


def test_map_sizes_are_the_paper_s():
    assert map_sizes((3, 300, 300)) == ((38, 38), (19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1))
    assert map_sizes((1, 33, 250), 16, 3) == ((3, 16), (2, 8), (1, 4))
    assert build_ssd((3, 96, 128), 2, 4, "own", width=0.25).map_sizes == map_sizes((3, 96, 128))


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("shape", [(3, 64, 96), (1, 33, 70), (3, 32, 32), (1, 45, 190)])
@pytest.mark.parametrize("pyramid", [False, True])
@pytest.mark.parametrize("finest", [4, 8, 16])
def test_shapes_and_gradients(name, shape, pyramid, finest):
    sizes = map_sizes(shape, finest)
    anchors = [3 + level % 2 for level in range(len(sizes))]
    network = build_ssd(shape, 5, anchors, name, finest_stride=finest, pyramid=pyramid, **LIGHT[name])
    assert network.map_sizes == sizes
    for batch in (2, 1):  # a batch of one in training, over maps of one place
        network.zero_grad()
        x = torch.rand(batch, *shape)
        scores, offsets = network(x)
        total = sum(height * width * count for (height, width), count in zip(sizes, anchors, strict=True))
        assert scores.shape == (batch, total, 6)
        assert offsets.shape == (batch, total, 4)
        (scores.square().sum() + offsets.square().sum() + scores.sum() + offsets.sum()).backward()
        for parameter in network.parameters():
            assert parameter.grad is not None
            assert parameter.grad.isfinite().all()
            assert batch == 1 or parameter.grad.abs().sum() > 0
    maps = network.features(x)
    assert [tuple(each.shape[1:]) for each in maps] == [
        (count, *size) for count, size in zip(network.channels, sizes, strict=True)
    ]


@pytest.mark.parametrize("level", [0, 1, 3])
def test_order_is_map_row_place_anchor(level):
    classes, anchors = 2, (2, 3, 1, 4)
    network = build_ssd((3, 64, 96), classes, anchors, "own", width=0.25)
    assert network.map_sizes == ((8, 12), (4, 6), (2, 3), (1, 2))
    with torch.no_grad():
        for head in (*network.score_heads, *network.offset_heads):
            head.weight.zero_()
            head.weight[:, 0, 1, 1] = torch.arange(
                1.0, len(head.weight) + 1
            )  # the middle tap names the output
    maps = [
        torch.zeros(1, count, *size) for count, size in zip(network.channels, network.map_sizes, strict=True)
    ]
    height, width = network.map_sizes[level]
    row, place = height - 1, width - 2
    maps[level][0, 0, row, place] = 1
    scores, offsets = network.heads(maps)
    before = sum(h * w * a for (h, w), a in zip(network.map_sizes[:level], anchors[:level], strict=True))
    first = before + (row * width + place) * anchors[level]
    for answers, numbers in ((scores, classes + 1), (offsets, 4)):
        expected = torch.zeros_like(answers)
        expected[0, first : first + anchors[level]] = torch.arange(1.0, anchors[level] * numbers + 1).view(
            anchors[level], numbers
        )
        assert torch.equal(answers, expected)


def test_pyramid_hands_down_to_the_places_above():
    network = build_ssd((3, 33, 70), 2, 3, "own", width=0.25, pyramid=True).eval()
    with torch.no_grad():
        for smooth in network.smooth:
            nn.init.dirac_(smooth.weight)
        for lateral in network.lateral[:-2]:
            lateral.weight.zero_()
        maps = network.features(torch.rand(1, 3, 33, 70))
    assert network.map_sizes == ((5, 9), (3, 5), (2, 3), (1, 2), (1, 1))
    for level in range(3):
        height, width = network.map_sizes[level]
        expected = maps[level + 1].repeat_interleave(2, 2).repeat_interleave(2, 3)[..., :height, :width]
        torch.testing.assert_close(maps[level], expected)


def test_parameters():
    network = build_ssd((3, 300, 300), 20, (4, 6, 6, 6, 4, 4), "vgg")
    assert network.channels == (512, 512, 256, 256, 256, 256)
    backbone = 14_724_042 - 5130
    norms = 2 * (128 + 256)
    extras = (512 * 128 + 9 * 128 * 256 + norms) + 3 * (256 * 128 + 9 * 128 * 256 + norms)
    heads = sum(
        (9 * count + 0) * anchors * 25 + anchors * 25
        for count, anchors in zip(network.channels, (4, 6, 6, 6, 4, 4), strict=True)
    )
    assert count_parameters(network) == backbone + extras + heads
    # Anchors of the paper: 8732 with its maps of 38, 19, 10, 5, 3, 1; the fifth is halved to 2 here.
    assert (
        sum(h * w * a for (h, w), a in zip(network.map_sizes, (4, 6, 6, 6, 4, 4), strict=True))
        == 8732 - 4 + 4 * 4
    )
    assert count_parameters(build_ssd((3, 64, 64), 2, 3, "own", levels=2)) < count_parameters(
        build_ssd((3, 64, 64), 2, 3, "own")
    )


def test_the_prior_is_what_softmax_gives():
    network = build_ssd((3, 64, 64), 7, 3, "own", width=0.25, prior=0.01)
    for head in network.score_heads:
        chances = head.bias.view(3, 8).softmax(1)
        torch.testing.assert_close(chances[:, BACKGROUND], torch.full((3,), 0.99))
        assert chances[:, 1:].std() < 1e-6
    scores, _ = network(torch.rand(4, 3, 64, 64))
    assert scores.softmax(2)[..., BACKGROUND].mean() > 0.95
    plain = build_ssd((3, 64, 64), 7, 3, "own", width=0.25)
    assert all(head.bias.abs().sum() == 0 for head in plain.score_heads)


@pytest.mark.parametrize("name", LIGHT)
def test_channels_last_and_bf16(name):
    network = build_ssd((3, 48, 64), 3, 2, name, pyramid=True, **LIGHT[name]).eval()
    x = torch.rand(2, 3, 48, 64)
    with torch.no_grad():
        scores, offsets = network(x)
        last = network.to(memory_format=torch.channels_last)(x.contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(last[0], scores, atol=1e-4, rtol=1e-3)
        torch.testing.assert_close(last[1], offsets, atol=1e-4, rtol=1e-3)
        with torch.autocast("cpu", torch.bfloat16):
            half = network(x)
    assert half[0].dtype == torch.bfloat16
    torch.testing.assert_close(half[0].float(), scores, atol=0.1, rtol=0.1)


def test_it_can_learn_where_a_square_is():
    torch.manual_seed(0)
    network = build_ssd((1, 32, 32), 1, 1, "own", width=0.25, levels=1)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    images, target = torch.zeros(16, 1, 32, 32), torch.zeros(16, 16, dtype=torch.long)
    for item in range(16):
        row, column = divmod(item, 4)
        images[item, 0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = 1
        target[item, item] = 1
    for _ in range(30):
        loss = nn.functional.cross_entropy(network(images)[0].flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": 9}, "at most 4"), ({"anchors_per_cell": (3, 3), "levels": 3}, "levels=2"),
        ({"finest_stride": 2}, "4, 8 or 16"),
        ({"anchors_per_cell": 0}, "anchors_per_cell=0"), ({"classes": 0}, "classes=0"),
        ({"prior": 1.0}, "prior=1.0"),
        ({"backbone": "vg"}, "did you mean vgg"), ({"image_shape": (3, 31, 64)}, "32x32"),
        ({"width": -1}, "width=-1"),
    ],
)  # fmt: skip
def test_arguments_are_checked(options, message):
    with pytest.raises(ConfigError) as caught:
        build_ssd(**{"image_shape": (3, 64, 64), "classes": 2, "anchors_per_cell": 3, **options})
    assert message in str(caught.value)
