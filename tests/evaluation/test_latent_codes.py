"""Evidence of codes: a sampler that obeys, and of which it is known what its codes change, gets the figures
that it must.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus.data.config import DataConfig
from hibiscus.data.dataset import Dataset
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import latent_codes as codes
from hibiscus.methods.gan.infogan import InfoGAN
from hibiscus.runs.prepare import fit_preparation, prepare_parts


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return Bench(InfoGAN, tmp_path_factory.mktemp("bench"), count=800).data


def real(data, turn=0, wrong=0.0):
    """Real images as samples, labelled by a renaming of their class; some of them wrongly."""
    label, image = data.values("label", "train"), data.values("image", "train")
    named = (7 * label + turn) % 10
    lost = np.random.default_rng(0).random(len(label)) < wrong
    named = np.where(lost, (named + 1) % 10, named)
    numbers = np.random.default_rng(1).uniform(-1, 1, (2, len(label)))
    return lambda count: {
        "image": image[:count],
        "label": named[:count],
        "code1": numbers[0, :count],
        "code2": numbers[1, :count],
    }


@pytest.mark.parametrize("turn", [0, 3])
def test_accuracy_does_not_hang_on_the_names_of_labels(data, turn):
    found = codes.validate_codes(real(data, turn), data, "train")
    assert found["cluster_accuracy"] > 0.97
    assert found["nmi"] > 0.94
    assert codes.validate_codes(real(data, turn, wrong=0.3), data, "train")[
        "cluster_accuracy"
    ] == pytest.approx(0.7, abs=0.05)


def test_what_codes_change_is_found_within_each_label():
    """Label 1 is brighter and thicker than label 0; code1 slants, code2 thickens, code3 does nothing."""
    rng, count = np.random.default_rng(0), 400
    label, number = np.arange(count) % 2, rng.uniform(-1, 1, (3, count))
    y, x = np.mgrid[:28, :28] - 13.5
    away = np.abs(x + number[0][:, None, None] * 0.5 * y)
    half = 2 + label + number[1]
    pixels = (np.clip(half[:, None, None] - away + 0.5, 0, 1) * (np.abs(y) < 9) * 255).astype(np.uint8)[
        ..., None
    ]
    changes = codes.code_effects(
        {"image": pixels, "label": label, "code1": number[0], "code2": number[1], "code3": number[2]}
    )
    assert list(changes) == ["code1", "code2", "code3"]
    assert changes["code1"]["slant"] > 0.99
    assert changes["code2"]["thickness"] > 0.95
    assert changes["code2"]["brightness"] > 0.99
    assert max(abs(value) for value in changes["code3"].values()) < 0.15
    assert abs(changes["code1"]["brightness"]) < 0.15


def test_correlation_is_that_of_numpy_where_there_is_one_label():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 6, 7, 3), dtype=np.uint8)
    number = np.random.default_rng(1).normal(size=50)
    found = codes.code_effects({"image": pixels, "label": np.zeros(50, int), "code1": number})["code1"]
    assert found["brightness"] == pytest.approx(np.corrcoef(number, pixels.mean((1, 2, 3)))[0, 1])
    still = codes.code_effects({"image": np.zeros_like(pixels), "label": np.zeros(50, int), "code1": number})[
        "code1"
    ]
    assert set(still.values()) == {0.0}


def test_the_report_shows_a_row_for_each_label_along_which_one_code_moves(data):
    asked = []

    def draw(label, given):
        asked.append((label, given))
        return np.zeros((len(label), 8, 8, 1), np.uint8)

    answers = {"cluster": data.values("label", "val")}
    found = codes.evaluate_codes(real(data), draw, answers, data, "val")
    assert found.metrics["real_cluster_accuracy"] == 1
    shifted = {number: (number + 1) % 10 for number in range(10)}  # the classes that validation finds
    other = codes.evaluate_codes(real(data), draw, answers, data, "val", match=shifted)
    assert other.metrics["real_cluster_accuracy"] == 0
    asked[2:] = []
    assert found.metrics["cluster_accuracy"] > 0.9
    assert found.metrics["slant_correlation"] >= 0
    titles = [report_item.title for report_item in found.report_items]
    assert titles[-4:] == [
        "Classes by label",
        "Effect of each code",
        "Traversals of code1",
        "Traversals of code2",
    ]
    for code, (label, given) in enumerate(asked):
        labels = int(label.max()) + 1
        torch.testing.assert_close(
            given[:, code].reshape(labels, 9), torch.linspace(-2, 2, 9).expand(labels, 9)
        )
        assert (label.reshape(labels, 9) == torch.arange(labels)[:, None]).all()
        assert not given[:, 1 - code].any()


def test_nothing_is_said_of_classes_where_there_are_none():
    whole = open_data("digits")
    dataset = Dataset(
        "digits", "digits", {"image": whole.fields["image"][:300]}, whole.ids[:300], whole.keys[:300]
    )
    parts = prepare_parts(dataset, DataConfig(), InfoGAN)
    unlabelled = PreparedData(dataset, fit_preparation(dataset, parts["train"], InfoGAN, DataConfig()), parts)
    image = unlabelled.values("image", "train")
    label = np.arange(len(image)) % 10

    def sample(count):
        return {"image": image[:count], "label": label[:count], "code1": np.linspace(-1, 1, count)}

    names = ["frechet", "frechet_floor", "frechet_items", "diversity"]
    assert list(codes.validate_codes(sample, unlabelled, "val")) == names
    generate = lambda label, given: np.zeros((len(label), 8, 8, 1), np.uint8)  # noqa: E731
    found = codes.evaluate_codes(
        sample, generate, {"cluster": np.zeros(len(parts["val"]), int)}, unlabelled, "val"
    )
    assert not [name for name in found.metrics if "cluster" in name or "nmi" in name]
    assert [report_item.title for report_item in found.report_items[-2:]] == [
        "Effect of each code",
        "Traversals of code1",
    ]
