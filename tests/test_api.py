"""The Python side: the same nouns as the command line, and nothing hidden from people who know PyTorch."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import hibiscus as hb
from hibiscus.data.keys import content_keys
from hibiscus.errors import ConfigError, DataError, RunError, UsageError
from hibiscus.progress import show_progress
from hibiscus.training.loop import Loop


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An image classifier, two epochs old, and the images that it was trained on."""
    place = tmp_path_factory.mktemp("api")
    digits = hb.open("digits")
    for label in (0, 1):
        (place / "photos" / f"digit {label}").mkdir(parents=True)
        for item in np.flatnonzero(digits.fields["label"] == label)[:30]:
            Image.fromarray(digits.fields["image"][item, ..., 0]).save(
                place / "photos" / f"digit {label}" / f"{item}.png"
            )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIBISCUS_CACHE", str(place / "cache"))
        data = hb.open(place / "photos")
        run = hb.train("classify", data, out=place / "run", quiet=True, epochs=2, batch_size=8, net="cnn")
        yield run, place / "photos"


def memory(values: np.ndarray, labels: np.ndarray, name: str = "array") -> hb.Dataset:
    ids = [f"item {i}" for i in range(len(values))]
    return hb.Dataset("mine", "from memory", {name: values, "label": labels}, ids, content_keys(values))


def test_importing_the_package_imports_no_torch():
    heavy = ("torch", "numpy", "pandas")
    code = f"import sys, hibiscus; print([name for name in {heavy} if name in sys.modules], dir(hibiscus))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.startswith("[]")
    assert "'train'" in out


def test_the_public_names_are_sorted_and_there():
    assert hb.__all__ == sorted(hb.__all__)
    for name in hb.__all__:
        assert getattr(hb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'fit'"):
        _ = hb.fit  # type: ignore[attr-defined]
    assert [entry.name for entry in hb.list_methods()][:2] == ["classify", "regress"]


def test_the_example_of_the_design(trained):
    run, photos = trained
    assert 0 <= run.evaluate()["test/accuracy"] <= 1
    found = run.predict(next(photos.rglob("*.png")))
    assert found["label"][0] in ("digit 0", "digit 1")
    assert found["probabilities"].shape == (1, 2)
    assert found["probability"][0] == found["probabilities"].max()
    assert run.report().stat().st_size > 1000
    network = run.networks["network"]
    assert isinstance(network, torch.nn.Module)
    assert not network.training
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 1)
    again = hb.load(run.path)
    assert again.evaluate() == run.evaluate()
    assert "done" in repr(again)
    assert len(again.history) == 2


def test_predict_takes_paths_arrays_and_data(trained):
    run, photos = trained
    several = run.predict([photos / "digit 0", *photos.joinpath("digit 1").iterdir()])
    assert len(several["id"]) == 60
    images = np.zeros((4, 8, 8, 1), np.uint8)
    assert len(run.predict(images)["label"]) == 4
    assert len(run.predict(images[0])["label"]) == 1
    assert len(run.predict(hb.open(photos))["label"]) == 60
    assert len(run.predict(np.zeros((4, 9, 9), np.uint8))["label"]) == 4  # resized, as files are
    with pytest.raises(DataError, match=r"\(items, 8, 8, 1\)"):
        run.predict(np.zeros((4, 3, 8, 8, 1), np.uint8))


def test_embed_gives_what_the_last_layer_sees(trained):
    run, photos = trained
    found = run.embed(photos)
    assert len(found["id"]) == len(found["code"]) == 60
    assert found["code"].dtype == np.float32
    last = [layer for layer in run.networks["network"].modules() if isinstance(layer, torch.nn.Linear)][-1]
    second = last(torch.from_numpy(found["code"])).sigmoid().detach().numpy()[:, 0]
    np.testing.assert_allclose(second, run.predict(photos)["probabilities"][:, 1], atol=1e-5)
    with pytest.raises(UsageError, match="does not sample"):
        run.sample(3)


def test_last_and_best_checkpoint(trained):
    run, _ = trained
    assert run.evaluation(checkpoint="last", again=True)["epoch"] == 2
    assert run.method("last") is run.method("last")
    with pytest.raises(ConfigError, match="checkpoint=first"):
        run.method("first")


def test_evaluate_on_other_data_leaves_the_result_alone(trained, tmp_path):
    run, photos = trained
    kept = (run.path / "evaluation.json").read_bytes()
    other = shutil.copytree(photos, tmp_path / "other")
    for label in other.iterdir():
        next(iter(sorted(label.iterdir()))).unlink()
    assert "linear model" in run.evaluation(str(other))["baselines"]
    assert run.evaluation(hb.open(other))["items"] == 58
    assert (run.path / "evaluation.json").read_bytes() == kept
    assert run.evaluation(hb.open(photos)) == run.evaluation()  # the test part of its own data


def test_a_data_set_from_memory(tmp_path):
    generator = np.random.default_rng(0)
    values = generator.normal(size=(80, 5)).astype(np.float32)
    data = memory(values, (values[:, 0] > 0).astype(int))
    assert "80 items" in repr(data)
    run = hb.train("classify", data, out=tmp_path / "run", quiet=True, epochs=2)
    assert "test/accuracy" in run.evaluate(again=True)
    assert len(run.predict(values[:3])["label"]) == 3
    again = hb.load(tmp_path / "run", data=data)
    assert again.evaluate(again=True) == run.evaluate()
    with pytest.raises(RunError, match="changed"):
        hb.load(tmp_path / "run", data=memory(values[::-1].copy(), np.arange(80) % 2)).evaluate(again=True)


def test_regression_and_options_as_python_values(tmp_path):
    table = pd.DataFrame({"x": np.linspace(0, 1, 90), "y": np.linspace(5, 9, 90)})
    table.to_csv(tmp_path / "table.csv", index=False)
    run = hb.train(
        "regress",
        tmp_path / "table.csv",
        target="y",
        quiet=True,
        epochs=2,
        **{"net.hidden": [8, 8]},
        clip_grad_norm=1.0,
    )
    assert run.path == Path("runs/regress-table-001")
    assert run.info["config"]["net_options"] == {"hidden": [8, 8]}
    assert run.predict(table[["x"]])["value"].shape == (90, 1)
    assert "test/rmse" in run.evaluate()


def test_quiet_says_nothing_and_loud_writes_progress_to_stderr(tmp_path, capsys):
    hb.train("classify", "iris", out=tmp_path / "a", quiet=True, evaluate=False, epochs=1)
    assert capsys.readouterr() == ("", "")
    hb.train("classify", "iris", out=tmp_path / "b", evaluate=False, epochs=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch   1/1" in err


def test_the_same_seed_is_the_same_run(tmp_path):
    first, second = (
        hb.train("classify", "iris", out=tmp_path / name, quiet=True, evaluate=False, epochs=2, seed=4)
        for name in "ab"
    )
    for one, two in zip(
        first.networks["network"].parameters(), second.networks["network"].parameters(), strict=True
    ):
        assert torch.equal(one, two)


def test_extend_resume_and_crossval(tmp_path):
    hb.train("classify", "iris", out=tmp_path / "a", quiet=True, evaluate=False, epochs=1)
    longer = hb.train(
        "classify", "iris", out=tmp_path / "b", quiet=True, evaluate=False, epochs=2, extend=tmp_path / "a"
    )
    assert [line["epoch"] for line in longer.history] == [1, 2]
    finished = hb.resume(tmp_path / "b", quiet=True)
    assert not (finished.path / "report.html").exists()  # it was started with evaluate=False
    before = {path: path.stat().st_mtime_ns for path in finished.path.rglob("*")}
    assert hb.resume(tmp_path / "b", quiet=True).info["status"] == "done"
    assert {path: path.stat().st_mtime_ns for path in finished.path.rglob("*")} == before
    assert not (finished.path / "lock").exists()
    assert (hb.resume(tmp_path / "b", quiet=True, evaluate=True).path / "report.html").exists()
    cross = hb.crossval("classify", "iris", folds=2, out=tmp_path / "c", quiet=True, epochs=1)
    assert len(cross.folder.read("crossval.json")["scores"]) == 2


def test_errors_carry_their_three_parts():
    with pytest.raises(UsageError) as caught:
        hb.train("clasify", "iris")
    assert caught.value.parts.keys() == {"received", "expected", "fix"}
    assert "did you mean classify?" in str(caught.value)
    with pytest.raises(ConfigError, match="epohcs"):
        hb.train("classify", "iris", epohcs=3)
    with pytest.raises(hb.HibiscusError, match="no such file or folder"):
        hb.open("no/such/place")


def test_the_generators_of_the_caller_stay_as_they_were(tmp_path):
    def draws():
        return torch.rand(1).item(), np.random.rand(), random.random()

    def seed():
        torch.manual_seed(1)
        np.random.seed(1)
        random.seed(1)

    run, small = tmp_path / "run", {"quiet": True, "latent_dim": 2, "hidden": 8, "importance_samples": 2}
    seed()
    expected = draws()
    for use in (
        lambda: hb.train("vae", "digits", out=run, epochs=2, max_rounds=3, **small),
        lambda: hb.resume(run, quiet=True),
        lambda: hb.load(run).networks,
        lambda: hb.load(run).sample(2),
        lambda: hb.load(run).embed("digits"),
        lambda: hb.load(run).evaluation(again=True),
        lambda: hb.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, epochs=1),
        lambda: hb.sweep("classify", "iris", out=tmp_path / "sweep", quiet=True, epochs=1, seed="0,1"),
    ):
        seed()
        use()
        assert draws() == expected


def test_a_run_goes_on_with_the_threads_with_which_it_began(tmp_path, capsys):
    options = {"quiet": True, "evaluate": False, "net": "mlp", "epochs": 2}
    threads = torch.get_num_threads()
    begun = hb.train("classify", "digits", out=tmp_path / "a", max_rounds=5, **options)
    begun.folder.update(threads=threads + 1, status="interrupted")
    used = []
    with pytest.MonkeyPatch.context() as patch, show_progress(True):
        patch.setattr(Loop, "run", lambda self: used.append(torch.get_num_threads()))
        hb.resume(begun.path, quiet=True)
    assert used == [threads + 1]
    assert torch.get_num_threads() == threads
    assert f"threads: {threads + 1}, as when the run began, instead of {threads}" in capsys.readouterr().err


def test_a_batch_of_one_item_without_batch_statistics_is_refused_and_leaves_no_folder(tmp_path):
    options = {"net": "mlp", "net_options": {"batch_norm": True}, "batch_size": 1, "quiet": True}
    with pytest.raises(ConfigError, match="a batch of one item"):
        hb.train("classify", "iris", out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_part_of_one_image_is_refused_for_a_gan(tmp_path):
    for index in range(3):
        Image.fromarray(np.full((8, 8, 3), 60 * index, np.uint8)).save(tmp_path / f"{index}.png")
    with pytest.raises(DataError, match="part has 1 item"):
        hb.train("dcgan", tmp_path, out=tmp_path / "run", quiet=True, val=0.34, test=0)
    assert not (tmp_path / "run").exists()
