"""MkDocs hook: generates the pages of methods, options and the Python API when the site is built.

A method page combines the method file's docstring, its `Config`, and one epoch of its smoke test, from which
the logged terms, metrics and baselines are taken. Nothing generated here is committed.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import pkgutil
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FIELDS = {
    "image": "images",
    "label": "a class label for each item",
    "target": "a numeric target for each item",
    "boxes": "bounding boxes with a class each",
    "mask": "a segmentation mask for each image",
    "domain": "two image domains, unpaired",
    "environment": "a Gymnasium environment",
    "factors": "known generative factors (for evaluation only)",
    "table": "tabular features",
}
TUTORIALS = {
    "classify": "classify-images",
    "regress": "tables",
    "detect": "detect-objects",
    "segment": "segment-images",
    "gan": "generate-images",
    "vae": "generate-images",
    "autoencode": "restore-images",
    "cyclegan": "translate-images",
    "information": "cluster-images",
    "fewshot": "few-shot",
    "control": "control",
}
FAMILIES = {
    "classify": "Classification and regression",
    "gan": "Generative adversarial networks",
    "vae": "Variational autoencoders",
    "autoencode": "Autoencoders",
    "detect": "Object detection",
    "segment": "Semantic segmentation",
    "information": "Clustering",
    "fewshot": "Few-shot classification",
    "control": "Reinforcement learning",
}
HEADINGS = (
    ("When to use it", ("Use it ",)),
    ("What most often goes wrong", ("What most often goes wrong",)),
    ("Differences from the paper", ("Differences from the paper:",)),
    ("Reference", ("Reference:", "References:")),
)
LABELS_OF_DATA = ("label", "target")
MODULES = {
    "Losses": "hibiscus.losses",
    "Metrics": "hibiscus.metrics",
    "Operators": "hibiscus.ops",
    "Series": "hibiscus.series",
}


# --- MkDocs events


def on_config(config: Any) -> Any:
    """Fills the navigation with the generated pages."""
    for section in config.nav:
        if "Methods" in section:
            section["Methods"] = ["methods/index.md", *_method_nav()]
        if "Python API" in section:
            section["Python API"] = ["api/index.md", *[{title: page} for title, page in _api_nav()]]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Adds the generated pages."""
    from mkdocs.structure.files import File

    for path, text in generated_pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_post_build(config: Any) -> None:
    """Fails if a page would load anything from another host."""
    from mkdocs.exceptions import PluginError

    for page in Path(config.site_dir).rglob("*.html"):
        found = re.search(
            r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(https?:)?//[^\s\"'>]*",
            page.read_text("utf-8"),
        )
        if found:
            raise PluginError(f"{page.name} loads {found[0]} from another host")


def generated_pages() -> dict[str, str]:
    """Every generated page by its path in `docs/`."""
    pages = {
        "methods/index.md": _method_index(),
        "common-options.md": common_options_page(),
        "api/index.md": API_INDEX,
    }
    pages.update({f"methods/{entry.name}.md": method_page(entry.name) for entry in _entries()})
    for title, module in _modules().items():
        pages[f"api/{title.lower()}.md"] = _module_page(title, module)
    return pages


def _entries() -> list[Any]:
    """The methods of this package; those that other packages add are documented there."""
    from hibiscus.methods.registry import METHODS

    return list(METHODS)


def _by_family() -> dict[str, list[Any]]:
    """The methods under the titles of their families."""
    families: dict[str, list[Any]] = {}
    for entry in _entries():
        families.setdefault(FAMILIES.get(entry.family, entry.family), []).append(entry)
    return families


def _method_nav() -> list[Any]:
    return [
        {title: [{entry.name: f"methods/{entry.name}.md"} for entry in entries]}
        for title, entries in _by_family().items()
    ]


@functools.cache
def _class(name: str) -> Any:
    """The class of a method of this package, even if another package adds one of the same name."""
    module, attribute = {entry.name: entry.target for entry in _entries()}[name].split(":")
    return getattr(importlib.import_module(module), attribute)


# --- method pages


def method_page(name: str) -> str:
    """The page of one method, as Markdown."""
    kind = _class(name)
    source = "src/" + kind.__module__.replace(".", "/") + ".py"
    summary, sections = method_text(name)
    facts = smoke_test(name)
    tutorial = TUTORIALS.get(name, TUTORIALS.get(kind.family))
    lines = [
        f"# {kind.title}: `{name}`",
        link_methods(summary, name),
        f"```\nhibiscus train {name} DATA [option=value ...]\n```",
        *[f"## {title}\n\n{link_methods(text, name)}" for title, text in sections if title != "Reference"],
        "## Expected data\n\n" + expected_data(kind),
        "## Metrics\n\n" + metrics_section(kind, facts),
        "## Logged terms\n\n" + logged_section(facts),
        "## Options\n\n" + options_section(kind),
        *[f"## {title}\n\n{text}" for title, text in sections if title == "Reference"],
        f"The method is one file: `{source}`."
        + (f" See also its [tutorial](../tutorials/{tutorial}.md)." if tutorial else ""),
    ]
    return "\n\n".join(lines) + "\n"


def method_text(name: str) -> tuple[str, list[tuple[str, str]]]:
    """The method file's docstring, in sections."""
    return docstring_sections(inspect.cleandoc(sys.modules[_class(name).__module__].__doc__ or ""))


def docstring_sections(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The summary line, and the paragraphs of a method's docstring under the headings that every page has."""
    summary, _, rest = text.partition("\n\n")
    rest = re.sub(r"(?<=\S)\s(?=What\s+most\s+often\s+goes\s+wrong)", "\n\n", rest)  # a section of its own
    sections: list[tuple[str, list[str]]] = [("Objective", [])]
    for paragraph in rest.split("\n\n"):
        words = " ".join(paragraph.split())
        title, start = next(
            ((title, start) for title, starts in HEADINGS for start in starts if words.startswith(start)),
            ("", ""),
        )
        if title:
            sections.append((title, []))
        if start.endswith(":"):
            paragraph = paragraph[len(start) :].strip()
            paragraph = paragraph[:1].upper() + paragraph[1:]
        sections[-1][1].append(paragraph)
    return " ".join(summary.split()), [(title, "\n\n".join(paragraphs)) for title, paragraphs in sections]


def link_methods(text: str, own: str) -> str:
    """Names of other methods in backticks become links; formula blocks stay as they are."""
    names = {entry.name for entry in _entries()} - {own}

    def linked(match: re.Match[str]) -> str:
        return f"[`{match[1]}`]({match[1]}.md)" if match[1] in names else match[0]

    return "\n".join(
        line if line.startswith("    ") else re.sub(r"`([a-z-]+)`", linked, line) for line in text.split("\n")
    )


def expected_data(kind: Any) -> str:
    """What the method needs of the data, and what it takes where there is some."""
    required = _fields(kind.needs)
    lines = [f"- Required: {required}."]
    if kind.needs and kind.needs <= set(LABELS_OF_DATA):
        lines = [f"- Required: {required}; inputs are images, tables, sequences or text."]
    if kind.uses:
        lines.append(f"- Used for evaluation if present: {_fields(kind.uses)}.")
    smoke = kind.smoke_test
    needed = [f"{name}={smoke.options[name]}" for name in ("way", "eval_way") if name in smoke.options]
    lines.append(f"- Try it: `{' '.join(['hibiscus train', kind.name, smoke.data, *needed])}`.")
    return (
        "\n".join(lines)
        + "\n\nAccepted formats: [Data formats](../data.md). Check yours with `hibiscus inspect DATA`."
    )


def _fields(names: Iterable[str]) -> str:
    """Fields in words, images first."""
    order = [*FIELDS, *sorted(names)]
    return ", ".join(FIELDS.get(name, name) for name in sorted(names, key=order.index))


@functools.cache
def smoke_test(name: str) -> dict[str, list[str]]:
    """What one epoch of the method's smoke test logs and evaluates: `logged`, `metrics`, `baselines`.

    The selection metric's name is under `selection`.
    """
    import hibiscus

    kind = _class(name)
    fields = kind.Config.model_fields
    short = {option: 1 for option in ("epochs", "encoder_epochs") if option in fields}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        options = {**kind.smoke_test.options, **short, "log_every": 1, "precision": "float32"}
        run = hibiscus.train(
            name, kind.smoke_test.data, out=out, quiet=True, evaluate=False, device="cpu", **options
        )
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        found = run.evaluation()
    return {
        "logged": list(dict.fromkeys(key for line in lines for key in line if "/" in key)),
        "metrics": [metric.split("/", 1)[1] for metric in found["metrics"]],
        "baselines": list(found["baselines"]),
        "selection": [found["selection_metric"]["name"].split("/", 1)[1]],
    }


def metrics_section(kind: Any, facts: dict[str, list[str]]) -> str:
    """The selection metric, all others, and the baselines beside them."""
    from hibiscus.metrics.catalog import get_metric

    default = kind.choose_selection_metric(kind.Config()).name
    direction = "higher" if get_metric(default).higher_is_better else "lower"
    rows = ["| metric | meaning | better |", "|---|---|---|"]
    for name in facts["metrics"]:
        metric = get_metric(name)
        better = {True: "higher", False: "lower", None: ""}[metric.higher_is_better]
        mark = " *" if name == facts["selection"][0] else ""
        rows.append(f"| `{name}`{mark} | {_cell(_meaning(metric))} | {better} |")
    baselines = ", ".join(facts["baselines"])
    return (
        f"The best checkpoint is selected by `val/{default}` ({direction} is better). "
        "After training, the test part is evaluated once"
        + (f", beside these baselines: {baselines}.\n\n" if baselines else ".\n\n")
        + "\n".join(rows)
        + "\n\n\\* selection metric. Names are prefixed with the part, as in "
        + f"`test/{facts['metrics'][0]}`. The table shows the metrics of a run on `{kind.smoke_test.data}`; "
        + "names that contain a class or a setting depend on the data and the options."
    )


def _meaning(metric: Any) -> str:
    """Label, unit and description of a metric."""
    label = f"{metric.label} ({metric.unit})" if metric.unit else metric.label
    return f"{label}: {metric.description}" if metric.description else label


def logged_section(facts: dict[str, list[str]]) -> str:
    """The keys of `log.jsonl`."""
    groups = (
        ("train/", "training, averaged over the rounds since the last line"),
        ("val/", "validation, after each epoch"),
    )
    lines = [
        f"- {meaning}: {_codes(key for key in facts['logged'] if key.startswith(prefix))}"
        for prefix, meaning in groups
    ]
    rest = [key for key in facts["logged"] if not key.startswith(("train/", "val/"))]
    if rest:
        lines.append(f"- learning rate of each player: {_codes(rest)}")
    return "Keys of `log.jsonl` in the run folder:\n\n" + "\n".join(lines)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


# --- options


def options_section(kind: Any) -> str:
    """The options that the method adds, and the common ones of which it changes the default."""
    base = _base().model_fields
    fields = kind.Config.model_fields
    own = [name for name in fields if name not in base]
    changed = [name for name in fields if name in base and _default(fields[name]) != _default(base[name])]
    parts = []
    if own:
        parts.append(_table(kind.Config, own))
    if changed:
        parts.append("Common options with another default:\n\n" + _table(kind.Config, changed))
    parts.append(
        f"All other options are [common to every method](../common-options.md); `hibiscus train {kind.name} "
        "--help` lists all of them."
    )
    return "\n\n".join(parts)


def common_options_page() -> str:
    """The options that every method has, and those of the data."""
    from hibiscus.data.config import DataConfig

    return (
        "# Common options\n\nEvery method takes these options as `key=value`. "
        "Defaults are those of the base configuration; "
        "a method may set its own, which its [method page](methods/index.md) lists.\n\n## Training\n\n"
        + _table(_base(), list(_base().model_fields))
        + "\n\n## Data\n\nHow data is opened, split and prepared.\n\n"
        + _table(DataConfig, list(DataConfig.model_fields))
        + "\n"
    )


def _table(config: Any, names: list[str]) -> str:
    from hibiscus.runs.options import explain_range

    rows = ["| option | values | default | description |", "|---|---|---|---|"]
    for name in names:
        field = config.model_fields[name]
        rows.append(
            f"| `{name}` | {_cell(explain_range(config, name))} | {_shown(_default(field))} | "
            f"{_cell(field.description or '')} |"
        )
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;").replace("\n", " ")


def _default(field: Any) -> Any:
    return field.get_default(call_default_factory=True)


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return f"`{str(value).lower()}`"
    if value in ("", {}):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _base() -> Any:
    from hibiscus.training.config import TrainingConfig

    return TrainingConfig


def _method_index() -> str:
    lines = [
        "# Methods",
        "Each method is one file. Its page states the objective, when to use it, what most often goes wrong, "
        "the expected data, the metrics, the logged terms and the options. `hibiscus list` prints this list, "
        "and `hibiscus explain METHOD` prints the text of a method.",
    ]
    for title, entries in _by_family().items():
        rows = ["| method | name | purpose |", "|---|---|---|"]
        rows += [
            f"| [`{entry.name}`]({entry.name}.md) | {entry.title} | {_cell(entry.summary)} |"
            for entry in entries
        ]
        lines += [f"## {title}", "\n".join(rows)]
    return "\n\n".join(lines) + "\n"


# --- Python API

API_INDEX = """# Python API

```python
import hibiscus as hb

data = hb.open("photos/")
run = hb.train("classify", data, net="resnet20", epochs=30)
run.evaluate()["test/accuracy"]
```

`import hibiscus` exposes the functions below; `hibiscus.open` is `open_data`.

## Functions

::: hibiscus.api
    options:
      show_root_heading: false
      show_root_toc_entry: false
      members: [open_data, train, resume, load, crossval, sweep, panoptic, list_methods]

## Run

::: hibiscus.api.Run

## Dataset

::: hibiscus.api.Dataset
"""


def _modules() -> dict[str, str]:
    """The packages of the API reference that exist."""
    return {
        title: name for title, name in MODULES.items() if (ROOT / "src" / name.replace(".", "/")).is_dir()
    }


def _api_nav() -> list[tuple[str, str]]:
    return [(title, f"api/{title.lower()}.md") for title in _modules()]


def _module_page(title: str, name: str) -> str:
    package = importlib.import_module(name)
    lines = [f"# {title}", inspect.cleandoc(package.__doc__ or ""), f"Import from `{name}`."]
    for module in sorted(
        info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")
    ):
        lines.append(
            f"## {name}.{module}\n\n::: {name}.{module}\n    options:\n      show_root_heading: false\n     "
            " show_root_toc_entry: false"
        )
    return "\n\n".join(lines) + "\n"


os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
