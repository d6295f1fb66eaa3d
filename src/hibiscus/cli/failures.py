"""Failing commands: the error in three parts, the exit code, and a traceback only with `--debug`."""

from __future__ import annotations

import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable

from hibiscus.cli.console import emit, note
from hibiscus.cli.interrupts import INTERRUPTED, was_interrupted
from hibiscus.errors import (
    DataError,
    HibiscusError,
    HibiscusWarning,
    OutOfMemoryError,
    ProcessLostError,
    UsageError,
)
from hibiscus.progress import show_progress

__all__ = ["run_app"]


def run_app(command: Callable[[], object], known_error: HibiscusError | None = None) -> int:
    """Runs a command; returns its exit code.

    Args:
        command: what to run.
        known_error: an error in the command line, to be reported instead.
    """
    if "--debug" not in sys.argv and not sys.warnoptions:
        warnings.simplefilter("ignore")  # they are meant for programmers
        warnings.simplefilter("always", HibiscusWarning)
        warnings.showwarning = _show_warning
    is_silent = any(word in ("--quiet", "--json") for word in sys.argv)
    try:
        if known_error is not None:
            raise known_error
        with show_progress(not is_silent):
            code = command()
        if was_interrupted():  # of which the parser makes an exit code
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except HibiscusError as error:
        _report(error, error)
        return error.exit_code
    except KeyboardInterrupt:
        _report(UsageError("interrupted"), None)
        return INTERRUPTED
    except MemoryError as error:  # where no work was named
        fix = "free memory, or a smaller batch_size or image_size"
        _report(
            OutOfMemoryError(f"not enough memory: {error}".rstrip(": "), "enough free memory", fix), error
        )
        return OutOfMemoryError.exit_code
    except OSError as error:  # a full disk, or a folder without permission
        no_access = _no_access(error)
        _report(no_access, error)
        return no_access.exit_code
    except Exception as error:
        if type(error).__name__ == "Exit":
            return int(getattr(error, "exit_code", 0))
        if was_interrupted():  # of which a library made an error
            _report(UsageError("interrupted"), error)
            return INTERRUPTED
        if hasattr(error, "format_message"):  # the command line's own errors
            _report(_usage(error), error)
            return UsageError.exit_code
        _report(_unexpected(error), error)
        return 1


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    if os.environ.get("RANK", "0") == "0":  # the main process prints it
        note(f"hibiscus: warning: {message}")


def _no_access(error: OSError) -> DataError:
    received = f"{error.filename or 'a file'}: cannot be used ({error.strerror or error})"
    return DataError(
        received, "free space and permission to write", "free some space, or choose another location"
    )


def _usage(error: Exception) -> UsageError:
    """An error of the command-line parser, in three parts."""
    from hibiscus.runs.foreign_options import FOREIGN, FOREIGN_FLAGS

    text = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    see = f"hibiscus {verb} --help" if verb else "hibiscus --help"
    option = re.search(r"No such option: --?([\w-]+)", text)
    if option and option[1] in FOREIGN_FLAGS:
        return UsageError(f"there is no option --{option[1]}; use --{FOREIGN_FLAGS[option[1]]}")
    if option and verb in ("train", "crossval", "sweep", "lr-find", "inspect"):
        name = option[1].replace("-", "_")
        name = FOREIGN.get(name, name)
        return UsageError(
            f"there is no option --{option[1]}",
            "options of a method as key=value",
            f"write {name}=VALUE; {see} lists all",
        )
    return UsageError(
        f"{verb}: {text[:1].lower()}{text[1:]}" if verb else text, "a command as shown in its help", see
    )


def _unexpected(error: Exception) -> HibiscusError:
    text = f"an error that Hibiscus did not expect: {type(error).__name__}: {error}"
    return HibiscusError(text, "", "run it again with --debug, and report the output")


def _report(error: HibiscusError, cause: BaseException | None) -> None:
    if os.environ.get("RANK", "0") != "0" and not isinstance(error, ProcessLostError):
        return  # if several processes have the same error, the main process reports it
    if cause is not None and "--debug" in sys.argv:
        traceback.print_exception(cause, file=sys.stderr)
    if "--json" in sys.argv and not error.printed:
        emit({"error": error.parts}, "", True)
    note(f"hibiscus: {error}")
