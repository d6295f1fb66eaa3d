"""Run folders that are damaged, in use, finished or full: each error once, and what was saved stays whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hibiscus.runs.folder import RunFolder
from hibiscus.training.checkpoint import load_checkpoint

from .conftest import tree, write_images


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def alter(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "how"), [(truncate, "truncated, or not a checkpoint"), (alter, "its content has been altered")]
)
def test_damaged_checkpoints(fails, cli, copied, iris_run, damage, how):
    run = copied(iris_run)
    damage(run / "checkpoints" / "best.safetensors")
    fails(3, [how, "best.safetensors", "--checkpoint last"], "predict", run, "iris", untouched=run)
    fails(3, how, "evaluate", run, "--again", untouched=run)
    assert cli("predict", run, "iris", "--checkpoint", "last").code == 0
    run = copied(iris_run, "second", status="interrupted")
    damage(run / "checkpoints" / "last.safetensors")
    fails(3, [how, "last.safetensors", "--checkpoint best"], "resume", run)
    fails(3, how, "predict", run, "iris", "--checkpoint", "last")
    fails(3, how, "train", "classify", "iris", "epochs=9", f"extend={run}")
    assert cli("predict", run, "iris").code == 0


def test_a_run_without_checkpoints(fails, copied, iris_run):
    run = copied(iris_run)
    for file in (run / "checkpoints").iterdir():
        file.unlink()
    fails(3, ["there is no checkpoint", "last.safetensors"], "predict", run, "iris")
    fails(3, "no checkpoint to continue from", "train", "classify", "iris", "epochs=9", f"extend={run}")


def test_no_run_here(fails):
    for verb in (["resume"], ["evaluate"], ["predict"], ["report"]):
        fails(
            3, ["nope: no run here", "runs/latest"], *verb, "nope", *(["iris"] if verb == ["predict"] else [])
        )
    fails(3, "no run here", "resume", "runs/latest")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "damaged"),
        ("{}", ["damaged", "method"]),
        ('{"format": 99}', ["format 99", "a newer Hibiscus"]),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_damaged_run_json(fails, copied, iris_run, content, said):
    run = copied(iris_run)
    (run / "run.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    for words in (["resume", run], ["evaluate", run], ["predict", run, "iris"]):
        fails(3, said, *words, untouched=run)


def test_damaged_preparation_and_evaluation(fails, copied, iris_run):
    run = copied(iris_run)
    (run / "preparation.json").write_text('{"format": 1, "fields": {"table": {"kind": "table"}}}')
    fails(3, "preparation", "predict", run, "iris", untouched=run)
    (run / "evaluation.json").write_text("{")
    fails(3, "evaluation.json: cannot be read", "evaluate", run, untouched=run)


def test_a_finished_run(fails, iris_run):
    fails(
        4, ["has completed 2", "more than 2"], "train", "classify", "iris", "epochs=2", f"extend={iris_run}"
    )
    fails(4, "the data of that run, iris", "train", "classify", "wine", "epochs=4", f"extend={iris_run}")
    fails(4, "a run of regress", "train", "regress", "iris", "epochs=4", f"extend={iris_run}")
    fails(
        4,
        ["scaling together with extend=", "leave them out"],
        "train",
        "classify",
        "iris",
        "scaling=range",
        f"extend={iris_run}",
    )
    said = ["net_options, batch_size together with extend=", "batch_size=16", "leave them out"]
    fails(
        4, said, "train", "classify", "iris", "epochs=4", "net.hidden=8", "batch_size=8", f"extend={iris_run}"
    )
    fails(3, "no run here", "train", "classify", "iris", "extend=nope")
    assert not Path("runs").exists()


def test_a_run_in_use(fails, copied, iris_run):
    run = copied(iris_run, status="interrupted")
    lines = [
        "import fcntl, os",
        f"f = open({str(run / 'lock')!r}, 'w')",
        "fcntl.flock(f, 2)",
        "f.write(f'process {os.getpid()}')",
    ]
    holder = "\n".join([*lines, "f.flush()", "print('held', flush=True)", "input()"])
    process = subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    fails(3, [f"in use by process {process.pid}", "wait for it"], "resume", run)
    process.communicate("\n")


def test_data_that_changed_since(fails, cli):
    photos = write_images(Path("photos"), per_class=20)
    assert cli("train", "classify", photos, "epochs=1", "--out", "run", "--no-evaluate", "--quiet").code == 0
    RunFolder(Path("run")).update(status="interrupted")
    first = sorted(photos.rglob("*.png"))[0]
    content = first.read_bytes()
    first.unlink()
    fails(3, ["changed", "train a new run"], "resume", "run", untouched=photos)
    first.with_name("Anders.png").write_bytes(content)
    fails(3, "photos", "evaluate", "run", untouched=photos)
    for file in photos.rglob("*.png"):
        file.unlink()
    fails(3, "the folder is empty", "resume", "run")


def test_a_loss_that_is_no_number(fails, cli):
    words = [
        "train",
        "classify",
        "iris",
        "learning_rate=1e30",
        "optimizer=sgd",
        "schedule=constant",
        "batch_size=16",
        "epochs=3",
    ]
    fails(
        1,
        [
            "is not a finite number in round ",
            "(epoch 1)",
            "learning_rate=1e-4",
            "no checkpoint had been saved yet",
        ],
        *words,
    )
    info = json.loads(Path("runs/classify-iris-001/run.json").read_text())
    assert info["status"] == "failed"
    assert "not a finite number" in info["error"]
    assert list(Path("runs/classify-iris-001/checkpoints").iterdir()) == []


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(iris_run, cli):
    words = [
        "train",
        "classify",
        "iris",
        "epochs=9",
        f"extend={iris_run}",
        "learning_rate=1e30",
        "schedule=constant",
        "--out",
        "worse",
    ]
    answer = cli(*words)
    assert answer.code == 1, answer.err
    assert "is not a finite number in round " in answer.err
    assert "worse: " in answer.err
    runs = (Path("worse"), iris_run)
    kept, before = (load_checkpoint(run / "checkpoints/best.safetensors")[0] for run in runs)
    assert kept.keys() == before.keys()
    assert all(torch.equal(kept[name], before[name]) for name in kept)
    assert cli("predict", "worse", "iris").code == 0


def test_a_full_disk_simulated(cli):
    real, calls = os.fsync, []

    def full(number):
        calls.append(number)
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", full)
        answer = cli("train", "classify", "iris", "epochs=9", "--out", "run")
    assert answer.code == 3
    for word in ("the disk is full", "what was saved before is intact", "hibiscus resume"):
        assert word in answer.err
    assert not list(Path("run").rglob("*.part"))
    assert sorted(path.name for path in Path("run/checkpoints").iterdir()) == [
        "best.safetensors",
        "last.safetensors",
    ]


def test_a_full_disk_under_the_log(fails, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "run/log.jsonl")

    monkeypatch.setattr("hibiscus.training.log_file.LogFile.on_epoch", full)
    fails(3, ["run/log.jsonl", "No space left on device"], "train", "classify", "iris", "epochs=1")


def test_a_full_disk_truly(cli, tmp_path):
    place = tmp_path / "tiny"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True
        ).returncode
    ):
        pytest.skip("a tiny disk cannot be mounted here")
    try:
        answer = cli(
            "train", "classify", "iris", "epochs=2", "--quiet", "net.hidden=200,200", "--out", place / "run"
        )
        assert answer.code == 3, answer.err
        assert "the disk is full" in answer.err
        assert "Traceback" not in answer.err
        assert not list(place.rglob("*.part"))
    finally:
        subprocess.run(["umount", place], check=True)


def test_evaluating_and_predicting_leave_the_data_alone(cli, copied, image_run, images):
    before = tree(images)
    run = copied(image_run)
    for words in (
        ["evaluate", run, "--again"],
        ["evaluate", run, "--data", images],
        ["predict", run, images],
        ["report", run],
    ):
        assert cli(*words).code == 0
    assert tree(images) == before


def test_inputs_of_another_kind_name_both_kinds(fails, image_run, iris_run):
    words = fails(3, "it holds table: 4 columns", "predict", image_run, "iris")
    assert "expected: what the run was trained on: images (8x8, grayscale)" in words
    words = fails(3, "it holds array: float32 (8, 8, 1)", "predict", iris_run, "digits")
    assert "what the run was trained on: a table with the columns sepal length, sepal width" in words
