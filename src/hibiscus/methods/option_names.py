"""The names of the options of a method, read from the source text.

A misspelled option is answered at once this way: importing a method imports PyTorch, which takes seconds.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from pathlib import Path

__all__ = ["data_option_names", "method_option_names"]

CONFIG = "Config"  # the class attribute of a method that holds the class of its options


def method_option_names(target: str) -> frozenset[str] | None:
    """The names of the options of the method `module:Class`; None if the source text does not tell."""
    try:
        return frozenset(_fields(*_config_of(*target.split(":"))))
    except Exception:  # of another package, written in another way or not readable
        return None


def data_option_names() -> frozenset[str]:
    """The names of the options of data."""
    return frozenset(_fields("hibiscus.data.config", "DataConfig"))


def _config_of(module: str, name: str) -> tuple[str, str]:
    """The module and the name of the class of options of a method's class or of its nearest ancestor."""
    node = _classes(module)[name]
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(_name(target) == CONFIG for target in statement.targets):
            return _resolve(module, statement.value)
        if isinstance(statement, ast.AnnAssign) and _name(statement.target) == CONFIG and statement.value:
            return _resolve(module, statement.value)
    return _config_of(*_resolve(module, node.bases[0]))


def _fields(module: str, name: str) -> set[str]:
    """The annotated names in a class body and in those of its ancestors within packages that are readable."""
    node = _classes(module)[name]
    names = {
        statement.target.id
        for statement in node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    for base in node.bases:
        target = _resolve(module, base)
        if target[0].split(".")[0] != "pydantic":
            names |= _fields(*target)
    return names


def _resolve(module: str, node: ast.expr) -> tuple[str, str]:
    """The module and the name of the class that an expression in a module refers to."""
    if isinstance(node, ast.Attribute):
        return ".".join(filter(None, _imports(module)[_name(node.value)])), node.attr
    name = _name(node)
    if name in _classes(module):
        return module, name
    return _imports(module)[name]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@functools.cache
def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin:
        raise LookupError(module)
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _classes(module: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in _tree(module).body if isinstance(node, ast.ClassDef)}


def _imports(module: str) -> dict[str, tuple[str, str]]:
    """The module and the name behind each imported name."""
    names: dict[str, tuple[str, str]] = {}
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
    return names
