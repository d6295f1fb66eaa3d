"""The files that belong to a checkpoint: one changed digit is noticed wherever they are used with it."""

import json
import shutil

import pytest

import hibiscus
from hibiscus.errors import HibiscusWarning, RunError
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

OPTIONS = {"net": "mlp", "net_options": {"hidden": [4]}, "epochs": 1, "batch_size": 32}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "run"
    hibiscus.train("classify", "iris", out=folder, quiet=True, **OPTIONS)
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def change(path, old, new):
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))


def interrupted(folder):
    run = hibiscus.load(folder)
    run.folder.update(status="interrupted")


def damage_preparation(folder):
    content = json.loads((folder / "preparation.json").read_text())
    content["fields"]["table"]["columns"][0]["center"] += 1e-9
    (folder / "preparation.json").write_text(json.dumps(content))
    return "preparation.json"


def damage_split(folder):
    content = json.loads((folder / "split.json").read_text())
    content["test"].append(content["train"].pop())
    (folder / "split.json").write_text(json.dumps(content))
    return "split.json"


@pytest.mark.parametrize("damage", [damage_preparation, damage_split])
def test_a_changed_file_is_refused_by_load_resume_and_extend(folder, tmp_path, damage):
    interrupted(folder)
    name = damage(folder)
    iris = hibiscus.open("iris").fields["table"]
    for use in (
        lambda: hibiscus.load(folder).predict(iris),
        lambda: hibiscus.load(folder).evaluate(again=True),
        lambda: hibiscus.resume(folder, quiet=True),
        lambda: hibiscus.train("classify", "iris", out=tmp_path / "longer", extend=folder, epochs=2),
    ):
        with pytest.raises(RunError, match=f"{name}: it was changed since"):
            use()


def test_another_indentation_is_no_change(folder):
    for name in ("preparation.json", "split.json", "evaluation.json"):
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(content, indent=7))
    before = json.loads((folder / "evaluation.json").read_text())["metrics"]
    assert hibiscus.load(folder).evaluate() == before
    assert hibiscus.load(folder).evaluate(again=True) == pytest.approx(before)


def test_the_checkpoints_of_an_extended_run_belong_to_its_own_files(folder, tmp_path):
    longer = tmp_path / "longer"
    hibiscus.train("classify", "iris", out=longer, extend=folder, epochs=2, quiet=True, evaluate=False)
    states = [load_checkpoint(longer / "checkpoints" / f"{name}.safetensors")[1] for name in ("best", "last")]
    assert states[0]["files"] == states[1]["files"]
    assert set(states[0]["files"]) == {"preparation.json", "split.json"}
    damage_split(longer)
    with pytest.raises(RunError, match=r"split\.json"):
        hibiscus.load(longer).method("best")


def test_a_run_whose_split_was_left_out_predicts(folder):
    (folder / "split.json").unlink()
    assert len(hibiscus.load(folder).predict(hibiscus.open("iris").fields["table"])["label"]) == 150


def test_a_changed_run_json_is_read_with_a_warning(folder):
    change(folder / "run.json", '"batch_size": 32', '"batch_size": 33')
    with pytest.warns(HibiscusWarning, match=r"run\.json: it was changed"):
        assert hibiscus.load(folder).info["config"]["batch_size"] == 33


def test_options_of_networks_that_the_checkpoint_cannot_fill_take_no_memory(folder):
    run = hibiscus.load(folder)
    run.folder.update(config={**run.info["config"], "net_options": {"hidden": [10**6, 10**6]}})
    with pytest.raises(RunError, match="smaller than the networks"):
        hibiscus.load(folder).method()
    run.folder.update(status="interrupted")
    with pytest.raises(RunError, match="smaller than the networks"):
        hibiscus.resume(folder, quiet=True)
    run.folder.update(config={**run.info["config"], "net_options": {"hidden": [5]}})
    with pytest.raises(RunError, match=r"best\.safetensors: cannot be read"):
        hibiscus.load(folder).method()
    run.folder.update(config={**run.info["config"], "learning_rate": "fast"})
    with pytest.raises(RunError, match=r"run\.json: learning_rate=fast"):
        hibiscus.load(folder).method()


def test_a_field_that_was_not_learned_is_named_with_the_file(folder):
    file = str(folder / "preparation.json")
    with pytest.raises(RunError, match="nothing was learned for the field 'mask'") as caught:
        hibiscus.load(folder).preparation["mask"]
    assert caught.value.received.startswith(file)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (("stage",), 10**9),
        (("stage",), 7),
        (("epoch",), "1"),
        (("callbacks", "best", "loss"), "0.5"),
        (("meter", "sums"), {"train/loss": "0.5"}),
    ],
)
def test_a_forged_state_of_a_checkpoint_is_refused(folder, entry, value):
    interrupted(folder)
    path = folder / "checkpoints" / "last.safetensors"
    tensors, state = load_checkpoint(path)
    inner = state
    for key in entry[:-1]:
        inner = inner[key]
    inner[entry[-1]] = value
    save_checkpoint(path, tensors, state)
    with pytest.raises(RunError, match=r"last\.safetensors: "):
        hibiscus.resume(folder, quiet=True)


def test_options_that_build_no_network_are_an_error_of_run_json(folder):
    interrupted(folder)
    run = hibiscus.load(folder)
    run.folder.update(config=run.info["config"] | {"net_options": {"hidden": [[4]]}})
    with pytest.raises(RunError, match=r"run\.json: hidden="):
        hibiscus.resume(folder, quiet=True)
