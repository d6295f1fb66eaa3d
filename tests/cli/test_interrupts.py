"""Ctrl-C, once and twice, at random moments: exit code 130, and never a traceback."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from cli.test_terminal import read_terminal, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")

SLOW_EXIT = """
import sys, threading, time
from hibiscus.cli.interrupts import stopped_by_interrupt
def wait():
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass
threading.Thread(target=wait).start()  # which the interpreter joins
import atexit
atexit.register(wait)
try:
    with stopped_by_interrupt():
        print("working", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.3, 0.6, 0.9])
def test_the_second_at_exit_prints_nothing(delay):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_EXIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


FINALIZER = """
import os, signal, sys, time
from hibiscus.cli.interrupts import stopped_by_interrupt

class Finalizer:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

try:
    with stopped_by_interrupt():
        Finalizer()
        time.sleep(30)
        print("not interrupted")
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_one_that_arrives_in_a_finalizer_stops_the_command_silently():
    ended = subprocess.run(
        [sys.executable, "-c", FINALIZER], capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 130)


@pytest.mark.parametrize("seed", range(3))
def test_two_at_random_moments_of_a_training(seed):
    chance = random.Random(seed)
    process, terminal = start(
        ["train", "classify", "digits", "net=mlp", "epochs=100000", "--out", "run"], TERM="xterm"
    )
    text = read_terminal(process, terminal, until=b"starting")
    time.sleep(chance.uniform(0, 4))
    process.send_signal(signal.SIGINT)
    time.sleep(chance.choice([0, 0.01, 0.1, 0.3]))
    process.send_signal(signal.SIGINT)
    text += read_terminal(process, terminal)
    os.close(terminal)
    assert process.wait(60) == 130, text.decode()
    for word in (b"Traceback", b"Exception ignored", b"KeyboardInterrupt", b"not expect"):
        assert word not in text, text.decode()
