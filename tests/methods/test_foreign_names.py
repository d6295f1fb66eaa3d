from __future__ import annotations

import re

import pytest

from hibiscus.errors import UsageError
from hibiscus.methods.foreign_names import ANSWERS, NETWORKS, method_hint
from hibiscus.methods.registry import METHODS, find_method
from hibiscus.networks.registry import build_network

NAMES = {entry.name for entry in METHODS}


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("yolo", "use ssd"),
        ("YOLOv8n", "use ssd"),
        ("faster-rcnn", "use ssd"),
        ("segmentation", "use unet, pspnet or fcn"),
        ("cluster", "use iic"),
        ("k-means", "use iic"),
        ("gan", "use dcgan, wgan-gp or progan"),
        ("resnet18", "resnet18 is a network: hibiscus train classify DATA net=resnet18"),
        ("resnet", "resnet is a network: hibiscus train classify DATA net=resnet50"),
        ("lstm", "lstm is a network: hibiscus train classify DATA net=lstm"),
        ("panoptic", "hibiscus panoptic --help: this is a command of its own"),
        ("dcgn", "did you mean dcgan?"),
    ],
)
def test_words_that_are_no_method(word, hint):
    with pytest.raises(UsageError) as caught:
        find_method(word)
    assert caught.value.fix == hint


def test_hints_name_methods_and_networks_that_there_are():
    for methods, words in ANSWERS.items():
        assert set(re.split(r", | or ", methods)) <= NAMES
        assert not set(words.split()) & NAMES
        assert all(method_hint(word) == f"use {methods}" for word in words.split())
    for name in NETWORKS.values():
        images = name not in ("gru", "lstm", "rnn")
        build_network(name, (3, 32, 32) if images else (12, 3), 2)
