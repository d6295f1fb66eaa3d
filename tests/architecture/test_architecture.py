"""The rules that keep the map true: who may import whom, how long a file may be, what is forbidden, what has a mirror."""

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
    "errors": 8, "run_format": 8,
}  # fmt: skip
HEAVY = {"matplotlib": {"report"}}
FORBIDDEN = {"pickle", "torchvision", "lightning", "keras", "tensorflow", "jax", "ultralytics", "dill", "cloudpickle", "joblib"}
TESTED_BY = {  # modules that are tested through their package's door
    "report/": "report/test_report.py",
    "cli/": "cli/test_verbs.py",
    "losses/_inputs.py": "losses/test_losses_classification.py",
    "methods/autoencode/both.py": "contract/test_registry.py",
    "methods/autoencode/evidence.py": "contract/test_registry.py",
    "methods/autoencode/restorer.py": "methods/test_denoiser.py",
    "methods/classify/evidence.py": "contract/test_registry.py",
    "methods/control/evidence.py": "contract/test_registry.py",
    "methods/fewshot/evidence.py": "contract/test_registry.py",
    "methods/gan/asked.py": "methods/test_cgan.py",
    "methods/gan/evidence.py": "contract/test_registry.py",
    "methods/information/evidence.py": "contract/test_registry.py",
    "methods/vae/evidence.py": "contract/test_registry.py",
    "methods/vae/factors.py": "methods/test_beta_vae.py",
    "methods/vae/model.py": "methods/test_vae.py",
    "methods/vae/obedience.py": "methods/test_cvae.py",
}
ALL_TESTS = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py"))
LONG_FILES: dict[str, str] = {}  # an exception is listed by name with its reason


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


def id_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_imports_go_down_only(path):
    own = LAYERS[layer_of(path)]
    for name in imports(path):
        if name.startswith("hibiscus."):
            other = name.split(".")[1]
            assert LAYERS[other] >= own, f"{id_of(path)} imports {name}, which lies above it"
            assert LAYERS[other] > own or other == layer_of(path) or own in (1, 3, 5), f"{id_of(path)} imports {name}, its neighbour"


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_neighbours_that_may_not_know_each_other(path):
    found = {name.split(".")[1] for name in imports(path) if name.startswith("hibiscus.")}
    layer = layer_of(path)
    assert not (layer == "doctor" and "methods" in found)
    assert not (layer in ("data", "metrics", "losses") and found & {"networks"})
    assert not (layer in ("metrics", "losses", "networks") and found & {"data"})
    assert not (layer == "report" and found & {"methods", "training", "networks", "data"}), "a report reads the run folder and nothing else"


@pytest.mark.parametrize("path", [p for p in FILES if layer_of(p) == "methods"], ids=id_of)
def test_no_method_imports_another(path):
    registry = importlib.import_module("hibiscus.methods.registry")
    modules = {entry.target.split(":")[0] for entry in registry.METHODS}
    assert not modules & set(imports(path))


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_nothing_forbidden_is_imported(path):
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & FORBIDDEN
    assert "torch.load(" not in path.read_text(encoding="utf-8")
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
    module = importlib.import_module("hibiscus." + id_of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    names = module.__all__
    assert len(names) == len(set(names))  # their order is the linter's business (RUF022)
    assert all(hasattr(module, name) for name in names)


@pytest.mark.parametrize("path", [p for p in FILES if p.name != "__init__.py"], ids=id_of)
def test_every_module_has_a_mirror_test(path):
    """A module has a test of its name, or a test that names it, or the test file listed for it."""
    dotted = "hibiscus." + id_of(path).removesuffix(".py").replace("/", ".")
    by_name = list((ROOT / "tests").rglob(f"test_*{path.stem.strip('_')}*.py"))
    listed = next((tests for place, tests in TESTED_BY.items() if id_of(path).startswith(place)), None)
    assert by_name or (listed and (ROOT / "tests" / listed).exists()) or dotted in ALL_TESTS, f"nothing in tests/ names {dotted}"


def test_starting_is_light():
    heavy = ["torch", "numpy", "pandas", "sklearn", "matplotlib", "scipy", "PIL"]
    code = f"import sys, hibiscus, hibiscus.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_printing_is_the_command_lines_business():
    """Progress goes to standard error; only the command line may write to standard output."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                to_stderr = any(k.arg == "file" and ast.unparse(k.value) == "sys.stderr" for k in node.keywords)
                assert to_stderr or layer_of(path) == "cli", f"{id_of(path)}:{node.lineno}"
