"""What class-conditional GANs share: random classes, and samples of a given class."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus.errors import UsageError
from hibiscus.methods.gan.acgan import ACGAN
from hibiscus.methods.gan.cgan import CGAN
from hibiscus.methods.gan.conditional import ConditionalGAN
from methods.gan_fixtures import CLASSES, images, made


def test_every_class_is_equally_likely():
    conditions = made(CGAN).random_labels(images(3000))
    assert np.bincount(conditions.label.numpy(), minlength=3) / 3000 == pytest.approx(
        np.full(3, 1 / 3), abs=0.04
    )


@pytest.mark.parametrize("kind", [CGAN, ACGAN], ids=lambda kind: kind.name)
def test_samples_are_of_the_given_class(kind):
    method, inputs = made(kind), []
    assert isinstance(method, ConditionalGAN)
    method.train_mode(False)
    method.generator.register_forward_pre_hook(
        lambda net, given: inputs.append(given[0][:, -3:].argmax(1).tolist())
    )
    assert method.sample(5)["label"].tolist() == ["7", "cat", "dog", "7", "cat"]
    for label, number in (("dog", 2), ("7", 0), (7, 0), ("1", 1), (2, 2)):
        samples = method.sample(2, label=label)
        assert samples["label"].tolist() == [CLASSES[number]] * 2
        assert samples["image"].shape == (2, 8, 8, 1)
        assert inputs[-1] == [number] * 2
    assert method.sample(300)["image"].shape == (300, 8, 8, 1)
    assert inputs[-2] + inputs[-1] == [number % 3 for number in range(300)]


@pytest.mark.parametrize("label", ["dig", "3", -1, 1.5])
def test_a_class_that_does_not_exist(label):
    with pytest.raises(UsageError, match="no such class"):
        made(CGAN).sample(2, label=label)


def test_samples_for_an_evaluation_have_the_classes_of_the_part(tmp_path):
    bench = Bench(CGAN, tmp_path)
    bench.method.train_mode(False)
    samples = bench.method.sampler(bench.data, "val")(10)
    np.testing.assert_array_equal(
        samples["condition"], bench.data.values("label", "val")[bench.data.subsample("val", 10)]
    )
    assert len(samples["image"]) == len(samples["condition"])
    assert samples["image"].dtype == np.uint8
    assert torch.equal(bench.method.one_hot(torch.tensor([2]))[0], torch.eye(10)[2])
