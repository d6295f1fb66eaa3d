from __future__ import annotations

import pytest

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.runs.foreign_options import ADVICE, FOREIGN, VALUES
from hibiscus.runs.option_words import check_names, unknown_option
from hibiscus.runs.options import build_options

CONFIG = get_method("classify").Config
KNOWN = {*CONFIG.model_fields, *DataConfig.model_fields}


def test_known_names_aliases_and_options_of_the_network_pass():
    check_names(["epochs", "lr", "net.hidden", "batch-size", "target"], KNOWN)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pretrained", "transfer=fine-tune"),
        ("augmentation", "use augment"),
        ("dropout", "use net.dropout"),
        ("arch", "use net"),
        ("gpu", "use --device"),
        ("num_workers", "leave it out"),
        ("output_dir", "--out FOLDER"),
        ("label", "use target"),
        ("epohcs", "did you mean epochs?"),
    ],
)
def test_words_of_other_libraries(word, said):
    with pytest.raises(ConfigError) as caught:
        check_names([word], KNOWN, "classify")
    assert said in str(caught.value)


def test_methods_without_presets_of_augmentation():
    with pytest.raises(ConfigError, match="one option for each transformation"):
        check_names(["augment"], KNOWN - {"augment"}, "unet")


def test_options_of_a_network_need_one():
    with pytest.raises(ConfigError, match=r"there is no option 'net\.hidden'"):
        check_names(["net.hidden"], KNOWN - {"net_options"})


def test_no_advice_about_an_option_that_exists_everywhere():
    everywhere = set.intersection(*({*get_method(entry.name).Config.model_fields} for entry in METHODS))
    assert not (everywhere | set(DataConfig.model_fields)) & (ADVICE.keys() | FOREIGN.keys())


@pytest.mark.parametrize(
    ("option", "value"), [("optimizer", "Adamax"), ("schedule", "OneCycleLR"), ("precision", "fp16")]
)
def test_values_of_other_libraries(option, value):
    with pytest.raises(ConfigError) as caught:
        build_options(CONFIG, {option: value})
    assert caught.value.fix == f"{option}={VALUES[option][value.lower()]} is the nearest"


@pytest.mark.parametrize(("method", "right"), [("vae", "kl_warmup_fraction"), ("dqn", "learning_starts")])
def test_a_name_that_depends_on_the_method_is_answered_with_that_of_the_method(method, right):
    names = get_method(method).Config.model_fields
    for name in ("warm_up", "warmup"):
        assert str(unknown_option(name, names, method)).endswith(f"use {right}")
