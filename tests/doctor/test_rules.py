"""Each rule of the doctor on a run that has the problem, and on one that does not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hibiscus.doctor.rules import advise
from hibiscus.metrics.catalog import get_metric

INFO: dict[str, Any] = {
    "name": "classify-digits-001",
    "method": "classify",
    "path": "runs/classify-digits-001",
    "config": {"schedule": "constant", "epochs": 4},
    "best": {"epoch": 2, "value": 0.9},
    "data": {
        "path": "digits",
        "duplicates": {"inside": 0, "across": {}},
        "classes": {"cat": {"train": 40, "test": 9}, "dog": {"train": 30, "test": 8}},
        "skipped": [],
    },
}
EVALUATION: dict[str, Any] = {
    "selection_metric": {"name": "test/accuracy", "higher_is_better": True},
    "metrics": {"test/accuracy": 0.9},
    "baselines": {"majority class": {"test/accuracy": 0.5}, "linear model": {"test/accuracy": 0.8}},
}
HISTORY = [{"train/loss": 1 / epoch, "val/loss": 1.1 / epoch} for epoch in range(1, 5)]


@pytest.fixture
def info():
    return copy.deepcopy(INFO)


@pytest.fixture
def evaluation():
    return copy.deepcopy(EVALUATION)


def test_a_good_run_needs_no_advice(info, evaluation):
    assert advise(info, HISTORY, evaluation) == []
    assert advise(info, [], evaluation) == []


def test_a_better_baseline_is_named_with_both_figures(info, evaluation):
    evaluation["baselines"]["linear model"]["test/accuracy"] = 1.0
    evaluation["baselines"]["nearest mean"] = {"test/accuracy": 0.95}
    (advice,) = advise(info, HISTORY, evaluation)
    assert advice.startswith(
        "The baseline “linear model” is better than this run (accuracy 1.0000 vs. 0.9000)"
    )
    del evaluation["baselines"]["nearest mean"]
    evaluation["baselines"]["linear model"]["test/accuracy"] = 0.9
    (advice,) = advise(info, HISTORY, evaluation)
    assert "“linear model” is as good as this run" in advice
    assert "use the baseline, since it is simpler, train for more epochs" in advice


@pytest.mark.parametrize(
    ("name", "higher", "value"),
    [("accuracy", True, 1.0), ("miou", True, 1.0), ("rmse", False, 0.0), ("error_rate", False, 0)],
)
def test_no_more_training_where_the_metric_has_its_best_possible_value(info, evaluation, name, higher, value):
    evaluation["selection_metric"] = {"name": f"test/{name}", "higher_is_better": higher}
    evaluation["metrics"] = {f"test/{name}": value}
    evaluation["baselines"] = {"linear model": {f"test/{name}": value}}
    info["best"]["epoch"] = 4  # the last epoch was the best
    (advice,) = advise(info, HISTORY, evaluation)
    number, label = f"{value:.4f}", get_metric(name).label
    assert advice == (
        f"The baseline “linear model” is as good as this run ({label} {number} vs. {number}), and both "
        "reach the best possible value: the simpler model is enough for this data, and more training cannot "
        "improve the result."
    )


def test_a_value_of_one_is_not_the_best_of_every_metric(info, evaluation):
    evaluation["selection_metric"]["name"] = "test/mean_return"
    evaluation["metrics"] = {"test/mean_return": 1.0}
    evaluation["baselines"] = {"random actions": {"test/mean_return": 1.0}}
    assert "train for more epochs" in advise(info, HISTORY, evaluation)[0]


def test_lower_is_better_where_it_is(info, evaluation):
    evaluation["selection_metric"] = {"name": "test/rmse", "higher_is_better": False}
    evaluation["metrics"] = {"test/rmse": 231000.4}
    evaluation["baselines"] = {
        "mean": {"test/rmse": 300000.0},
        "linear regression": {"test/rmse": 200000.0},
        "none": {},
    }
    (advice,) = advise(info, HISTORY, evaluation)
    assert "“linear regression” is better than this run" in advice
    assert "(root mean squared error 200,000.0 vs. 231,000.4)" in advice
    evaluation["metrics"] = {"test/rmse": 1.0}
    assert advise(info, HISTORY, evaluation) == []


def test_duplicates_across_parts(info, evaluation):
    info["data"]["duplicates"]["across"] = {"train and test": 3}
    (advice,) = advise(info, HISTORY, evaluation)
    assert "3 in train and test" in advice


def test_overfitting(info, evaluation):
    training = [1 / epoch for epoch in range(1, 21)]
    validation = [1.1 / epoch if epoch < 6 else 0.2 + 0.05 * epoch for epoch in range(1, 21)]
    history = [{"train/loss": one, "val/loss": two} for one, two in zip(training, validation, strict=True)]
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith("Overfitting: the validation loss rises after epoch ")
    assert "of 20" in advice
    assert "flip=true" not in advice
    info["config"]["flip"] = False
    assert "flip=true" in advise(info, history, evaluation)[0]
    assert "net.dropout" not in advise(info, history, evaluation)[0]
    history[3]["val/loss"] = None  # was not a number
    assert advise(info, history, evaluation) == []


def test_the_last_epoch_was_the_best(info, evaluation):
    info["best"]["epoch"] = 4
    (advice,) = advise(info, HISTORY, evaluation)
    assert advice.endswith(": hibiscus train classify digits epochs=8 extend=runs/classify-digits-001")
    (advice,) = advise(
        info, [{**line, "stage": int(epoch > 0)} for epoch, line in enumerate(HISTORY)], evaluation
    )
    assert "digits epochs=6 extend=" in advice, "the last stage continues"
    info["config"]["schedule"] = "one-cycle"
    assert advise(info, HISTORY, evaluation) == []
    info["best"] = None
    assert advise(info, HISTORY, evaluation) == []


def test_unequal_classes(info, evaluation):
    info["data"]["classes"]["dog"]["train"] = 8
    (advice,) = advise(info, HISTORY, evaluation)
    assert "(40 cat, 8 dog)" in advice
    evaluation["selection_metric"]["name"] = "test/rmse"
    evaluation["metrics"]["test/rmse"] = 0.1
    assert advise(info, HISTORY, evaluation) == []


def test_bad_files(info, evaluation):
    info["data"]["skipped"] = [{"path": "a.png", "reason": "empty"}]
    assert advise(info, HISTORY, evaluation) == ["One file could not be read and was skipped: a.png."]
    info["data"]["skipped"].append({"path": "b.png", "reason": "empty"})
    assert advise(info, HISTORY, evaluation) == [
        "2 files could not be read and were skipped; the first is a.png."
    ]
    info["data"]["skipped"] = [{"path": "a.xml, object 3", "reason": "no area", "fault": "zero area"}]
    assert advise(info, HISTORY, evaluation) == [
        "One annotation could not be used and was skipped: a.xml, object 3."
    ]


def test_the_weightiest_comes_first(info, evaluation):
    evaluation["metrics"]["test/accuracy"] = 0.4
    info["data"]["duplicates"]["across"] = {"train and test": 3}
    info["data"]["skipped"] = [{"path": "a.png", "reason": "empty"}]
    assert [advice.split()[1] for advice in advise(info, HISTORY, evaluation)] == [
        "baseline",
        "items",
        "file",
    ]


def test_an_unstable_training_and_small_parts_are_named():
    info = {
        "name": "r",
        "method": "classify",
        "config": {"learning_rate": 0.2, "batch_size": 128},
        "data": {
            "parts": {"val": 9, "test": 25},
            "classes": {"a": {"train": 20, "val": 0}, "b": {"train": 20, "val": 9}},
        },
    }
    evaluation = {
        "part": "test",
        "selection_metric": {"name": "test/accuracy", "higher_is_better": True},
        "metrics": {"test/accuracy": 0.9},
        "baselines": {},
    }
    history = [{"train/loss": 1.0, "val/loss": loss} for loss in (11.0, 64344.0, 2.2)]
    advice = advise(info, history, evaluation)
    assert "6.43e+04 in epoch 2" in advice[0]
    assert "batch_size=32" in advice[0]
    assert "class a is missing from the validation part" in advice[1]
    assert advice[1].endswith(": hibiscus crossval classify DATA folds=5")


@pytest.fixture
def generator():
    """A sound training of a generator: run information, history, evaluation."""
    classes = {name: {"train": 400, "test": 90} for name in "abcde"}
    info = {
        "name": "r",
        "method": "dcgan",
        "config": {"learning_rate": 4e-4, "schedule": "constant"},
        "data": {"classes": classes},
    }
    evaluation = {
        "part": "test",
        "items": 450,
        "selection_metric": {"name": "test/frechet", "higher_is_better": False},
        "metrics": {
            "test/frechet": 9.0,
            "test/diversity": 0.93,
            "test/classes_found": 5.0,
            "test/novelty": 0.9,
        },
        "baselines": {"noise images": {"test/frechet": 400.0, "test/diversity": 0.1, "test/novelty": 7.0}},
    }
    course = [(0.99, 5.0, 0.3, 2.0), (0.9, 2.0, 0.8, 5.0), *[(0.8, 1.5, 0.95, 5.0)] * 7]
    names = ("train/discriminator.accuracy", "train/generator.loss", "val/diversity", "val/classes_found")
    return info, [dict(zip(names, line, strict=True)) for line in course], evaluation


def test_a_sound_generator_needs_no_advice(generator):
    assert advise(*generator) == []
    info, history, evaluation = generator
    evaluation["metrics"] = {
        "test/frechet": 9.0,
        "test/diversity": float("nan"),
        "test/novelty": float("nan"),
    }
    assert advise(info, history, evaluation) == [], "a metric that is missing is no problem"
    assert advise(info, [{"val/frechet": 9.0}] * 9, evaluation) == []


def test_mode_collapse(generator):
    info, history, evaluation = generator
    evaluation["metrics"]["test/diversity"] = 0.31
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith(
        "The samples have low diversity: the difference between two samples is 31% of that between two real "
        "images. In epoch 3, the diversity was 95%: the generator has collapsed. More epochs will not fix"
    )
    assert "learning_rate=0.0004" in advice
    (advice,) = advise(info, history[:1], evaluation)
    assert "two real images. Train for more epochs first (epochs=2)" in advice
    (advice,) = advise(info, history[:1] * 2, evaluation)
    assert ", as in every earlier epoch. Train for more epochs first" in advice
    evaluation["metrics"]["test/diversity"] = 0.7
    assert advise(info, history, evaluation) == []


def test_samples_that_are_all_the_same(generator):
    info, history, evaluation = generator
    evaluation["metrics"]["test/diversity"] = 0.0
    for line in history:
        line["val/diversity"] = 0.001
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith(
        "The samples have low diversity: any two samples are almost identical, as in every earlier epoch. "
        "Train for more epochs first (epochs=18), then try a smaller learning rate"
    )
    assert "0%" not in advice
    history[2]["val/diversity"] = 0.4
    (advice,) = advise(info, history, evaluation)
    assert "almost identical. In epoch 3, the diversity was 40%: the generator has collapsed." in advice


def test_classes_that_are_missing(generator):
    info, history, evaluation = generator
    evaluation["metrics"]["test/classes_found"] = 3.0
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith("The samples cover 3 of 5 classes")
    assert "Earlier in training it was 5." in advice
    assert advice.endswith("or the method wgan-gp, or condition on the class with cgan.")
    evaluation["metrics"]["test/conditional_accuracy"] = 0.2
    (advice,) = advise(info, history, evaluation)
    assert advice.endswith("or the method wgan-gp."), "it is conditioned on the class already"
    evaluation["items"] = 90
    assert advise(info, history, evaluation) == [], "so few show a class or not by chance"


def test_a_discriminator_that_is_too_strong(generator):
    info, history, evaluation = generator
    for epoch, line in enumerate(history):
        line |= {
            "train/discriminator.accuracy": 0.97 if epoch < 6 else 0.99,
            "train/generator.loss": 2.0 + epoch,
        }
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith(
        "The discriminator overpowers the generator: its accuracy was at least 99.0% in the last 3 epochs"
    )
    assert "rose from 2 to 10" in advice
    history[-1]["train/discriminator.accuracy"] = 0.9
    assert advise(info, history, evaluation) == []
    history[-1]["train/discriminator.accuracy"] = 0.99
    for line in history:
        line["train/generator.loss"] = 3.0
    assert advise(info, history, evaluation) == [], "accurate, but the generator keeps up"


def test_samples_that_copy(generator):
    info, history, evaluation = generator
    evaluation["metrics"]["test/novelty"] = 0.12
    (advice,) = advise(info, history, evaluation)
    assert advice.startswith(
        "The samples are near copies of training images: their distance to the nearest one is 12% of that"
    )
    evaluation["metrics"]["test/novelty"] = 0.6
    assert advise(info, history, evaluation) == []


def test_advice_names_only_what_the_method_and_its_data_take(info, evaluation):
    info |= {"method": "unet", "data_options": {"split": "hash"}}
    info["data"] |= {"classes": {}, "parts": {"train": 30, "val": 4, "test": 6}}
    (advice,) = advise(info, HISTORY, evaluation)
    assert "Cross-validate: hibiscus crossval unet digits folds=5" in advice
    assert "stratified" not in advice
    info["data_options"] = {"target": "the class"}
    (advice,) = advise(info, HISTORY, evaluation)
    assert "hibiscus crossval unet digits 'target=the class' folds=5" in advice
    info["validate"] = False  # what is trained on all after cross-validation
    assert advise(info, HISTORY, evaluation) == []
    evaluation["baselines"]["linear model"]["test/accuracy"] = 1.0
    assert "net=" not in advise(info, HISTORY, evaluation)[0]
    info["config"]["net"] = "cnn"
    assert "net=" in advise(info, HISTORY, evaluation)[0]


def test_nobody_is_told_to_use_a_mean_image_as_a_generator(info, evaluation):
    info["abilities"] = ["sample"]
    evaluation["selection_metric"] = {"name": "test/frechet", "higher_is_better": False}
    evaluation["metrics"] = {"test/frechet": 680.9}
    evaluation["baselines"] = {"mean image": {"test/frechet": 147.8}}
    (advice,) = advise(info, HISTORY, evaluation)
    assert "“mean image” is better than this run (Fréchet distance 147.8 vs. 680.9), which cannot" in advice
    assert "use the baseline" not in advice


def test_flat_samples_that_are_all_alike_are_no_copies(info, evaluation):
    evaluation["metrics"] |= {"test/novelty": 0.1, "test/diversity": 0.9}
    assert any("near copies" in text for text in advise(info, HISTORY, evaluation))
    evaluation["metrics"]["test/diversity"] = 0.01
    advice = advise(info, HISTORY, evaluation)
    assert any("low diversity" in text for text in advice)
    assert not any("near copies" in text for text in advice)
