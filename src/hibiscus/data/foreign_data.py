"""Well-known names of environments and datasets, which are no paths, and what to write for them."""

from __future__ import annotations

import re

__all__ = ["data_hint"]

ENVIRONMENT = re.compile(r"(?:ALE/)?[A-Z]\w*-v\d+")  # as Gymnasium writes them
DATASETS = {  # names of datasets that people expect to be bundled, and how to obtain them
    "mnist": "its IDX files in a folder, hf:ylecun/mnist, or digits, which are bundled and similar",
    "fashionmnist": "its IDX files in a folder, or hf:zalando-datasets/fashion_mnist",
    "cifar": "a folder of images or arrays in .npz, or hf:uoft-cs/cifar10",
    "imagenet": "the path of its folder, with one folder per class",
    "coco": "the path of its folder, with annotations/ and images/",
    "voc": "the path of its folder, with Annotations/ and JPEGImages/",
    "titanic": "the path of its table, such as titanic.csv target=Survived",
    "boston": "the path of its table, such as boston.csv target=medv",
}


def data_hint(name: str) -> str:
    """What to write for the name of an environment or of a well-known dataset; empty for other names."""
    if ENVIRONMENT.fullmatch(name):
        return f"gym:{name}"
    return DATASETS.get(re.sub(r"[^a-z]", "", name.lower()), "")
