import numpy as np
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.label_sets import MultiLabelPreparation, label_sets
from hibiscus.data.preparation import ArrayPreparation, ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.class_decisions import ClassDecisions
from hibiscus.evaluation.multi_label import evaluate_multi_label

X = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
SETS = label_sets([["red"] * int(a > 0) + ["round"] * int(b > 0) for a, b in X])


def prepared(images=False):
    field = {"image": np.zeros((60, 8, 8, 1), np.uint8)} if images else {"array": X}
    learned = ImagePreparation(8, 8, 1, (0.5,), (0.5,)) if images else ArrayPreparation.fit(X)
    dataset = Dataset("d", "d", {**field, "labels": SETS}, [f"item {i}" for i in range(60)], content_keys(X))
    preparation = Preparation({next(iter(field)): learned, "labels": MultiLabelPreparation(("red", "round"))})
    return PreparedData(dataset, preparation, {"train": np.arange(40), "test": np.arange(40, 60)})


def test_items_of_the_report():
    p = (X[40:] > 0) * 0.6 + 0.2
    p[0] = 1 - p[0]
    p[1, 0] = 0.55 if p[1, 0] < 0.5 else 0.45
    evaluation = evaluate_multi_label(p, prepared(), "test", ["red", "round"], ClassDecisions(0.5))
    assert list(evaluation.baselines) == ["label frequencies", "linear model", "k-NN"]
    assert evaluation.metrics["exact_match"] == pytest.approx(0.9)
    by_label, errors, baselines = evaluation.report_items
    assert [row[0] for row in by_label.rows] == ["red", "round"]
    assert "0.5" in by_label.note
    assert [row[0] for row in errors.rows] == ["item 40", "item 41"]  # the least probable first
    assert errors.rows[0][1] == (", ".join(SETS[40]) or "none")
    assert "2 of 20" in errors.note
    assert baselines.title == "Baselines"


def test_errors_on_images_are_shown_and_none_without_errors():
    right = (X[40:] > 0) * 0.6 + 0.2
    evaluation = evaluate_multi_label(
        1 - right, prepared(images=True), "test", ["red", "round"], ClassDecisions(0.5)
    )
    gallery = evaluation.report_items[1]
    assert len(gallery.images) == 20
    assert gallery.captions[0].startswith("item ")
    perfect = evaluate_multi_label(right, prepared(), "test", ["red", "round"], ClassDecisions(0.5))
    assert [item.title for item in perfect.report_items] == ["Metrics by label", "Baselines"]
