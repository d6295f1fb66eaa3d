"""What is written reaches any stream that is left, in characters that it can show."""

from __future__ import annotations

import errno
import io
import json
import os

import pytest

from hibiscus import screen


class Failing(io.StringIO):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, text):
        raise OSError(self.number, os.strerror(self.number))


def encoded(name: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=name)


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("ascii", "é ± 日", b"? ? ?\n"),
        ("latin-1", "é 日", b"\xe9 ?\n"),
        ("utf-8", "caf\udce9 é", b"caf? \xc3\xa9\n"),  # a file name that is not valid UTF-8
        ("utf-8", "a\033[31mb\rc\td", rb"a\u001b[31mb\u000dc" + b"\td\n"),  # control the terminal
        ("utf-8", "\x9b2J\a \u202egpj.exe\u2069", rb"\u009b2J\u0007 \u202egpj.exe\u2069" + b"\n"),
    ],
)
def test_every_text_can_be_written(encoding, text, written, monkeypatch):
    for name, function in (
        ("stdout", lambda: screen.write_result(text)),
        ("stderr", lambda: screen.write(text + "\n")),
    ):
        stream = encoded(encoding)
        monkeypatch.setattr(f"sys.{name}", stream)
        function()
        assert stream.buffer.getvalue() == written


def test_visible_characters_leave_json_as_it_was():
    names = ["\x1b]0;title\a", "\x9b2J", "\u202egpj", "a\nb\tc", "日本 é"]
    shown = screen.visible(json.dumps(names, ensure_ascii=False))
    assert not screen.CONTROL.search(shown)
    assert json.loads(shown) == names


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.EBADF])
def test_a_stream_that_nobody_reads_is_no_error(number, monkeypatch):
    monkeypatch.setattr("sys.stdout", Failing(number))
    monkeypatch.setattr("sys.stderr", Failing(number))
    screen.write_result("result")
    screen.write("message")


def test_a_full_disk_is_an_error_for_results_only(monkeypatch):
    monkeypatch.setattr("sys.stdout", Failing(errno.ENOSPC))
    monkeypatch.setattr("sys.stderr", Failing(errno.ENOSPC))
    screen.write("message")
    with pytest.raises(OSError, match="space"):
        screen.write_result("result")


def test_no_stream_at_all(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setattr("sys.stderr", stream)
        screen.write_result("result")
        screen.write("message")
        assert not screen.supports_escapes()
        assert screen.terminal_width(77) == int(os.environ.get("COLUMNS", 77))


def test_after_a_closed_pipe_nothing_fails_any_more(tmp_path, monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        screen.write_result("result")
        stream.write("more")
        stream.flush()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("term", "supports"), [("xterm-256color", True), ("dumb", False), ("", False), (None, False)]
)
def test_escapes_need_a_terminal_that_understands_them(term, supports, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    if term is not None:
        monkeypatch.setenv("TERM", term)
    assert screen.supports_escapes(Terminal()) == supports
    assert not screen.supports_escapes(io.StringIO())


def test_text_is_cut_to_columns_not_characters():
    assert screen.columns_of("日本é") == 5
    assert screen.shorten("日本語", 5) == "日本"
    assert screen.shorten("abc", 3) == "abc"
