from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hibiscus.cli.app import run as run_command
from hibiscus.runs.folder import RunFolder


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def cli(monkeypatch, capsys):
    """Runs a command in this process: `cli("train", "classify", "iris")`."""

    def call(*words) -> Answer:
        monkeypatch.setattr(sys, "argv", ["hibiscus", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            run_command()
        out, err = capsys.readouterr()
        return Answer(int(stop.value.code or 0), out, err)

    return call


def write_images(folder: Path, per_class: int = 30, classes: int = 2) -> Path:
    """Bundled digits as PNG files, one folder for each class, with names that people use."""
    from hibiscus.data.open import open_data

    digits = open_data("digits")
    images, labels = digits.fields["image"][..., 0], digits.fields["label"]
    for name in range(classes):
        place = folder / f"Ziffer {name} é"
        place.mkdir(parents=True)
        for number, item in enumerate(np.flatnonzero(labels == name)[:per_class]):
            Image.fromarray(images[item]).save(place / f"Bild {number} 日本.png")
    return folder


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    """Sixty images of two digits; nobody writes into it."""
    return write_images(tmp_path_factory.mktemp("data") / "pics")


def _train(factory, method, data, **options) -> Path:
    import hibiscus

    folder = factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIBISCUS_CACHE", str(folder.parent / "cache"))
        hibiscus.train(method, data, out=folder, quiet=True, **options)
    return folder


@pytest.fixture(scope="session")
def image_run(tmp_path_factory, images) -> Path:
    return _train(tmp_path_factory, "classify", images, epochs=2, batch_size=16)


@pytest.fixture(scope="session")
def iris_run(tmp_path_factory) -> Path:
    return _train(tmp_path_factory, "classify", "iris", epochs=2, batch_size=16)


@pytest.fixture(scope="session")
def diabetes_run(tmp_path_factory) -> Path:
    return _train(tmp_path_factory, "regress", "diabetes", epochs=2)


@pytest.fixture(scope="session")
def vae_run(tmp_path_factory, images) -> Path:
    return _train(
        tmp_path_factory,
        "vae",
        images,
        epochs=1,
        batch_size=16,
        hidden=16,
        latent_dim=3,
        importance_samples=4,
    )


@pytest.fixture(scope="session")
def cgan_run(tmp_path_factory, images) -> Path:
    return _train(
        tmp_path_factory, "cgan", images, epochs=1, batch_size=16, latent_dim=4, width=4, evaluate=False
    )


@pytest.fixture
def copied(tmp_path):
    """A copy of a run that a test may spoil."""

    def copy(run: Path, name: str = "copy", **info) -> Path:
        target = tmp_path / "here" / name
        shutil.copytree(run, target)
        if info:
            RunFolder(target).update(**info)
        return target

    return copy


def tree(*folders: Path) -> dict[str, tuple[bytes, int]]:
    """Every file under the folders, with its content and modification time."""
    files = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name != "lock"
    ]
    return {
        str(path): (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) for path in files
    }


@pytest.fixture
def fails(cli):
    """Runs a command that must fail with this exit code, and these words in an error of three parts.

    The same command with `--json` must give one object with the same parts on standard output.
    """

    def check(code: int, said: str | list[str], *words, untouched: Path | None = None, parts: int = 3) -> str:
        before = tree(untouched) if untouched else None
        answer = cli(*words)
        assert answer.code == code, answer.err + answer.out
        assert re.search("^hibiscus: ", answer.err, re.MULTILINE)  # after the progress, if there is some
        assert "Traceback" not in answer.err
        for word in [said] if isinstance(said, str) else said:
            assert word in answer.err
        if parts == 3:
            assert "\n  expected: " in answer.err
            assert "\n  fix:      " in answer.err
        again = cli(*words, "--json")
        assert again.code == code
        assert set(json.loads(again.out)["error"]) >= (
            {"received", "expected", "fix"} if parts == 3 else {"received"}
        )
        if untouched is not None:
            assert tree(untouched) == before
        return answer.err

    return check
