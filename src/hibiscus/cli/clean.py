"""The verb `clean`, which deletes what is cached."""

from __future__ import annotations

from typing import Annotated

import typer

from hibiscus.cli.arguments import Debug, Json
from hibiscus.cli.console import emit, table
from hibiscus.data.sizes import size_text
from hibiscus.plurals import plural

__all__ = ["clean"]


def clean(
    yes: Annotated[
        bool, typer.Option("--yes", help="delete; without it, only say what would be deleted")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the size of the cache, or delete what is in it.

    The cache holds what can be computed again: decoded images, columns of tables, extracted archives, and
    networks in whose features images are compared. Runs and data are never touched. HIBISCUS_CACHE names its
    folder, and HIBISCUS_CACHE_SIZE limits its size (5GB by default): what was not used for the longest time
    is deleted first.
    """
    from hibiscus.data.disk_cache import KINDS, cache_entries, cache_folder, cache_limit, delete_entries

    limit, entries = cache_limit(), cache_entries()
    total = sum(entry.size for entry in entries)
    counts = {kind: [entry.size for entry in entries if entry.kind == kind] for kind in KINDS}
    rows = [
        [kind, plural(len(sizes), "entry", "entries"), size_text(sum(sizes))]
        for kind, sizes in counts.items()
    ]
    freed = (
        delete_entries([entry for entry in entries if entry.is_complete or entry.is_abandoned]) if yes else 0
    )
    lines = [f"{cache_folder()}: {size_text(total)} of at most {size_text(limit)}", table(rows)]
    if yes:
        lines.append(f"deleted: {size_text(freed)}")
    elif total:
        lines.append(f"hibiscus clean --yes deletes them and frees {size_text(total)}")
    content = {"folder": str(cache_folder()), "bytes": total, "limit": limit, "freed": freed}
    content["entries"] = {kind: len(sizes) for kind, sizes in counts.items()}
    emit(content, "\n".join(lines), as_json)
