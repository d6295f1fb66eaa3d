"""Rules that read `run.json`, the history and the evaluation of a run, and recommend next steps."""

from __future__ import annotations

import math
from typing import Any

from hibiscus.doctor.commands import repeated_command
from hibiscus.doctor.remedies import against_overfitting, is_model, uncertainty
from hibiscus.metrics.catalog import get_metric
from hibiscus.metrics.learning_curves import stopping_epoch
from hibiscus.plurals import plural

__all__ = ["advise"]

COLLAPSED = 0.6  # diversity below which samples are too similar to each other
COPIED = 0.3  # novelty below which samples are too close to training images
OVERPOWERED = 0.98  # discriminator accuracy from which the generator learns little
ITEMS_PER_CLASS = 20  # on average, below which a class may be missing by chance
SMALL_PART = 50  # items

Info = dict[str, Any]
History = list[dict[str, Any]]
Evaluation = dict[str, Any]


def advise(info: Info, history: History, evaluation: Evaluation) -> list[str]:
    """Advice, most important first; each sentence says what was observed and what to try.

    Args:
        info: `run.json`.
        history: the lines of `log.jsonl` that end an epoch.
        evaluation: `evaluation.json`.
    """
    rules = (
        *(_baseline, _diverged, _mode_collapse, _missing_classes, _strong_discriminator, _copies),
        *(_small_parts, _duplicates, _overfitting, _still_improving, _imbalanced_classes, _skipped_files),
    )
    sentences = [rule(info, history, evaluation) for rule in rules]
    return [sentence for sentence in sentences if sentence]


def _baseline(info: Info, history: History, evaluation: Evaluation) -> str:
    name = evaluation["selection_metric"]["name"]
    higher, value = evaluation["selection_metric"]["higher_is_better"], evaluation["metrics"][name]
    values = {baseline: metrics.get(name) for baseline, metrics in evaluation["baselines"].items()}
    known = {baseline: other for baseline, other in values.items() if other is not None}
    better = {
        baseline: other for baseline, other in known.items() if (other >= value if higher else other <= value)
    }
    if not better:
        return ""
    best = (max if higher else min)(better, key=lambda baseline: better[baseline])
    is_tie = better[best] == value
    relation = "is as good as" if is_tie else "is better than"
    both = f"{get_metric(name).label} {_number(better[best])} vs. {_number(value)}"
    if _is_at_optimum(evaluation):
        return (
            f"The baseline “{best}” {relation} this run ({both}), and both reach the best possible value: "
            "the simpler model is enough for this data, and more training cannot improve the result."
        )
    if "sample" in info.get("abilities", ()):  # no baseline of a generative model generates anything useful
        return (
            f"The baseline “{best}” {relation} this run ({both}), which cannot generate such data yet. "
            "Train for more epochs, or try another learning rate (learning_rate=...)."
        )
    network = " or another network (net=...)" if "net" in info["config"] else ""
    if not is_model(best):
        return (
            f"The baseline “{best}”, which ignores the input, {relation} this run ({both}): it has learned "
            "nothing useful yet. Check that inputs and targets match, train for more epochs, or try "
            f"another learning rate (learning_rate=...){network}."
        )
    use = "use the baseline, since it is simpler" if is_tie else "use the baseline"
    return (
        f"The baseline “{best}” {relation} this run ({both}): {use}, train for more epochs, or try another "
        f"learning rate (learning_rate=...){network}."
    )


def _is_at_optimum(evaluation: Evaluation) -> bool:
    """Whether the selection metric has its best possible value, so that no training can improve it."""
    name = evaluation["selection_metric"]["name"]
    value = evaluation["metrics"].get(name)
    if value is None:
        return False
    if evaluation["selection_metric"]["higher_is_better"]:
        return get_metric(name).percent and value >= 1
    return value == 0


def _diverged(info: Info, history: History, evaluation: Evaluation) -> str:
    losses = _values(history, "val/loss")
    if len(losses) < 2:
        return ""
    highest = max(losses)
    if highest <= losses[0] or highest < 10 * max(min(losses), losses[0] / 10, 1e-6):
        return ""
    epoch = losses.index(highest) + 1
    batch_size = max(8, (info["config"].get("batch_size") or 128) // 4)
    return (
        f"The validation loss jumped to {highest:.3g} in epoch {epoch}: training was unstable. Try a smaller "
        f"learning rate{_current_learning_rate(info)}, gradient clipping (clip_grad_norm=1), or more steps "
        f"per epoch (batch_size={batch_size})."
    )


def _mode_collapse(info: Info, history: History, evaluation: Evaluation) -> str:
    """Mode collapse: two samples are much more similar to each other than two real images."""
    diversity = _metric(evaluation, "diversity")
    if not diversity < COLLAPSED:
        return ""
    earlier = _values(history, "val/diversity")
    observation = "The samples have low diversity: " + (
        f"the difference between two samples is {diversity:.0%} of that between two real images"
        if round(100 * diversity)
        else "any two samples are almost identical"
    )
    rate = f"a smaller learning rate{_current_learning_rate(info)}"
    fix = f"{rate}, a wider generator (width=...) or the method wgan-gp"
    if earlier and max(earlier) > max(1.25 * diversity, diversity + 0.01):
        epoch = earlier.index(max(earlier)) + 1
        return (
            f"{observation}. In epoch {epoch}, the diversity was {max(earlier):.0%}: the generator has "
            f"collapsed. More epochs will not fix this; try {fix}."
        )
    epochs = 2 * max(1, len(history))
    trend = ", as in every earlier epoch" if len(earlier) > 1 else ""
    return f"{observation}{trend}. Train for more epochs first (epochs={epochs}), then try {fix}."


def _missing_classes(info: Info, history: History, evaluation: Evaluation) -> str:
    """Missing classes, if there are enough samples for each class to occur."""
    count, classes = _metric(evaluation, "classes_found"), len(info["data"].get("classes", {}))
    if not count < classes or evaluation.get("items", 0) < ITEMS_PER_CLASS * classes:
        return ""
    earlier = _values(history, "val/classes_found")
    lost = f" Earlier in training it was {max(earlier):.0f}." if earlier and max(earlier) > count else ""
    condition = "" if _is_conditional(evaluation) else ", or condition on the class with cgan"
    return (
        f"The samples cover {count:.0f} of {classes} classes; the table of classes in the report lists the "
        f"missing ones.{lost} Try a smaller learning rate, a wider generator (width=...) or the method "
        f"wgan-gp{condition}."
    )


def _strong_discriminator(info: Info, history: History, evaluation: Evaluation) -> str:
    """The discriminator is nearly always right in the last third, while the generator loss rises."""
    accuracies = _values(history, "train/discriminator.accuracy")
    losses = _values(history, "train/generator.loss")
    third = len(history) // 3
    if third < 2 or not len(accuracies) == len(losses) == len(history):
        return ""
    if min(accuracies[-third:]) < OVERPOWERED or sum(losses[-third:]) <= sum(losses[:third]):
        return ""
    return (
        "The discriminator overpowers the generator: its accuracy was at least "
        f"{min(accuracies[-third:]):.1%} in the last {third} epochs, while the generator’s loss rose from "
        f"{losses[0]:.3g} to {losses[-1]:.3g}. Try a smaller learning rate{_current_learning_rate(info)}, or "
        "the method wgan-gp, whose critic still provides useful gradients."
    )


def _copies(info: Info, history: History, evaluation: Evaluation) -> str:
    """Samples are much closer to the training images than new real images are."""
    novelty, diversity = _metric(evaluation, "novelty"), _metric(evaluation, "diversity")
    if not novelty < COPIED or diversity < COLLAPSED:  # alike and blurred, samples are near every image
        return ""
    return (
        f"The samples are near copies of training images: their distance to the nearest one is {novelty:.0%} "
        "of that of new real images. Check the samples beside their nearest training images in the report; "
        "use more data, fewer epochs or a narrower network (width=...)."
    )


def _small_parts(info: Info, history: History, evaluation: Evaluation) -> str:
    # An environment has any number of starting states; after a cross-validation, the folds give the result.
    if "environment" in info["data"].get("fields", {}) or not info.get("validate", True):
        return ""
    parts, classes = info["data"].get("parts", {}), info["data"].get("classes", {})
    absent = [name for name, counts in classes.items() if not counts.get("val")] if "val" in parts else []
    if not any(counts.get("train") and counts.get("val") for counts in classes.values()):
        absent = []  # by design the parts have no class in common, as in few-shot learning
    part = evaluation.get("part", "test")
    large = parts.get("val", SMALL_PART) >= SMALL_PART and parts.get(part, SMALL_PART) >= SMALL_PART
    if not absent and large:
        return ""
    reason = (
        f"class {absent[0]} is missing from the validation part"
        if absent
        else f"{plural(parts.get('val', 0), 'item')} for validation"
    )
    stratify = bool(classes) and info.get("data_options", {}).get("split") == "hash"
    advice = "Use split=stratified or cross-validate" if stratify else "Cross-validate"
    command, count = repeated_command("crossval", info, "folds=5"), parts.get(part, 0)
    return (
        f"The parts are small ({reason}, {count} for evaluation), so {uncertainty(evaluation, count)}. "
        f"{advice}: {command}"
    )


def _duplicates(info: Info, history: History, evaluation: Evaluation) -> str:
    across = info["data"].get("duplicates", {}).get("across", {})
    if not across:
        return ""
    counts = ", ".join(f"{count} in {parts}" for parts, count in across.items())
    return (
        f"Duplicate items occur in more than one part ({counts}) and make the results too good: remove them."
    )


def _overfitting(info: Info, history: History, evaluation: Evaluation) -> str:
    training, validation = _values(history, "train/loss"), _values(history, "val/loss")
    if len(history) < 5 or not len(training) == len(validation) == len(history):
        return ""
    epoch = stopping_epoch(training, validation)
    if epoch is None or epoch > 0.9 * len(history):
        return ""
    if validation[-1] < 1.05 * validation[epoch - 1] or training[-1] > validation[-1]:
        return ""
    on_images = ["stronger augmentation"] if "image" in info["data"].get("fields", {"image": ""}) else []
    remedies = ["more data", *on_images, *against_overfitting(info)]
    return (
        f"Overfitting: the validation loss rises after epoch {epoch} of {len(history)}. Try "
        f"{', '.join(remedies)}, or stop earlier (epochs={epoch})."
    )


def _still_improving(info: Info, history: History, evaluation: Evaluation) -> str:
    best = info.get("best") or {}
    if len(history) < 3 or best.get("epoch") != len(history) or info["config"].get("schedule") != "constant":
        return ""
    if _is_at_optimum(evaluation):
        return ""
    stages = [line.get("stage") for line in history]
    epochs = 2 * stages.count(stages[-1])  # the last stage continues
    options = [f"epochs={epochs}", f"extend={info.get('path', info['name'])}"]
    return (
        f"The last epoch was the best, so more epochs may help: {repeated_command('train', info, *options)}"
    )


def _imbalanced_classes(info: Info, history: History, evaluation: Evaluation) -> str:
    counts = {name: parts.get("train", 0) for name, parts in info["data"].get("classes", {}).items()}
    accuracy = get_metric(evaluation["selection_metric"]["name"]).name == "accuracy"
    config = info["config"]
    is_handled = "balanced" in (config.get("class_weight"), config.get("sampling"))
    if not counts or not accuracy or is_handled or config.get("loss", "cross-entropy") != "cross-entropy":
        return ""
    rarest, largest = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
    if counts[largest] < 5 * max(1, counts[rarest]):
        return ""
    return (
        f"The classes are imbalanced ({counts[largest]:,} {largest}, {counts[rarest]:,} {rarest}): look at "
        "macro F1 and the confusion matrix, and try class_weight=balanced or sampling=balanced."
    )


def _skipped_files(info: Info, history: History, evaluation: Evaluation) -> str:
    skipped = info["data"].get("skipped", [])
    if not skipped:
        return ""
    what, used = ("annotation", "used") if any(bad.get("fault") for bad in skipped) else ("file", "read")
    if len(skipped) == 1:
        return f"One {what} could not be {used} and was skipped: {skipped[0]['path']}."
    first = f"the first is {skipped[0]['path']}"
    return f"{len(skipped)} {what}s could not be {used} and were skipped; {first}."


def _values(history: History, name: str) -> list[float]:
    """The recorded values of a term, in order."""
    return [line[name] for line in history if line.get(name) is not None]


def _metric(evaluation: Evaluation, name: str) -> float:
    """A metric of the evaluation, whatever its part; NaN where it was not computed."""
    part = evaluation["selection_metric"]["name"].split("/")[0]
    value = evaluation["metrics"].get(f"{part}/{name}")
    return math.nan if value is None else float(value)


def _is_conditional(evaluation: Evaluation) -> bool:
    """Whether the samples have given classes."""
    return not math.isnan(_metric(evaluation, "conditional_accuracy"))


def _current_learning_rate(info: Info) -> str:
    rate = info["config"].get("learning_rate")
    return f" (now learning_rate={rate:g})" if isinstance(rate, (int, float)) else ""


def _number(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 100:
        return f"{value:.4f}"
    return f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.1f}"
