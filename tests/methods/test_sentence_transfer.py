import pandas
import pytest
import torch

from hibiscus import api
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.errors import ConfigError
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.sentence_transfer import choose_sentence_transfer, sentence_network_options
from hibiscus.methods.supervised_defaults import resolve_supervised
from hibiscus.methods.transfer import describe_transfer
from hibiscus.networks.minilm import load_sentence_encoder
from hibiscus.training.player import Player

TEXTS = Preparation(
    {
        "text": TextPreparation.fit(["a text", "another"], tokens="word-piece"),
        "label": LabelPreparation(("no", "yes")),
    }
)


def resolved(items=8000, **options):
    return resolve_supervised(Classify.Config(net="sentence", **options), TEXTS, items)


def test_few_texts_are_fine_tuned():
    config = resolved()
    assert (config.transfer, config.unfreeze, config.epochs, config.batch_size) == ("fine-tune", 6, 2, 32)
    assert (config.learning_rate, config.head_lr_factor, config.weight_decay) == (5e-5, 10.0, 0.01)
    assert (config.optimizer, config.clip_grad_norm) == ("adamw", 1.0)
    assert sentence_network_options(config) == {"trained_layers": 6}
    assert describe_transfer(config).startswith("MiniLM with published weights, transfer=fine-tune;")


@pytest.mark.parametrize(("items", "options"), [(10_001, {}), (100, {"transfer": "features"})])
def test_of_many_texts_or_on_request_a_head_learns_from_features(items, options):
    config = resolved(items, **options)
    assert (config.transfer, config.epochs, config.batch_size) == ("features", 10, 128 if items > 100 else 8)
    assert (config.learning_rate, config.weight_decay, config.clip_grad_norm) == (1e-3, 1.0, None)
    assert sentence_network_options(config) == {}


def test_what_was_given_stays():
    config = resolved(transfer="fine-tune", unfreeze=1, epochs=5, learning_rate=3e-5, token_dropout=0.1)
    assert (config.unfreeze, config.epochs, config.learning_rate) == (1, 5, 3e-5)
    assert config.token_dropout == 0.1
    config = resolved(optimizer="sgd")
    assert (config.learning_rate, config.weight_decay) == (0.05, 0.0)


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"transfer": "none"}, "transfer=none with net=sentence"),
        ({"transfer": "frozen"}, "transfer=frozen with net=sentence"),
        ({"transfer": "features", "unfreeze": 2}, "unfreeze with transfer=features"),
        ({"transfer": "features", "token_dropout": 0.2}, "token_dropout=0.2"),
        ({"head_epochs": 3}, "head_epochs=3"),
        ({"ensemble": 2}, "ensemble=2"),
    ],
)
def test_options_without_effect_are_refused(options, received):
    with pytest.raises(ConfigError, match=received):
        resolved(**options)


def test_other_networks_have_other_ways():
    config = Classify.Config(net="conv1d")
    assert sentence_network_options(config) == {}
    assert choose_sentence_transfer(Classify.Config(net="sentence"), None) == "fine-tune"


GOOD, BAD = ["a wonderful film", "great fun"], ["a terrible film", "so boring"]
FRAME = pandas.DataFrame({"text": (GOOD + BAD) * 6, "mood": (["good"] * 2 + ["bad"] * 2) * 6})
FRAME["text"] += [f" {number}" for number in range(24)]


def trained(folder, **options):
    options = {"target": "mood", "net": "sentence", "unfreeze": 1, "batch_size": 8, "epochs": 3, **options}
    return api.train("classify", FRAME, out=folder, quiet=True, evaluate=False, **options)


def weights(run):
    return run.method("last").network.state_dict()


def test_a_fine_tuned_run_has_its_own_layers_and_predicts_when_it_is_loaded(tmp_path):
    run = trained(tmp_path / "run")
    assert run.info["parameters"] == {"network": 1_774_464 + 385}
    published = load_sentence_encoder().encoder.layers[-1].state_dict()
    assert not torch.equal(weights(run)["layers.0.outer.weight"], published["outer.weight"])
    load_sentence_encoder.cache_clear()  # as in a new process
    loaded = api.load(run.path)
    assert loaded.predict(["what a wonderful film", "a boring film"])["label"] == ["good", "bad"]
    assert loaded.embed(["what a great film"])["code"].shape == (1, 384)


def test_a_killed_run_ends_with_the_same_bits(tmp_path, monkeypatch):
    whole = trained(tmp_path / "whole", checkpoint_interval=0)
    step, steps = Player.step, []

    def killed(player, *arguments):
        steps.append(1)
        if len(steps) > 4:
            raise KeyError("killed")
        return step(player, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Player, "step", killed)
        with pytest.raises(KeyError, match="killed"):
            trained(tmp_path / "killed", checkpoint_interval=0)
    resumed = api.resume(tmp_path / "killed", data=FRAME, quiet=True, evaluate=False)
    assert all(torch.equal(value, weights(resumed)[name]) for name, value in weights(whole).items())
