"""Networks from a user's own module: `mypackage.module:build`."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from torch import nn

from hibiscus.errors import ConfigError, nearest
from hibiscus.import_path import working_directory_on_path

__all__ = ["build_custom"]


def build_custom(name: str, input_shape: Any, outputs: int, options: Mapping[str, Any]) -> nn.Module:
    """The network that `function(input_shape, outputs, **options)` returns.

    Args:
        name: `module:function`; the working directory is on the import path. The module itself must define
            the function, which may also be a class of networks: calling anything that a module holds, such as
            `subprocess:Popen`, could have any effect.
        input_shape: as for `build_network`.
        outputs: number of outputs.
        options: further arguments.

    Raises:
        ConfigError: the module cannot be imported, does not define the function, or the function cannot be
            called with the arguments or does not return an `nn.Module`.
    """
    with working_directory_on_path():
        function = _function(name)
        try:
            inspect.signature(function).bind(input_shape, outputs, **options)
        except TypeError as error:
            raise ConfigError(
                f"{name} cannot be called: {error}",
                "function(input_shape, outputs, **options)",
                f"change its arguments, or the options: {', '.join(sorted(options)) or 'none'}",
            ) from error
        network = function(input_shape, outputs, **options)
    if not isinstance(network, nn.Module):
        raise ConfigError(
            f"{name} returned {type(network).__name__}",
            "a torch.nn.Module",
            "return the network from the function",
        )
    return network


def _function(name: str) -> Callable[..., Any]:
    path, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*path.split("."), attribute)):
        raise ConfigError(f"network {name!r}", "module.path:function", "for example net=mynets:build")
    module = _module(name, path)
    function = getattr(module, attribute, None)
    if not callable(function):
        functions = [key for key, value in vars(module).items() if _is_defined_by(path, value)]
        hint = (
            nearest(attribute, functions)
            if functions
            else f"write def {attribute}(input_shape, outputs, **options) in it"
        )
        raise ConfigError(
            f"network {name!r}: {path} has no function {attribute!r}",
            "a function that returns a network",
            hint,
        )
    if not _is_defined_by(path, function):
        raise _refused(name, path, function)
    return function


def _module(name: str, path: str) -> ModuleType:
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path == error.name or path.startswith(error.name + ".")):
            where = f"a module that can be imported from {os.getcwd()} or is installed"
            raise ConfigError(
                f"network {name!r}: there is no module {path!r}", where, "check the spelling and the folder"
            ) from error
        raise ConfigError(
            f"network {name!r}: {path} needs the module {error.name!r}",
            "it installed",
            f"install {error.name}",
        ) from error
    except Exception as error:
        raise ConfigError(
            f"network {name!r}: importing {path} failed: {type(error).__name__}: {error}", "", f"fix {path}"
        ) from error


def _builds_networks(value: Any) -> bool:
    return inspect.isfunction(value) or (inspect.isclass(value) and issubclass(value, nn.Module))


def _is_defined_by(path: str, value: Any) -> bool:
    return _builds_networks(value) and value.__module__ == path


def _refused(name: str, path: str, value: Any) -> ConfigError:
    """The error for something that can be called but is no function of networks, or that was imported."""
    fix = f"write def {name.partition(':')[2]}(input_shape, outputs, **options) in a module of your own"
    if _builds_networks(value):
        received, fix = f"is defined in {value.__module__}", f"net={value.__module__}:{value.__name__}"
    elif inspect.isclass(value):
        received = "is a class, but not a torch.nn.Module"
    else:
        received = f"is a {type(value).__name__}"
    return ConfigError(
        f"network {name!r} {received}", f"a function or a torch.nn.Module class that {path} defines", fix
    )
