"""Writes a page for each method from the method file's own docstring and options: `make docs`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

HERE = Path(__file__).parent


def page(name: str) -> str:
    """The page of one method, as Markdown."""
    from hibiscus.methods.registry import get_method
    from hibiscus.runs.options import explain_range

    kind = get_method(name)
    text = inspect.cleandoc(sys.modules[kind.__module__].__doc__ or "")
    rows = ["| option | values | default | |", "|---|---|---|---|"]
    for option, field in kind.Config.model_fields.items():
        default = field.get_default(call_default_factory=True)
        values = explain_range(kind.Config, option).replace("|", "\\|")
        rows.append(f"| `{option}` | {values} | {'' if default in (None, '', {}) else default} | {field.description} |")
    head = f"# {kind.title}: `{name}`\n\n```\nhibiscus train {name} DATA [option=value ...]\n```\n"
    source = "src/" + kind.__module__.replace(".", "/") + ".py"
    return f"{head}\n{text}\n\nThe method is one file: [`{source}`](../../{source}).\n\n## Options\n\n" + "\n".join(rows) + "\n"


def pages() -> dict[Path, str]:
    """All pages by their path."""
    from hibiscus.methods.registry import METHODS

    return {HERE / "methods" / f"{entry.name}.md": page(entry.name) for entry in METHODS}


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(HERE.parent))
