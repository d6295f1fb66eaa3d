from __future__ import annotations

import re
import runpy
import shlex
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from hibiscus.cli.app import app
from hibiscus.cli.verbs import VERBS
from hibiscus.data.config import DataConfig
from hibiscus.methods.registry import METHODS, get_method
from hibiscus.runs.option_words import parse_words
from hibiscus.runs.options import split_options

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NAMES = [entry.name for entry in METHODS]
PLACEHOLDERS = ("METHOD", "NAME", "mygan")  # stand for any method
RUN_OPTIONS = {"train": {"extend"}, "crossval": {"folds"}}  # options of the verb, not of a method
CONDITIONS = {
    "key",
    "label",
    "code1",
    "code2",
    "interpolate",
    "length",
    "prompt",
    "temperature",
    "top_k",
}  # of `sample`, and the placeholder of key=value
HOOKS = runpy.run_path(str(ROOT / "docs" / "hooks.py"))


def _commands(path: Path) -> list[list[str]]:
    """The words of every `hibiscus ...` command on a page, in code blocks and inline code."""
    text = path.read_text(encoding="utf-8")
    blocks = [
        line
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
        for line in block.replace("\\\n", " ").split("\n")
    ]
    inline = re.findall(r"(?<!`)`([^`]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    found = []
    for line in [*blocks, *(" ".join(code.split()) for code in inline)]:
        match = re.search(r"(?:^|\s)(?:-m )?hibiscus ([a-z].*)", line.split(" #")[0])
        if match and "import" not in line:
            found.append([word for word in shlex.split(match[1].rstrip(".…")) if word != "..."])
    return found


def _shortened(path: Path) -> list[list[str]]:
    """Inline code that is a method and its options, as the results write commands: `wgan mnist epochs=20`."""
    text = " ".join(path.read_text(encoding="utf-8").split())
    spans = [code.split() for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    return [words for words in spans if words[0] in NAMES and len(words) > 1]


def _check_options(verb: str, method: str, words: list[str]) -> None:
    options = parse_words(
        [
            word
            for word in words
            if "=" in word and not word.startswith("-") and "...]" not in word and ">=" not in word
        ]
    )
    if not options or method in PLACEHOLDERS:
        return
    own = {name: value for name, value in options.items() if name not in RUN_OPTIONS.get(verb, ())}
    split_options(get_method(method).Config, own)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_on_a_page_exist(path):
    for verb, *words in _commands(path):
        assert verb in (*VERBS, "VERB"), f"hibiscus {verb}"
        _check_flags(verb, words)
        if verb in ("train", "crossval", "sweep", "lr-find") and words and words[0] != "--config":
            assert words[0] in (*NAMES, *PLACEHOLDERS), f"hibiscus {verb} {words[0]}"
            _check_options(verb, words[0], words[1:])
        if verb == "explain" and words:
            assert words[0] in (*NAMES, *PLACEHOLDERS), f"hibiscus explain {words[0]}"
    for method, *words in _shortened(path):
        _check_options("train", method, words)


@cache
def _all_options() -> set[str]:
    fields = {name for method in NAMES for name in get_method(method).Config.model_fields}
    return fields.union(DataConfig.model_fields, *RUN_OPTIONS.values(), CONDITIONS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_options_on_a_page_exist(path):
    for code in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")):
        if re.fullmatch(r"[a-z_0-9.]+=\S+( [a-z_0-9.]+=\S+)*", code):
            keys = {key for key in parse_words(code.split()) if not key.startswith("net.")}
            assert keys <= _all_options(), code


def _check_flags(verb: str, words: list[str]) -> None:
    for word in words:
        if word.startswith("--") and word != "--help":
            assert word.split("=")[0] in _help(verb), f"hibiscus {verb} {word}"


@cache
def _help(verb: str) -> str:
    return CliRunner().invoke(app, [verb, "--help"]).output


def test_links_lead_somewhere():
    generated = {(ROOT / "docs" / page).resolve() for page in _generated()}
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            found = (page.parent / target).resolve()
            assert target.startswith("http") or found.exists() or found in generated, f"{page.name}: {target}"


def test_pages_of_the_navigation_exist():
    nav = _leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    generated = _generated()
    missing = [page for page in nav if page not in generated and not (ROOT / "docs" / page).is_file()]
    assert not missing
    committed = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert not committed - set(nav), "pages that the navigation lacks"
    assert not committed & generated, "pages that are generated are not committed"


def _leaves(nav: list) -> list[str]:
    found = []
    for entry in nav:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        found += _leaves(value) if isinstance(value, list) else [value]
    return found


def _generated() -> set[str]:
    return {
        "methods/index.md",
        "common-options.md",
        "api/index.md",
        *(f"methods/{name}.md" for name in NAMES),
    }


def test_every_promise_of_the_security_page_names_tests_that_exist():
    rows = re.findall(r"^\| (?!promise|---)(.+?) \|.*\|(.*)\|$", (ROOT / "SECURITY.md").read_text(), re.M)
    assert len(rows) > 30
    for promise, tests in rows:
        paths = re.findall(r"`(tests/[^`]+)`", tests)
        assert paths or "make fuzz" in tests, promise
        assert all((ROOT / path).exists() for path in paths), promise


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("name", NAMES)
def test_a_method_page_has_the_fixed_sections(name):
    sections = dict(HOOKS["method_text"](name)[1])
    for title in (
        "Objective",
        "When to use it",
        "What most often goes wrong",
        "Differences from the paper",
        "Reference",
    ):
        assert sections.get(title), f"the docstring of {name} lacks what the page shows under '{title}'"


@pytest.mark.parametrize("name", NAMES)
def test_options_in_a_docstring_are_those_of_the_method(name):
    summary, sections = HOOKS["method_text"](name)
    text = " ".join([summary, *(text for _, text in sections)])
    for code in re.findall(r"`([^`]+)`", text):
        if re.fullmatch(r"[a-z_0-9.]+=\S+( [a-z_0-9.]+=\S+)*", code):
            _check_options("train", name, code.split())


def test_a_method_page_is_generated():
    page = HOOKS["method_page"]("regress")
    for title in (
        "Objective",
        "When to use it",
        "Expected data",
        "Metrics",
        "Logged terms",
        "Options",
        "Reference",
    ):
        assert f"\n## {title}\n" in page
    assert "`huber_delta`" in page
    assert "| `momentum` |" not in page, "common options are listed once, on their own page"


def test_a_method_of_another_package_does_not_break_the_pages(tmp_path, monkeypatch):
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n", encoding="utf-8")
    points = "[hibiscus.methods]\nmissing = nosuch.module:Method\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    index = HOOKS["_method_index"]()
    assert all(f"({name}.md)" in index for name in NAMES)
    assert "(missing.md)" not in index
    assert HOOKS["method_page"]("regress").startswith("# Regression")
