"""The vocabulary of `docs/glossary.md` is binding: no banned word in names, options, metrics or text.

`python tests/architecture/test_vocabulary.py [ROOT] [--report FILE]` counts the banned words of a tree.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "hibiscus"
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {GLOSSARY, ROOT / "CHANGELOG.md"})
SOURCES = sorted(path for ending in ("*.py", "*.html") for path in SRC.rglob(ending))

EXCLUDED = {  # files that exist to translate old names, with the reason
    "run_format.py": "translates the names found in run folders of older versions",
    "methods/foreign_names.py": "answers the names of other methods and tasks with the right method",
    "runs/foreign_options.py": "answers the option names of other libraries and older versions with the "
    "right one",
}


@dataclass(frozen=True)
class Allowed:
    """A banned word that may stand in some files."""

    where: str  # pattern of paths below src/hibiscus
    found: str  # pattern of the whole name, or of the word in a text
    reason: str


ALLOWED = (
    Allowed("*", "FiLM", "feature-wise linear modulation, the layer of Perez et al."),
    Allowed("report/load.py", "exhibits*", "the file of report items in older run folders"),
    Allowed("runs/option_words.py", "optimiser", "an alias that is accepted in place of `optimizer`"),
    Allowed("data/*", "picture*", "names of folders, columns and arrays in users' files that are recognized"),
    Allowed("data/boxes/label_studio.py", "was_cancelled", "a key of the files of Label Studio"),
    Allowed("data/masks/class_list.py", "unlabelled", "a name in users' class lists that is recognized"),
)

HEADER = ["term", "meaning", "banned"]
SPELLING = "Spelling"  # in this section an entry covers the words derived from it, in names only
NAME, TEXT, FUNCTION, CLASS, MODULE, OPTION, METRIC = (
    "name",
    "text",
    "function",
    "class",
    "module",
    "option",
    "metric",
)
FORMS = {  # how an entry in code type is written, and what it is the exact name of
    FUNCTION: re.compile(r"(\w+)\(\)"),
    MODULE: re.compile(r"(\w+)\.py"),
    OPTION: re.compile(r"(\w+)="),
    METRIC: re.compile(r"test/(\w+)"),
    CLASS: re.compile(r"([A-Z]\w*)"),
}
NAME_LIKE = re.compile(r"-{0,2}[A-Za-z_][\w.\-]*(/[\w.\-]*)*")


@dataclass(frozen=True)
class Ban:
    """An entry of the last column; `kind`: TEXT (everywhere), NAME (in any name) or that of an exact name."""

    word: str
    kind: str
    term: str
    derived: bool = False

    @property
    def shown(self) -> str:
        ends = {FUNCTION: "()", MODULE: ".py", OPTION: "="}
        return ("test/" if self.kind == METRIC else "") + self.word + ends.get(self.kind, "")


@dataclass(frozen=True)
class Hit:
    """A banned word where it was found."""

    path: str
    line: int
    kind: str
    found: str
    ban: Ban

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: {self.kind} '{self.found}'"
        return f"{place}: '{self.ban.shown}' is banned, the term is: {self.ban.term}"


def parse_glossary(text: str) -> tuple[list[Ban], list[str]]:
    """The bans of the glossary, and its terms."""
    bans, terms, section, in_table = [], [], "", False
    for line in text.splitlines():
        if line.startswith("#"):
            section, in_table = line.lstrip("# "), False
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells == HEADER:
                in_table = True
            elif in_table and not set(line) <= set("|-: "):
                assert len(cells) == 3, f"a row of the glossary has {len(cells)} columns: {line}"
                terms.append(cells[0])
                bans += [
                    ban
                    for entry in split_entries(cells[2])
                    if (ban := read_entry(entry, cells[0], section == SPELLING))
                ]
        else:
            in_table = False
    return bans, terms


def split_entries(cell: str) -> list[str]:
    return [entry.strip() for entry in re.split(r",(?![^(]*\))", cell) if entry.strip()]


def read_entry(entry: str, term: str, derived: bool) -> Ban | None:
    if entry.startswith("("):
        return None  # discouraged in one sense only
    entry, _, replacement = (part.strip() for part in entry.partition("→"))
    term = f"{replacement} ({term})" if replacement else term
    if not entry.startswith("`"):
        return Ban(entry.lower(), TEXT, term)
    code = entry.strip("`")
    for kind, form in FORMS.items():
        if match := form.fullmatch(code):
            return Ban(match[1], kind, term)
    return Ban(code, NAME, term, derived)


def words_of(name: str) -> list[str]:
    """`PictureFinish_2d` as `picture`, `finish`, `d`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def inflected(word: str) -> set[str]:
    """The regular forms of a word; forms that do not exist do no harm."""
    stem = word[:-1] if word.endswith(("e", "y")) else word
    plural = (
        {stem + "ies"}
        if word.endswith("y")
        else {word + "es"}
        if word.endswith(("s", "x", "ch", "sh"))
        else {word + "s"}
    )
    return {
        word,
        stem + ("ied" if word.endswith("y") else "ed"),
        stem.removesuffix("i") + "ing",
        word + "ing",
    } | plural


def derived_pattern(word: str) -> re.Pattern[str]:
    """`colour` within any word; `optimise` with its own endings, so that `optimism` is no form of it."""
    if word.endswith("ise"):
        return re.compile(rf"\w*{word[:-1]}(e|ed|es|er|ers|ing|ation|ations|able)")
    if word.endswith(("re", "yse")):
        return re.compile(rf"\w*{word[:-1]}(e|ed|es|er|ers|ing)")
    return re.compile(rf"\w*{word}\w*")


class Vocabulary:
    """The bans of a glossary, ready to be looked up."""

    def __init__(self, text: str):
        self.bans, self.terms = parse_glossary(text)
        self.exact = {(ban.kind, ban.word): ban for ban in self.bans if ban.kind not in (TEXT, NAME)}
        self.derived = [(derived_pattern(ban.word), ban) for ban in self.bans if ban.derived]
        self.sequences: dict[str, list[tuple[list[set[str]], Ban]]] = defaultdict(list)  # by their first word
        for ban in self.bans:
            if ban.kind in (TEXT, NAME) and not ban.derived:
                words = words_of(ban.word)
                forms = [{word} for word in words[:-1]] + [inflected(words[-1])]
                for first in forms[0]:
                    self.sequences[first].append((forms, ban))
        phrases = {form: ban for ban in self.bans if ban.kind == TEXT for form in phrase_forms(ban.word)}
        self.phrases = phrases
        longest = sorted(phrases, key=len, reverse=True)
        joined = "|".join(r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in longest)
        self.text = re.compile(rf"(?<![a-z])({joined})(?![a-z])", re.IGNORECASE)
        self.find_in_words = cache(self.find_in_words)

    def in_name(self, name: str) -> list[Ban]:
        """The bans that the words of a name break, the longest sequence at each place."""
        return self.find_in_words(tuple(words_of(name)))

    def find_in_words(self, words: tuple[str, ...]) -> list[Ban]:
        found = []
        for start, word in enumerate(words):
            fits = [
                (len(forms), ban)
                for forms, ban in self.sequences.get(word, ())
                if len(words) - start >= len(forms)
                and all(w in form for w, form in zip(words[start:], forms, strict=False))
            ]
            found += [max(fits, key=lambda fit: fit[0])[1]] if fits else []
            found += [ban for pattern, ban in self.derived if pattern.fullmatch(word)]
        return found

    def in_text(self, text: str) -> Iterator[tuple[int, str, Ban]]:
        """Where a text breaks a ban: the offset, the words as they stand there, and the ban."""
        for match in self.text.finditer(text):
            yield match.start(), match[0], self.phrases[" ".join(match[0].lower().split())]

    def exactly(self, kind: str, name: str) -> list[Ban]:
        ban = self.exact.get((kind, name))
        return [ban] if ban else []


def phrase_forms(phrase: str) -> set[str]:
    *first, last = phrase.split()
    return {" ".join([*first, form]) for form in inflected(last)}


@cache
def vocabulary() -> Vocabulary:
    return Vocabulary(GLOSSARY.read_text(encoding="utf-8"))


# What a file says: its names, and its texts


def names_in(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str, str]]:
    """Line, kind and text of every name in a module; strings that look like names are names too."""
    for node in nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield line, FUNCTION, name
            case ast.ClassDef(name=name):
                yield line, CLASS, name
                if name.endswith("Config"):
                    yield from options_in(node)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield line, NAME, name
            case ast.keyword(arg=str(name)):
                yield line, NAME, name
            case ast.alias(name=name, asname=asname):
                yield line, NAME, asname or name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield line, NAME, name
            case ast.Constant(value=str(value)) if NAME_LIKE.fullmatch(value) and value[0].islower() | (
                value[0] in "-_"
            ):
                yield line, NAME, value
            case ast.Dict(keys=keys):
                yield from (
                    (k.lineno, METRIC, k.value)
                    for k in keys
                    if isinstance(k, ast.Constant) and isinstance(k.value, str)
                )


def options_in(node: ast.ClassDef) -> Iterator[tuple[int, str, str]]:
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield field.lineno, OPTION, field.target.id


def texts_in(source: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str, str]]:
    """First line, kind and text of every string and comment of a module."""
    docstrings = set()
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add(id(first.value))
    for node in nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not NAME_LIKE.fullmatch(node.value)
        ):
            yield node.lineno, "docstring" if id(node) in docstrings else "string", node.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value[0].islower():
            yield node.lineno, "string", node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], "comment", token.string


def check_name(kind: str, name: str) -> list[Ban]:
    """The bans that a name breaks: as the exact name of its kind, or else by one of its words."""
    return vocabulary().exactly(
        kind, name.split("/")[-1] if kind == METRIC else name
    ) or vocabulary().in_name(name)


@cache
def scan(path: Path, root: Path = SRC) -> tuple[Hit, ...]:
    """Every banned word of a file, those that are allowed left out."""
    where = path.relative_to(root).as_posix()
    if where in EXCLUDED:
        return ()
    return tuple(hit for hit in scan_all(path, where) if not allowance(hit))


@cache
def scan_all(path: Path, where: str) -> tuple[Hit, ...]:
    """Every banned word of a file, allowed or not."""
    source = path.read_text(encoding="utf-8")
    return tuple(
        scan_source(source, where) if path.suffix == ".py" else scan_text(source, 1, "template", where)
    )


def scan_source(source: str, where: str) -> Iterator[Hit]:
    nodes = list(ast.walk(ast.parse(source)))
    for part in Path(where).with_suffix("").parts:
        for ban in vocabulary().exactly(MODULE, part) + vocabulary().in_name(part):
            yield Hit(where, 1, "path", part, ban)
    for line, kind, name in names_in(nodes):
        # a key or a field is also visited as a string or a variable, so here only its exact name counts
        for ban in vocabulary().exactly(kind, name) if kind in (METRIC, OPTION) else check_name(kind, name):
            yield Hit(where, line, kind, name, ban)
    for line, kind, text in texts_in(source, nodes):
        yield from scan_text(text, line, kind, where)


def scan_text(text: str, first: int, kind: str, where: str) -> Iterator[Hit]:
    for offset, found, ban in vocabulary().in_text(text):
        yield Hit(where, first + text.count("\n", 0, offset), kind, " ".join(found.split()), ban)


def allowance(hit: Hit) -> Allowed | None:
    fits = (a for a in ALLOWED if fnmatchcase(hit.path, a.where) and fnmatchcase(hit.found, a.found))
    return next(fits, None)


TEXTS = ("docstring", "string", "comment", "template")


def expect_none(hits: Iterable[Hit], most: int = 30) -> None:
    lines = list(dict.fromkeys(map(str, hits)))
    rest = [f"and {len(lines) - most} more"] if len(lines) > most else []
    if lines:
        pytest.fail("\n".join(["words that docs/glossary.md bans:", *lines[:most], *rest]), pytrace=False)


def id_of(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


# The rules


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".py"], ids=id_of)
def test_names(path):
    """Files, folders, functions, classes, arguments, attributes, variables, keys and option fields."""
    hits = [hit for hit in scan(path) if hit.kind not in TEXTS]
    expect_none(hits)


@pytest.mark.parametrize("path", SOURCES, ids=id_of)
def test_texts(path):
    """Messages, help, option descriptions, report headings, templates, docstrings and comments."""
    hits = [hit for hit in scan(path) if hit.kind in TEXTS]
    expect_none(hits)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_pages(path):
    """The pages that people read, apart from the glossary and the changelog, which quote old names."""
    expect_none(scan_text(path.read_text(encoding="utf-8"), 1, "page", path.relative_to(ROOT).as_posix()))


def registered_options() -> Iterator[tuple[str, type]]:
    from hibiscus.methods.registry import METHODS, get_method

    yield from ((entry.name, get_method(entry.name).Config) for entry in METHODS)
    module = next(path for path in SOURCES if "class DataConfig" in path.read_text(encoding="utf-8"))
    yield (
        "data",
        importlib.import_module("hibiscus." + id_of(module).removesuffix(".py").replace("/", ".")).DataConfig,
    )


def test_options():
    """Every option that a person can set, wherever its field is declared."""
    hits = {}
    for config in (config for _, config in registered_options()):
        for name, field in config.model_fields.items():
            hits |= {str(hit): hit for hit in option_hits(config, name, field.description or "")}
    expect_none(hits.values())


def option_hits(config: type, name: str, description: str) -> Iterator[Hit]:
    owner = next((kind for kind in config.__mro__ if name in inspect.get_annotations(kind)), config)
    lines, first = inspect.getsourcelines(owner)
    where = id_of(Path(inspect.getsourcefile(owner) or ""))
    line = first + next((i for i, text in enumerate(lines) if re.match(rf"\s+{name}\s*:", text)), 0)
    hits = [Hit(where, line, OPTION, name, ban) for ban in check_name(OPTION, name)]
    hits += scan_text(description, line, "description", where)
    yield from (hit for hit in hits if not allowance(hit))


def test_metrics():
    """Every metric of the catalog: its name, and what the report calls it."""
    from hibiscus.metrics.catalog import METRICS

    where = "metrics/catalog.py"
    lines = (SRC / where).read_text(encoding="utf-8").splitlines()
    hits = []
    for name, metric in METRICS.items():
        line = next((i for i, text in enumerate(lines, 1) if f'"{name}"' in text), 1)
        hits += [Hit(where, line, METRIC, name, ban) for ban in check_name(METRIC, name)]
        texts = (value for field in fields(metric) if isinstance(value := getattr(metric, field.name), str))
        hits += [hit for text in texts for hit in scan_text(text, line, "label", where)]
    hits = [hit for hit in hits if not allowance(hit)]
    expect_none(hits)


# The glossary, and that the rules can fail


def test_glossary_is_well_formed():
    bans, terms = vocabulary().bans, vocabulary().terms
    assert len(terms) >= 80
    assert len(terms) == len(set(terms)), [term for term, count in Counter(terms).items() if count > 1]
    written = Counter((ban.kind, ban.word) for ban in bans)
    assert not [word for word, count in written.items() if count > 1], (
        "a word is banned in favor of two terms"
    )
    own = [hit for ban in bans for hit in banned_in_terms(ban.term)]
    assert not own, own


def banned_in_terms(term: str) -> list[str]:
    """A term, and each identifier that it recommends, must be free of banned words itself."""
    broken = [f"{term}: {ban.shown}" for _, _, ban in vocabulary().in_text(term)]
    for name in re.findall(r"`([^`]*)`", term):
        broken += [f"{name}: {ban.shown}" for ban in vocabulary().in_name(name.split("=")[0])]
    return broken


def test_every_exception_is_needed():
    for entry in ALLOWED:
        assert entry.reason
        paths = [path for path in SOURCES if fnmatchcase(id_of(path), entry.where)]
        hits = [hit for path in paths for hit in scan_all(path, id_of(path))]
        assert any(fnmatchcase(hit.found, entry.found) for hit in hits), f"{entry} allows nothing"


BAD = '''"""Makes pictures."""

class SegmentConfig(Base):
    """Options."""
    rate: float = Field(0.1, description="how fast
    the rivals are told from each other")

class PictureJudges:
    def kept(self, optimiser, evidence_rows): ...

colours = {"told": 1, "modes": 2}  # mend it
'''.replace("fast\n    the", "fast the")

GOOD = '''"""Pictorial evidence; exhibition, amended, recommended; what is kept, colour and grey: optimism."""

class Keeper:
    """The rate of decay, a gaming board and what was told."""
    rate: float = 0.1
    def keep(self, kept, frame_rate, make, optimistic, noise, precise): ...
'''


@pytest.mark.parametrize(
    ("line", "kind", "word"),
    [
        (1, "docstring", "picture"),
        (5, OPTION, "rate="),
        (5, "string", "rival"),
        (5, "string", "told from"),
        (7, CLASS, "picture"),
        (7, CLASS, "judge"),
        (8, FUNCTION, "kept()"),
        (8, NAME, "optimise"),
        (8, NAME, "evidence"),
        (10, NAME, "colour"),
        (10, NAME, "told"),
        (10, METRIC, "test/modes"),
        (10, "comment", "mend"),
    ],
)
def test_a_banned_word_is_found(line, kind, word):
    hits = list(scan_source(BAD, "methods/new.py"))
    assert (line, kind, word) in [(hit.line, hit.kind, hit.ban.shown) for hit in hits], "\n".join(
        map(str, hits)
    )


def test_a_banned_word_is_found_in_paths_and_templates():
    first, *_ = scan_source("", "methods/pictures/evidence.py")
    assert str(first).startswith("methods/pictures/evidence.py:1: path 'pictures'")
    (hit,) = scan_text("<h2>Next</h2>\n<p>to the\nlast bit</p>", 1, "template", "report/report.html")
    assert (hit.line, hit.found) == (2, "to the last bit")
    assert "bit-identical" in str(hit)


def test_innocent_words_pass():
    assert not list(scan_source(GOOD, "methods/new.py"))


# The count


def count_banned(root: Path) -> dict[tuple[str, str], list[Hit]]:
    """All hits of a source tree by word and by where it was found: in "names" or in "texts"."""
    counted: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html")]):
        for hit in scan(path, root):
            counted[hit.ban.shown, "texts" if hit.kind in TEXTS else "names"].append(hit)
    return counted


def print_count(root: Path, report: Path | None = None) -> None:
    counted = count_banned(root)
    totals: Counter[str] = Counter()
    for (word, _), hits in counted.items():
        totals[word] += len(hits)
    for side in ("names", "texts"):
        print(f"{side}: {sum(len(hits) for (_, s), hits in counted.items() if s == side)}")
    print(f"total: {sum(totals.values())} uses of {len(totals)} banned words\n")
    for word, count in totals.most_common():
        names, texts = (len(counted.get((word, side), ())) for side in ("names", "texts"))
        print(f"{count:6}  {word}  (names {names}, texts {texts})")
    if report:
        report.write_text("\n".join(report_lines(counted)) + "\n", encoding="utf-8")


def report_lines(counted: dict[tuple[str, str], list[Hit]]) -> Iterator[str]:
    """One line per word and side, tab-separated."""
    yield "word\tside\tfiles\tuses\tterm\tfound\tlocations"
    for (word, side), hits in sorted(counted.items(), key=lambda item: (item[0][1], -len(item[1]))):
        names = Counter(hit.found for hit in hits)
        found = ", ".join(f"{name} {count}" for name, count in names.most_common(40))
        places = ", ".join(dict.fromkeys(f"{hit.path}:{hit.line}" for hit in hits[:12]))
        files = {hit.path for hit in hits}
        yield "\t".join([word, side, str(len(files)), str(len(hits)), hits[0].ban.term, found, places])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    target = Path(arguments.pop(arguments.index("--report") + 1)) if "--report" in arguments else None
    roots = [Path(argument) for argument in arguments if argument != "--report"]
    print_count(roots[0].resolve() if roots else SRC, target)
