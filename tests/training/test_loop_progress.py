from __future__ import annotations

import re

from hibiscus.progress import show_progress
from hibiscus.training.loop_progress import Progress
from training.toy_methods import Growing, make_loop


def lines_of(tmp_path, capsys, **options):
    loop = make_loop(Growing, tmp_path, extra={"progress": Progress()}, **options)
    with show_progress(), loop.callbacks["progress"].following(loop):
        loop.run()
    out, err = capsys.readouterr()
    assert out == ""
    assert "\r" not in err
    assert "\033" not in err
    return err.splitlines()


def test_a_log_has_a_line_for_each_epoch(tmp_path, capsys):
    lines = lines_of(tmp_path, capsys, epochs=1)
    assert [line.split("  train")[0].strip() for line in lines] == [
        "epoch   1/1",
        "stage 2 epoch   1/1",
        "stage 3 epoch   1/1",
    ]
    assert all("val/error" in line for line in lines)


def test_an_epoch_that_is_not_completed_has_a_line_too(tmp_path, capsys):
    lines = lines_of(tmp_path, capsys, epochs=3, max_rounds=1)
    assert re.fullmatch(r"  epoch   1/3  round 1 of \d+  train/(\w+\.)?loss \d+\.\d+.*", lines[0])
    assert lines[1] == "  stopped early: max_rounds=1 reached"


def test_nothing_is_shown_unless_progress_is(tmp_path, capsys):
    loop = make_loop(Growing, tmp_path, epochs=1, extra={"progress": Progress()})
    with loop.callbacks["progress"].following(loop):
        loop.run()
    assert capsys.readouterr().err == ""


def test_the_bar_tells_the_remaining_time_by_the_last_epoch(tmp_path, monkeypatch):
    loop = make_loop(Growing, tmp_path, epochs=4)
    loop.stage = next(iter(loop.method.stages(loop.data)))
    rounds = loop.stage.rounds_per_epoch
    progress, now = Progress(), [100.0]
    monkeypatch.setattr("hibiscus.training.loop_progress.time.monotonic", lambda: now[0])
    assert progress._line(loop).startswith("epoch   1/4 [....................]   0%")
    progress.on_stage(loop)
    now[0], loop.stage_round = 110.0, rounds
    progress.on_epoch(loop, {"items_per_second": 1.0})
    assert "[#####...............]  25%" in progress._line(loop)
    assert progress._line(loop).endswith("0:30 left")  # three epochs of ten seconds
