r"""The secret key of a user on this machine, with which `train` signs what only this user may have written.

It is in `$HIBISCUS_KEY`, otherwise in the user's data folder: `$XDG_DATA_HOME/hibiscus` or
`~/.local/share/hibiscus`, on Windows `%LOCALAPPDATA%\hibiscus`, on macOS `~/Library/Application
Support/hibiscus`. It is created when it is first needed, readable by its owner only, and copied nowhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

__all__ = ["key_file", "sign"]

KEY_BYTES = 32


def key_file() -> Path:
    """The file of the key, which may not exist yet.

    Raises:
        RuntimeError: the user has no home folder.
    """
    chosen = os.environ.get("HIBISCUS_KEY")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library/Application Support"
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME") or "")
        if not folder.is_absolute():  # the specification says that such a value is to be ignored
            folder = Path.home() / ".local/share"
    return folder / "hibiscus" / "run.key"


def sign(content: Any, create: bool = False) -> str | None:
    """The HMAC-SHA256 of JSON content with the user's key, in hexadecimal digits; None if there is no key.

    Args:
        content: plain values; their order in objects does not count.
        create: create the key if there is none.
    """
    try:
        file = key_file()
        key = _read(file)
        if key is None and create:
            _create(file)
            key = _read(file)
    except (OSError, RuntimeError):  # a home folder that is missing, or not writable
        return None
    if key is None or len(key) != KEY_BYTES:
        return None
    # To JSON and back: numbers that are names of entries become text before they are sorted.
    text = json.dumps(json.loads(json.dumps(content)), sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None


def _create(file: Path) -> None:
    """Writes a new key in one step: of several processes that do so at once, the first one counts."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink()
