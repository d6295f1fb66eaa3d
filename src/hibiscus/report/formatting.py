"""Words for numbers, metrics, times and names: how the report says what the run folder holds."""

from __future__ import annotations

import math
import re
from typing import Any

from hibiscus.report.load import as_number, as_text

__all__ = ["direction", "duration", "is_share", "metric", "plain", "plural", "setting", "shorten", "show", "when", "with_article"]

FRACTIONS = {  # bounded by 0 and 1 and read as a percentage; 1 is best
    "accuracy", "balanced_accuracy", "macro_f1", "micro_f1", "f1", "precision", "recall", "specificity", "conditional_accuracy",
    "cluster_accuracy", "pixel_accuracy", "miou", "iou", "dice", "map50", "map50_95", "map75", "pq", "coverage",
    "top5_accuracy", "few_shot_5way_1shot", "few_shot_5way_5shot", "token_accuracy", "classifier_accuracy", "classifier_confidence", "min_class_share",
    "domain_accuracy_a", "domain_accuracy_b", "image_accuracy", "image_miou", "voc_ap50", "matched_iou", "sq", "rq",
    "map_small", "map_medium", "map_large", "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large",
}  # fmt: skip
WRONGS = {"error", "top1_error", "top5_error", "error_rate"}  # the same, but 0 is best
UP = {
    "r2",
    "nmi",
    "ari",
    "ami",
    "auc",
    "roc_auc",
    "average_precision",
    "psnr",
    "ssim",
    "skill",
    "return",
    "bleu",
    "kappa",
    "mcc",
    "mig",
    "factor_vae_score",
    "disentanglement",
    "completeness",
    "informativeness",
}
DOWN = re.compile(r"(^|_)(loss|error|mae|mse|rmse|mape|smape|nll|bpd|perplexity|frechet|fid|kid|mase|brier|ece|distance|crps)(_|$)")
NAMES = {
    "mae": "mean absolute error", "mse": "mean squared error", "rmse": "root mean squared error", "r2": "R²", "f1": "F1",
    "nll": "negative log-likelihood", "macro_f1": "macro F1", "micro_f1": "micro F1", "top5_error": "top-5 error",
    "top5_accuracy": "top-5 accuracy", "miou": "mean IoU", "iou": "IoU", "map50": "mAP at IoU 0.5", "pq": "panoptic quality",
    "map50_95": "mAP at IoU 0.5–0.95", "psnr": "PSNR", "ssim": "SSIM", "nmi": "normalised mutual information",
    "frechet": "Fréchet distance", "frechet_floor": "Fréchet floor", "classes_found": "classes found", "delta_e": "colour difference ΔE",
    "map75": "mAP at IoU 0.75", "map_small": "mAP of small ones", "map_medium": "mAP of medium ones", "map_large": "mAP of large ones",
    "ar1": "recall with 1 an image", "ar10": "recall with 10 an image", "ar100": "recall with 100 an image",
    "voc_ap50": "VOC AP at IoU 0.5", "ar_small": "recall of small ones",
    "ar_medium": "recall of medium ones", "ar_large": "recall of large ones",
    "matched_iou": "mean IoU of matched boxes", "dice": "mean Dice", "image_accuracy": "pixel accuracy, mean over images",
    "image_miou": "mean IoU of present classes, mean over images", "pixel_accuracy": "pixel accuracy",
    "frechet_external": "Fréchet distance, features of the file", "frechet_floor_external": "Fréchet floor, features of the file",
    "kernel_distance_external": "kernel distance, features of the file",
    "mase": "MASE", "bleu": "BLEU", "auc": "AUC",
    "roc_auc": "ROC AUC", "ece": "calibration error", "ari": "adjusted Rand index", "kappa": "Cohen’s κ",
    "few_shot_5way_1shot": "5-way 1-shot accuracy", "few_shot_5way_5shot": "5-way 5-shot accuracy", "mcc": "Matthews correlation",
    "mape": "mean absolute percentage error", "bpd": "bits per dimension",
    "neg_elbo": "bound of the negative log-likelihood", "kl": "KL divergence", "mig": "MIG", "factor_vae_score": "FactorVAE score",
}  # fmt: skip
OF_A_CLASS = "iou_"  # before the class's name
SPACE = "\u00a0"  # a space at which no line breaks
UNITS = {"nll": "nats", "neg_elbo": "nats", "kl": "nats", "psnr": "dB", "bpd": "bits"}


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def metric(name: str, part: bool = False) -> str:
    """`test/macro_f1` as a person says it: `macro F1`, or with its part `macro F1 (test)`."""
    word = _last(name)
    if word.startswith(OF_A_CLASS):
        spoken = f"IoU of {word.removeprefix(OF_A_CLASS).replace('_', ' ')}"
    else:
        spoken = NAMES.get(word, word.replace("_", " "))
    before = name.rsplit("/", 1)[0] if "/" in name else ""
    return f"{spoken} ({before})" if part and before else spoken


def is_share(name: str) -> bool:
    """Whether the metric is a fraction that is read as a percentage."""
    word = _last(name)
    return word in FRACTIONS | WRONGS or word.startswith(OF_A_CLASS)


def direction(name: str) -> bool | None:
    """Whether higher is better, or None where that is not known."""
    word = _last(name)
    if word in FRACTIONS | UP or word.startswith(OF_A_CLASS):
        return True
    return False if word in WRONGS or DOWN.search(word) else None


def show(name: str, value: Any, unit: bool = True) -> str:
    """A metric's value in its own unit: 98.1 %, 1.32 nats, 0.04213."""
    number = as_number(value)
    if math.isnan(number):
        return "not a number" if isinstance(value, (float, str)) else "–"
    if is_share(name) and -0.01 <= number <= 1.01:
        digits = 2 if 0.995 <= number < 1 or 0 < number < 0.01 else 1
        return f"{100 * number:.{digits}f}{SPACE}%"
    suffix = UNITS.get(_last(name), "") if unit else ""
    return plain(number) + (f"{SPACE}{suffix}" if suffix else "")


def plain(number: float) -> str:
    """A number with four significant digits, without needless noughts or powers."""
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else ("∞" if number > 0 else "−∞")
    if number == int(number) and abs(number) < 1e6:
        text = f"{int(number):,}"
    elif abs(number) >= 1e7 or 0 < abs(number) < 1e-4:
        text = re.sub(r"e([+-])\+?0*(\d)", r"e\1\2", f"{number:.3g}").replace("e+", "e")
    elif abs(number) >= 1000:
        text = f"{number:,.0f}"
    else:
        text = f"{number:.4g}"
    return text.replace("-", "−") if number < 0 else text


def setting(value: Any) -> str:
    """A configuration value as it would be typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else shorten(as_text(value), 200)


def shorten(text: Any, length: int = 28) -> str:
    """The text, with its middle left out where it is longer than `length`."""
    words = " ".join(as_text(text).split())
    if len(words) <= length:
        return words
    tail = max(1, length // 3)
    return f"{words[: length - tail - 1]}…{words[-tail:]}"


def plural(number: Any, word: str) -> str:
    """`1 image`, `1,200 images`."""
    count = as_number(number)
    many = f"{word[:-1]}ies" if word.endswith("y") else f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{plain(count)} {word if count == 1 else many}"


def duration(value: Any) -> str:
    """Seconds as a person says them: 4.2 s, 12 min 5 s, 3 h 20 min."""
    seconds = as_number(value)
    if not math.isfinite(seconds) or seconds < 0:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def when(value: Any) -> str:
    """`2026-11-24T03:00:00Z` as `2026-11-24 03:00 UTC`; any other text as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(?:Z|\+00:00)", as_text(value))
    return f"{found[1]} {found[2]} UTC" if found else shorten(value, 40)


def with_article(words: str) -> str:
    """The words after `a` or `an`, as they are spoken."""
    first = words.split()[0] if words.split() else ""
    letters = first.isupper() and first[:1] in "AEFHILMNORSX"
    return f"{'an' if letters or first[:1] in 'aeio' or first.startswith(('un', 'F1', 'R²')) else 'a'} {words}"
