import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.occlusion import occlusion


def by_loops(score, image, size, stride, value):
    height, width = image.shape[2:]
    decreases = [[[] for _ in range(width)] for _ in range(height)]
    tops = sorted({*range(0, height - size, stride), height - size})
    lefts = sorted({*range(0, width - size, stride), width - size})
    for top in tops:
        for left in lefts:
            covered = image.clone()
            covered[:, :, top : top + size, left : left + size] = value
            decrease = float(score(image) - score(covered))
            for row in range(top, top + size):
                for column in range(left, left + size):
                    decreases[row][column].append(decrease)
    return torch.tensor([[sum(cell) / len(cell) for cell in line] for line in decreases])


@pytest.mark.parametrize(
    ("size", "stride", "value", "batch"), [(3, 2, 0.0, 4), (4, 4, 0.7, 1), (1, 1, 0, 99)]
)
def test_the_map_is_that_of_loops(size, stride, value, batch):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.LazyLinear(1)).eval()
    image = torch.randn(1, 2, 8, 11)
    network(image)

    def score(images):
        return network(images)[:, 0]

    found = occlusion(score, image, size, stride, value, batch)
    with torch.no_grad():
        assert torch.allclose(found, by_loops(score, image, size, stride, value), atol=1e-5)


def test_only_the_pixel_that_counts_is_positive():
    image = torch.ones(1, 1, 5, 5)
    found = occlusion(lambda images: images[:, 0, 2, 3], image, 1)
    assert float(found[2, 3]) == 1
    assert float(found.sum()) == 1


def test_a_patch_larger_than_the_image_covers_all_of_it():
    found = occlusion(lambda images: images.sum((1, 2, 3)), torch.ones(1, 1, 3, 3), 10)
    assert torch.equal(found, torch.full((3, 3), 9.0))


@pytest.mark.parametrize(
    ("shape", "size", "stride"), [((2, 1, 4, 4), 2, 1), ((1, 1, 4, 4), 0, 1), ((1, 1, 4, 4), 2, 3)]
)
def test_what_cannot_be_covered(shape, size, stride):
    with pytest.raises(ConfigError, match="one image"):
        occlusion(lambda images: images.sum((1, 2, 3)), torch.ones(shape), size, stride)
