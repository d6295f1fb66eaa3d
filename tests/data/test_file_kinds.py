"""Pipes, sockets and devices are told from files and folders."""

import os
import socket

import pytest

from hibiscus.data.file_kinds import special_kind


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_kinds_in_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    os.mkfifo("pipe")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        names = ("pipe", "link", "socket", "/dev/null")
        assert [special_kind(name) for name in names] == [
            "a named pipe",
            "a named pipe",
            "a socket",
            "a device",
        ]
    assert not any(special_kind(name) for name in ("file", ".", "dangling", "nowhere", "a\0b"))
