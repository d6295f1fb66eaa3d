"""What happens when a command fails: the error in its three parts, the exit code, a traceback with `--debug` alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable

from hibiscus.errors import DataError, HibiscusError, ProcessLostError, UsageError

__all__ = ["run_app"]


def run_app(command: Callable[[], object], wrong: HibiscusError | None = None) -> int:
    """Runs a command; returns its exit code.

    Args:
        command: what to run.
        wrong: an error that is known before.
    """
    if "--debug" not in sys.argv and not sys.warnoptions:
        warnings.simplefilter("ignore")  # they speak to programmers
    try:
        if wrong is not None:
            raise wrong
        code = command()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except HibiscusError as error:
        _tell(error, error)
        return error.exit_code
    except KeyboardInterrupt:
        _tell(UsageError("stopped"), None)
        return 130
    except BrokenPipeError:  # the reader of a pipe has gone
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk, a folder without rights
        said = _no_access(error)
        _tell(said, error)
        return said.exit_code
    except Exception as error:
        if type(error).__name__ == "Exit":
            return int(getattr(error, "exit_code", 0))
        if hasattr(error, "format_message"):  # the command line's own errors
            _tell(_usage(error), error)
            return UsageError.exit_code
        _tell(_unexpected(error), error)
        return 1


def _no_access(error: OSError) -> DataError:
    found = f"{error.filename or 'a file'}: cannot be used ({error.strerror or error})"
    return DataError(found, "a place with room and rights", "free some space, or choose another")


def _usage(error: Exception) -> UsageError:
    """An error of the command line's own parser, in three parts."""
    text = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    verb = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    see = f"hibiscus {verb} --help" if verb else "hibiscus --help"
    option = re.search(r"No such option: --?([\w-]+)", text)
    if option and verb in ("train", "crossval", "sweep", "inspect"):
        name = option[1].replace("-", "_")
        return UsageError(f"there is no option --{option[1]}", "options of a method as key=value", f"write {name}=VALUE; {see} lists all")
    return UsageError(f"{verb}: {text[:1].lower()}{text[1:]}" if verb else text, "a command as its help shows it", see)


def _unexpected(error: Exception) -> HibiscusError:
    text = f"an error that Hibiscus did not expect: {type(error).__name__}: {error}"
    return HibiscusError(text, "", "run it again with --debug and report what it shows")


def _tell(said: HibiscusError, cause: BaseException | None) -> None:
    if os.environ.get("RANK", "0") != "0" and not isinstance(said, ProcessLostError):
        return  # of several processes that meet the same error, the first tells it
    if cause is not None and "--debug" in sys.argv:
        traceback.print_exception(cause, file=sys.stderr)
    if "--json" in sys.argv and not said.said:
        print(json.dumps({"error": said.parts}, ensure_ascii=False))  # noqa: T201
    clear = "\r\033[K" if sys.stderr.isatty() else ""  # the moving line of a training may stand there
    print(f"{clear}hibiscus: {said}", file=sys.stderr)  # noqa: T201
