"""The default network of tables: when it is chosen, its training, and ensembles of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from hibiscus import api
from hibiscus.data.batch import Batch
from hibiscus.errors import ConfigError
from hibiscus.methods.classify.objective import ClassifyConfig as Config
from hibiscus.methods.outputs import before_last, with_targets
from hibiscus.methods.table_networks import epochs_of, lr_factors_of, table_scaling
from hibiscus.networks import build_network

SMALL = {"net_options": {"hidden": [8]}, "epochs": 2, "evaluate": False, "quiet": True}


@pytest.fixture
def people(tmp_path):
    """A table whose target depends on a number and on a category, with missing values."""
    rng = np.random.default_rng(0)
    age, job = rng.normal(40, 12, 120).round(), rng.choice([f"job {i}" for i in range(12)], 120)
    rich = np.where(age + 5 * (job < "job 3") > 42, "yes", "no")
    frame = pd.DataFrame({"age": age, "job": job, "rich": rich})
    frame.loc[::10, "age"] = np.nan
    frame.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


def test_tables_get_the_network_with_its_training(people, tmp_path):
    run = api.train("classify", people, target="rich", out=tmp_path / "run", **SMALL)
    config = run.info["config"]
    found = {name: config[name] for name in ("net", "schedule", "beta2", "label_smoothing", "ensemble")}
    assert found == {
        "net": "realmlp", "schedule": "coslog4", "beta2": 0.95, "label_smoothing": 0.1, "ensemble": 4,
    }  # fmt: skip
    assert (config["learning_rate"], config["selected_epoch"], config["epochs"]) == (0.04, "last", 2)
    assert run.method().preparation["table"].scaling == "robust"
    assert run.info["best"]["epoch"] == 2
    embedded = before_last(run.method().network)(torch.zeros(5, run.method().preparation["table"].shape[0]))
    assert embedded.shape == (5, 4 * 8)


def test_what_was_given_stays_and_other_networks_are_as_before(people, tmp_path):
    given = {"schedule": "cosine", "ensemble": 2, "label_smoothing": 0.0, "scaling": "range"}
    run = api.train("classify", people, target="rich", out=tmp_path / "a", **SMALL, **given)
    assert {name: run.info["config"].get(name, "range") for name in given} == given
    assert run.method().preparation["table"].scaling == "range"
    plain = api.train("classify", people, target="rich", out=tmp_path / "b", net="mlp", **SMALL)
    config = plain.info["config"]
    assert (config["schedule"], config["beta2"], config["ensemble"]) == ("one-cycle", 0.999, 1)
    assert (config["label_smoothing"], config["selected_epoch"]) == (0.0, "best")
    assert plain.method().preparation["table"].scaling == "standard"


def test_predictions_are_the_mean_over_the_members(people, tmp_path):
    run = api.train("classify", people, target="rich", out=tmp_path / "run", **SMALL)
    predicted, method = run.predict(people)["probabilities"][:, 1], run.method()
    table = method.preparation["table"].encode(pd.read_csv(people))
    members = method.network.train()(torch.from_numpy(table))  # with dropout of 0.15
    assert members.shape == (4 * 120, 1)
    for layer in method.network.modules():
        layer.p = 0.0
    mean = method.network(torch.from_numpy(table)).sigmoid().view(4, 120).mean(0)
    np.testing.assert_allclose(predicted, mean.detach(), atol=1e-5)


def test_regression_and_an_unknown_category_in_a_later_file(people, tmp_path):
    run = api.train("regress", people, target="age", out=tmp_path / "run", **SMALL)
    assert (run.info["config"]["learning_rate"], run.info["config"]["ensemble"]) == (0.1, 4)
    later = tmp_path / "later.csv"
    later.write_text("job,rich\njob 99,yes\n,no\n")
    assert np.isfinite(run.predict(later)["value"]).all()


def test_an_ensemble_of_another_network_is_refused(people, tmp_path):
    with pytest.raises(ConfigError, match="ensemble=5 with net=mlp") as caught:
        api.train("classify", people, target="rich", out=tmp_path / "run", net="mlp", ensemble=5, **SMALL)
    assert "net=realmlp" in caught.value.fix
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match="members"):
        api.train(
            "classify",
            people,
            target="rich",
            out=tmp_path / "run",
            **{**SMALL, "net_options": {"members": 3}},
        )


def test_a_killed_ensemble_resumes_to_the_same_bits(people, tmp_path):
    whole = api.train("classify", people, target="rich", out=tmp_path / "a", **{**SMALL, "epochs": 4})
    stopped = {**SMALL, "epochs": 4, "stop_after_epochs": 2}
    parts = api.train("classify", people, target="rich", out=tmp_path / "b", **stopped)
    parts = api.train(
        "classify", people, target="rich", out=tmp_path / "c", extend=tmp_path / "b", quiet=True,
        evaluate=False, stop_after_epochs=0, epochs=4,
    )  # fmt: skip
    for name, weight in whole.method("last").network.state_dict().items():
        assert torch.equal(weight, parts.method("last").network.state_dict()[name]), name


def test_scaling_follows_the_network_of_a_table_alone():
    assert table_scaling("auto", ["table"]) == table_scaling("realmlp", ["table"]) == "robust"
    assert table_scaling("auto", ["image", "table"]) == table_scaling("mlp", ["table"]) == "standard"
    assert Config(net="mlp").table_scaling(["table"]) == "standard"


def test_steps_grow_with_the_root_of_the_items():
    assert epochs_of(345, 256, False) == round(5 * 345**0.5 / 2)
    assert epochs_of(16_512, 256, True) == round(15 * 16_512**0.5 / 65)
    assert epochs_of(75, 256, False) == 80  # steps of one batch
    assert epochs_of(10**7, 256, True) == 10


def test_targets_are_repeated_for_each_member():
    batch = Batch(table=torch.zeros(3, 1), target=torch.arange(6).view(3, 2), label=torch.tensor([0, 2, 4]))
    assert with_targets(lambda x: x, batch, "target")[1] is batch.target
    twice = with_targets(lambda x: torch.cat([x, x]), batch, "target")[1]
    assert torch.equal(twice, torch.cat([batch.target, batch.target]))
    labels = with_targets(lambda x: torch.cat([x, x]), batch, "label")[1]
    assert torch.equal(labels, torch.tensor([0, 2, 4, 0, 2, 4]))


def test_only_networks_that_say_so_have_factors_of_the_learning_rate():
    assert lr_factors_of(build_network("mlp", (4,), 2)) is None
    assert 6.0 in lr_factors_of(build_network("realmlp", (4,), 2)).values()
