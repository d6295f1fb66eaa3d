"""What a run or a file of options names that is code: modules to import, and TorchScript files to load.

    net=MODULE:FUNCTION                    the module is imported and the function is called
    gym:MODULE:NAME                        the module is imported; as data, test_data or target_domain,
                                           and as the environment in preparation.json
    metric_features=FILE                   the TorchScript file is loaded

With the description of an opened base, `net=run:RUN` and the like name weights, see `networks.base_names`.
Methods, optimizers, layers and all other names are looked up in tables of Hibiscus and of packages that the
user has installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hibiscus.networks.base_names import may_be_code

__all__ = ["CodeReference", "code_in_options", "code_in_run"]

PLACES = ("data", "test_data", "target_domain")
# Of `metric_features`: the file of inception is in the user's own cache, and pretrained weights are checked.
NO_FILE = ("own", "inception", "efficientnet-lite0")
MAX_TEXT = 120  # characters of a value in a message


@dataclass(frozen=True)
class CodeReference:
    """One name of code.

    Args:
        name: of the option or file that names it.
        value: as it stands there.
        module: that would be imported; empty for a TorchScript file.
        function: that would be called; empty for an environment.
    """

    name: str
    value: str
    module: str = ""
    function: str = ""

    @property
    def code(self) -> tuple[str, str, str]:
        """What is named, whichever option names it."""
        return self.module, self.function, self.value.removeprefix("gym:")

    @property
    def file(self) -> Path | None:
        """The TorchScript file that would be loaded; None for a module."""
        return None if self.module else Path(self.value).expanduser()

    def __str__(self) -> str:
        value, module, function = (_short(text) for text in (self.value, self.module, self.function))
        effect = f"load the TorchScript file {value}"
        if self.module:
            effect = f"import the module {module}" + (f" and call its {function}" if function else "")
        return f"{self.name}={value} would {effect}"


def code_in_run(info: Mapping[str, Any], preparation: Any) -> list[CodeReference]:
    """The code that a run names.

    Args:
        info: the content of `run.json`.
        preparation: the content of `preparation.json`.
    """
    data = info["data"]
    places = {**info["data_options"], "data": data.get("location", data.get("path"))}
    fields = preparation.get("fields") if isinstance(preparation, Mapping) else None
    saved = fields.values() if isinstance(fields, Mapping) else ()
    kinds = [one for one in saved if isinstance(one, Mapping) and one.get("kind") == "environment"]
    environments = [str(one.get("name")) for one in kinds]
    return _distinct(
        [
            *_in_config(info["config"]),
            *_in_places(places),
            *(_environment("environment", name) for name in environments if ":" in name),
        ]
    )


def code_in_options(options: Mapping[str, Any], data_options: Iterable[str]) -> list[CodeReference]:
    """The code that a file of options names.

    Args:
        options: of the method and of its data together, with `data` itself.
        data_options: the names of those of the data.
    """
    other = {*data_options, "method", "data", "extend"}
    config = {name: value for name, value in options.items() if name not in other}
    return _distinct([*_in_config(config), *_in_places(options)])


def _in_config(config: Mapping[str, Any]) -> Iterator[CodeReference]:
    for name, value in config.items():
        if name == "metric_features":
            if value not in NO_FILE:
                yield CodeReference(name, str(value))
        elif isinstance(value, str) and ":" in value:  # also of options that other packages call otherwise
            if name == "net" and not may_be_code(value, config.get("net_options")):
                continue
            module, _, function = value.partition(":")
            yield CodeReference(name, value, module or "(empty)", function)


def _in_places(options: Mapping[str, Any]) -> Iterator[CodeReference]:
    for name in PLACES:
        value = options.get(name)
        if isinstance(value, str) and value.startswith("gym:") and ":" in value[4:]:
            yield _environment(name, value)


def _environment(name: str, value: str) -> CodeReference:
    return CodeReference(name, value, value.removeprefix("gym:").partition(":")[0] or "(empty)")


def _distinct(references: list[CodeReference]) -> list[CodeReference]:
    """One reference to each code: the data of a run and its preparation name the same environment."""
    return list({one.code: one for one in reversed(references)}.values())[::-1]


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
