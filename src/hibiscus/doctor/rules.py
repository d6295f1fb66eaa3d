"""Rules that read a run's facts, history and evaluation, and say what to do next."""

from __future__ import annotations

from typing import Any

from hibiscus.metrics.curves import stopping_epoch

__all__ = ["advise"]


def advise(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> list[str]:
    """Advice in the order of its weight; each sentence says what was seen and what to try.

    Args:
        facts: `run.json`.
        history: the epochs' lines of `log.jsonl`.
        evaluation: `evaluation.json`.
    """
    found = [
        rule(facts, history, evaluation)
        for rule in (_baseline, _diverged, _small_parts, _duplicates, _overfitting, _unfinished, _classes, _bad_files)
    ]
    return [sentence for sentence in found if sentence]


def _baseline(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    name, higher = evaluation["decides"]["name"], evaluation["decides"]["higher_is_better"]
    own = evaluation["metrics"][name]
    rivals = {rival: metrics[name] for rival, metrics in evaluation["baselines"].items() if metrics.get(name) is not None}
    beaten_by = [rival for rival, value in rivals.items() if (value >= own if higher else value <= own)]
    if not beaten_by:
        return ""
    best = max(beaten_by, key=lambda rival: rivals[rival] if higher else -rivals[rival])
    return (
        f"The {best} does as well or better ({_number(rivals[best])} against {_number(own)} {name}): use it, or train longer, "
        "with another learning rate (rate=...) or another network (net=...)."
    )


def _diverged(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    losses = [line["val/loss"] for line in history if line.get("val/loss") is not None]
    if len(losses) < 2 or max(losses) < 10 * max(min(losses), losses[0] / 10, 1e-6) or max(losses) <= losses[0]:
        return ""
    worst = losses.index(max(losses)) + 1
    rate, batch_size = facts["config"].get("rate"), facts["config"].get("batch_size")
    return (
        f"The validation loss jumped to {max(losses):.3g} in epoch {worst}: the training was thrown off. Try a smaller learning rate "
        f"(it was rate={rate:g}) or more steps an epoch (batch_size={max(8, (batch_size or 128) // 4)})."
    )


def _small_parts(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    if "environment" in facts["data"].get("fields", {}):  # as many starts as one likes
        return ""
    parts, classes = facts["data"].get("parts", {}), facts["data"].get("classes", {})
    apart = not any(counts.get("train") and counts.get("val") for counts in classes.values())  # by design, as in few-shot learning
    lacking = [name for name, counts in classes.items() if "val" in parts and not apart and not counts.get("val")]
    part = evaluation.get("part", "test")
    if not lacking and parts.get("val", 50) >= 50 and parts.get(part, 50) >= 50:
        return ""
    why = f"class {lacking[0]} is not in the validation part" if lacking else f"{parts.get('val', 0)} items choose the epoch"
    return (
        f"The parts are small ({why}, {parts.get(part, 0)} are measured): the figure may be off by several points. "
        f"Use split=stratified, or cross-validate: hibiscus crossval {facts['method']} ... folds=5."
    )


def _duplicates(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    across = facts["data"].get("duplicates", {}).get("across", {})
    if not across:
        return ""
    found = ", ".join(f"{count} in {parts}" for parts, count in across.items())
    return f"The same items stand in more than one part ({found}): the figures are too good until they are removed."


def _overfitting(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    training = [line["train/loss"] for line in history if line.get("train/loss") is not None]
    validation = [line["val/loss"] for line in history if line.get("val/loss") is not None]
    if len(history) < 5 or not len(training) == len(validation) == len(history):
        return ""
    epoch = stopping_epoch(training, validation)
    if epoch is None or epoch > 0.9 * len(history) or validation[-1] < 1.05 * validation[epoch - 1] or training[-1] > validation[-1]:
        return ""
    return (
        f"Training and validation part ways at epoch {epoch} of {len(history)}: it overfits from there on. More data, augmentation "
        "(pictures: crop=4 flip=true), net.dropout=0.3 or weight_decay=0.01 help; fewer epochs save time."
    )


def _unfinished(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    best = facts.get("best") or {}
    if len(history) < 3 or best.get("epoch") != len(history) or facts["config"].get("schedule") != "constant":
        return ""
    place = facts.get("path", facts["name"])
    done = sum(line.get("stage") == history[-1].get("stage") for line in history)  # the last stage is what goes on
    return f"The last epoch was the best: it may get better still. Go on with epochs={2 * done} from={place}."


def _classes(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    counts = {name: parts.get("train", 0) for name, parts in facts["data"].get("classes", {}).items()}
    if facts["config"].get("loss", "cross-entropy") != "cross-entropy":
        return ""
    if evaluation["decides"]["name"].split("/")[-1] != "accuracy" or not counts or max(counts.values()) < 5 * max(1, min(counts.values())):
        return ""
    least, most = min(counts, key=lambda c: counts[c]), max(counts, key=lambda c: counts[c])
    return (
        f"The classes are unequal ({counts[most]:,} {most}, {counts[least]:,} {least}): judge by macro F1 and the confusion matrix; "
        "loss=balanced or loss=focal gives the rare ones more weight."
    )


def _bad_files(facts: dict[str, Any], history: list[dict[str, Any]], evaluation: dict[str, Any]) -> str:
    skipped = facts["data"].get("skipped", [])
    if len(skipped) == 1:
        return f"One file could not be used and was left out: {skipped[0]['path']}."
    return f"{len(skipped)} files could not be used and were left out; the first is {skipped[0]['path']}." if skipped else ""


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 100 or value == 0 else f"{value:.4g}" if abs(value) < 1e-3 else f"{value:,.1f}"
