"""The one place where whatever fails while data is read becomes an error that names the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hibiscus.data.sizes import size_text
from hibiscus.errors import ConfigError, DataError, HibiscusError, clip

__all__ = ["named_errors"]

MAX_REASON = 300  # characters of a message of a library


@contextmanager
def named_errors(data: Any, kind: type[DataError] = DataError) -> Iterator[None]:
    """A context whose errors name the data that is read in it.

    Libraries raise errors of any type for damaged files. They become errors of `kind`, with the original as
    their cause, which `--debug` prints. One that does not name the data yet is given its path.

    Args:
        data: its path; of data in memory, only the type is named.
        kind: DataError or a class derived from it.

    Raises:
        DataError: anything failed, except that the user interrupted it or that it is a HibiscusError.
    """
    name = os.fspath(data) if isinstance(data, str | os.PathLike) else f"data of type {type(data).__name__}"
    try:
        yield
    except (DataError, ConfigError) as error:
        if not _names(error, name):
            raise type(error)(f"{name}: {error.received}", error.expected, error.fix) from error
        raise
    except (HibiscusError, Warning):
        raise
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        received = f"{name}{_size(name)}: not enough memory to read it{reason}"
        fix = "use a part of it, smaller images (image_size=), or a machine with more memory"
        raise kind(received, "data that fits into the memory", fix) from error
    except OSError as error:
        place = error.filename if isinstance(error.filename, str | os.PathLike) else name
        reason = clip(error.strerror or str(error) or type(error).__name__, MAX_REASON)
        received = f"{os.fspath(place)}: cannot be read ({reason})"
        raise kind(received, "readable files and folders", "check the path and its permissions") from error
    except RecursionError as error:
        expected, fix = "a few levels at most", "export it again"
        raise kind(f"{name}: its content is nested too deeply", expected, fix) from error
    except Exception as error:
        reason = clip(f"{type(error).__name__}: {error}", MAX_REASON)
        expected, fix = "complete data in a known format", "check the file, or export it again"
        raise kind(f"{name}: cannot be read ({reason})", expected, fix) from error


def _names(error: HibiscusError, name: str) -> bool:
    """Whether a message has the path, or the name of the file; that of a folder may be a common word."""
    path = Path(name)
    return name[:200] in error.received or (bool(path.suffix) and path.name[:200] in str(error))


def _size(name: str) -> str:
    """The size of a file in words, if it is one."""
    try:
        return f" ({size_text(os.path.getsize(name))})" if os.path.isfile(name) else ""
    except (OSError, ValueError):
        return ""
