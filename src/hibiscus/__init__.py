"""Hibiscus: every classic deep-learning method on your own data with one command.

    import hibiscus as hb

    data = hb.open("photos/")
    run = hb.train("classify", data, net="resnet20", epochs=30)
    run.evaluate()["test/accuracy"]

Nothing is imported before it is used, so `import hibiscus` takes no time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hibiscus.api import (
        Dataset,
        Run,
        crossval,
        list_methods,
        load,
        panoptic,
        resume,
        similar,
        sweep,
        train,
    )
    from hibiscus.api import open_data as open
    from hibiscus.errors import HibiscusError

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "HibiscusError",
    "Run",
    "crossval",
    "list_methods",
    "load",
    "open",
    "panoptic",
    "resume",
    "similar",
    "sweep",
    "train",
]

_WHERE = {"HibiscusError": "hibiscus.errors", "list_methods": "hibiscus.methods.registry"}
_OTHER_NAMES = {"open": "open_data"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hibiscus' has no attribute '{name}'")
    return getattr(importlib.import_module(_WHERE.get(name, "hibiscus.api")), _OTHER_NAMES.get(name, name))


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
