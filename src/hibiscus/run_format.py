"""The format of run folders: its number, and the translation of folders that an earlier Hibiscus wrote.

Everything that reads a file of a run passes its content through `upgrade`, and everything that reads a
checkpoint through `upgrade_tensors`, so the rest of the code knows the current format only.
"""

from __future__ import annotations

from typing import Any

__all__ = ["FORMAT", "upgrade", "upgrade_tensors"]

FORMAT = 2


def upgrade(file: str, content: Any) -> Any:
    """The content of a file, such as `run.json` or one line of `log.jsonl`, in the current format."""
    return content


def upgrade_tensors(tensors: dict[str, Any], state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and the state of a checkpoint in the current format."""
    return tensors, state
