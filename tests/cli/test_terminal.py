"""The command on terminals, pipes and logs of every kind: the screen never decides about the work."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")

COMMAND = [sys.executable, "-m", "hibiscus"]
TRAIN = ["train", "classify", "iris", "epochs=1", "--no-evaluate", "--out", "run"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


def read_terminal(process: subprocess.Popen, terminal: int, until: bytes = b"") -> bytes:
    """What the process writes on its terminal until it ends, or until it has written some text."""
    text, end = b"", time.monotonic() + 60
    while time.monotonic() < end and not (until and until in text):
        if not select.select([terminal], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            text += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
    return text


def start(words: list[str], **environment: str) -> tuple[subprocess.Popen, int]:
    """The command with a terminal of its own as standard output and standard error."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**ENVIRONMENT, **environment},
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def test_a_person_sees_every_step(tmp_path):
    process, terminal = start(TRAIN, TERM="xterm-256color")
    text = read_terminal(process, terminal).decode()
    os.close(terminal)
    assert process.wait(60) == 0
    assert text.index("starting ...") < text.index("data:    iris, 150 items") < text.index("epoch   1/1")
    assert "\r\033[K" in text
    for part in ("columns: number sepal length", "network: realmlp", "device:  cpu", "run:     run"):
        assert part in text


def test_a_terminal_without_escapes_gets_lines():
    process, terminal = start(TRAIN, TERM="dumb")
    text = read_terminal(process, terminal).decode()
    os.close(terminal)
    assert process.wait(60) == 0
    assert "\033" not in text
    assert "\r" not in text.replace("\r\n", "\n")
    assert "epoch   1/1" in text


def test_a_terminal_that_is_closed_does_not_end_the_training():
    process, terminal = start([*TRAIN[:3], "epochs=8", "--out", "run"], TERM="xterm")
    assert b"epoch   1/8" in read_terminal(process, terminal, until=b"epoch   1/8")
    os.close(terminal)
    process.send_signal(signal.SIGHUP)  # as the system does to the processes of a terminal
    assert process.wait(120) == 0
    assert json.loads(Path("run/run.json").read_text())["status"] == "done"
    assert Path("run/report.html").exists()


@pytest.mark.parametrize(
    "settings",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C"],
)
def test_a_terminal_with_ascii_only(settings, tmp_path):
    from PIL import Image

    for name in ("Straße", "日本"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(6):
            Image.new("L", (8, 8), 40 * i).save(tmp_path / "data" / name / f"{i}.png")
    environment = {
        key: value for key, value in ENVIRONMENT.items() if key not in ("PYTHONIOENCODING", "LANG")
    }
    words = ["inspect", str(tmp_path / "data")]
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, env={**environment, **settings}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"Stra?e" in done.stdout
    words.append("--json")
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, env={**environment, **settings}, check=False
    )
    assert set(json.loads(done.stdout)["classes"]) == {"Straße", "日本"}


@pytest.mark.parametrize("redirect", ["2>&1 | head -1", "2>&- >&-", "2>/dev/full"])
def test_a_training_goes_on_without_a_reader(redirect):
    command = " ".join([*COMMAND, *TRAIN, redirect])
    assert (
        subprocess.run(command, shell=True, capture_output=True, env=ENVIRONMENT, check=False).returncode == 0
    )
    assert json.loads(Path("run/run.json").read_text())["status"] == "done"


def test_a_result_that_cannot_be_written_is_an_error():
    command = " ".join([*COMMAND, "list", ">/dev/full"])
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
