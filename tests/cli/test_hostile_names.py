"""Names that would control a terminal, change a spreadsheet or fill the screen are shown as what they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hibiscus.screen import CONTROL

NAMES = ["\x1b]0;owned\a", "\x9b2J", "\u202egpj.exe\u2069", "a\nhibiscus: all is well", "b\rc"]


@pytest.fixture
def folder() -> Path:
    """Images of classes with hostile names, one of them damaged."""
    for number, name in enumerate(NAMES):
        place = Path("data") / name
        place.mkdir(parents=True)
        for index in range(6):
            pixels = np.full((8, 8), 40 * number + index, np.uint8)
            Image.fromarray(pixels).save(place / f"\x1b[31m{index}.png")
    (Path("data") / NAMES[0] / "\x1b[2J.png").write_bytes(b"no image")
    return Path("data")


def test_no_name_reaches_the_terminal_as_it_is(cli, folder):
    shown = cli("inspect", folder)
    assert shown.code == 0
    for text in (shown.out, shown.err, cli("inspect", folder / NAMES[0] / "\x1b[31m0.png").err):
        assert not CONTROL.search(text)
        assert "\nhibiscus: all is well" not in text
    assert r"\u001b]0;owned\u0007" in shown.out
    assert r"\u202egpj.exe\u2069" in shown.out
    assert r"\u001b[31m0.png" in text
    assert set(cli("inspect", folder, "--json").json["classes"]) == set(NAMES)


def test_no_name_reaches_the_report_as_it_is(cli, folder):
    options = ["net=mlp", "net.hidden=4", "epochs=1", "--out", "run"]
    trained = cli("train", "classify", folder, *options)
    assert trained.code == 0, trained.err
    page = Path("run/report.html").read_text(encoding="utf-8")
    for text in (trained.out, trained.err, page):
        assert not CONTROL.search(text)
    assert "\nhibiscus: all is well" not in trained.err
    assert "gpj.exe" in page
    predicted = cli("predict", "run", *(folder / name for name in NAMES), "--json").json
    assert set(predicted["classes"]) == set(NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_a_pseudo_terminal_gets_no_escape(folder):
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "hibiscus", "inspect", str(folder)]
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        text = b""
        while chunk := _read(ours):
            text += chunk
        assert process.wait(60) == 0
    os.close(ours)
    assert rb"\u001b]0;owned\u0007" in text
    assert not CONTROL.search(text.decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the process has ended
        return b""
