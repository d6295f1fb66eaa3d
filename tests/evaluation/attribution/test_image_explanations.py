import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.image_explanations import ImageExplainer, strongest
from hibiscus.evaluation.attribution.scores import ClassScores, DetectionScores, Explained


class WithTable(nn.Module):
    """A network with an image and a table as inputs."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 + 2, 3)

    def forward(self, image, table):
        return self.head(torch.cat([self.convolution(image).relu().mean((2, 3)), table], 1))


def prepared(count=3):
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    ids = [str(number) for number in range(count)]
    dataset = Dataset("d", "d", {"image": images}, ids, np.arange(count, dtype=np.uint64))
    preparation = Preparation({"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.25,) * 3)})
    return PreparedData(dataset, preparation, {"inputs": np.arange(count)})


@pytest.fixture
def explainer():
    network = WithTable().eval()
    return ImageExplainer(Explained(network, ClassScores(["a", "b", "c"])), prepared(), "inputs")


def inputs_of(explainer):
    item, inputs = next(explainer.items(1))
    return item, {**inputs, "table": torch.tensor([[1.0, -1.0]])}


def test_items_come_one_at_a_time_up_to_the_limit(explainer):
    assert [(item, inputs["image"].shape) for item, inputs in explainer.items(2)] == [
        (0, (1, 3, 8, 8)),
        (1, (1, 3, 8, 8)),
    ]


def test_the_other_inputs_stay_those_of_the_item(explainer):
    _, inputs = inputs_of(explainer)
    copies = inputs["image"].repeat(5, 1, 1, 1)
    with torch.no_grad():
        found = explainer.call(inputs)(copies)
    assert torch.allclose(found, explainer.network(copies, inputs["table"].expand(5, 2)), atol=1e-6)


def test_the_maps_of_an_image(explainer):
    item, inputs = inputs_of(explainer)
    kinds = ["grad-cam", "grad-cam++", "integrated-gradients", "occlusion"]
    found = explainer.heatmaps(item, inputs, kinds, 2, "convolution")
    assert [(one.kind, one.name) for one in found] == [(kind, "c") for kind in kinds]
    assert all(one.values.shape == (8, 8) for one in found)
    with torch.no_grad():
        logits = [explainer.call(inputs)(images)[0] for images in (inputs["image"], 0 * inputs["image"])]
    checks = found[2].checks
    assert checks["score_difference"] == pytest.approx(float(logits[0][2] - logits[1][2]), rel=1e-4)
    assert found[2].values.sum() == pytest.approx(checks["sum"], rel=1e-4)
    assert checks["completeness_error"] <= 0.01
    assert [fraction for fraction, _ in found[0].checks["correlation_with_random_weights"]] == [0.5, 1]
    assert found[0].amount == pytest.approx(float(logits[0].softmax(0)[2]), rel=1e-4)


def test_the_predicted_class_is_explained_by_default(explainer):
    item, inputs = inputs_of(explainer)
    (found,) = explainer.heatmaps(item, inputs, ["occlusion"], None, "")
    with torch.no_grad():
        assert found.name == "abc"[int(explainer.call(inputs)(inputs["image"]).argmax())]


def test_activations_and_filters(explainer):
    item, inputs = inputs_of(explainer)
    layers = explainer.layers(inputs)
    (found,) = explainer.activations(item, inputs, layers, 2)
    assert found.layer.shape == (4, 8, 8)
    with torch.no_grad():
        maps = explainer.network.convolution(inputs["image"])
    assert found.channels == strongest(maps, 2)
    np.testing.assert_allclose(found.values, maps[0, found.channels].numpy(), rtol=1e-5)
    filters = explainer.filters(inputs, "convolution", [1, 3])
    assert filters.images.shape == (2, 8, 8, 3)


def test_the_strongest_channels_have_the_largest_mean():
    maps = torch.tensor([1.0, 5, 3, 4]).view(1, 4, 1, 1).expand(2, 4, 2, 2)
    assert strongest(maps, 2) == [1, 3]


class Detector(nn.Module):
    """An anchor at every position of a map: scores of the background and one class."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 2, 1)

    def forward(self, image):
        scores = self.head(self.body(image).relu())
        return scores.flatten(2).mT, None


def test_the_check_of_a_detection_leaves_out_what_it_cannot_depend_on():
    explainer = ImageExplainer(
        Explained(Detector().eval(), DetectionScores(["a"], 0.5)), prepared(), "inputs"
    )
    item, inputs = next(explainer.items(1))
    one, everywhere = explainer.heatmaps(item, inputs, ["grad-cam", "grad-cam++"], 0, "body")
    assert (one.values > 0).sum() <= 1  # the position of the anchor
    assert (everywhere.values > 0).sum() > 8  # the score of Grad-CAM++ is that of the class anywhere
    assert abs(everywhere.checks["correlation_with_random_weights"][-1][1]) < 0.95
