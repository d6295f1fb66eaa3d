"""The verbs of the command line, and what other words in their place mean."""

from __future__ import annotations

import os

from hibiscus.errors import UsageError, nearest

__all__ = ["VERBS", "unknown_verb"]

VERBS = (
    *("train", "resume", "evaluate", "predict", "embed", "similar", "sample", "visualize", "report"),
    *(
        "compare",
        "crossval",
        "sweep",
        "lr-find",
        "panoptic",
        "inspect",
        "convert",
        "list",
        "explain",
        "clean",
    ),
)
OTHER_WORDS = {  # verbs of other programs
    "train": "fit learn run start",
    "resume": "continue restart",
    "evaluate": "test eval score validate val",
    "predict": "infer inference apply detect label",
    "embed": "encode features extract",
    "similar": "nearest neighbors semantic-search similarity",
    "sample": "generate synthesize",
    "report": "plot show view open",
    "visualize": "heatmap gradcam grad-cam saliency attribute visualise activations filters",
    "crossval": "cv kfold cross-validate crossvalidate",
    "sweep": "tune grid search gridsearch hyperparameters",
    "lr-find": "lr_find lrfind find-lr lr lr-range-test",
    "inspect": "describe info data stats check",
    "list": "ls methods networks models datasets",
    "explain": "doc docs about man",
    "clean": "clear cache purge prune",
}


def unknown_verb(word: str) -> UsageError:
    """The error for a word that is no verb."""
    right = next((verb for verb, words in OTHER_WORDS.items() if word.lower() in words.split()), None)
    if right:
        fix = f"use {right}"
    elif word == "help":
        fix = "hibiscus --help"
    elif word == "version":
        fix = "hibiscus --version"
    elif _is_method(word):
        fix = f"hibiscus train {word} DATA"
    elif os.path.exists(word):
        fix = f"hibiscus inspect {word}"
    else:
        fix = nearest(word, VERBS)
    return UsageError(f"there is no verb '{word}'", f"one of: {', '.join(VERBS)}", fix)


def _is_method(word: str) -> bool:
    from hibiscus.methods.foreign_names import method_hint
    from hibiscus.methods.registry import list_methods

    return bool(method_hint(word)) or word in [entry.name for entry in list_methods()]
