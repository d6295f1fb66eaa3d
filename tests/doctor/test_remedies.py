import pytest

from hibiscus.doctor.remedies import against_overfitting, is_model, uncertainty
from hibiscus.doctor.rules import advise


def info(fields=("image",), **config):
    return {
        "config": config,
        "data": {"fields": dict.fromkeys(fields, "")},
        "name": "r",
        "method": "classify",
    }


@pytest.mark.parametrize(
    ("run", "options"),
    [
        (info(flip=False, crop=0), ["crop=4", "flip=true"]),
        (info(flip=True, crop=0), ["crop=4"]),
        (info(("table",), flip=False, crop=0), []),
        (info(flip=False, crop=2, augment="light"), ["augment=strong"]),
        (info(flip=False, crop=2, augment="strong"), []),
        (info(flip=False, crop=0, augment="none", transfer="features"), []),
        (info(("table",), flip=False, crop=0, augment="none"), []),
        (info(net="mlp"), ["net.dropout=0.3"]),
        (info(net="mlp", net_options={"dropout": 0.3}), []),
        (info(net="resnet20"), []),  # which has no dropout
        (info(net="package:function"), []),
        (info(weight_decay=0.0), ["weight_decay=0.01"]),
        (info(weight_decay=0.01), []),
    ],
)
def test_only_options_that_the_run_has_and_does_not_use(run, options):
    assert against_overfitting(run) == options


def test_baselines_that_ignore_the_input():
    ignoring = ["majority class", "random guess", "mean of the training part", "mean image"]
    models = ["linear model", "nearest mean", "boosted trees (10 of 20 rows)", "grayscale input"]
    assert not any(map(is_model, ignoring))
    assert all(map(is_model, models))


@pytest.mark.parametrize(
    ("name", "value", "items", "text"),
    [
        ("test/accuracy", 0.9, 30, "may be off by 11 points"),
        ("test/accuracy", 1.0, 30, "may be off by 10 points"),
        ("test/accuracy", 0.5, 4, "may be off by 49 points"),
        ("test/rmse", 3.2, 30, "the result is uncertain"),
    ],
)
def test_how_uncertain_a_result_of_few_items_is(name, value, items, text):
    evaluation = {"selection_metric": {"name": name}, "metrics": {name: value}}
    assert text in uncertainty(evaluation, items)


def test_a_regression_is_not_told_of_points_or_classes():
    run = info(("table",), net="mlp", weight_decay=0.01)
    run["data"] |= {"parts": {"val": 9, "test": 25}, "classes": {}}
    evaluation = {
        "part": "test",
        "selection_metric": {"name": "test/rmse", "higher_is_better": False},
        "metrics": {"test/rmse": 9.0},
        "baselines": {"mean of the training part": {"test/rmse": 8.0}},
    }
    first, second = advise(run, [], evaluation)
    assert "which ignores the input, is better than this run" in first
    assert "use the baseline" not in first
    assert second.startswith(
        "The parts are small (9 items for validation, 25 for evaluation), so the result is"
    )
    assert "points" not in second
    assert "class " not in second
