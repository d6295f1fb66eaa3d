"""Options from a YAML file: one that a person wrote, or the `config.yaml` of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hibiscus.errors import ConfigError, DataError, UsageError
from hibiscus.json_files import read_json, read_limited
from hibiscus.methods.option_names import data_option_names
from hibiscus.run_format import FORMAT, upgrade_options
from hibiscus.runs.folder import find_run
from hibiscus.runs.option_words import resolve_aliases
from hibiscus.runs.trust import check_options_file

__all__ = ["Command", "read_command"]

ENDINGS = (".yaml", ".yml", ".json")
LARGEST = 2**20  # bytes
MAX_VALUES = 100_000  # references in a small file may stand for billions of values


class Command:
    """What a training verb is asked to do.

    Args:
        method: the name of the method; None if no one was given.
        data: the path or name of the data; None if no one was given.
        options: by name.
    """

    def __init__(self, method: str | None, data: str | None, options: dict[str, Any]):
        self.method, self.data, self.options = method, data, options


def read_command(
    config: str | None,
    method: str | None,
    data: str | None,
    options: dict[str, Any],
    trust: bool = False,
) -> Command:
    """The command of a configuration file, with what was typed in its place where both say something.

    Args:
        config: the file; None if there is none.
        method: as typed.
        data: as typed.
        options: as typed.
        trust: accept code that the file names, whoever wrote it.

    Raises:
        DataError: the file cannot be read.
        ConfigError: it holds no options, the options of another method, or names code that is not trusted.
    """
    if config is None:
        return Command(method, data, options)
    file = _find(Path(config).expanduser())
    content = _read(file)
    stored, path = content.pop("method", None), content.pop("data", None)
    if method is not None and stored not in (None, method):
        raise ConfigError(
            f"{method} together with --config {config}, which holds options of {stored}",
            "one method",
            f"leave out {method}, or take another file",
        )
    method = method or (None if stored is None else str(stored))
    typed, path = resolve_aliases(options), None if path is None else str(path)
    stored = resolve_aliases(content)
    if not trust:
        used = {**({} if data else {"data": path}), **stored}
        used = {name: value for name, value in used.items() if name not in typed}
        check_options_file(file, used, data_option_names())
    return Command(method, data or path, {**stored, **typed})


def _find(file: Path) -> Path:
    """The file itself; `config.yaml` of a run if the folder of a run is given, such as `runs/latest`."""
    if file.is_file() or (file.suffix.lower() in ENDINGS and file.parent.name != "latest"):
        return file
    return (
        find_run(file.parent) / file.name
        if file.suffix.lower() in ENDINGS
        else find_run(file) / "config.yaml"
    )


def _read(file: Path) -> dict[str, Any]:
    """The content of a configuration file, in today's names."""
    import yaml

    try:
        text = read_limited(file, LARGEST)
    except (OSError, ValueError) as error:
        raise DataError(
            f"--config {file}: cannot be read ({getattr(error, 'strerror', None) or error})",
            "a YAML file of options",
            "check the path",
        ) from None
    try:
        content = yaml.safe_load(text)
        _check_size(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"--config {file}: not YAML ({reason})", "lines such as `epochs: 30`", "correct it"
        ) from None
    if not isinstance(content, dict):
        raise ConfigError(
            f"--config {file}: holds no options", "lines such as `epochs: 30`", "check the path"
        )
    content = {str(name).replace("-", "_"): value for name, value in content.items()}
    version = content.pop("format", None) or _format_of_run(file.parent) or FORMAT
    if not isinstance(version, int) or version > FORMAT:
        raise ConfigError(
            f"--config {file}: format {version}", f"format {FORMAT} or older", "install a newer Hibiscus"
        )
    return upgrade_options(content, version)


def _check_size(content: Any) -> None:
    """Raises ValueError if a value has too many others in it, each counted as often as it is referred to."""
    count, rest = 0, [content]
    while rest:
        value = rest.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += 1 + len(inner)
        if count > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES:,} values")
        rest += inner


def _format_of_run(folder: Path) -> int | None:
    """The format of the run in a folder: up to format 3, `config.yaml` did not record it itself."""
    try:
        return int(read_json(folder / "run.json").get("format", 1))
    except (OSError, ValueError, AttributeError, TypeError, OverflowError):
        return None


def require(command: Command, verb: str) -> tuple[str, str]:
    """The method and the data of a command.

    Raises:
        UsageError: one of them is missing.
    """
    if command.method is None:
        raise UsageError(
            f"{verb}: no method", "a method of `hibiscus list`", f"hibiscus {verb} classify digits"
        )
    if command.data is None:
        raise UsageError(
            f"{verb} {command.method}: no data",
            "a folder, a file or bundled data",
            f"hibiscus {verb} {command.method} digits",
        )
    return command.method, command.data
