"""Rules that read a run's facts, history and evaluation, and say what to do next."""

from __future__ import annotations

from typing import Any

from hibiscus.metrics.learning_curves import stopping_epoch

__all__ = ["advise"]

ALIKE, COPIED = 0.6, 0.3  # below which samples are too alike, or too near to training images, beside real ones
WON = 0.98  # share of images that a discriminator tells when the game is over
ITEMS_OF_A_CLASS = 20  # measured, on average, below which a class may be missing by chance
AGAINST_OVERFITTING = {  # by the option that a method must have
    "crop": "crop=4", "flip": "flip=true", "net": "net.dropout=0.3", "weight_decay": "weight_decay=0.01",
}  # fmt: skip


def advise(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> list[str]:
    """Advice in the order of its weight; each sentence says what was seen and what to try.

    Args:
        facts: `run.json`.
        history: the epochs' lines of `log.jsonl`.
        evaluation: `evaluation.json`.
    """
    found = [
        rule(info, history, evaluation)
        for rule in (
            *(_baseline, _diverged, _alike, _missing, _won, _copies),
            *(_small_parts, _duplicates, _overfitting, _unfinished, _classes, _bad_files),
        )
    ]
    return [sentence for sentence in found if sentence]


def _baseline(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    name, higher = evaluation["selection_metric"]["name"], evaluation["selection_metric"]["higher_is_better"]
    own = evaluation["metrics"][name]
    baselines = {baseline: metrics[name] for baseline, metrics in evaluation["baselines"].items() if metrics.get(name) is not None}
    beaten_by = [baseline for baseline, value in baselines.items() if (value >= own if higher else value <= own)]
    if not beaten_by:
        return ""
    best = max(beaten_by, key=lambda baseline: baselines[baseline] if higher else -baselines[baseline])
    return (
        f"The {best} does as well or better ({_number(baselines[best])} against {_number(own)} {name}): use it, or train longer, "
        f"with another learning rate (learning_rate=...){' or another network (net=...)' if 'net' in info['config'] else ''}."
    )


def _diverged(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    losses = [line["val/loss"] for line in history if line.get("val/loss") is not None]
    if len(losses) < 2 or max(losses) < 10 * max(min(losses), losses[0] / 10, 1e-6) or max(losses) <= losses[0]:
        return ""
    worst = losses.index(max(losses)) + 1
    rate, batch_size = info["config"].get("learning_rate"), info["config"].get("batch_size")
    return (
        f"The validation loss jumped to {max(losses):.3g} in epoch {worst}: the training was thrown off. Try a smaller learning rate "
        f"(it was learning_rate={rate:g}) or more steps an epoch (batch_size={max(8, (batch_size or 128) // 4)})."
    )


def _alike(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    """The generator makes one image, or few: two samples are much nearer to each other than two real images."""
    varied = _measured(evaluation, "diversity")
    if not varied < ALIKE:
        return ""
    seen = [line["val/diversity"] for line in history if line.get("val/diversity") is not None]
    said = f"The samples are alike: two of them differ {varied:.0%} as much as two real images"
    fix = f"a smaller rate (it was learning_rate={info['config'].get('learning_rate', 0):g}), a wider generator (width=...) or the method wgan-gp"
    if seen and max(seen) > 1.25 * varied:
        then = seen.index(max(seen)) + 1
        return f"{said}, after {max(seen):.0%} in epoch {then}: the generator has collapsed. More epochs do not mend it; {fix} do."
    return f"{said}, and they never differed more. Train longer first (epochs={2 * max(1, len(history))}); else try {fix}."


def _missing(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    """Classes that the samples do not show; said only where chance would have shown each."""
    found, classes = _measured(evaluation, "classes_found"), len(info["data"].get("classes", {}))
    if not found < classes or evaluation.get("items", 0) < ITEMS_OF_A_CLASS * classes:
        return ""
    seen = [line["val/classes_found"] for line in history if line.get("val/classes_found") is not None]
    lost = f" It was {max(seen):.0f} in the course of the training." if seen and max(seen) > found else ""
    return (
        f"The samples show {found:.0f} of {classes} classes; the table of classes names those that are missing.{lost} A smaller rate, a "
        "wider generator (width=...) or the method wgan-gp cover more; cgan can be told which class to make."
    )


def _won(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    """The discriminator tells nearly every image, for a third of the training, and the generator falls back."""
    told, losses = (
        [line[name] for line in history if line.get(name) is not None] for name in ("train/discriminator.accuracy", "train/generator.loss")
    )
    third = len(history) // 3
    if third < 2 or not len(told) == len(losses) == len(history) or min(told[-third:]) < WON or sum(losses[-third:]) <= sum(losses[:third]):
        return ""
    return (
        f"The discriminator has won: in the last {third} epochs it told {min(told[-third:]):.1%} of all images or more, while the "
        f"generator's loss grew from {losses[0]:.3g} to {losses[-1]:.3g}, so its gradients teach the generator little. A smaller rate, or "
        "the method wgan-gp, whose critic cannot win, keep the game even."
    )


def _copies(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    """Samples stand much nearer to the training images than new real images do."""
    novelty = _measured(evaluation, "novelty")
    if not novelty < COPIED:
        return ""
    return (
        f"The samples copy training images: their nearest ones are {novelty:.0%} as far away as those of real images that training "
        "did not show. Look at the samples beside their nearest training images; more data, fewer epochs or a narrower network help."
    )


def _small_parts(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    # Of starts there are as many as one likes; what cross-validation trains in the end is for use, and its figures stand beside it.
    if "environment" in info["data"].get("fields", {}) or not info.get("validate", True):
        return ""
    parts, classes = info["data"].get("parts", {}), info["data"].get("classes", {})
    apart = not any(counts.get("train") and counts.get("val") for counts in classes.values())  # by design, as in few-shot learning
    lacking = [name for name, counts in classes.items() if "val" in parts and not apart and not counts.get("val")]
    part = evaluation.get("part", "test")
    if not lacking and parts.get("val", 50) >= 50 and parts.get(part, 50) >= 50:
        return ""
    why = f"class {lacking[0]} is not in the validation part" if lacking else f"{parts.get('val', 0)} items choose the epoch"
    cut = bool(classes) and info.get("data_options", {}).get("split", "hash") == "hash"
    return (
        f"The parts are small ({why}, {parts.get(part, 0)} are measured): the figure may be off by several points. "
        f"{'Use split=stratified, or cross-validate' if cut else 'Cross-validate'}: hibiscus crossval {info['method']} ... folds=5."
    )


def _duplicates(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    across = info["data"].get("duplicates", {}).get("across", {})
    if not across:
        return ""
    found = ", ".join(f"{count} in {parts}" for parts, count in across.items())
    return f"The same items stand in more than one part ({found}): the figures are too good until they are removed."


def _overfitting(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    training = [line["train/loss"] for line in history if line.get("train/loss") is not None]
    validation = [line["val/loss"] for line in history if line.get("val/loss") is not None]
    if len(history) < 5 or not len(training) == len(validation) == len(history):
        return ""
    epoch = stopping_epoch(training, validation)
    if epoch is None or epoch > 0.9 * len(history) or validation[-1] < 1.05 * validation[epoch - 1] or training[-1] > validation[-1]:
        return ""
    offered = [word for name, word in AGAINST_OVERFITTING.items() if name in info["config"]]
    return (
        f"Training and validation part ways at epoch {epoch} of {len(history)}: it overfits from there on. "
        f"{', '.join(['More data', 'more random changes', *offered])} help; fewer epochs save time."
    )


def _unfinished(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    best = info.get("best") or {}
    if len(history) < 3 or best.get("epoch") != len(history) or info["config"].get("schedule") != "constant":
        return ""
    place = info.get("path", info["name"])
    done = sum(line.get("stage") == history[-1].get("stage") for line in history)  # the last stage is what goes on
    return f"The last epoch was the best: it may get better still. Go on with epochs={2 * done} extend={place}."


def _classes(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    counts = {name: parts.get("train", 0) for name, parts in info["data"].get("classes", {}).items()}
    if info["config"].get("loss", "cross-entropy") != "cross-entropy":
        return ""
    if (
        evaluation["selection_metric"]["name"].split("/")[-1] != "accuracy"
        or not counts
        or max(counts.values()) < 5 * max(1, min(counts.values()))
    ):
        return ""
    least, most = min(counts, key=lambda c: counts[c]), max(counts, key=lambda c: counts[c])
    return (
        f"The classes are unequal ({counts[most]:,} {most}, {counts[least]:,} {least}): judge by macro F1 and the confusion matrix; "
        "loss=balanced or loss=focal gives the rare ones more weight."
    )


def _bad_files(info: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    skipped = info["data"].get("skipped", [])
    if len(skipped) == 1:
        return f"One file could not be used and was left out: {skipped[0]['path']}."
    return f"{len(skipped)} files could not be used and were left out; the first is {skipped[0]['path']}." if skipped else ""


def _measured(evaluation: dict[str, Any], name: str) -> float:
    """A metric of the evaluation, whatever its part; not a number where it was not measured."""
    value = evaluation["metrics"].get(f"{evaluation['selection_metric']['name'].split('/')[0]}/{name}")
    return float("nan") if value is None else float(value)


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 100 or value == 0 else f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.1f}"
