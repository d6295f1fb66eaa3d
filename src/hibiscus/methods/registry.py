"""All methods by name, found in the files of this package and through the entry points of other packages.

The class body of a method contains its metadata as string literals:

    name, title, family, summary = "dcgan", "DCGAN", "gan", "convolutional GAN for small images"

They are read from the source text, so methods can be listed without being imported. Other packages add
methods with entry points `NAME = "package.module:Class"` in the group `hibiscus.methods`.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from hibiscus.errors import UsageError, nearest
from hibiscus.methods.foreign_names import method_hint

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["GROUP", "METHODS", "MethodEntry", "find_method", "get_method", "list_methods"]

GROUP = "hibiscus.methods"
FAMILIES = (
    "classify",
    "gan",
    "autoencode",
    "vae",
    "detect",
    "segment",
    "text",
    "series",
    "control",
    "information",
    "fewshot",
)  # the order in which families are listed


@dataclass(frozen=True)
class MethodEntry:
    """A method's name and the location of its class; the other metadata is read on access."""

    name: str
    target: str  # package.module:Class

    @property
    def title(self) -> str:
        """The usual name of the method, such as `Least-squares GAN`."""
        return _metadata(self.target)["title"]

    @property
    def family(self) -> str:
        """The name of its folder, such as `gan`."""
        return _metadata(self.target)["family"]

    @property
    def summary(self) -> str:
        """A one-line summary of its purpose."""
        return _metadata(self.target)["summary"]


def _literals(node: ast.ClassDef) -> dict[str, str]:
    """The string constants assigned in a class body, including by tuple assignment."""
    values: dict[str, str] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            pairs = (
                zip(target.elts, value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                else [(target, value)]
            )
            values |= {
                name.id: constant.value
                for name, constant in pairs
                if isinstance(name, ast.Name)
                and isinstance(constant, ast.Constant)
                and isinstance(constant.value, str)
            }
    return values


def _classes(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            yield node.name, _literals(node)


@functools.cache
def _metadata(target: str) -> dict[str, str]:
    """Name, title, family and summary of `module:Class`, imported only if they are not literals."""
    module, attribute = target.split(":")
    names = ("name", "title", "family", "summary")
    try:
        spec = importlib.util.find_spec(module)
        origin = spec.origin if spec is not None and spec.origin and spec.origin.endswith(".py") else None
        constants = (
            dict(_classes(Path(origin).read_text(encoding="utf-8"))).get(attribute, {}) if origin else {}
        )
        if not all(name in constants for name in names):
            kind = getattr(importlib.import_module(module), attribute)
            constants = {name: str(getattr(kind, name, "")) for name in names}
    except Exception as error:  # a package that is broken must not break the list of all other methods
        return dict.fromkeys(names, "") | {"summary": f"cannot be imported: {type(error).__name__}: {error}"}
    return constants


def _own_methods() -> Iterator[MethodEntry]:
    """The methods of this package: each class in a family's folder that defines a name and a summary."""
    folder = Path(__file__).parent
    for family in FAMILIES:
        for path in sorted((folder / family).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "summary" in text:  # bases and helpers need no parsing
                module = f"{__package__}.{family}.{path.stem}"
                for name, values in _classes(text):
                    if "name" in values and "summary" in values:
                        yield MethodEntry(values["name"], f"{module}:{name}")


METHODS = tuple(_own_methods())


def list_methods() -> list[MethodEntry]:
    """All methods, including those of other packages from the entry point group `hibiscus.methods`."""
    own = {entry.name for entry in METHODS}  # no other package replaces one of these
    points = [point for point in entry_points(group=GROUP) if point.name not in own]
    return [*METHODS, *(MethodEntry(point.name, point.value) for point in points)]


def find_method(name: str) -> MethodEntry:
    """The entry of a method, by name; nothing is imported.

    Raises:
        UsageError: no such method.
    """
    known = {entry.name: entry for entry in list_methods()}
    if name not in known:
        fix = method_hint(name) or nearest(name, known)
        raise UsageError(f"there is no method '{name}'", "a method of `hibiscus list`", fix)
    return known[name]


def get_method(name: str) -> type[Method]:
    """The class of a method, by name.

    Raises:
        UsageError: no such method, or another package's that cannot be imported.
    """
    module, attribute = find_method(name).target.split(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        if name in {entry.name for entry in METHODS}:
            raise
        received = f"{name}: cannot be imported from {module} ({error})"
        raise UsageError(
            received, "an installed package that provides it", "reinstall that package"
        ) from error
