"""The rules that keep the map true: who may import whom, how long a file may be, what is forbidden, what has
a mirror.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "hibiscus"
FILES = sorted(SRC.rglob("*.py"))

# Each layer may import itself and the layers below it; a layer's number says how deep it lies.
LAYERS = {
    "__main__": -1, "cli": 0,
    "api": 1, "__init__": 1,
    "runs": 2,
    "report": 3, "doctor": 3, "methods": 4,
    "evaluation": 5,
    "training": 6, "environments": 6,
    "networks": 7, "losses": 7, "metrics": 7, "ops": 7, "data": 7, "scratch": 7,
    "errors": 9, "damage": 8, "json_files": 9, "typed_values": 9, "log_lines": 8, "temporary_files": 8,
    "import_path": 8, "run_format": 8, "progress": 8, "plurals": 9, "screen": 9, "sharding": 8,
    "tokens": 9, "published_files": 8, "series": 8,
}  # fmt: skip
HEAVY = {"matplotlib": {"report"}}
FORBIDDEN = {
    "pickle",
    "torchvision",
    "lightning",
    "keras",
    "tensorflow",
    "jax",
    "ultralytics",
    "dill",
    "cloudpickle",
    "joblib",
}
TESTED_BY = {  # a module without a test file of its own name, and the tests that cover it
    "cli/": "cli/test_verbs.py",
    "report/": "report/test_report.py",
}
LONG_FILES: dict[str, str] = {}  # an exception is listed by name with its reason
SAME_NAMES = {  # module names that several packages share on purpose
    "open": "how each modality opens what it recognizes",
    "folder": "how each modality reads a folder",
    "preparation": "what each modality learns from the training part",
    "augment": "the random augmentation of each modality",
    "base": "the base class of each family",
    "registry": "the list of methods, and that of networks",
    "config": "the options of data, and those of training",
}
PUBLISHED = "training/pretrained.py"  # reads tensors, and nothing else, from a file whose SHA-256 is known
TASKS = {"classification", "regression", "detection", "segmentation", "clustering", "control",
"disentanglement", "likelihood", "few_shot", "forecasting",
         "image_quality", "reconstruction", "generation"}  # fmt: skip
BY_TASK = {"losses", "metrics", "evaluation", "networks", "scratch"}  # packages with a module for each task
VERBS = {"sweep", "panoptic"}  # what a verb of the command line does, and the module that does it

TESTS = [path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "architecture"]


def layer_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path, everywhere: bool = True):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def imported_by_tests() -> set[str]:
    names = set()
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


IMPORTED_BY_TESTS = imported_by_tests()


def id_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_imports_go_down_only(path):
    own = LAYERS[layer_of(path)]
    for name in imports(path):
        if name.startswith("hibiscus."):
            other = name.split(".")[1]
            assert LAYERS[other] >= own, f"{id_of(path)} imports {name}, which lies above it"
            assert LAYERS[other] > own or other == layer_of(path) or own in (1, 3, 5), (
                f"{id_of(path)} imports {name}, its neighbour"
            )


def graph():
    """Which module of the package imports which, imports for types included."""
    modules = {module_of(path): path for path in FILES}
    arrows = {}
    for module, path in modules.items():
        arrows[module] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hibiscus"):
                targets = {f"{node.module}.{name.name}" for name in node.names}
                arrows[module] |= {
                    target if target in modules else node.module for target in targets
                } & modules.keys()
    return arrows


def module_of(path: Path) -> str:
    return ("hibiscus." + id_of(path).removesuffix(".py").replace("/", ".")).removesuffix(".__init__")


def test_no_import_cycles():
    """Type-only imports count too: a cycle of types is a cycle of ideas."""
    arrows = {module: targets - {module} for module, targets in graph().items()}
    while leaves := {module for module, targets in arrows.items() if not targets}:
        arrows = {module: targets - leaves for module, targets in arrows.items() if module not in leaves}
    while roots := arrows.keys() - set().union(*arrows.values(), set()):
        arrows = {module: targets for module, targets in arrows.items() if module not in roots}
    assert not arrows, f"these import each other: {sorted(arrows)}"


def test_module_names_are_unique_but_for_the_deliberate_ones():
    packages: dict[str, set[str]] = {}
    for path in FILES:
        if path.name != "__init__.py":
            packages.setdefault(path.stem.strip("_"), set()).add(path.parent.relative_to(SRC).as_posix())
    methods = {
        entry.target.split(":")[0].rsplit(".", 1)[1]
        for entry in importlib.import_module("hibiscus.methods.registry").METHODS
    }
    for name, where in packages.items():
        if len(where) == 1 or name in SAME_NAMES:
            continue
        if name in TASKS and where <= BY_TASK:
            continue
        if name in methods and {place.split("/")[0] for place in where} == {"methods", "networks"}:
            continue  # the method, and its networks
        if name in VERBS and where <= {"cli", "runs", "metrics"}:
            continue
        raise AssertionError(f"{name}.py stands in {', '.join(sorted(where))}")


def test_sizes_of_all_files_together():
    lines = sorted(
        path.read_text(encoding="utf-8").count("\n") for path in FILES if path.name != "__init__.py"
    )
    assert 100 <= lines[len(lines) // 2] <= 150, f"median {lines[len(lines) // 2]}"
    assert lines[int(0.9 * len(lines))] <= 250, f"a tenth have more than {lines[int(0.9 * len(lines))]}"


def own_methods():
    registry = importlib.import_module("hibiscus.methods.registry")
    return [registry.get_method(entry.name) for entry in registry.METHODS]


def ancestors(kind, root):
    return [
        base
        for base in kind.__mro__[1:]
        if base.__module__.startswith("hibiscus.") and issubclass(base, root)
    ]


def test_inheritance_is_shallow():
    method = importlib.import_module("hibiscus.training.method").Method
    config = importlib.import_module("hibiscus.training.config").TrainingConfig
    for kind in own_methods():
        others = [
            base
            for base in kind.__mro__[1:]
            if base.__module__.startswith("hibiscus.") and not issubclass(base, method)
        ]
        assert not others, f"{kind.name}: a mixin, {others}"
        assert len(ancestors(kind, method)) <= 3, f"{kind.name}: {ancestors(kind, method)}"
        assert len(ancestors(kind.Config, config)) <= 3, f"{kind.name}: {ancestors(kind.Config, config)}"


def code_of(path: Path) -> list[tuple[int, str]]:
    """The lines of code: no docstrings, comments, imports, blank lines or lone brackets."""
    tree, text = ast.parse(path.read_text(encoding="utf-8")), path.read_text(encoding="utf-8").splitlines()
    prose = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prose |= set(range(node.lineno, node.end_lineno + 1))
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            prose |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = [
        (number, line.split("#")[0].strip()) for number, line in enumerate(text, 1) if number not in prose
    ]
    return [(number, line) for number, line in lines if line.strip("()[]{}, ")]


def equal_runs(files: dict[str, list[tuple[int, str]]], length: int) -> list[str]:
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for name, lines in files.items():
        for first in range(len(lines) - length + 1):
            run = tuple(line for _, line in lines[first : first + length])
            where = f"{name}:{lines[first][0]}"
            if run in seen and seen[run].split(":")[0] != name:
                found.append(f"{seen[run]} and {where}")
            seen.setdefault(run, where)
    return found


def test_no_eight_equal_lines_in_two_method_files():
    files = {id_of(path): code_of(path) for path in FILES if layer_of(path) == "methods"}
    assert not equal_runs(files, 8)


def test_equal_lines_are_found():
    lines = [(number, f"line {number}") for number in range(10)]
    assert equal_runs({"a": lines, "b": [(0, "other"), *lines[1:9]]}, 8) == ["a:1 and b:1"]
    assert not equal_runs({"a": lines, "b": [(0, "other"), *lines[1:8]]}, 8)


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_neighbours_that_may_not_know_each_other(path):
    found = {name.split(".")[1] for name in imports(path) if name.startswith("hibiscus.")}
    layer = layer_of(path)
    assert not (layer == "doctor" and "methods" in found)
    assert not (layer in ("data", "metrics", "losses") and found & {"networks"})
    assert not (layer in ("metrics", "losses", "networks") and found & {"data"})
    assert not (layer == "report" and found & {"methods", "training", "networks", "data"}), (
        "a report reads the run folder and nothing else"
    )


@pytest.mark.parametrize("path", [p for p in FILES if layer_of(p) == "methods"], ids=id_of)
def test_no_method_imports_another(path):
    modules = {
        entry.target.split(":")[0] for entry in importlib.import_module("hibiscus.methods.registry").METHODS
    }
    assert not modules & set(imports(path))


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_nothing_forbidden_is_imported(path):
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & FORBIDDEN
    assert "torch.load(" not in path.read_text(encoding="utf-8") or id_of(path) == PUBLISHED
    for package, allowed in HEAVY.items():
        assert package not in roots or layer_of(path) in allowed


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_sizes(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    ceiling = 200 if layer_of(path) == "methods" else 300
    assert lines <= ceiling or id_of(path) in LONG_FILES, f"{id_of(path)}: {lines} lines, at most {ceiling}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            code = code_lines(node)
            assert code <= 40, f"{id_of(path)}: {node.name} has {code} lines of code, at most 40"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from its first statement on, its docstring and inner functions left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    inner = sum(n.end_lineno - n.lineno + 1 for n in body if isinstance(n, ast.FunctionDef))
    return body[-1].end_lineno - body[0].lineno + 1 - inner


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_public_names_are_listed(path):
    if path.name == "__init__.py" and not path.read_text(encoding="utf-8").count("import"):
        return
    module = importlib.import_module(
        "hibiscus." + id_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    )
    names = module.__all__
    assert len(names) == len(set(names))  # their order is the linter's business (RUF022)
    assert all(hasattr(module, name) for name in names)


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.name not in ("__init__.py", "__main__.py")], ids=id_of
)
def test_every_module_has_a_mirror_test(path):
    """`src/hibiscus/a/b.py` is tested by `tests/a/test_b.py`, or by tests that import from it, or by those
    listed for it.
    """
    place = path.relative_to(SRC)
    mirror = ROOT / "tests" / place.parent / f"test_{place.stem.strip('_')}.py"
    listed = next((tests for start, tests in TESTED_BY.items() if id_of(path).startswith(start)), None)
    assert (
        mirror.exists()
        or (listed and (ROOT / "tests" / listed).exists())
        or module_of(path) in IMPORTED_BY_TESTS
    ), f"no {mirror}"


def test_starting_is_light():
    heavy = ["torch", "numpy", "pandas", "sklearn", "matplotlib", "scipy", "PIL"]
    code = f"import sys, hibiscus, hibiscus.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_printing_is_the_command_lines_business():
    """Progress goes to standard error; only the command line may write to standard output."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                to_stderr = any(
                    k.arg == "file" and ast.unparse(k.value) == "sys.stderr" for k in node.keywords
                )
                assert to_stderr or layer_of(path) == "cli", f"{id_of(path)}:{node.lineno}"
