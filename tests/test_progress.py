from __future__ import annotations

import io
import time

from hibiscus import progress
from hibiscus.progress import duration, progress_line, show_line, show_progress, step


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Slow(Terminal):
    """A terminal that is stopped, as with Ctrl-S."""

    def write(self, text):
        time.sleep(0.5)
        return len(text)


def terminal_of(monkeypatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return stream


def test_nothing_is_shown_by_default(capsys):
    with step("decoding", 2) as decoding:
        decoding.advance()
        show_line("a line")
    assert (decoding.done, decoding.total) == (1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_the_innermost_step_and_ends_with_an_empty_line(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with show_progress(), step("reading"):
        progress.flush()
        with step("decoding 4 images", 4) as decoding:
            decoding.advance(2)
            progress.flush()
        show_line("a note")
        progress.flush()
    written = terminal.getvalue()
    assert written.startswith("  reading ...\r\033[K  decoding 4 images [##########.")
    assert "\r\033[Ka note\n  reading ..." in written
    assert written.endswith("\r\033[K")
    assert max(map(len, written.replace("\r\033[K", "\n").splitlines())) < 40


def test_a_step_that_took_long_stays_on_the_terminal(monkeypatch):
    terminal = terminal_of(monkeypatch)
    monkeypatch.setattr(progress, "LONG", 0.0)
    with show_progress(), step("training the feature network"):
        pass
    assert "  training the feature network  0:00\n" in terminal.getvalue()


def test_a_log_names_a_step_once_and_only_if_it_takes_longer_than_a_moment(monkeypatch, capsys):
    monkeypatch.setattr(progress, "TICK", 0.01)
    monkeypatch.setattr(progress, "MOMENT", 0.05)
    with show_progress():
        with step("quick"):
            pass
        for _ in range(2):
            with step("slow", 10):
                time.sleep(0.1)
    assert capsys.readouterr().err == "  slow\n"


def test_a_log_shows_a_long_step_again_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress, "TICK", 0.01)
    monkeypatch.setattr(progress, "MOMENT", 0.0)
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0.05)
    with show_progress(), step("slow", 4) as slow:
        slow.advance()
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "  slow"
    assert lines[1].startswith("  slow [#####...............]  25%")


def test_a_terminal_that_blocks_does_not_stop_the_work(monkeypatch):
    monkeypatch.setattr("sys.stderr", Slow())
    monkeypatch.setattr(progress, "MAX_WAIT", 0.05)
    start = time.monotonic()
    with show_progress():
        for number in range(100):
            with step("work"):
                show_line(f"line {number}")
    assert time.monotonic() - start < 2


def test_another_display_inside_is_the_same(capsys):
    with show_progress():
        with show_progress():
            show_line("inner")
        with show_progress(False):
            show_line("outer")
    assert capsys.readouterr().err == "inner\nouter\n"


def test_only_the_main_process_shows(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    with show_progress():
        show_line("nothing")
    assert capsys.readouterr().err == ""


def test_lines():
    assert progress_line("a", 0.5, "loss 1", 75) == "a [##########..........]  50%  loss 1  1:15 left"
    assert progress_line("a", 1.2, "", None) == "a [####################] 120%"
    assert [duration(seconds) for seconds in (7.9, 754, 3723)] == ["0:07", "12:34", "1:02:03"]


def test_a_log_names_the_outer_step_first(monkeypatch, capsys):
    monkeypatch.setattr(progress, "TICK", 0.01)
    monkeypatch.setattr(progress, "MOMENT", 0.05)
    with show_progress(), step("evaluating"), step("fitting"):
        time.sleep(0.15)
    assert capsys.readouterr().err == "  evaluating\n  fitting\n"
