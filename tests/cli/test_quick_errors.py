"""Errors in a command are answered at once: nothing heavy is imported before the command is understood."""

from __future__ import annotations

import json
import subprocess
import sys

COMMANDS = {
    "train clasify digits": 2,
    "train yolo photos/": 2,
    "train classify": 2,
    "train classify digits epochs": 2,
    "train classify digits epohcs=3": 4,
    "train classify digits pretrained=true": 4,
    "train classify digits --epochs 3": 2,
    "train classify digits --config nowhere.yaml": 3,
    "train -h": 0,
    "trian classify digits": 2,
    "classify digits": 2,
    "crossval clasify digits": 2,
    "sweep vae digits foo=1,2": 4,
    "train classify nowhere.csv target=y": 3,
    "train classify digits test_data=nowhere/": 3,
    "crossval classify nowhere/": 3,
    "inspect nowhere.csv": 3,
    "evaluate runs/nowhere": 3,
    "resume runs/nowhere": 3,
    "predict runs/nowhere cat.jpg": 3,
    "compare runs/nowhere": 2,
    "explain clasify": 2,
    "--version": 0,
    "-h": 0,
    "predict -h": 0,
}
CODE = """
import io, json, sys
from hibiscus.cli.app import run
codes, heavy = {}, {}
for command in json.loads(sys.argv[1]):
    sys.argv = ["hibiscus", *command.split()]
    sys.stdout = sys.stderr = io.StringIO()
    try:
        run()
    except SystemExit as stop:
        codes[command] = stop.code
    heavy[command] = [name for name in ("torch", "pandas", "sklearn", "scipy", "PIL") if name in sys.modules]
sys.stdout = sys.__stdout__
print(json.dumps([codes, heavy]))
"""


def test_no_error_of_usage_imports_anything_heavy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(list(COMMANDS))],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    codes, heavy = json.loads(done.stdout)
    assert codes == COMMANDS
    assert not {command: names for command, names in heavy.items() if names}


def test_words_in_the_place_of_a_verb(fails, tmp_path):
    for word, fix in {
        "fit": "use train",
        "test": "use evaluate",
        "cv": "use crossval",
        "classify": "hibiscus train classify DATA",
        "yolo": "hibiscus train yolo DATA",
        "help": "hibiscus --help",
        str(tmp_path): f"hibiscus inspect {tmp_path}",
        "trian": "did you mean train?",
    }.items():
        fails(2, fix, word)
