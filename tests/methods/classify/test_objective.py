"""Weights of classes, balanced sampling and mixed images: hibiscus.methods.classify.objective."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus import api
from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.batch import Batch
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.label_sets import MultiLabelPreparation
from hibiscus.data.preparation import ImagePreparation, LabelPreparation, Preparation
from hibiscus.errors import ConfigError
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.classify.objective import ClassifyConfig
from hibiscus.runs.options import build_options

IMAGE = ImagePreparation(16, 16, 1, (0.5,), (0.5,))


def prepared(names=("a", "b", "c"), several=False):
    kind = {"labels": MultiLabelPreparation(tuple(names))} if several else {"label": LabelPreparation(names)}
    return Preparation({"image": IMAGE, **kind})


def data():
    """40 images of one class, 8 of another; the class shows in the brightness."""
    rng, labels = np.random.default_rng(0), np.array([0] * 40 + [1] * 8)
    images = (rng.integers(0, 120, (48, 16, 16, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    fields = {"image": images, "label": labels}
    return Dataset("dots", "dots", fields, [str(i) for i in range(48)], content_keys(images))


def trained(folder, **options):
    small = {"net": "linear", "epochs": 2, "batch_size": 8, "val": 0.25, "evaluate": False, "quiet": True}
    small = {} if "extend" in options else small
    return api.train("classify", data(), out=folder, **{"evaluate": False, "quiet": True, **small, **options})


def test_the_former_spelling_of_balanced_weights():
    for config in (build_options(ClassifyConfig, {"loss": "balanced"}), ClassifyConfig(loss="balanced")):
        assert (config.loss, config.class_weight) == ("cross-entropy", "balanced")
    assert ClassifyConfig().class_weight == "none"
    assert ClassifyConfig(loss="focal").loss == "focal"
    with pytest.raises(ConfigError, match="loss=balanced with class_weight=none"):
        build_options(ClassifyConfig, {"loss": "balanced", "class_weight": "none"})


@pytest.mark.parametrize(
    ("options", "preparation", "message"),
    [
        ({"loss": "focal", "label_smoothing": 0.1}, prepared(), "label_smoothing with loss=focal"),
        ({"loss": "focal", "focal_alpha": 0.3}, prepared(), "focal_alpha=0.3"),
        ({"loss": "focal", "focal_alpha": 0.3, "class_weight": "balanced"}, prepared("ab"), "focal_alpha"),
        ({"sampling": "balanced"}, prepared(several=True), "use class_weight=balanced"),
        ({"sampling": "balanced", "class_weight": "balanced"}, prepared(), "one of the two"),
    ],
)
def test_what_excludes_each_other(options, preparation, message):
    with pytest.raises(ConfigError, match=message):
        Classify.resolve(Classify.Config(**options), preparation, 100)


def test_only_images_are_mixed():
    vectors = ArrayPreparation((4,), (0.0,) * 4, (1.0,) * 4)
    preparation = Preparation({"array": vectors, "label": LabelPreparation(("a", "b"))})
    for name in ("mixup", "cutmix"):
        with pytest.raises(ConfigError, match="other inputs than images"):
            Classify.resolve(Classify.Config(**{name: 0.2}), preparation, 100)


@pytest.mark.parametrize("several", [False, True])
def test_the_loss_of_mixed_images_is_that_of_mixed_targets(several):
    torch.manual_seed(0)
    config = Classify.resolve(Classify.Config(net="linear", mixup=1.0), prepared(several=several), 100)
    method = Classify(config, prepared(several=several))
    method.counts, method.items = torch.tensor([3.0, 2.0, 1.0]), 6
    labels = torch.eye(3)[[0, 1, 2, 0, 1, 0]]
    batch = Batch(image=torch.rand(6, 1, 16, 16))
    batch["labels" if several else "label"] = labels if several else labels.argmax(1)
    torch.manual_seed(5)
    loss, terms = method.loss(batch)
    torch.manual_seed(5)
    offset = torch.rand(4)[1].item()
    share = float(torch.distributions.Beta(1.0, 1.0).sample())
    partner = (torch.arange(6) + 1 + int(5 * offset)) % 6
    mixed = share * batch["image"] + (1 - share) * batch["image"][partner]
    target = share * labels + (1 - share) * labels[partner]
    logits = method.network(mixed)
    if several:
        nll = -(target * logits.sigmoid().log() + (1 - target) * (-logits).sigmoid().log()).mean()
        assert terms == {}
    else:
        nll = -(target * logits.log_softmax(1)).sum(1).mean()
        main = (labels if share >= 0.5 else labels[partner]).argmax(1)
        assert terms["accuracy"] == (logits.argmax(1) == main).float().mean()
    torch.testing.assert_close(loss, nll)


def test_balanced_sampling_needs_no_weights(tmp_path):
    run = trained(tmp_path / "run", sampling="balanced", loss="focal")
    assert run.info["config"]["sampling"] == "balanced"
    method = Classify(run.method("last").config, run.method("last").preparation)
    method.to(torch.device("cpu"))

    class Part:
        device = torch.device("cpu")

        @staticmethod
        def values(field, part):
            return np.array([0] * 30 + [1] * 6)

        @staticmethod
        def source(*arguments, balanced):
            assert balanced
            return "source"

    stage = next(iter(method.stages(Part())))
    assert stage.source == "source"
    assert method.counts.tolist() == [1, 1]


@pytest.mark.parametrize("options", [{"sampling": "balanced"}, {"mixup": 0.4, "cutmix": 1.0}])
def test_a_run_that_goes_on_after_an_epoch_equals_an_uninterrupted_one(tmp_path, options):
    whole = trained(tmp_path / "whole", schedule="constant", **options)
    trained(tmp_path / "part", schedule="constant", **{**options, "epochs": 1})
    longer = trained(tmp_path / "longer", **{"epochs": 2}, extend=tmp_path / "part")
    expected, found = whole.method("last").tensors(), longer.method("last").tensors()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())
    plain = trained(tmp_path / "plain", schedule="constant").method("last").tensors()
    assert any(not torch.equal(value, plain[name]) for name, value in expected.items())
